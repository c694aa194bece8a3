#!/bin/sh
# doctor.sh - which tools are here, which are missing or too old. It needs
# nothing but sh, so that it works on a machine that has nothing else.
bad=0

# version TEXT: the first number with a dot in it
version() { printf '%s\n' "$1" | grep -o '[0-9][0-9]*\.[0-9][0-9.]*' | head -n 1; }

# at_least HAVE WANT: compare major and minor
at_least() {
    [ $(( ${1%%.*} * 1000 + $(echo "$1.0" | cut -d. -f2) )) -ge \
      $(( ${2%%.*} * 1000 + $(echo "$2.0" | cut -d. -f2) )) ]
}

row() { printf '  %-9s%-22s%s\n' "$1" "$2" "$3"; }

# tool NAME LEAST [OPTION]: is there, and new enough
tool() {
    path=$(command -v "$1" 2>/dev/null) || {
        row missing "$1" "wanted: $2 or newer"; bad=1; return; }
    said=$("$1" "${3:---version}" 2>&1 </dev/null | grep -v '^0' | grep '[0-9]\.[0-9]' | head -n 1)
    found=$(version "$said")
    if [ -n "$found" ] && ! at_least "$found" "$2"; then
        row "too old" "$1" "$found, wanted: $2 or newer"; bad=1
    else
        row ok "$1" "$found ($path)"
    fi
}

# a_file WHAT PATH…: one of the files is there
a_file() {
    what=$1; shift
    for path; do [ -e "$path" ] && { row ok "$what" "$path"; return; }; done
    row missing "$what" ""; bad=1
}

# package NAME MODULE: a python3 has it, which need not be the first on the PATH
package() {
    for python in "${PYTHON:-python3}" python3 /usr/bin/python3 /usr/local/bin/python3; do
        "$python" -c "import $2" 2>/dev/null && { row ok "$1" "for $python"; return; }
    done
    row missing "$1" "for Python"; bad=1
}

echo "To build:"
tool make 4.0
tool "${CC:-gcc}" 9.0
tool "${LD:-ld}" 2.30
tool objcopy 2.30
echo "To run:"
tool qemu-system-x86_64 5.2
tool bochs 2.7 --help
a_file "Bochs' BIOS" /usr/share/bochs/BIOS-bochs-latest /usr/local/share/bochs/BIOS-bochs-latest \
    /opt/homebrew/share/bochs/BIOS-bochs-latest
a_file "Bochs' VGA BIOS" /usr/share/vgabios/vgabios.bin /usr/share/bochs/VGABIOS-lgpl-latest* \
    /usr/local/share/bochs/VGABIOS-lgpl-latest* /opt/homebrew/share/bochs/VGABIOS-lgpl-latest*
tool gdb 9.0
echo "To grade and to test:"
tool "${PYTHON:-python3}" 3.9
package pyelftools elftools
package capstone capstone
package jinja2 jinja2
package watchdog watchdog
package pytest pytest

[ $bad = 0 ] && { echo "All is here."; exit 0; }
echo "Something is missing. To install it, type: ./setup"
exit 1
