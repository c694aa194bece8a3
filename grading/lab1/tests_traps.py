"""What lab 1's kernel must have done with traps (1.5, 1.6)."""
from typing import Dict, Iterator, List

from grading.lab1.shared import BP, DF, IST_OF, MAIN, OVERFLOW, VECTORS, expect_gate_of, tss
from ringstep.grading.harness import Group, Run, signed, test
from ringstep.kernel import decode

# In the order of struct trap_frame.
REGISTERS = "r15 r14 r13 r12 r11 r10 r9 r8 rbp rdi rsi rdx rcx rbx rax".split()
ALL = len(REGISTERS)
VECTORS_TRIED = 32 + 2                  # all exceptions, and two more
NO_VECTOR = (1 << 64) - 1


def expect_registers(run: Run, first_wrong: int, expected: str, wrong: str) -> None:
    """Of the registers in the order of the frame none is wrong; `wrong` says what is."""
    if first_wrong < ALL:
        run.expect(False, expected, wrong.format(REGISTERS[first_wrong]))


def traps_tried(run: Run) -> Iterator[Group]:
    """Each vector that was tried. What is wrong with one is said even where the kernel came
    to grief later on; a test that finds nothing needs all of them."""
    so_far: List[Group] = []
    for name, value in run.observed_so_far():
        if name == "vector":
            so_far.append(Group())
        if so_far:
            so_far[-1].setdefault(name, value)
    yield from (seen for seen in so_far if "stack misalignment" in seen)
    run.groups("vector", VECTORS_TRIED)


# ---- 1.5 ----

@test("1.5", MAIN, "trap_entry")
def breakpoint_returns(run: Run) -> None:
    """int3 comes into the kernel and returns."""
    traps = [event for event in run.record.events if event.vector == BP]
    run.expect(traps, "the processor executes int3", f"it never did: {run.stopped()}")
    run.at("trap_stacks_init")
    run.expect("int3 has returned, all registers intact" in run.text,
               'the line "int3 has returned, all registers intact"', run.stopped())


def frame_vector(seen: Group) -> object:
    vector = seen["frame vector"]
    return vector if vector != NO_VECTOR else "that of no frame at all"


@test("1.5", VECTORS, "trap_entry")
def trap_frames(run: Run) -> None:
    """Each vector arrives with the right frame, with and without an error code."""
    for seen in traps_tried(run):
        name = decode.vector(seen["vector"])
        frame = f"the frame of {name}"
        run.equal(f"{frame} to have the vector", frame_vector(seen), seen["vector"], "{}")
        run.equal(f"{frame} to have the error code",
                  seen["frame error code"], seen["expected error code"])
        run.expect(seen["frame rip is right"], f"{frame} to have the RIP of the trap",
                   "it has another")
        run.equal(f"{frame} to have CS", seen["frame cs"], run.constant("SELECTOR_KERNEL_CODE"))
        run.equal(f"{frame} to have SS", seen["frame ss"], run.constant("SELECTOR_KERNEL_DATA"))
        expect_registers(run, seen["wrong in the frame"], f"{frame} to hold the 15 registers",
                         "{} is not in its place (struct trap_frame)")


@test("1.5", VECTORS, "trap_return")
def registers_restored(run: Run) -> None:
    """After each trap all 15 registers are as before it."""
    for seen in traps_tried(run):
        name = decode.vector(seen["vector"])
        expect_registers(run, seen["wrong after it"], f"all registers intact after {name}",
                         "{} has another value")
        run.equal(f"the direction flag after {name}, set as before it,",
                  seen["direction flag after it"], 1, "{}")
        run.equal(f"RSP intact after {name}, moved by", signed(seen["stack pointer moved by"]), 0,
                  "{}")
    expect_registers(run, run.value("not taken from the frame"),
                     "every register loaded from the frame, as a handler has left it",
                     "{} is not")
    expect_registers(run, run.value("not taken from elsewhere"),
                     "trap_return() to load every register from the frame that it gets, "
                     "wherever it lies", "{} is not")
    run.equal("rbx, which a handler has changed in the frame, to be", run.value("rbx after ud2"),
              run.value("rbx that skip_ud2 puts there"))


@test("1.5", VECTORS, "trap_entry")
def traps_within_traps(run: Run) -> None:
    """A trap that comes while another one is handled leaves that one's registers alone."""
    came = [name for name, _ in run.observed_so_far()]
    run.expect("a trap within" not in came or "wrong after a trap within" in came,
               "the return from a trap in whose handler another one came", run.stopped())
    expect_registers(run, run.value("wrong after a trap within"),
                     "all registers intact after a trap in whose handler another one came",
                     "{} has another value")


@test("1.5", VECTORS, "trap_entry")
def entry_follows_the_abi(run: Run) -> None:
    """trap_dispatch is called with DF clear, interrupts off and an aligned stack."""
    for seen in traps_tried(run):
        name = decode.vector(seen["vector"])
        run.equal(f"the direction flag in the handler of {name} to be", seen["direction flag"], 0)
        run.equal(f"IF, which is 0 at the trap, in the handler of {name} to be",
                  seen["interrupt flag"], 0)
        run.equal(f"a 16-byte aligned stack at the call for {name}, misaligned by",
                  seen["stack misalignment"], 0)


# ---- 1.6 ----

@test("1.6", MAIN, "trap_use_stack")
def overflow_is_survived(run: Run) -> None:
    """A stack overflow ends in a message on the IST stack, not in a reset."""
    run.ended_well()
    run.expect(run.exceptions(DF), "a double fault", "there was none")
    run.expect("#DF double fault, handled on the stack of IST 1" in run.text,
               "a message of the double fault's handler", run.stopped())


@test("1.6", MAIN, "trap_use_stack")
def ist_stacks(run: Run) -> None:
    """#DF, NMI, #MC and #DB have a stack each in the TSS; gates and TSS are otherwise as before."""
    slot = run.constant("PAGE_SIZE") + run.constant("IST_STACK_SIZE")
    for vector, index in IST_OF.items():
        expect_gate_of(run, vector, index)
        run.equal(f"the stack of IST {index} to end at", tss(run).ist[index - 1],
                  run.symbol("ist_stacks") + slot * index)
    for index, stack in enumerate(tss(run).ist, 1):
        run.expect(index in IST_OF.values() or stack == 0,
                   f"IST {index} in the TSS, which nobody has asked for, to be 0",
                   f"it is {stack:#x}")
    for ring, stack in enumerate(tss(run).rsp):
        run.equal(f"RSP{ring} in the TSS, which is not trap_use_stack()'s, to be", stack, 0)


def expect_on_stack(run: Run, vector: int, came_in: Dict[int, int], top: int, size: int) -> None:
    rsp = came_in.get(vector)
    run.expect(rsp is not None, f"vector {vector} to be handled", "it was not")
    run.expect(rsp is not None and top - size <= rsp < top,
               f"{decode.vector(vector)} on the stack below {top:#x}",
               f"it came in at rsp {rsp or 0:#x}")


@test("1.6", OVERFLOW, "trap_use_stack")
def chosen_stacks(run: Run) -> None:
    """Vectors come in on the stack that trap_use_stack gave them last, and others do not."""
    came_in = dict(zip(run.values("vector"), run.values("rsp")))
    given = run.groups("given vector", 4)
    for seen in given:
        expect_gate_of(run, seen["given vector"], seen["given ist"], seen["given dpl"])
        expect_on_stack(run, seen["given vector"], came_in, seen["given top"], seen["given size"])
    none = run.value("vector without a stack")
    expect_gate_of(run, none)
    run.expect(not any(seen["given top"] - seen["given size"] <= came_in[none] < seen["given top"]
                       for seen in given),
               f"vector {none}, which has no stack of its own, on the stack in use",
               f"it came in at rsp {came_in[none]:#x}")


@test("1.6", OVERFLOW, "trap_use_stack")
def double_fault_stack(run: Run) -> None:
    """The double fault of a stack overflow comes in on the stack of its own."""
    expect_gate_of(run, DF, IST_OF[DF])
    came_in = dict(zip(run.values("vector"), run.values("rsp")))
    expect_on_stack(run, DF, came_in, tss(run).ist[IST_OF[DF] - 1], run.constant("IST_STACK_SIZE"))
    guard, cr2 = run.value("guard"), run.value("cr2")
    run.expect(0 <= cr2 - guard < run.constant("PAGE_SIZE"),
               f"the fault in the guard page {guard:#x}", f"CR2 is {cr2:#x}")
