"""What lab 3's kernel must have done on the way into ring 3 and back."""
import re
import struct

from grading.lab3.shared import (EBADF, EFAULT, ENOSYS, ENTRY, MAIN, RESUME, SLICES, STARTS,
                                 SYS_EXIT, SYS_GETPID, WRITES, calls_of)
from ringstep.grading.harness import NotReached, signed, test
from ringstep.kernel import decode, paging

# ---- 3.1 ----


def started(run):
    """The programs' starts, of which there is one at least."""
    if not run.starts():
        raise NotReached(f"no program ever started: {run.stopped()}")
    return run.starts()


def tss_field(run, snapshot, offset, form):
    """A field of the TSS, as it was when a program started (SDM volume 3A, 8.7)."""
    physical = run.symbol("tss") - run.constant("KERNEL_BASE") + run.constant("KERNEL_LOAD_ADDRESS")
    return struct.unpack(form, snapshot.memory.read(physical + offset, struct.calcsize(form)))[0]


@test("3.1", STARTS, "syscall_init")
def system_call_gate(run):
    """The gate of the system call is an interrupt gate that ring 3 may use; no other one is."""
    call, count = run.constant("SYSCALL_VECTOR"), run.constant("IDT_ENTRIES")
    words = run.u64s(run.symbol("idt"), 2 * count)
    for vector in range(count):
        fields = decode.gate_fields(words[2 * vector], words[2 * vector + 1])
        expected = 3 if vector == call else 0
        run.equal(f"the gate of vector {vector:#x} to have DPL", fields["dpl"], expected, "{}")
    is_ = decode.gate(*words[2 * call:2 * call + 2])
    stub, = run.u64s(run.symbol("trap_stubs") + 8 * call, 1)
    expected = (f"interrupt gate to {run.constant('SELECTOR_KERNEL_CODE'):#06x}:{stub:#018x}, "
                "present, DPL 3, IST 0")
    run.expect(is_ == expected, f'the gate "{expected}"', f'it is "{is_}"')


@test("3.1", STARTS, "syscall_init")
def system_call_handler(run):
    """The handler of the system call's vector is syscall_trap()."""
    call = run.constant("SYSCALL_VECTOR")
    handler, = run.u64s(run.symbol("handlers") + 8 * call, 1)
    found = run.symbols.function(handler)
    run.expect(handler == run.symbol("syscall_trap"),
               f"syscall_trap() for the handler of vector {call:#x}",
               f"it is {found[0]}()" if found else f"it is {handler:#x}")


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
    base = run.constant("KERNEL_STACK_BASE")
    tops = []
    for snapshot in run.starts():
        memory, rsp0 = snapshot.memory, tss_field(run, snapshot, 4, "<Q")
        run.expect(base < rsp0 <= base + run.constant("KERNEL_STACK_AREA"),
                   "RSP0 in the area of the kernel stacks", f"it is {rsp0:#x}")
        page = memory.virtual(snapshot.registers.cr3, rsp0 - 16, 16)
        run.expect(page is not None, "RSP0 at the top of a mapped stack",
                   f"nothing is mapped below {rsp0:#x}")
        run.expect(
            memory.virtual(snapshot.registers.cr3, rsp0, 1) is None,
            "RSP0 at the very top of a stack", f"{rsp0:#x} is in the middle of one")
        tops.append(rsp0)
    run.expect(
        len(tops) == len(run.programs), f"{len(run.programs)} programs to start",
        f"{len(tops)} did")
    run.expect(len(set(tops)) == len(tops), "a kernel stack for each process",
               f"RSP0 is {[hex(top) for top in tops]}")
    by_root = {s.registers.cr3: top for s, top in zip(run.starts(), tops)}
    for call in run.system_calls():
        if call.entry is not None:
            run.equal("a system call to push its frame below", call.entry, by_root[call.cr3])


@test("3.1", SLICES, "process_activate")
def each_to_its_own(run):
    """Processes that take turns each go on in their own page table and on their own stack."""
    for group in run.groups("tick in PID"):
        pid = group["tick in PID"]
        run.equal(f"CR3 when PID {pid} is interrupted", group["CR3"], group["its page table"])
        run.equal(f"the frame of PID {pid} to end at", group["end of the frame"],
                  group["its kernel stack"])


@test("3.1", MAIN, "process_activate")
def address_space(run):
    """The kernel half is closed, nothing is writable and executable, page 0 is unmapped."""
    for snapshot in started(run):
        for page in paging.mappings(snapshot.memory, snapshot.registers.cr3):
            shown = f"{page.virtual:#x} is mapped {page.permissions}"
            run.expect(not (page.writable and page.executable), "no page writable and executable",
                       shown)
            open_to_ring_3 = any(entry & paging.U for entry in page.entries)
            run.expect(page.virtual >> 63 == 0 or not open_to_ring_3, "no U bit in the kernel half",
                       shown)
            run.expect(page.virtual != 0, "the null page unmapped", shown)
            run.expect(page.virtual != run.constant("USER_STACK_TOP"),
                       "nothing mapped above the stack", shown)


@test("3.1", STARTS, "process_activate")
def no_ports(run):
    """In ring 3 no I/O port is open: the TSS has no I/O map (SDM volume 1, 19.5.2)."""
    for snapshot in started(run):
        base = tss_field(run, snapshot, 102, "<H")
        limit = snapshot.registers.segments["tr"].limit
        run.expect(base >= limit, f"io_map_base in the TSS at or past its limit {limit:#x}",
                   f"it is {base:#x}")


# ---- 3.2 ----

def selectors(run):
    """What a program finds in its segment registers."""
    code, data = run.constant("SELECTOR_USER_CODE"), run.constant("SELECTOR_USER_DATA")
    return {"cs": code, "ss": data, "ds": data, "es": data, "fs": 0, "gs": 0}


def rflags(run):
    return run.constant("RFLAGS_RESERVED") | run.constant("RFLAGS_IF")


@test("3.2", MAIN, "jump_to_usermode")
def ring_3_execution(run):
    """The first instruction of each program runs in ring 3 with the right segments and flags."""
    for program in run.programs:
        registers = run.start(program)
        run.equal("CPL", registers.cpl, 3, "{}")
        for name, expected in selectors(run).items():
            run.equal(name.upper(), registers.segments[name].selector, expected, "{:#06x}")
        run.equal("RFLAGS (IF set, the rest clear)", registers.rflags & ~RESUME, rflags(run))


@test("3.2", MAIN, "jump_to_usermode")
def first_stack(run):
    """A program starts at its entry point, with an aligned stack below USER_STACK_TOP."""
    for program in run.programs:
        registers = run.start(program)
        run.equal("RIP", registers.rip, run.constant("USER_PROGRAM_BASE"))
        run.equal("RSP", registers["rsp"], run.constant("USER_STACK_TOP")
                  - run.constant("ARGUMENT_BLOCK_SIZE"))


@test("3.2", ENTRY, "jump_to_usermode")
def no_register_leaks(run):
    """Whatever the registers held, a program starts with zeroes in them."""
    registers = run.at("start")
    for name in sorted(registers.general):
        if name != "rsp":
            run.equal(name, registers[name], 0)
    for name, expected in selectors(run).items():
        run.equal(name.upper(), registers.segments[name].selector, expected)
    run.equal("RFLAGS (IF set, the rest clear)", registers.rflags & ~RESUME, rflags(run))


@test("3.2", STARTS, "jump_to_usermode")
def argument_block(run):
    """Above the first stack pointer lie zeroes, and the segment registers hold what they must."""
    run.equal("the argument block", run.report("start_state", 1, "the argument block"), 0)
    for what, name in enumerate(("ds", "es", "fs", "gs", "cs", "ss"), 2):       # start_state.c
        run.equal(name.upper(), run.report("start_state", what, name.upper()),
                  selectors(run)[name])


# ---- 3.3 ----

@test("3.3", STARTS, "sys_exit")
def exit_with_pid(run):
    """exit_pid.c, PID 1, exits with its own PID as status, and the kernel goes on."""
    calls = calls_of(run, "exit_pid")
    run.expect([call.number for call in calls] == [SYS_GETPID, SYS_EXIT],
               "the system calls getpid and exit from ring 3", f"{[call.number for call in calls]}")
    run.equal("the status, which is what getpid gave,", calls[1].rdi, 1, "{}")
    run.expect("PID 1 exits with status 1\n" in run.text, 'the line "PID 1 exits with status 1"',
               run.stopped())
    run.start("start_state")


@test("3.3", STARTS, "syscall_dispatch")
def registers_survive(run):
    """A system call changes no register but RAX, and no flag; nor does an unknown one."""
    for what, call in ((1, "getpid"), (3, "write"), (4, "system call 1000, which does not exist")):
        changed = run.report("registers", what, f"how many registers were changed by {call}")
        run.equal(f"registers changed by {call}:", changed, 0, "{}")
    pid = run.report("registers", 2, "what getpid gave")
    run.expect(
        pid == run.pid_of("registers"), f"getpid to give {run.pid_of('registers')}",
        f"it gives {pid}" +
        (", which RAX held before: the result must go into the frame" if pid == SYS_GETPID else ""))


@test("3.3", WRITES, "syscall_dispatch")
def write_is_dispatched(run):
    """write comes to sys_write() with its three arguments, and its result goes back."""
    length = len(run.greeting)
    result = signed(run.report("hello", 1, "what write gave"))
    run.expect(result == length,
               f"write(1, text, {length}) to give {length}, what sys_write() gives",
               f"it gives {result}")
    run.expect(
        run.record.serial.count(run.greeting.replace(b"\n", b"\r\n")) == 1,
        f"{run.greeting.decode()!r} on the serial port, once", f"the text is {run.text[-200:]!r}")


@test("3.3", STARTS, "syscall_dispatch")
def arguments_arrive_whole(run):
    """All bits of a system call's arguments count: of an address, a length, a descriptor."""
    for what, call, expected in ((5, "write(1, a text on the stack, 34)",
                                  34), (6, "write(1, …, 0x100000000)", EFAULT),
                                 (7, "write(0x101, …, 1)", EBADF)):
        run.equal(f"{call} to give", signed(run.report("registers", what, f"what {call} gave")),
                  expected, "{}")


@test("3.3", STARTS, "syscall_dispatch")
def unknown_system_calls(run):
    """A system call that does not exist gives -ENOSYS."""
    reports = run.reports("unknown_call")
    run.expect(
        len(reports) == 12, "twelve reports of unknown_call.c",
        f"{len(reports)}: {run.stopped()}")
    for number, result in reports.items():
        run.equal(f"system call {signed(number)} to give", signed(result), ENOSYS, "{}")


@test("3.3", STARTS, "sys_exit")
def exit_statuses(run):
    """A status is printed as it is, be it negative or large."""
    for program, status in (("exit_negative", -7), ("exit_large", 1000)):
        run.start(program)
        lines = re.findall(rf"^PID {run.pid_of(program)} exits with.*$", run.text, re.M)
        expected = f"PID {run.pid_of(program)} exits with status {status}"
        run.expect(lines == [expected], f'the line "{expected}", once',
                   f'there are {lines}' if lines else run.stopped())


@test("3.3", STARTS, "sys_exit")
def exit_does_not_return(run):
    """After exit a program executes nothing any more."""
    numbers = [call.number for call in calls_of(run, "after_exit")]
    run.expect(numbers == [SYS_EXIT], "exit to be the last system call", f"there were {numbers}")
    run.expect("exits with status 42\n" in run.text, 'the line "PID 5 exits with status 42"',
               run.stopped())
    run.ended_well()
