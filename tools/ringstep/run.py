"""What `make qemu`, `make bochs`, `make gdb` and their like do."""
import argparse
import os
import signal
import sys
from dataclasses import replace

from ringstep.course.labs import CourseError
from ringstep.machine.record import ENDS, Limits, MachineError

FOREVER = Limits(instructions=None, cpu_seconds=None, log_bytes=16 << 20)
RESET, OTHER, BROKEN, INTERRUPTED = 4, 5, 6, 130

# The status that the kernel leaves (machine.h) is the exit status, too.
STATUSES = [
    "the kernel shut down",
    "the kernel panicked",
    "the kernel stopped at an unwritten exercise",
    "the kernel stopped at an exercise with a wrong result",
]


def say(emulator, text):
    print(f"{emulator}: {text}", file=sys.stderr, flush=True)


def live(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def closing_line(record):
    """Exit status and last line for a run, in words."""
    if record.end == "power-off":
        if record.status is not None and record.status < len(STATUSES):
            return record.status, STATUSES[record.status]
        return OTHER, ENDS["power-off"] + " without a status"
    if record.end in ("triple-fault", "reset"):
        return RESET, ENDS[record.end]
    if record.end == "stopped":
        return INTERRUPTED, ENDS["stopped"]
    return (0 if record.end == "closed" else OTHER), ENDS.get(record.end, record.end)


def is_test_kernel(kernel):
    from ringstep.kernel import symbols
    return bool(kernel) and "observations" in symbols.load(kernel).names


def limits_for(kernel):
    """No limits; a test kernel gets as much memory as under the grader."""
    return replace(FOREVER, mib=16) if is_test_kernel(kernel) else FOREVER


def show_observations(record, kernel):
    """A test kernel prints little: what it has seen is in its memory, for the grader."""
    from ringstep.grading.harness import Boot, NotReached, Run
    from ringstep.grading.seen import observations
    if not is_test_kernel(kernel):
        return
    try:
        lines = observations(Run(".", Boot(0), record, kernel))
    except (LookupError, NotReached):
        return
    print("what the test kernel saw, for the grader:", *lines, sep="\n", flush=True)


def finish(record, args):
    """Say how a run ended and, where it ended badly, why; keep that for `make why`."""
    from ringstep.explain import postmortem
    status, words = closing_line(record)
    if record.serial and not record.serial.endswith(b"\n"):
        live(b"\n")
    show_observations(record, args.kernel)
    explanation = postmortem.explain(record, args.kernel)
    postmortem.keep(args.last, args.image, args.kernel, record, explanation)
    if record.end == "closed" and args.alone:
        return 0
    for line in explanation.lines() if explanation else ():
        print(line, file=sys.stderr)
    say(record.emulator, words)
    return status


def run_qemu(args, window=False, extra=(), log=None):
    from ringstep.machine import qemu
    display = "none"
    if window and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        display = next((d for d in ("gtk", "sdl", "cocoa") if d in qemu.displays()), "none")
    return finish(qemu.boot(args.image, limits=limits_for(args.kernel), live=live, display=display, extra=extra,
                            log=log),
                  args)


def run_bochs(args):
    from ringstep.explain import postmortem
    from ringstep.machine import bochs
    record = bochs.boot(args.image, args.kernel, limits_for(args.kernel), live=live)
    postmortem.look_again(record, args.kernel, args.image)
    return finish(record, args)


def run_qemu_gdb(args):
    from ringstep.machine import debug
    port = debug.port_of(args.port)
    log = debug.log_of(args.last, port)
    extra = debug.wait_for_gdb(port, args.again, args.alone)
    with debug.running(log, args.kernel):
        return run_qemu(args, window=True, extra=extra, log=log)


def run_gdb(args):
    from ringstep.machine import debug
    return debug.gdb(args, debug.port_of(args.port))


def run_debug(args):
    from ringstep.machine import debug
    return debug.side_by_side(args.again)


def run_bochs_debug(args):
    from ringstep.machine import debug
    return debug.bochs(args.image, args.kernel)


def run_map(args):
    from ringstep.explain import memmap
    return memmap.run(args)


def run_why(args):
    from ringstep.explain import postmortem
    return postmortem.again(args.last)


def run_other(name):
    """The commands that take their own arguments: graders, tools of the course."""
    import importlib
    return guarded("ringstep", lambda: importlib.import_module(f"ringstep.{OTHERS[name]}").main(sys.argv[2:]))


OTHERS = {
    "grade": "grading.command", "mutants": "grading.mutants", "bench": "grading.bench",
    "classroom": "grading.classroom", "skeleton": "course.skeleton", "stats": "course.stats",
    "handouts": "pages.handouts",
}
COMMANDS = {
    "qemu": lambda args: run_qemu(args, window=True), "qemu-nox": run_qemu,
    "qemu-gdb": run_qemu_gdb, "gdb": run_gdb, "debug": run_debug, "bochs": run_bochs, "bochs-debug": run_bochs_debug,
    "why": run_why, "map": run_map,
}


def terminate(number, _frame):
    raise SystemExit(128 + number)


def guarded(name, function):
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
    except (MachineError, CourseError) as error:
        say(name, error)
        return BROKEN
    except OSError as error:                # a full disk, a tree that is somebody else's
        if os.environ.get("RINGSTEP_DEBUG"):
            raise
        say(name, f"{error.filename or 'a file'}: {error.strerror}")
        return BROKEN
    except Exception as error:
        if os.environ.get("RINGSTEP_DEBUG"):
            raise
        say(name, f"{type(error).__name__}: {error} (RINGSTEP_DEBUG=1 shows where)")
        return BROKEN


def main(argv=None):
    if sys.argv[1:2] and sys.argv[1] in OTHERS:
        return run_other(sys.argv[1])
    parser = argparse.ArgumentParser(prog="ringstep")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--image")
    parser.add_argument("--kernel")
    parser.add_argument("--last", default="", help="folder in which the last run is kept")
    parser.add_argument("--port", default="", help="for GDB")
    parser.add_argument("--alone", action="store_true", help="GDB is started with it")
    parser.add_argument("--lab", default="", help="for the map: its number")
    parser.add_argument("--compare", default="", help="for the map: SOLVED= of a second kernel")
    parser.add_argument("--again", default="", help="variables to repeat in the other terminal")
    args = parser.parse_args(argv)
    return guarded(args.command.split("-")[0], lambda: COMMANDS[args.command](args))
