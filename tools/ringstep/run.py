"""What `make qemu`, `make bochs`, `make gdb` and their like do."""
import argparse
import os
import signal
import sys

from .record import ENDS, MachineError, Limits

FOREVER = Limits(instructions=None, cpu_seconds=None, log_bytes=64 << 20)
OTHER, BROKEN, INTERRUPTED = 5, 6, 130

# (exit status, words) for the status that the kernel leaves: machine.h.
STATUSES = {
    0: (0, "the kernel shut down"),
    1: (1, "the kernel panicked"),
    2: (2, "the kernel stopped at an unwritten exercise"),
    3: (3, "the kernel stopped at an exercise with a wrong result"),
}


def say(emulator, text):
    print(f"{emulator}: {text}", file=sys.stderr, flush=True)


def live(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def closing_line(record):
    """Exit status and last line for a run, in words."""
    if record.end == "power-off":
        return STATUSES.get(record.status, (OTHER, "the kernel switched off without a known status"))
    if record.end in ("triple-fault", "reset"):
        return 4, ENDS[record.end]
    return (0 if record.end == "closed" else OTHER), ENDS.get(record.end, record.end)


def run(args, boot):
    record = boot()
    status, words = closing_line(record)
    if record.serial and not record.serial.endswith(b"\n"):
        live(b"\n")
    if status == 4:
        from .postmortem import last_exceptions
        for line in last_exceptions(record, args.kernel):
            print(f"  {line}", file=sys.stderr)
    say(record.emulator, words)
    return status


def qemu_nox(args):
    from . import qemu
    return run(args, lambda: qemu.boot(args.image, FOREVER, live=live))


def qemu_window(args):
    from . import qemu
    display = "none"
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        display = next((d for d in ("gtk", "sdl", "cocoa") if d in qemu.displays()), "none")
    return run(args, lambda: qemu.boot(args.image, FOREVER, live=live, display=display))


def bochs(args):
    from . import bochs, symbols
    off = symbols.load(args.kernel).address("machine_off")
    return run(args, lambda: bochs.boot(args.image, FOREVER, live=live, off=off))


COMMANDS = {"qemu": qemu_window, "qemu-nox": qemu_nox, "bochs": bochs}


def terminate(number, _frame):
    raise SystemExit(128 + number)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="ringstep")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--image", required=True)
    parser.add_argument("--kernel", required=True)
    args = parser.parse_args(argv)
    name = args.command.split("-")[0]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, terminate)
    try:
        return COMMANDS[args.command](args)
    except KeyboardInterrupt:
        print()
        say(name, "stopped with Ctrl-C; no emulator is left running")
        return INTERRUPTED
    except MachineError as error:
        say(name, error)
        return BROKEN
    except Exception as error:
        if os.environ.get("RINGSTEP_DEBUG"):
            raise
        say(name, f"{type(error).__name__}: {error} (RINGSTEP_DEBUG=1 shows where)")
        return BROKEN
