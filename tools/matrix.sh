#!/bin/sh
# Every compiler here, at -O0, -Og and -O2, without a warning; each kernel runs.
set -eu
for compiler in gcc clang; do
    for level in -O0 -Og -O2; do
        for folder in labs/lab*; do
            lab=${folder#labs/}
            set -- LAB="$lab" CC=$compiler OPT=$level WERROR=1 BUILD=build/matrix
            make "$@" > /dev/null
            make "$@" SOLVED=all > /dev/null
            make "$@" SOLVED=all qemu-nox > build/matrix/log 2>&1 || {
                cat build/matrix/log
                echo "$compiler $level $lab: FAILED" >&2
                exit 1
            }
            echo "$compiler $level $lab: builds without a warning, runs to its end"
        done
    done
done
