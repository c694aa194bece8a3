"""What the hardware holds, in words: the words of labs/lab1-boot/kernel/describe.c.

Intel SDM volume 3A: 3.4.5 (segments), 3.5 and 8.2.3 (system segments), 6.14.1
(gates), 6.13 and 4.7 (error codes), 4.5 (page-table entries), 6.3.1 (vectors).
"""
from typing import Dict, Optional

VECTORS = {
    0: ("#DE", "divide error"), 1: ("#DB", "debug"), 2: ("NMI", "non-maskable interrupt"),
    3: ("#BP", "breakpoint"), 4: ("#OF", "overflow"), 5: ("#BR", "bound range exceeded"),
    6: ("#UD", "invalid opcode"), 7: ("#NM", "device not available"),
    8: ("#DF", "double fault"), 10: ("#TS", "invalid TSS"), 11: ("#NP", "segment not present"),
    12: ("#SS", "stack-segment fault"), 13: ("#GP", "general protection"),
    14: ("#PF", "page fault"), 16: ("#MF", "x87 floating-point error"),
    17: ("#AC", "alignment check"), 18: ("#MC", "machine check"),
    19: ("#XM", "SIMD floating-point"), 20: ("#VE", "virtualization"),
    21: ("#CP", "control protection"),
}
SELECTOR_ERRORS = {8, 10, 11, 12, 13}       # their error code names a selector


def vector(number: int) -> str:
    """"#GP general protection", "interrupt 32"."""
    if number in VECTORS:
        return " ".join(VECTORS[number])
    return f"{'reserved exception' if number < 32 else 'interrupt'} {number}"


def present(bit: int) -> str:
    return "present" if bit else "not present"


def segment(descriptor: int) -> str:
    """"present, DPL 3, 64-bit code" from the eight bytes in the GDT."""
    def bit(number: int) -> int:
        return descriptor >> number & 1
    if not bit(44):
        kind = "no code or data segment (S is 0)"
    elif bit(43):
        kind = ("64-bit code with D set, too (not allowed)" if bit(53) and bit(54)
                else "64-bit code" if bit(53) else "32-bit code" if bit(54) else "16-bit code")
        kind = "conforming " + kind if bit(42) else kind
    else:
        kind = ("writable" if bit(41) else "read-only") + " data"
        kind = "expand-down " + kind if bit(42) else kind
    return f"{present(bit(47))}, DPL {descriptor >> 45 & 3}, {kind}"


def system_base(low: int, high: int) -> int:
    return low >> 16 & 0xFFFFFF | (low >> 56 & 0xFF) << 24 | (high & 0xFFFFFFFF) << 32


def system_limit(low: int) -> int:
    return low & 0xFFFF | low >> 32 & 0xF0000


def system(low: int, high: int) -> str:
    """"busy 64-bit TSS, present, DPL 0, base 0x…, limit 0x67" from 16 bytes."""
    kinds = {0x2: "LDT", 0x9: "available 64-bit TSS", 0xB: "busy 64-bit TSS"}
    kind = "no system segment (S is 1)" if low >> 44 & 1 else kinds.get(low >> 40 & 15, "no TSS")
    return (f"{kind}, {present(low >> 47 & 1)}, DPL {low >> 45 & 3}, "
            f"base {system_base(low, high):#x}, limit {system_limit(low):#x}")


def gate_fields(low: int, high: int) -> Dict[str, int]:
    return {"selector": low >> 16 & 0xFFFF, "ist": low >> 32 & 7, "type": low >> 40 & 0x1F,
            "dpl": low >> 45 & 3, "present": low >> 47 & 1,
            "offset": low & 0xFFFF | low >> 32 & 0xFFFF0000 | (high & 0xFFFFFFFF) << 32}


def gate(low: int, high: int) -> str:
    """"interrupt gate to 0x0008:0x…, present, DPL 0, IST 0" from 16 bytes."""
    f = gate_fields(low, high)
    kind = {0xE: "interrupt gate", 0xF: "trap gate"}.get(f["type"], "no 64-bit gate")
    return (f"{kind} to {f['selector']:#06x}:{f['offset']:#018x}, {present(f['present'])}, "
            f"DPL {f['dpl']}, IST {f['ist']}")


def page_fault(code: int) -> str:
    """"write from ring 0, page not present"."""
    access = "instruction fetch" if code & 16 else "write" if code & 2 else "read"
    why = "the page's permissions forbid it" if code & 1 else "page not present"
    return (f"{access} from ring {3 if code & 4 else 0}, {why}"
            + (", a reserved bit is set" if code & 8 else ""))


def selector_error(code: int) -> str:
    """"IDT entry 3": what the error code of #GP, #TS, #NP and #SS names."""
    if code == 0:
        return "no selector is named"
    outside = ", during the delivery of another event" if code & 1 else ""
    if code & 2:
        return f"IDT entry {code >> 3}" + outside
    return f"selector {code & 0xFFF8:#x} in the {'LDT' if code & 4 else 'GDT'}" + outside


def error_code(number: int, code: Optional[int]) -> str:
    """An exception's error code in words; "" where it has none or says nothing."""
    if code is None or (number == 8 and code == 0):
        return ""
    if number == 14:
        return page_fault(code)
    return selector_error(code) if number in SELECTOR_ERRORS else f"error code {code:#x}"


def page_entry(entry: int, level: int = 1) -> str:
    """"P W U A D NX -> 0x201000": the flags by the manual's names."""
    names = {0: "P", 1: "W", 2: "U", 3: "PWT", 4: "PCD", 5: "A", 6: "D", 8: "G", 63: "NX"}
    if level > 1:
        names[7] = "PS"
    if not entry & 1:
        return "not present"
    flags = " ".join(name for bit, name in sorted(names.items()) if entry >> bit & 1)
    return f"{flags} -> {entry & 0x000FFFFFFFFFF000:#x}"
