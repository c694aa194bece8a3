"""What `make qemu`, `make bochs`, `make gdb` and their like do."""
import argparse
import importlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ringstep.course.labs import CourseError
from ringstep.kernel.contract import contract
from ringstep.machine.record import ENDS, Limits, MachineError, Record
from ringstep.machine.terminal import Terminal

FOREVER = Limits(instructions=None, cpu_seconds=None, log_bytes=16 << 20)
RESET, OTHER, BROKEN, INTERRUPTED = 4, 5, 6, 130

# The status that the kernel leaves (machine.h) is the exit status, too.
STATUSES = {
    "MACHINE_DONE": "the kernel shut down",
    "MACHINE_PANIC": "the kernel panicked",
    "MACHINE_TODO": "the kernel stopped at an unwritten exercise",
    "MACHINE_WRONG": "the kernel stopped at an exercise with a wrong result",
}


@dataclass
class Options:
    """What stands on the command line behind a command's name."""
    command: str = ""
    image: str = ""
    kernel: str = ""
    last: str = ""              # folder in which the last run is kept
    port: str = ""              # for GDB
    alone: bool = False         # GDB is started with it
    lab: str = ""               # its number, for map and watch
    compare: str = ""           # for the map: SOLVED= of a second kernel
    again: str = ""             # variables to repeat in the other terminal


def say(speaker: str, text: object) -> None:
    print(f"{speaker}: {text}", file=sys.stderr, flush=True)


def closing_line(record: Record) -> Tuple[int, str]:
    """Exit status and last line for a run, in words."""
    if record.end == "power-off":
        for status, name in contract().enum("machine_status").items():
            if record.status == status:
                return status, STATUSES.get(name, name)
        return OTHER, ENDS["power-off"] + " without a status"
    if record.end in ("triple-fault", "reset"):
        return RESET, ENDS[record.end]
    if record.end == "stopped":
        return INTERRUPTED, ENDS["stopped"]
    return (0 if record.end == "closed" else OTHER), ENDS.get(record.end, record.end)


def is_test_kernel(kernel: str) -> bool:
    from ringstep.kernel import symbols
    if not kernel or b"observations" not in Path(kernel).read_bytes():
        return False                # most: then nothing need be read that knows ELF
    return "observations" in symbols.load(kernel).names


def limits_for(kernel: str) -> Limits:
    """No limits; a test kernel gets as much memory as under the grader."""
    return replace(FOREVER, mib=16) if is_test_kernel(kernel) else FOREVER


def show_observations(record: Record, kernel: str) -> None:
    """A test kernel prints little: what it has seen is in its memory, for the grader."""
    if not is_test_kernel(kernel):
        return
    from ringstep.grading.harness import Boot, Run
    from ringstep.grading.seen import NotReached, observations
    try:
        lines = observations(Run(Path("."), Boot(0), record, kernel))
    except (LookupError, NotReached):
        return
    print("what the test kernel saw, for the grader:", *lines, sep="\n", flush=True)


def finish(record: Record, options: Options) -> int:
    """Say how a run ended and, where it ended badly, why; keep that for `make why`."""
    from ringstep.explain import postmortem
    status, words = closing_line(record)
    if record.serial and not record.serial.endswith(b"\n"):
        print(flush=True)
    show_observations(record, options.kernel)
    explanation = postmortem.explain(record, options.kernel)
    postmortem.keep(options.last, options.image, options.kernel, record, explanation)
    if record.end == "closed" and options.alone:
        return 0
    for line in explanation.lines() if explanation else ():
        print(line, file=sys.stderr)
    say(record.emulator, words)
    return status


# ---- the commands that boot a kernel, or look at one ----

def run_qemu_nox(options: Options, display: str = "none", extra: Sequence[str] = (),
                 log: Optional[str] = None) -> int:
    from ringstep.machine import qemu
    terminal = Terminal()
    record = qemu.boot(options.image, limits=limits_for(options.kernel), live=terminal,
                       display=display, extra=extra, log=log)
    terminal.end()
    return finish(record, options)


def run_qemu(options: Options, extra: Sequence[str] = (), log: Optional[str] = None) -> int:
    """With a window, where there is a screen."""
    from ringstep.machine import qemu
    display = "none"
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        display = next((d for d in ("gtk", "sdl", "cocoa") if d in qemu.displays()), "none")
    return run_qemu_nox(options, display, extra, log)


def run_shell(options: Options) -> int:
    """The terminal is the serial port, both ways, and the guest's clock is the host's."""
    from ringstep.machine import qemu
    argv = [word.replace("sleep=off", "sleep=on") for word in qemu.command(options.image)]
    say("qemu", "Ctrl-A X ends it, whatever the kernel does")
    return subprocess.call([*argv, "-serial", "mon:stdio"])


def run_shell_bochs(options: Options) -> int:
    from ringstep.machine import console
    say("bochs", "Ctrl-A X ends it, whatever the kernel does")
    console.run(options.image)
    return 0


def run_bochs(options: Options) -> int:
    from ringstep.explain import postmortem
    from ringstep.machine import bochs
    terminal = Terminal()
    record = bochs.boot(options.image, options.kernel, limits_for(options.kernel), live=terminal)
    terminal.end()
    postmortem.look_again(record, options.kernel, options.image)
    return finish(record, options)


def run_qemu_gdb(options: Options) -> int:
    from ringstep.machine import debug
    port = debug.port_of(options.port)
    log = debug.log_of(options.last, port)
    return run_qemu(options, debug.wait_for_gdb(port, log, options.kernel, options.again,
                                                options.alone), log)


def run_gdb(options: Options) -> int:
    from ringstep.machine import debug
    return debug.gdb(debug.port_of(options.port), options.image, options.kernel, options.last)


def run_debug(options: Options) -> int:
    from ringstep.machine import debug
    return debug.side_by_side(options.again)


def run_bochs_debug(options: Options) -> int:
    from ringstep.machine import debug
    return debug.bochs(options.image, options.kernel)


def run_map(options: Options) -> int:
    from ringstep.explain import memmap
    return memmap.run(options.image, options.last, options.lab, options.compare)


def run_timeline(options: Options) -> int:
    from ringstep.explain import timeline
    return timeline.run(options.image, options.kernel, options.last,
                        lambda record: closing_line(record)[1])


def run_why(options: Options) -> int:
    from ringstep.explain import postmortem
    return postmortem.again(options.last)


def run_watch(options: Options) -> int:
    from ringstep import watch
    return watch.run(options.lab)


COMMANDS: Dict[str, Callable[[Options], int]] = {
    "watch": run_watch,
    "qemu": run_qemu, "qemu-nox": run_qemu_nox, "qemu-gdb": run_qemu_gdb, "gdb": run_gdb,
    "shell": run_shell, "shell-bochs": run_shell_bochs, "debug": run_debug,
    "bochs": run_bochs, "bochs-debug": run_bochs_debug,
    "why": run_why, "map": run_map, "timeline": run_timeline,
}

# Graders and tools of the course, which take arguments of their own.
OTHERS = {
    "grade": "grading.command", "grade-one": "grading.one", "classroom": "grading.classroom",
    "mutants": "grading.mutants", "bench": "bench.command", "skeleton": "course.skeleton",
    "handouts": "pages.handouts", "contract": "kernel.headers",
    "hostile": "grading.hostile", "attacks": "grading.attacks",
}


def run_other(module: str, arguments: List[str]) -> int:
    return importlib.import_module(f"ringstep.{module}").main(arguments) or 0


def terminate(number: int, _frame: Optional[FrameType]) -> None:
    raise SystemExit(128 + number)


def in_words(error: Exception) -> str:
    if isinstance(error, (MachineError, CourseError)):
        return str(error)
    if isinstance(error, OSError):          # a full disk, a tree that is somebody else's
        return f"{error.filename or 'a file'}: {error.strerror}"
    if isinstance(error, ModuleNotFoundError):
        return f"this Python has no {error.name}: type ./setup"
    return f"{type(error).__name__}: {error} (RINGSTEP_DEBUG=1 shows where)"


def guarded(name: str, function: Callable[[], int]) -> int:
    """No traceback reaches a user, and no emulator outlives us."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, terminate)
    try:
        return function()
    except KeyboardInterrupt:
        print()
        say(name, "stopped with Ctrl-C; no emulator is left running")
        return INTERRUPTED
    except BrokenPipeError:                 # `make qemu-nox | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OTHER
    except Exception as error:              # the one place that knows of no name for it
        if os.environ.get("RINGSTEP_DEBUG"):
            raise
        say(name, in_words(error))
        return BROKEN


def main() -> int:
    name, *arguments = sys.argv[1:] or [""]
    if name in OTHERS:
        return guarded("ringstep", lambda: run_other(OTHERS[name], arguments))
    parser = argparse.ArgumentParser(prog="ringstep")
    parser.add_argument("command", choices=COMMANDS)
    for option in ("image", "kernel", "last", "port", "lab", "compare", "again"):
        parser.add_argument(f"--{option}")
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args(namespace=Options())
    return guarded(options.command.split("-")[0], lambda: COMMANDS[options.command](options))
