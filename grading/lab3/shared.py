"""What the tests of lab 3 share: the programs to boot, and what to look at."""
import re

from ringstep.grading.harness import Boot, program_starts, system_calls
from ringstep.kernel.contract import contract

NUMBERS = contract().numbers
DE, UD, GP, PF = (NUMBERS[f"VECTOR_{name}"] for name in ("DE", "UD", "GP", "PF"))
PRESENT, WRITE, USER, FETCH = (NUMBERS[f"PAGE_FAULT_{name}"]
                               for name in ("PRESENT", "WRITE", "USER", "FETCH"))
ENOSYS, EFAULT, EBADF = (-NUMBERS[name] for name in ("ENOSYS", "EFAULT", "EBADF"))
SYS_WRITE, SYS_GETPID, SYS_EXIT = (NUMBERS[f"SYS_{name}"] for name in ("WRITE", "GETPID", "EXIT"))

OWN = "ring3_test,ring3_loop_test,ring3_privilege_test"
START = "exit_pid,start_state,registers,unknown_call,after_exit,exit_negative,exit_large"
WRITING = "hello,pointers,output"
TIMER = "spin,exit_pid"
# program: vector, error code, what it tried. No error code: the processor pushes
# none; or, for int 14, QEMU 7.2 says 0xe2 where the manual and Bochs say 0x72.
FAULTS = {
    "cli": (GP, 0, "cli"), "iopl": (GP, 0, "popf with IOPL 3, then cli"),
    "port": (GP, 0, "out to the serial port"), "int14": (GP, None, "int 14"),
    "divide": (DE, None, "a division by zero"), "sse": (UD, None, "an SSE instruction"),
    "peek_kernel": (PF, USER | PRESENT, "a read of the kernel's code"),
    "peek_physical": (PF, USER | WRITE | PRESENT, "a write to the map of physical memory"),
    "peek_other": (PF, USER, "a read where another process had its memory"),
    "overflow": (PF, USER | WRITE, "a push into the guard page"),
    "write_code": (PF, USER | WRITE | PRESENT, "a write to its own code"),
    "run_stack": (PF, USER | FETCH | PRESENT, "a jump to its stack"),
}
FAULTING = ",".join(["secret", *FAULTS, "exit_pid"])


def boot(test, programs, **more):
    # A program may be interrupted before its first instruction, and come there again.
    watches = (program_starts(2 * programs.count(",") + 2, memory=True), system_calls(120))
    return Boot(3, test, watches=watches, mib=16, instructions=120_000_000, **more)


MAIN, TIMERS = boot("", OWN), boot(TIMER, TIMER)
STARTS, FAULTED = (boot("untimed," + programs, programs) for programs in (START, FAULTING))
WRITES = boot("untimed," + WRITING, WRITING, secret=b"Hello, " + 32 * b"." + b"\n")  # as in hello.c
ENTRY = Boot(3, "entry", watches=(program_starts(1),), mib=16)
SLICES = Boot(3, "slices", mib=16, instructions=120_000_000)
RANGES = Boot(3, "ranges", mib=16)

RESUME = 0x10000                # RF in RFLAGS, which a debugger sets


def calls_of(run, program):
    cr3 = run.cr3_of(program)
    return [call for call in run.system_calls() if call.cr3 == cr3]


def lines_between(run, program):
    """The serial text from a program's start to the next one's."""
    parts = re.split(r"^PID (\d+) starts at .*\n", run.text, flags=re.M)
    texts = dict(zip(parts[1::2], parts[2::2]))
    return texts.get(str(run.pid_of(program)), "")
