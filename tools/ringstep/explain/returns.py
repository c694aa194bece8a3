"""Causes: where a segment register or a return took a selector. Rules as in causes.py."""
import re
from typing import Iterator, List

from ringstep.explain.scene import Cause, Scene
from ringstep.kernel import paging
from ringstep.kernel.layout import CONSTANTS

CODE, USER_CODE = CONSTANTS["SELECTOR_KERNEL_CODE"], CONSTANTS["SELECTOR_USER_CODE"]
USER_DATA = CONSTANTS["SELECTOR_USER_DATA"]
CODES, STACKS = {CODE, USER_CODE}, {CONSTANTS["SELECTOR_KERNEL_DATA"], USER_DATA}


def boot_gdt(s: Scene) -> Iterator[Cause]:
    code, gdtr = s.root.error_code, s.registers.gdtr
    if code and not code & 6 and gdtr and "gdt" in s.names and gdtr.base != s.names["gdt"]:
        yield Cause(f"`{s.op}`: selector {code:#x} is {s.selector(code)}, since the processor "
                    "still uses the boot code's GDT: was lgdt executed?", "1.2")


def segment_load(s: Scene) -> Iterator[Cause]:
    match = re.match(r"mov (.s),|pop (.s)", s.op)
    selector = s.root.error_code
    if match and selector is not None and s.root.vector in (10, 11, 12, 13):
        name = (match[1] or match[2]).upper()
        yield Cause(f"{name} cannot hold selector {selector:#x}, which is "
                    f"\"{s.selector(selector)}\""
                    + (": SS wants writable data of its own ring" if name == "SS" else ""), "1.2")


def task_register(s: Scene) -> Iterator[Cause]:
    selector = s.root.error_code
    if s.op.startswith("ltr") and selector is not None:
        entry = s.entry(selector)
        if entry and entry[1] >> 32:
            yield Cause(f"ltr refuses selector {selector:#x}: reserved bits of its descriptor are "
                        f"set, the last four bytes are {entry[1] >> 32:#x}", "1.3")
        yield Cause(f"ltr refuses selector {selector:#x}: its descriptor is "
                    f"\"{s.selector(selector)}\", where an available 64-bit TSS, present, "
                    "is wanted", "1.3")


def frame_shifted(s: Scene) -> Iterator[Cause]:
    """The kernel's report takes one field of the frame for another: a register was not pushed,
    or one too many."""
    report = re.search(r"cs:rip 0x(\w+):0x(\w+) +ss:rsp 0x\w+:0x(\w+)\s+rflags 0x(\w+)",
                       s.record.text)
    cs, rip, rsp, rflags = (int(field, 16) for field in report.groups()) if report else (0,) * 4
    for wrong, is_, taken, number in (
            (rip in CODES and rsp in STACKS, rip, "RIP", "fewer"),
            (rflags in CODES and cs > 0xFFFF, rflags, "RFLAGS", "more")):
        if wrong:
            yield Cause(f"what the kernel takes for {taken}, {is_:#x}, is the CS that the "
                        f"processor pushed: trap_entry() has pushed {number} registers than "
                        "struct trap_frame holds", "1.5")


def far_return(s: Scene) -> Iterator[Cause]:
    """retfq at the end of a trap; or what it leads to, when the code has it and no iretq."""
    start = s.names.get("trap_return")
    if not start or s.root.cpl:
        return
    code = b"".join(word.to_bytes(8, "little") for word in s.words(start, 16))
    last = next((op for op in s.symbols.disassemble(code, start) if re.match("iret|ret", op)), "")
    if last.startswith("ret") and (s.op.startswith("ret") or s.root.rip == s.root.cr2 or not s.op):
        yield Cause(f"trap_return() ends with {last}, which takes RIP and CS off the stack and "
                    "leaves RFLAGS, RSP and SS there: a trap frame needs iretq", "1.5")


def short_return(s: Scene) -> Iterator[Cause]:
    """retf and iretd, which an assembler makes of retf and iret, take 4 bytes for each value."""
    match = re.match(r"(retf|iretd?)(?!q)\b", s.op)
    if not match or s.root.cpl:
        return
    exercise = {"gdt_load": "1.2", "jump_to_usermode": "3.2"}
    size = 2 if match[1] == "iret" else 4           # iretw, iretd
    yield Cause(f"{match[1]} takes {size} bytes off the stack for each value; in 64-bit code each "
                f"takes 8: {'retfq' if match[1] == 'retf' else 'iretq'}",
                exercise.get(s.function(s.root.rip), "1.5"))


def iret_frame(s: Scene) -> Iterator[Cause]:
    if not s.op.startswith("iret") or not s.registers.general:
        return
    frame = s.words(s.registers["rsp"], 5)
    trap = s.function(s.root.rip) in ("trap_return", "trap_entry")
    read = "1.5" if trap else "3.2"
    if not frame:
        yield Cause(f"iretq found no stack at RSP {s.registers['rsp']:#x} "
                    f"({s.name(s.registers['rsp'])})", read)
    rip, cs, _, rsp, ss = frame
    if not trap and rip == USER_DATA and rsp == USER_CODE:
        yield Cause("the five values lie in reverse: the processor takes RIP first, then CS, "
                    "RFLAGS, RSP and SS, so RIP must be pushed last", read)
    for words in (1, 2) if trap else ():
        if cs not in CODES and frame[1 + words] in CODES:
            yield Cause(f"RSP was {8 * words} bytes too low at iretq, so that CS was taken from "
                        f"where {'RIP' if words == 1 else 'the error code'} lies: as many pops as "
                        "pushes, and then vector and error code (16 bytes) dropped", read)
    yield Cause(f"iretq to CS {cs:#x} and SS {ss:#x}: " + wrong_in(s, frame), read)


def wrong_in(s: Scene, frame: List[int]) -> str:
    """What is wrong with the five values that iretq takes."""
    rip, cs, _, _, ss = frame
    code, stack = s.entry(cs), s.entry(ss)
    if code is None or cs < 4 or not code[0] >> 43 & code[0] >> 44 & 1:
        return f"CS is {s.selector(cs) if cs < 0x10000 else 'no selector'}, not a code segment"
    if cs & 3 != code[0] >> 45 & 3:
        return (f"CS has RPL {cs & 3}, and its descriptor has DPL {code[0] >> 45 & 3}: "
                "they must agree")
    if ss & 3 != cs & 3:
        return f"SS has RPL {ss & 3} and CS has RPL {cs & 3}: both must be the ring that is entered"
    if stack and stack[0] >> 45 & 3 != cs & 3:
        return f"the descriptor of SS has DPL {stack[0] >> 45 & 3}, CS goes to ring {cs & 3}"
    if rip != paging.canonical(rip & (1 << 48) - 1):
        return f"RIP {rip:#x} is not a canonical address"
    return f"SS is \"{s.selector(ss)}\", CS is \"{s.selector(cs)}\""
