"""Causes: where a segment register or a return took a selector. Rules as in causes.py."""
import re

from ringstep.kernel import paging
from ringstep.kernel.layout import CONSTANTS

CODE, USER_CODE = CONSTANTS["SELECTOR_KERNEL_CODE"], CONSTANTS["SELECTOR_USER_CODE"]
USER_DATA = CONSTANTS["SELECTOR_USER_DATA"]
CODES = {CODE, USER_CODE}


def boot_gdt(s):
    gdtr, e = s.registers.gdtr, s.root
    if e.error_code and not e.error_code & 6 and gdtr and "gdt" in s.names and gdtr.base != s.names["gdt"]:
        return (f"`{s.op}`: selector {e.error_code:#x} is {s.selector(e.error_code)}, since the processor still "
                f"uses the boot code's GDT: was lgdt executed?", "lab1.md#exercise-12-gdt_load")


def segment_load(s):
    match = re.match(r"mov (.s),|pop (.s)", s.op)
    if match and s.root.error_code is not None and s.root.vector in (10, 11, 12, 13):
        name, selector = (match[1] or match[2]).upper(), s.root.error_code
        return (f"{name} cannot hold selector {selector:#x}, which is \"{s.selector(selector)}\""
                + (": SS wants writable data of its own ring" if name == "SS" else ""),
                "lab1.md#exercise-12-gdt_load")


def task_register(s):
    if s.op.startswith("ltr") and s.root.error_code is not None:
        return (f"ltr refuses selector {s.root.error_code:#x}: its descriptor is \"{s.selector(s.root.error_code)}\", "
                "where an available 64-bit TSS, present, is wanted", "lab1.md#exercise-13-tss_descriptor-tss_load")


def frame_shifted(s):
    """The kernel's report takes one field of the frame for another: a register was not pushed, or one twice."""
    reported = re.search(r"^PANIC: .* in (?:the kernel|ring 3) at rip (0x[0-9a-f]+)", s.record.text, re.M)
    events = [e for e in s.record.events if e.cs is not None]
    if not reported or not events:
        return None
    taken, frames = int(reported[1], 16), events[-3:]
    for e in frames:
        if taken == e.cs and taken != e.rip:
            return (f"what the kernel takes for RIP, {taken:#x}, is the CS that the processor pushed: trap_entry() has "
                    "pushed fewer registers than struct trap_frame holds", "lab1.md#exercise-15-trap_entry")


def far_return(s):
    """retfq at the end of a trap; or what it leads to, when the code has it and no iretq."""
    start = s.names.get("trap_return")
    if not start or s.root.cpl != 0:
        return None
    code = s.words(start, 16) or []
    ops = [op for *_, op in s.disassemble(b"".join(w.to_bytes(8, "little") for w in code), start)]
    last = next((op for op in ops if re.match("iret|ret", op)), "")
    if last.startswith("ret") and (s.op.startswith("ret") or s.root.rip == s.root.cr2 or not s.op):
        return (f"trap_return() ends with {last}, which takes RIP and CS off the stack and leaves RFLAGS, RSP and "
                "SS there: a trap frame needs iretq", "lab1.md#exercise-15-trap_entry")


def short_return(s):
    """retf and iretd, which an assembler makes of retf and iret, take 4 bytes for each value."""
    match = re.match(r"(retf|iretd?)(?!q)\b", s.op)
    if not match or s.root.cpl != 0:
        return None
    page = {"gdt_load": "lab1.md#exercise-12-gdt_load", "jump_to_usermode": "lab3.md#exercise-32-jump_to_usermode"}
    return (f"{match[1]} takes 4 bytes off the stack for each value; in 64-bit code each takes 8: "
            f"{'retfq' if match[1] == 'retf' else 'iretq'}",
            page.get(s.function(s.root.rip), "lab1.md#exercise-15-trap_entry"))


def iret_frame(s):
    if not s.op.startswith("iret") or not s.registers.general:
        return None
    frame = s.words(s.registers["rsp"], 5)
    trap = s.function(s.root.rip) in ("trap_return", "trap_entry")
    read = "lab1.md#exercise-15-trap_entry" if trap else "lab3.md#exercise-32-jump_to_usermode"
    if frame is None:
        return f"iretq found no stack at RSP {s.registers['rsp']:#x} ({s.name(s.registers['rsp'])})", read
    rip, cs, flags, rsp, ss = frame[:5]
    if not trap and rip == USER_DATA and rsp == USER_CODE:
        return ("the five values lie in reverse: the processor takes RIP first, then CS, RFLAGS, RSP and SS, "
                "so RIP must be pushed last", read)
    for words in (1, 2) if trap else ():
        if cs not in CODES and frame[1 + words] in CODES:
            return (f"RSP was {8 * words} bytes too low at iretq, so that CS was taken from where "
                    f"{'RIP' if words == 1 else 'the error code'} lies: as many pops as pushes, and then "
                    "vector and error code (16 bytes) dropped", read)
    what = f"iretq to CS {cs:#x} and SS {ss:#x}: "
    code, stack = s.entry(cs), s.entry(ss)
    if code is None or cs < 4 or not code[0] >> 43 & code[0] >> 44 & 1:
        return what + f"CS is {s.selector(cs) if cs < 0x10000 else 'no selector'}, not a code segment", read
    if cs & 3 != code[0] >> 45 & 3:
        return what + f"CS has RPL {cs & 3}, and its descriptor has DPL {code[0] >> 45 & 3}: they must agree", read
    if ss & 3 != cs & 3:
        return what + f"SS has RPL {ss & 3} and CS has RPL {cs & 3}: both must be the ring that is entered", read
    if stack and stack[0] >> 45 & 3 != cs & 3:
        return what + f"the descriptor of SS has DPL {stack[0] >> 45 & 3}, CS goes to ring {cs & 3}", read
    if rip != paging.canonical(rip & (1 << 48) - 1):
        return what + f"RIP {rip:#x} is not a canonical address", read
    return what + f"SS is \"{s.selector(ss)}\", CS is \"{s.selector(cs)}\"", read
