"""Run a command that sees the system's programs and one folder, and no network: by Landlock,
which needs neither root nor a user namespace. Linux has it since 5.13.

    python3 landlock.py FOLDER command …        status 125: it is not there

The numbers are those of linux/landlock.h; the calls have the same ones on all processors.
"""
import ctypes
import os
import stat
import struct
import sys
from typing import Iterable, Iterator, List, NoReturn

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION, RULE_PATH_BENEATH = 1, 1
NO_NEW_PRIVS = 38               # of prctl
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1, 2, 4, 8, 1 << 14
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
EVERYTHING = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF}      # what a version can forbid, by files
TCP = 3                                             # to bind and to connect, since version 4
PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix",
            "/etc/alternatives", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
NOT_THERE = 125


def system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """0: the kernel has no Landlock, or it is switched off."""
    return max(0, int(system().syscall(CREATE_RULESET, None, 0, VERSION)))


def allow(rules: int, paths: Iterable[str], access: int) -> None:
    for path in paths:
        if not os.path.exists(path):
            continue
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        files_only = access if os.path.isdir(path) else access & OF_A_FILE
        rule = struct.pack("=Qi", files_only, beneath)
        if system().syscall(ADD_RULE, rules, RULE_PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), "landlock_add_rule")
        os.close(beneath)


def shut_in(folder: str, hidden: str) -> None:
    """Forbid this process all but that. `hidden`, below a folder of programs, stays out."""
    known = version()
    files = EVERYTHING.get(known, EVERYTHING[3])
    attributes = struct.pack("=QQ", files, TCP if known >= 4 else 0)
    rules = system().syscall(CREATE_RULESET, attributes, 16 if known >= 4 else 8, 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    allow(rules, without(PROGRAMS, hidden), EXECUTE | READ_FILE | READ_DIR)
    allow(rules, DEVICES, READ_FILE | WRITE_FILE)
    allow(rules, [folder], files)
    allow(rules, inherited(), files & (READ_FILE | WRITE_FILE | TRUNCATE))
    if system().prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0 \
            or system().syscall(RESTRICT_SELF, rules, 0) != 0:
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(rules)


def inherited() -> Iterator[str]:
    """The files and terminals that are open: it may open them again, by their names."""
    for name in os.listdir("/proc/self/fd"):
        path = f"/proc/self/fd/{name}"
        if os.path.isfile(path) or os.path.exists(path) and stat.S_ISCHR(os.stat(path).st_mode):
            yield path


def without(paths: Iterable[str], hidden: str) -> List[str]:
    """The paths; in place of one above `hidden` all that is beside the way there."""
    found = []
    for path in paths:
        if not hidden.startswith(os.path.realpath(path) + "/"):
            found.append(path)
        elif hidden != path:
            found += without([entry.path for entry in os.scandir(path)
                              if os.path.realpath(entry.path) != hidden], hidden)
    return found


def main(folder: str, hidden: str, *command: str) -> NoReturn:
    try:
        shut_in(folder, hidden)
    except OSError as error:
        print(f"Landlock: {error}", file=sys.stderr)
        sys.exit(NOT_THERE)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
