#!/bin/sh
# What can be said of the tree without running it. Configured in setup.cfg and .clang-format.
set -u
status=0

# check NAME COMMAND…
check() {
    name=$1
    shift
    if "$@"; then
        echo "$name: ok"
    else
        echo "$name: FAILED" >&2
        status=1
    fi
}

c_files() { find labs solutions grading -name '*.[ch]'; }

# shellcheck disable=SC2046
cppcheck_all() {
    cppcheck --quiet --error-exitcode=1 --std=c11 --platform=unix64 --inline-suppr \
        --enable=warning,performance,portability --suppress=comparePointers \
        '-D_Noreturn=__attribute__((noreturn))' \
        $(printf ' -I%s' labs/*/include labs/*/user/lib grading/include) labs solutions grading
}

# shellcheck disable=SC2046
format_all() { clang-format --dry-run --Werror $(c_files); }

check flake8 flake8 tools tests grading
check mypy mypy
check shellcheck shellcheck -S warning setup .ci/run tools/*.sh
check cppcheck cppcheck_all
check clang-format format_all
exit $status
