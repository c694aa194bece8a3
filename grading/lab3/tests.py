"""What lab 3's kernel must have done. See tools/ringstep/harness.py."""

import re
import struct

from ringstep import decode, paging
from ringstep.harness import Boot, NotReached, signed, test

OWN = "ring3_test,ring3_loop_test,ring3_privilege_test"
START = "exit_pid,start_state,registers,unknown_call,after_exit"
WRITE = "hello,pointers"
TIMER = "spin,exit_pid"
# program: vector, error code, what it tried. No error code: the processor pushes
# none; or, for int 14, QEMU 7.2 says 0xe2 where the manual and Bochs say 0x72.
FAULTS = {
    "cli": (13, 0, "cli"), "iopl": (13, 0, "popf with IOPL 3, then cli"),
    "port": (13, 0, "out to the serial port"), "int14": (13, None, "int 14"),
    "divide": (0, None, "a division by zero"), "sse": (6, None, "an SSE instruction"),
    "peek_kernel": (14, 5, "a read of the kernel's code"),
    "peek_physical": (14, 7, "a write to the map of physical memory"),
    "peek_other": (14, 4, "a read where another process had its memory"),
    "overflow": (14, 6, "a push into the guard page"),
    "write_code": (14, 7, "a write to its own code"), "run_stack": (14, 21, "a jump to its stack"),
}
FAULTING = ",".join(["secret", *FAULTS, "exit_pid"])


def boot(programs, **more):
    # A program may be interrupted before its first instruction, and come there again.
    points = (("start", 2 * programs.count(",") + 2, "memory"), ("int80", 120))
    own = programs == OWN
    return Boot(3, "" if own else programs, points=points, mib=16, instructions=120_000_000, **more)


MAIN, STARTS, WRITES, TIMERS, FAULTED = (boot(p) for p in (OWN, START, WRITE, TIMER, FAULTING))

ENOSYS, EFAULT, EBADF = -38, -14, -9
SYS_WRITE, SYS_GETPID, SYS_EXIT = 1, 39, 60
ARITHMETIC = 0x8D5 | 0x10000        # CF PF AF ZF SF OF, and RF, which a debugger sets


def calls_of(run, program):
    cr3 = run.cr3_of(program)
    return [call for call in run.system_calls() if call.cr3 == cr3]


def lines_between(run, program):
    """The serial text from a program's start to the next one's."""
    parts = re.split(r"^PID (\d+) starts at .*\n", run.text, flags=re.M)
    texts = dict(zip(parts[1::2], parts[2::2]))
    return texts.get(str(run.pid_of(program)), "")


# ---- 3.1 ----

@test("3.1", STARTS, "syscall_init")
def system_call_gate(run):
    """The gate of int 0x80 is an interrupt gate that ring 3 may use; no other one is."""
    words = run.u64s(run.symbol("idt"), 512)
    for vector in range(256):
        fields = decode.gate_fields(words[2 * vector], words[2 * vector + 1])
        expected = 3 if vector == 0x80 else 0
        run.equal(f"the gate of vector {vector:#x} to have DPL", fields["dpl"], expected, "{}")
    is_ = decode.gate(words[0x100], words[0x101])
    stub, = run.u64s(run.symbol("trap_stubs") + 8 * 0x80, 1)
    expected = f"interrupt gate to 0x0008:{stub:#018x}, present, DPL 3, IST 0"
    run.expect(is_ == expected, f'the gate "{expected}"', f'it is "{is_}"')


@test("3.1", STARTS, "process_activate")
def own_page_table(run):
    """Each program runs with a page table of its own in CR3."""
    roots = [run.start(program).cr3 for program in run.programs]
    kernel, = run.u64s(run.symbol("kernel_page_table"), 1)
    run.expect(kernel not in roots, "a page table of the process's own", "CR3 holds the kernel's")
    run.expect(len(set(roots)) == len(roots), "different page tables",
               f"CR3 is {[hex(root) for root in roots]}")


@test("3.1", STARTS, "process_activate")
def own_kernel_stack(run):
    """RSP0 names the process's own kernel stack, and system calls come in there."""
    base, slot = run.constant("KERNEL_STACK_BASE"), 5 * 4096
    tops = []
    for snapshot in run.starts():
        memory = snapshot.memory
        physical = run.symbol("tss") - run.constant("KERNEL_BASE") + run.constant("KERNEL_LOAD_ADDRESS")
        rsp0, = struct.unpack("<Q", memory.read(physical + 4, 8))
        run.expect(base < rsp0 <= base + run.constant("KERNEL_STACK_AREA"),
                   "RSP0 in the area of the kernel stacks", f"it is {rsp0:#x}")
        page = memory.virtual(snapshot.registers.cr3, rsp0 - 16, 16)
        run.expect(page is not None, "RSP0 at the top of a mapped stack", f"nothing is mapped below {rsp0:#x}")
        run.expect(memory.virtual(snapshot.registers.cr3, rsp0, 1) is None, "RSP0 at the very top of a stack",
                   f"{rsp0:#x} is in the middle of one")
        tops.append(rsp0)
    run.expect(len(tops) == len(run.programs), f"{len(run.programs)} programs to start", f"{len(tops)} did")
    run.expect(len(set(tops)) == len(tops), "a kernel stack for each process",
               f"RSP0 is {[hex(top) for top in tops]}")
    by_root = {s.registers.cr3: top for s, top in zip(run.starts(), tops)}
    for call in run.system_calls():
        if call.entry is not None:
            run.equal("a system call to push its frame below", call.entry, by_root[call.cr3])


@test("3.1", MAIN, "process_activate")
def address_space(run):
    """In ring 3 the kernel half is closed, nothing is writable and executable, page 0 is unmapped."""
    starts = run.starts()
    if not starts:
        raise NotReached(f"no program ever started: {run.stopped()}")
    for snapshot in starts:
        for page in paging.mappings(snapshot.memory, snapshot.registers.cr3):
            shown = f"{page.virtual:#x} is mapped {page.permissions}"
            run.expect(not (page.writable and page.executable), "no page writable and executable", shown)
            run.expect(page.virtual >> 63 == 0 or not any(entry & 4 for entry in page.entries),
                       "no U bit in the kernel half", shown)
            run.expect(page.virtual != 0, "the null page unmapped", shown)
            run.expect(page.virtual != run.constant("USER_STACK_TOP"), "nothing mapped above the stack", shown)


# ---- 3.2 ----

@test("3.2", MAIN, "jump_to_usermode")
def ring_3_execution(run):
    """The first instruction of each program runs in ring 3 with the right segments and flags."""
    for program in run.programs:
        registers = run.start(program)
        run.equal("CPL", registers.cpl, 3, "{}")
        for name, expected in (("cs", 0x1B), ("ss", 0x23), ("ds", 0x23), ("es", 0x23), ("fs", 0), ("gs", 0)):
            run.equal(name.upper(), registers.segments[name].selector, expected, "{:#06x}")
        flags = registers.rflags & ~ARITHMETIC
        run.equal("RFLAGS (IF set, IOPL 0)", flags, 0x202)


@test("3.2", MAIN, "jump_to_usermode")
def first_stack(run):
    """A program starts at its entry point, with an aligned stack below USER_STACK_TOP."""
    for program in run.programs:
        registers = run.start(program)
        run.equal("RIP", registers.rip, run.constant("USER_PROGRAM_BASE"))
        run.equal("RSP", registers["rsp"], run.constant("USER_STACK_TOP") - 64)


@test("3.2", MAIN, "jump_to_usermode")
def no_register_leaks(run):
    """A program starts with zeroes in its registers: nothing of the kernel's is left in them."""
    for program in run.programs:
        registers = run.start(program)
        for name in sorted(registers.general):
            if name != "rsp":
                run.equal(name, registers[name], 0)


@test("3.2", STARTS, "jump_to_usermode")
def argument_block(run):
    """Above the first stack pointer lie zeroes, and the segment registers hold what they must."""
    reports = run.reports("start_state")
    for what, name, expected in ((1, "the argument block", 0), (2, "DS", 0x23), (3, "ES", 0x23),
                                 (4, "FS", 0), (5, "GS", 0), (6, "CS", 0x1B), (7, "SS", 0x23)):
        run.expect(what in reports, f"start_state to report {name}", f"it did not: {run.stopped()}")
        run.equal(name, reports[what], expected)


# ---- 3.3 ----

@test("3.3", STARTS, "sys_exit")
def exit_with_pid(run):
    """exit_pid.c, PID 1, exits with its own PID as status, and the kernel goes on."""
    calls = calls_of(run, "exit_pid")
    run.expect([call.number for call in calls] == [SYS_GETPID, SYS_EXIT],
               "the system calls getpid and exit from ring 3", f"{[call.number for call in calls]}")
    run.equal("the status, which is what getpid gave,", calls[1].rdi, 1, "{}")
    run.expect("PID 1 exits with status 1\n" in run.text, 'the line "PID 1 exits with status 1"', run.stopped())
    run.start("start_state")


@test("3.3", STARTS, "syscall_dispatch")
def registers_survive(run):
    """A system call changes no register but RAX."""
    reports = run.reports("registers")
    run.expect(1 in reports, "registers.c to report", f"it did not: {run.stopped()}")
    run.equal("registers changed by a system call:", reports[1], 0, "{}")
    run.equal("getpid to give", reports.get(2), run.pid_of("registers"), "{}")


@test("3.3", STARTS, "syscall_dispatch")
def unknown_system_calls(run):
    """A system call that does not exist gives -ENOSYS."""
    reports = run.reports("unknown_call")
    run.expect(len(reports) == 9, "nine reports of unknown_call.c", f"{len(reports)}: {run.stopped()}")
    for number, result in reports.items():
        run.equal(f"system call {signed(number)} to give", signed(result), ENOSYS, "{}")


@test("3.3", STARTS, "sys_exit")
def exit_does_not_return(run):
    """After exit a program executes nothing any more."""
    numbers = [call.number for call in calls_of(run, "after_exit")]
    run.expect(numbers == [SYS_EXIT], "exit to be the last system call", f"there were {numbers}")
    run.expect("exits with status 42\n" in run.text, 'the line "PID 5 exits with status 42"', run.stopped())
    run.ended_well()


# ---- 3.4 ----

@test("3.4", WRITES, "sys_write")
def greeting_from_ring_3(run):
    """A text that the harness has chosen reaches the serial port through a system call from ring 3."""
    calls = [call for call in calls_of(run, "hello") if call.number == SYS_WRITE and call.rdx]
    run.expect(calls, "a system call write from ring 3", f"there was none: {run.stopped()}")
    call = calls[0]
    run.expect(call.rdi == 1 and call.rdx == len(run.greeting), f"write(1, …, {len(run.greeting)})",
               f"it was write({call.rdi}, …, {call.rdx})")
    run.equal("the system call to come from CS", call.cs, 0x1B)
    run.equal("the system call to come from SS", call.ss, 0x23)
    start = run.starts()[0]
    text = start.memory.virtual(call.cr3, call.rsi, call.rdx)
    run.expect(text == run.greeting, f"the buffer to hold {run.greeting}", f"it holds {text}")
    run.expect(run.record.serial.count(run.greeting.replace(b"\n", b"\r\n")) == 1,
               f"{run.greeting.decode()!r} on the serial port, once", f"the text is {run.text[-200:]!r}")
    run.equal("the result of write", run.reports("hello").get(1), len(run.greeting), "{}")


@test("3.4", WRITES, "sys_write")
def write_of_nothing(run):
    """A write of no bytes gives 0, on the file descriptor 2 as well."""
    reports = run.reports("hello")
    run.expect(2 in reports, "hello.c to report", f"it did not: {run.stopped()}")
    run.equal("write(2, text, 0) to give", reports[2], 0, "{}")


@test("3.4", WRITES, "user_range_check")
def bad_pointers(run):
    """Buffers that ring 3 may not read give -EFAULT, and print nothing."""
    reports = {what: signed(value) for what, value in run.reports("pointers").items()}
    for number, length in enumerate((1, 6, 1, 0)):
        run.expect(number in reports, "pointers.c to report each write", f"{number} is missing: {run.stopped()}")
        run.equal(f"a good write of {length} bytes to give", reports[number], length, "{}")
    bad = [call for call in calls_of(run, "pointers") if call.number == SYS_WRITE][4:]
    for number in range(4, 28):
        run.expect(number in reports, "pointers.c to report each write", f"{number} is missing: {run.stopped()}")
        call = bad[number - 4]
        run.equal(f"write(1, {call.rsi:#x}, {call.rdx:#x}) to give", reports[number], EFAULT, "{}")
    printed = re.sub(r"PID \d+: (first )?system call.*\n|PID \d+ exits with.*\n|No process.*\n", "",
                     lines_between(run, "pointers"))
    run.expect(printed == "<across!", 'only "<across!" on the serial port', f"there is {printed[:200]!r}")


@test("3.4", WRITES, "sys_write")
def bad_file_descriptors(run):
    """Other file descriptors than 1 and 2 give -EBADF."""
    reports = run.reports("pointers")
    for what, fd in ((100, 0), (101, 3), (102, -1)):
        run.expect(what in reports, f"pointers.c to report write({fd}, …)", f"it did not: {run.stopped()}")
        run.equal(f"write({fd}, …) to give", signed(reports[what]), EBADF, "{}")


@test("3.4", MAIN, "sys_write")
def system_call_from_ring_3(run):
    """Hello from Ring 3: the lines of the first program, each written from ring 3."""
    expected = ["[Ring 3 Test] Hello from Ring 3!", "[Ring 3 Test] Hello from user space!",
                "[Ring 3 Test] Current PID: 1", "[Ring 3 Test] All tests passed! Exiting..."]
    lines = [line for line in run.text.split("\n") if "[Ring 3 Test]" in line]
    run.expect(lines == expected, f"the lines {expected}", f"there are {lines or 'none'}; {run.stopped()}")
    writes = [call for call in calls_of(run, "ring3_test")
              if call.number == SYS_WRITE and call.cs == 0x1B and call.ss == 0x23]
    run.expect(sum(call.rdx == len(line) + 1 for line in expected for call in writes) >= 4,
               "a system call from ring 3 for each of them", f"{len(writes)} writes came from there")


# ---- 3.5 ----

@test("3.5", TIMERS, "timer_tick")
def timer_interrupts_ring_3(run):
    """A program that makes no system call is interrupted SLICES_MAX times, then taken off the CPU."""
    slices = run.constant("SLICES_MAX")
    ticks = [e for e in run.exceptions(32, "interrupt") if e.cpl == 3]
    run.expect(slices <= len(ticks) <= slices + 2, f"{slices} interruptions of ring 3",
               f"there were {len(ticks)}; {run.stopped()}")
    run.start("spin")
    run.expect("PID 1 has used up its" in run.text, 'the line "PID 1 has used up its … time slices"',
               run.stopped())


@test("3.5", TIMERS, "timer_tick")
def interrupted_registers(run):
    """An interrupted program goes on with all its registers as they were."""
    run.expect(not run.reports("spin"), "no register of spin.c changed by an interruption",
               "it found one with another value")
    run.expect(run.exceptions(32, "interrupt"), "interruptions by the timer", "there were none")


@test("3.5", TIMERS, "timer_tick")
def kernel_goes_on(run):
    """After a program was taken off the CPU the next one runs, and the kernel shuts down."""
    run.start("exit_pid")
    run.ended_well()


@test("3.5", MAIN, "timer_tick")
def loop_program(run):
    """The loop program prints until it is taken off the CPU, and the next one starts."""
    lines = re.findall(r"^\[Ring 3 Loop\] still running: (\d+)$", run.text, re.M)
    run.expect(len(lines) >= 2 and lines == [str(n + 1) for n in range(len(lines))],
               "the loop program's lines, counting up", f"there are {lines}; {run.stopped()}")
    run.expect("PID 2 has used up its" in run.text, 'the line "PID 2 has used up its … time slices"',
               run.stopped())
    run.start("ring3_privilege_test")


# ---- 3.6 ----

@test("3.6", MAIN, "process_fault")
def privilege_protection(run):
    """cli in ring 3 is a #GP(0) at that instruction; only that process dies."""
    faults = [e for e in run.exceptions() if e.cpl == 3]
    run.expect([e.vector for e in faults] == [13], "one #GP from ring 3",
               f"{[decode.vector(e.vector) for e in faults]}; {run.stopped()}")
    run.equal("its error code", faults[0].error_code, 0)
    program = "ring3_privilege_test"
    line = re.search(r"^#GP in PID 3: .*error code (?:0x)?0, rip (0x[0-9a-f]+), CPL 3$", run.text, re.M)
    run.expect(line is not None, 'the line "#GP in PID 3: general protection, error code 0, rip 0x…, CPL 3"',
               run.stopped())
    from ringstep import symbols
    for rip in {int(line[1], 16), faults[0].rip or int(line[1], 16)}:
        code = symbols.load(run.programs[program]).bytes_at(rip, 1)
        run.expect(code == b"\xFA", "the address of the cli in it", f"it is {rip:#x}")
    run.ended_well()


@test("3.6", FAULTED, "process_fault")
def faults_kill_one_process(run):
    """Each of twelve forbidden things is an exception that kills its process and no other."""
    faults = [e for e in run.exceptions() if e.cpl == 3]
    for program, fault in zip(FAULTS, faults):
        vector, code, tried = FAULTS[program]
        run.expect(fault.vector == vector, f"{decode.vector(vector)} after {tried}",
                   f"{decode.vector(fault.vector)} came")
        if code is not None:
            run.equal(f"the error code after {tried}", fault.error_code, code)
        if fault.rip is not None and program != "run_stack":
            run.equal(f"the exception after {tried} at", fault.rip, run.program_symbol(program, "the_fault"))
    run.expect(len(faults) == len(FAULTS), f"{len(FAULTS)} exceptions from ring 3",
               f"there were {len(faults)}; {run.stopped()}")
    run.start("exit_pid")
    run.ended_well()


@test("3.6", FAULTED, "process_fault")
def faults_are_reported(run):
    """Each exception is reported in one line with its name and its process."""
    for program, (vector, code, tried) in FAULTS.items():
        start = f"{decode.VECTORS[vector][0]} in PID {run.pid_of(program)}:"
        lines = [line for line in run.text.split("\n") if line.startswith(start)]
        run.expect(len(lines) == 1, f'one line "{start} …" after {tried}', f"there are {len(lines)}; {run.stopped()}")
        run.expect("CPL 3" in lines[0] and "rip 0x" in lines[0], "rip and CPL in it", f'it is "{lines[0]}"')
    run.expect(not re.search(r"FAILED|PANIC", run.text), "no panic", run.stopped())


@test("3.6", FAULTED, "process_fault")
def nothing_after_a_fault(run):
    """A process that has faulted executes nothing any more."""
    for program in FAULTS:
        run.expect(not run.reports(program), f"{program}.c to end at its fault", "it went on after it")
    run.equal("secret.c to read what it wrote:", run.reports("secret").get(2), ord("s"))
