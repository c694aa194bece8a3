"""What lab 1's kernel must have put into the processor's tables (1.1 to 1.4)."""
from grading.lab1.shared import (IST_OF, MAIN, TSS_LAYOUT, VECTORS, expect_gate, expect_gate_of,
                                 gate_in_words, gdt_entry, tss)
from ringstep.grading.harness import NotReached, Run, test
from ringstep.kernel import decode

KEPT = ("rbx", "rbp", "r12", "r13", "r14", "r15", "RSP", "DF")     # in the order of vectors.c


def segment_in_words(code: int, dpl: int) -> str:
    return f"present, DPL {dpl}, {'64-bit code' if code else 'writable data'}"


# ---- 1.1 ----

@test("1.1", MAIN, "segment_descriptor")
def segment_descriptors(run: Run) -> None:
    """The four segments of the GDT, as they lie in memory, are what they must be."""
    for ring, dpl in (("kernel", 0), ("user", 3)):
        for kind in ("code", "data"):
            selector = run.constant(f"SELECTOR_{ring}_{kind}".upper())
            is_, expected = (decode.segment(gdt_entry(run, selector)),
                             segment_in_words(kind == "code", dpl))
            run.expect(is_ == expected, f'{ring} {kind} "{expected}"',
                       f'the GDT\'s entry {selector // 8 * 8:#04x} is "{is_}"')


@test("1.1", MAIN, "segment_descriptor")
def segments_loaded(run: Run) -> None:
    """The processor takes the code and data segments with these descriptors."""
    segments = run.at("gdt_check").segments
    cs, ss = segments["cs"].attributes, segments["ss"].attributes
    run.expect(cs >> 21 & 1 and not cs >> 22 & 1, "CS with L set and D clear",
               f"its hidden part is {cs:#010x}")
    run.expect(ss >> 9 & 1, "SS writable", f"its hidden part is {ss:#010x}")


@test("1.1", VECTORS, "segment_descriptor")
def segments_by_arguments(run: Run) -> None:
    """What segment_descriptor() gives depends on its two arguments, and on nothing else."""
    for seen in run.groups("segment of code"):
        code, dpl = seen["segment of code"], seen["segment dpl"]
        call = f"segment_descriptor({'CODE' if code else 'DATA'}_SEGMENT, {dpl})"
        is_, expected = decode.segment(seen["segment"]), segment_in_words(code, dpl)
        run.expect(is_ == expected, f'{call}, called again, to give "{expected}"',
                   f'it gives "{is_}"')


# ---- 1.2 ----

@test("1.2", MAIN, "gdt_load")
def gdt_in_use(run: Run) -> None:
    """After gdt_load the GDTR holds the kernel's table."""
    gdtr = run.at("gdt_check").gdtr
    run.equal("a GDTR with base", gdtr.base, run.symbol("gdt"))
    run.expect(gdtr.limit >= run.constant("SELECTOR_TSS") + 15 and gdtr.limit % 8 == 7,
               "a GDTR limit that covers the TSS's descriptor, and whole entries",
               f"it is {gdtr.limit:#x}")


@test("1.2", MAIN, "gdt_load")
def segments_reloaded(run: Run) -> None:
    """After gdt_load CS, SS, DS and ES hold the kernel's selectors; interrupts are still off."""
    registers = run.at("gdt_check")
    for name, kind in (("cs", "CODE"), ("ss", "DATA"), ("ds", "DATA"), ("es", "DATA")):
        run.equal(name.upper(), registers.segments[name].selector,
                  run.constant(f"SELECTOR_KERNEL_{kind}"), "{:#06x}")
    run.expect(not registers.rflags & run.constant("RFLAGS_IF"),
               "interrupts off after gdt_load, as before it", "IF is 1")


@test("1.2", VECTORS, "gdt_load")
def gdt_load_keeps_registers(run: Run) -> None:
    """gdt_load loads the table it is given; rbx, rbp, rsp, r12 to r15 and DF are as before."""
    # With a register or DF changed, the kernel may not come to its end.
    before, after = ([value for name, value in run.observed_so_far() if name == what]
                     for what in ("before gdt_load", "after gdt_load"))
    if len(after) < len(KEPT):
        raise NotReached(f"gdt_load has not returned to the test kernel: {run.stopped()}")
    for name, was, is_ in zip(KEPT, before, after):
        run.equal(f"{name} after gdt_load, as before it,", is_, was)
    for what in ("base", "limit"):
        run.equal(f"a GDTR with the {what} that gdt_load was given,", run.value(f"gdtr {what}"),
                  run.value(f"gdt {what}"))


# ---- 1.3 ----

@test("1.3", MAIN, "tss_descriptor")
def tss_descriptor(run: Run) -> None:
    """The TSS's descriptor in the GDT is busy, with the right base and limit."""
    selector = run.constant("SELECTOR_TSS")
    low, high = gdt_entry(run, selector), gdt_entry(run, selector + 8)
    is_ = decode.system(low, high)
    expected = (f"busy 64-bit TSS, present, DPL 0, base {run.symbol('tss'):#x}, "
                f"limit {TSS_LAYOUT.size - 1:#x}")
    run.expect(is_ == expected, f'TSS descriptor "{expected}"', f'it is "{is_}"')
    run.expect(high >> 32 == 0, "the last four bytes of the descriptor to be 0 (reserved)",
               f"they are {high >> 32:#x}")


@test("1.3", VECTORS, "tss_descriptor")
def tss_descriptor_fields(run: Run) -> None:
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
def task_register(run: Run) -> None:
    """TR holds the TSS's selector, base and limit."""
    tr = run.at("idt_init").segments["tr"]
    run.equal("TR", tr.selector, run.constant("SELECTOR_TSS"), "{:#06x}")
    run.equal("TR with limit", tr.limit, TSS_LAYOUT.size - 1)
    base = run.symbol("tss")
    if tr.base is None:
        run.equal("TR whose base has the low half", tr.base_low, base & 0xFFFFFFFF)
    else:
        run.equal("TR with base", tr.base, base)


@test("1.3", MAIN, "tss_load")
def tss_is_left_alone(run: Run) -> None:
    """tss_load changes nothing in the TSS itself, and no other entry of the GDT."""
    run.at("idt_init")
    run.equal("an I/O map base in the TSS, as before tss_load, of", tss(run).io_map_base,
              TSS_LAYOUT.size)
    is_ = decode.segment(gdt_entry(run, run.constant("SELECTOR_TSS") - 8))
    run.expect(is_.startswith("present, DPL 3"), "the segment below the TSS as before tss_load",
               f'it is "{is_}"')


# ---- 1.4 ----

@test("1.4", MAIN, "interrupt_gate")
def all_gates(run: Run) -> None:
    """The entries of the IDT are interrupt gates of ring 0 to their stubs."""
    count = run.constant("IDT_ENTRIES")
    if not any(run.u64s(run.symbol("idt"), 2 * count)):
        raise NotReached(f"the kernel never filled the IDT: {run.stopped()}")
    for vector in range(count):
        if vector not in IST_OF:            # those are trap_use_stack's, see ist_stacks
            expect_gate_of(run, vector)


@test("1.4", MAIN, "interrupt_gate")
def idt_in_use(run: Run) -> None:
    """IDTR holds the table and its size."""
    idtr = run.at("trap_stacks_init").idtr
    run.equal("an IDTR with base", idtr.base, run.symbol("idt"))
    run.equal("an IDTR with limit", idtr.limit, 16 * run.constant("IDT_ENTRIES") - 1)


@test("1.4", VECTORS, "interrupt_gate")
def gate_fields(run: Run) -> None:
    """A gate of any DPL to an address with all bits in use is put together right."""
    for seen in run.groups("gate to", 6):
        handler, dpl = seen["gate to"], seen["gate dpl"]
        expect_gate(run, f"what interrupt_gate({handler:#x}, {dpl}) gives",
                    (seen["gate low"], seen["gate high"]), gate_in_words(run, handler, dpl))
