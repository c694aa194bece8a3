"""What lab 1's kernel must have done. See tools/ringstep/grading/harness.py."""

from ringstep.grading.harness import Boot, NotReached, signed, test
from ringstep.kernel import decode

QUICK = {"instructions": 40_000_000}
MAIN = Boot(1, watches=("gdt_check", "idt_init", "trap_stacks_init", "machine_off"), **QUICK)
VECTORS = Boot(1, "vectors", **QUICK)
OVERFLOW = Boot(1, "overflow", watches=("machine_off",), **QUICK)

CODE, DATA, USER_CODE, USER_DATA, TSS = 0x08, 0x10, 0x18, 0x20, 0x28
SEGMENTS = [
    ("kernel code", CODE, "present, DPL 0, 64-bit code"),
    ("kernel data", DATA, "present, DPL 0, writable data"),
    ("user code", USER_CODE, "present, DPL 3, 64-bit code"),
    ("user data", USER_DATA, "present, DPL 3, writable data"),
]
# In the order of struct trap_frame.
REGISTERS = "r15 r14 r13 r12 r11 r10 r9 r8 rbp rdi rsi rdx rcx rbx rax none".split()
IST_OF = {8: 1, 2: 2, 18: 3, 1: 4}


def gdt_entry(run, selector):
    return run.u64s(run.symbol("gdt") + selector, 1)[0]


# ---- 1.1 ----

@test("1.1", MAIN, "segment_descriptor")
def segment_descriptors(run):
    """The four segments of the GDT, as they lie in memory, are what they must be."""
    for name, selector, expected in SEGMENTS:
        is_ = decode.segment(gdt_entry(run, selector))
        run.expect(is_ == expected, f'{name} "{expected}"',
                   f'the GDT\'s entry {selector:#04x} is "{is_}"')


@test("1.1", MAIN, "segment_descriptor")
def segments_loaded(run):
    """The processor takes the code and data segments with these descriptors."""
    registers = run.at("gdt_check")
    attributes = registers.segments["cs"].attributes
    run.expect(attributes >> 21 & 1 and not attributes >> 22 & 1,
               "CS with L set and D clear", f"its hidden part is {attributes:#010x}")
    run.expect(registers.segments["ss"].attributes >> 9 & 1,
               "SS writable", f"its hidden part is {registers.segments['ss'].attributes:#010x}")


@test("1.1", VECTORS, "segment_descriptor")
def segments_by_arguments(run):
    """What segment_descriptor() gives depends on its two arguments, and on nothing else."""
    for seen in run.groups("segment of code"):
        code, dpl = seen["segment of code"], seen["segment dpl"]
        call = f"segment_descriptor({'CODE' if code else 'DATA'}_SEGMENT, {dpl})"
        expected = f"present, DPL {dpl}, {'64-bit code' if code else 'writable data'}"
        is_ = decode.segment(seen["segment"])
        run.expect(is_ == expected, f'{call}, called again, to give "{expected}"',
                   f'it gives "{is_}"')


# ---- 1.2 ----

@test("1.2", MAIN, "gdt_load")
def gdt_in_use(run):
    """After gdt_load the GDTR holds the kernel's table."""
    gdtr = run.at("gdt_check").gdtr
    run.equal("a GDTR with base", gdtr.base, run.symbol("gdt"))
    run.expect(gdtr.limit >= TSS + 15 and gdtr.limit % 8 == 7,
               "a GDTR limit that covers the TSS's descriptor, and whole entries",
               f"it is {gdtr.limit:#x}")


@test("1.2", MAIN, "gdt_load")
def segments_reloaded(run):
    """After gdt_load CS, SS, DS and ES hold the kernel's selectors."""
    segments = run.at("gdt_check").segments
    for name, expected in (("cs", CODE), ("ss", DATA), ("ds", DATA), ("es", DATA)):
        run.equal(name.upper(), segments[name].selector, expected, "{:#06x}")


@test("1.2", VECTORS, "gdt_load")
def gdt_load_keeps_registers(run):
    """gdt_load loads the table that it is given; rbx, rbp, rsp, r12 to r15 and DF are as before."""
    names = ("rbx", "rbp", "r12", "r13", "r14", "r15", "RSP", "DF")
    # With a register or DF changed, the kernel may not come to its end.
    before, after = ([value for name, value in run.observed_so_far() if name == what]
                     for what in ("before gdt_load", "after gdt_load"))
    if len(after) < len(names):
        raise NotReached(f"gdt_load has not returned to the test kernel: {run.stopped()}")
    for name, before, after in zip(names, before, after):
        run.equal(f"{name} after gdt_load, as before it,", after, before)
    for what in ("base", "limit"):
        run.equal(f"a GDTR with the {what} that gdt_load was given,", run.value(f"gdtr {what}"),
                  run.value(f"gdt {what}"))


# ---- 1.3 ----

@test("1.3", MAIN, "tss_descriptor")
def tss_descriptor(run):
    """The TSS's descriptor in the GDT is busy, with the right base and limit."""
    is_ = decode.system(gdt_entry(run, TSS), gdt_entry(run, TSS + 8))
    expected = f"busy 64-bit TSS, present, DPL 0, base {run.symbol('tss'):#x}, limit 0x67"
    run.expect(is_ == expected, f'TSS descriptor "{expected}"', f'it is "{is_}"')
    high = gdt_entry(run, TSS + 8)
    run.expect(high >> 32 == 0, "the last four bytes of the descriptor to be 0 (reserved)",
               f"they are {high >> 32:#x}")


@test("1.3", VECTORS, "tss_descriptor")
def tss_descriptor_fields(run):
    """A descriptor with all bits of base and limit in use is put together right."""
    for seen in run.groups("tss base"):
        base, limit, low, high = (seen[f"tss {what}"] for what in ("base", "limit", "low", "high"))
        is_ = decode.system(low, high)
        expected = f"available 64-bit TSS, present, DPL 0, base {base:#x}, limit {limit:#x}"
        call = f"tss_descriptor({base:#x}, {limit:#x})"
        run.expect(is_ == expected, f'{call} to give "{expected}"', f'it gives "{is_}"')
        run.expect(low >> 53 & 7 == 0 and high >> 32 == 0,
                   f"{call} with granularity in bytes (G clear) and the reserved bits 0",
                   f"it gives {high:016x}:{low:016x}")


@test("1.3", MAIN, "tss_load")
def task_register(run):
    """TR holds the TSS's selector, base and limit."""
    tr = run.at("idt_init").segments["tr"]
    run.equal("TR", tr.selector, TSS, "{:#06x}")
    run.equal("TR with limit", tr.limit, 0x67)
    base = run.symbol("tss")
    if tr.base is None:
        run.equal("TR whose base has the low half", tr.base_low, base & 0xFFFFFFFF)
    else:
        run.equal("TR with base", tr.base, base)


# ---- 1.4 ----

def expect_gate(run, vector, ist=0, dpl=0):
    """The vector's gate at the end of the run: an interrupt gate to its stub."""
    low, high = run.u64s(run.symbol("idt") + 16 * vector, 2)
    is_ = decode.gate(low, high)
    stub = run.u64s(run.symbol("trap_stubs") + 8 * vector, 1)[0]
    expected = f"interrupt gate to {CODE:#06x}:{stub:#018x}, present, DPL {dpl}, IST {ist}"
    run.expect(is_ == expected, f'the gate of {decode.vector(vector)} "{expected}"',
               f'it is "{is_}"')
    run.expect(low >> 35 & 0x1F == 0 and high >> 32 == 0,
               f"the reserved bits of the gate of {decode.vector(vector)} to be 0",
               f"it is {high:016x}:{low:016x}")


@test("1.4", MAIN, "interrupt_gate")
def all_gates(run):
    """The entries of the IDT are interrupt gates of ring 0 to their stubs."""
    if not any(run.u64s(run.symbol("idt"), 512)):
        raise NotReached(f"the kernel never filled the IDT: {run.stopped()}")
    for vector in range(256):
        if vector not in IST_OF:            # those are trap_use_stack's, see ist_stacks
            expect_gate(run, vector)


@test("1.4", MAIN, "interrupt_gate")
def idt_in_use(run):
    """IDTR holds the table and its size."""
    idtr = run.at("trap_stacks_init").idtr
    run.equal("an IDTR with base", idtr.base, run.symbol("idt"))
    run.equal("an IDTR with limit", idtr.limit, 0xFFF)


@test("1.4", VECTORS, "interrupt_gate")
def gate_fields(run):
    """A gate with DPL 3 to an address with all bits in use is put together right."""
    low, high = run.value("gate low"), run.value("gate high")
    is_ = decode.gate(low, high)
    expected = "interrupt gate to 0x0008:0xfedcba9876543210, present, DPL 3, IST 0"
    run.expect(is_ == expected, f'interrupt_gate(0xfedcba9876543210, 3) to give "{expected}"',
               f'it gives "{is_}"')
    run.expect(low >> 35 & 0x1F == 0 and high >> 32 == 0, "its reserved bits to be 0",
               f"it is {high:016x}:{low:016x}")


# ---- 1.5 ----

@test("1.5", MAIN, "trap_entry")
def breakpoint_returns(run):
    """int3 comes into the kernel and returns."""
    traps = [e for e in run.record.events if e.vector == 3]
    run.expect(traps, "the processor executes int3", f"it never did: {run.stopped()}")
    run.at("trap_stacks_init")
    run.expect("int3 has returned, all registers intact" in run.text,
               'the line "int3 has returned, all registers intact"', run.stopped())


@test("1.5", VECTORS, "trap_entry")
def trap_frames(run):
    """Each vector arrives with the right frame, with and without an error code."""
    vectors = run.groups("vector")
    run.expect(len(vectors) == 34, "34 vectors to be tried", f"{len(vectors)} were")
    for seen in vectors:
        name = decode.vector(seen["vector"])
        run.equal(f"the frame of {name} to have the vector", signed_vector(seen), seen["vector"],
                  "{}")
        run.equal(f"the frame of {name} to have the error code",
                  seen["frame error code"], seen["expected error code"])
        run.expect(seen["frame rip is right"], f"the frame of {name} to have the RIP of the trap",
                   "it has another")
        run.equal(f"the frame of {name} to have CS", seen["frame cs"], CODE)
        run.equal(f"the frame of {name} to have SS", seen["frame ss"], DATA)
        run.expect(
            seen["wrong in the frame"] == 15, f"the frame of {name} to hold the 15 registers",
            f"{REGISTERS[seen['wrong in the frame']]} is not in its place (struct trap_frame)")


def signed_vector(seen):
    return seen["frame vector"] if seen["frame vector"] != (
        1 << 64) - 1 else "that of no frame at all"


@test("1.5", VECTORS, "trap_return")
def registers_restored(run):
    """After each trap all 15 registers are as before it."""
    for seen in run.groups("vector"):
        name = decode.vector(seen["vector"])
        run.expect(seen["wrong after it"] == 15, f"all registers intact after {name}",
                   f"{REGISTERS[seen['wrong after it']]} has another value")
        run.equal(f"RSP intact after {name}, moved by", signed(seen["stack pointer moved by"]), 0,
                  "{}")
    changed = run.value("not taken from the frame")
    run.expect(changed == 15, "every register loaded from the frame, as a handler has left it",
               f"{REGISTERS[changed]} is not")
    elsewhere = run.value("not taken from elsewhere")
    run.expect(
        elsewhere == 15,
        "trap_return() to load every register from the frame that it gets, wherever it lies",
        f"{REGISTERS[min(elsewhere, 14)]} is not")
    run.equal("rbx, which a handler has changed in the frame, to be", run.value("rbx after ud2"),
              0x1234)


@test("1.5", VECTORS, "trap_entry")
def entry_follows_the_abi(run):
    """trap_dispatch is called with DF clear and an aligned stack."""
    for seen in run.groups("vector"):
        name = decode.vector(seen["vector"])
        run.equal(f"the direction flag in the handler of {name} to be", seen["direction flag"], 0)
        run.equal(f"a 16-byte aligned stack at the call for {name}, misaligned by",
                  seen["stack misalignment"], 0)


# ---- 1.6 ----

@test("1.6", MAIN, "trap_use_stack")
def overflow_is_survived(run):
    """A stack overflow ends in a message on the IST stack, not in a reset."""
    run.ended_well()
    run.expect(run.exceptions(8), "a double fault", "there was none")
    run.expect("#DF double fault, handled on the stack of IST 1" in run.text,
               "a message of the double fault's handler", run.stopped())


@test("1.6", MAIN, "trap_use_stack")
def ist_stacks(run):
    """The TSS names a stack for each of #DF, NMI, #MC and #DB, and each gate names its own."""
    words = run.u64s(run.symbol("tss") + 36, 7)
    for vector, index in IST_OF.items():
        expect_gate(run, vector, index)
        run.equal(
            f"the stack of IST {index} to end at", words[index - 1],
            run.symbol("ist_stacks") +
            (run.constant("PAGE_SIZE") + run.constant("IST_STACK_SIZE")) * index)


@test("1.6", OVERFLOW, "trap_use_stack")
def chosen_stacks(run):
    """Vectors come in on the stack that trap_use_stack gave them, and others do not."""
    traps = dict(zip(run.values("vector"), run.values("rsp")))
    for vector, ist, dpl in ((40, 6, 0), (41, 7, 0), (42, 0, 0), (43, 5, 3), (8, 1, 0)):
        expect_gate(run, vector, ist, dpl)
    for vector, name in ((40, "stack 40"), (41, "stack 41")):
        top = run.value(name)
        run.expect(traps.get(vector) is not None, f"vector {vector} to be handled", "it was not")
        run.expect(top - 8192 <= traps[vector] < top,
                   f"vector {vector} on the stack below {top:#x}",
                   f"it came in at rsp {traps[vector]:#x}")
    run.expect(not any(run.value(name) - 8192 <= traps[42] < run.value(name)
                       for name in ("stack 40", "stack 41")),
               "vector 42, which has no stack of its own, on the stack in use",
               f"it came in at rsp {traps[42]:#x}")
    ist1 = run.u64s(run.symbol("tss") + 36, 1)[0]
    run.expect(ist1 - 8192 <= traps.get(8, 0) < ist1,
               f"the double fault on the stack below {ist1:#x}",
               f"it came in at rsp {traps.get(8, 0):#x}")
    run.expect(0 <= run.value("cr2") - run.value("guard") < 4096,
               f"the fault in the guard page {run.value('guard'):#x}",
               f"CR2 is {run.value('cr2'):#x}")
