#!/bin/sh
# Gradescope's setup.sh: run once, as root, when the image of the autograder is built.
set -e
cd "${AUTOGRADER:=/autograder}/source/course"
./setup
make -s objects
# Whatever a submission runs as, unless it is shut in better, the course is closed to it.
chmod -R go= "$AUTOGRADER/source"
