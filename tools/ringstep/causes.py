"""The likely cause of a bad end. Each rule looks at the scene and returns a
sentence and where to read on, or None; the first that knows wins.

Rules look at what the machine holds: registers at the exception, tables in
memory, the instruction's bytes. Kernel variables serve only where the hardware
holds nothing (which process, how many frames).
"""
import re

from . import decode, layout, paging
from .endings import ENDLESS, PANICKED
from .layout import CONSTANTS
from .scene import MASK

CODE, USER_CODE = CONSTANTS["SELECTOR_KERNEL_CODE"], CONSTANTS["SELECTOR_USER_CODE"]
CODES = {CODE, USER_CODE}
SYSCALL = CONSTANTS["SYSCALL_VECTOR"]


# ---- where a segment register or a return took a selector ----

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
    for words in (1, 2):
        if cs not in CODES and frame[1 + words] in CODES:
            return (f"RSP was {8 * words} bytes too low at iretq, so that CS was taken from where "
                    f"{'RIP' if words == 1 else 'the error code'} lies: vector and error code "
                    "(16 bytes) must be dropped first", read)
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


# ---- where an event could not be delivered ----

def kernel_half(s):
    for e in s.chain:
        if e.cr2 is not None and e.cr2 >= layout.USER_END and s.kernel_root and s.cr3 != s.kernel_root:
            level, index, entry = list(paging.walk(s.memory, s.cr3, e.cr2))[-1]
            if level == 4 and s.memory.u64(s.kernel_root + 8 * index) & 1:
                return (f"entry {index} of the PML4 at {s.cr3:#x} in CR3 is not the kernel's ({entry or 0:#x}), so that "
                        f"{e.cr2:#x} ({s.name(e.cr2)}) is gone: create_user_page_table() must copy the entries "
                        "256 to 511", "lab2.md#exercise-24-create_user_page_table-destroy_user_page_table")


def damaged_tables(s):
    start = s.names.get("kernel_data_start")
    if s.kernel_root and start and not s.mapped(start, s.kernel_root):
        level, index, entry = list(paging.walk(s.memory, s.kernel_root, start))[-1]
        return (f"the kernel's own page tables are destroyed: the walk of its data, {start:#x}, stops at level "
                f"{level}. A table of the kernel half was freed or overwritten; destroy_user_page_table() may free the "
                "entries 0 to 255 only", "lab2.md#exercise-24-create_user_page_table-destroy_user_page_table")


def undelivered(s):
    after = s.delivery
    if not after or not s.registers.idtr:
        return None
    e, what = s.root, decode.vector(s.root.vector).split()[0]
    if s.registers.idtr.limit < 16 * e.vector + 15 or s.registers.idtr.base == 0:
        return None                             # no IDT yet: the root itself is the cause
    gate = s.gate(e.vector)
    if gate is None:
        return f"the IDT at {s.registers.idtr.base:#x} is not mapped", "lab1.md#exercise-14-interrupt_gate"
    f = decode.gate_fields(*gate)
    if not f["present"] or f["type"] not in (0xE, 0xF) or f["selector"] & ~3 != CODE:
        return (f"{what} was not delivered: IDT entry {e.vector} is \"{decode.gate(*gate)}\"",
                "lab1.md#exercise-14-interrupt_gate")
    if e.kind == "software" and f["dpl"] < (e.cpl or 0):
        return (f"ring {e.cpl} may not use `int {e.vector:#x}`: the gate has DPL {f['dpl']}",
                "lab3.md#exercise-31-syscall_init-process_activate")
    if not s.mapped(f["offset"]):
        return (f"the gate of {what} leads to {f['offset']:#x}, where nothing is mapped",
                "lab1.md#exercise-14-interrupt_gate")
    name, top = s.stack_of(e)
    if top is not None and not s.mapped(top - 8):
        if name == "the stack in use":
            return None
        read = "lab1.md#exercise-16-trap_use_stack" if name[0] == "I" else "lab3.md#exercise-31-syscall_init-process_activate"
        return (f"{what} was not delivered: {name} in the TSS is {top:#x} ({s.name(top - 8)}), and no stack is "
                "mapped below it", read)


def tables_elsewhere(s):
    """page_map() said yes, and the processor's walk finds nothing."""
    live = next((p for p in s.table if p.page_table == s.cr3), None)
    if s.root.cpl == 3 and s.root.vector == 14 and live and s.root.rip == s.root.cr2 and not s.mapped(s.root.cr2):
        lines = layout.walk_words(s.memory, s.cr3, s.root.cr2)
        return (f"PID {live.pid} was loaded, and the processor's walk of its first page ends at \"{lines[-1]}\": "
                "page_table_walk() wrote its entries elsewhere; is the address of a table taken without the flags "
                "(pte_frame)?", "lab2.md#exercise-22-page_table_walk")


# ---- what the kernel did with an address ----

def frame_argument(s):
    if s.function(s.root.rip) == "trap_dispatch" and s.root.vector in (13, 14) and s.registers.general:
        return (f"trap_dispatch() was called with {s.registers['rdi']:#x} for its frame: trap_entry must "
                "put RSP into rdi before the call", "lab1.md#exercise-15-trap_entry")


def user_pointer(s):
    call = next((e for e in reversed(s.before) if e.vector == SYSCALL and e.cpl == 3), None)
    if not (call and call.registers and s.root.vector == 14 and s.root.cpl == 0 and s.root.cr2 is not None):
        return None
    buffer, length = call.registers["rsi"], call.registers["rdx"]
    if call.registers["rax"] == CONSTANTS["SYS_WRITE"] and (s.root.cr2 - buffer) & MASK <= length:
        return (f"the kernel read {s.root.cr2:#x} ({s.name(s.root.cr2)}) for write({call.registers['rdi']}, {buffer:#x}, "
                f"{length:#x}), which is not all the program's: user_range_check() let the pointer pass",
                "lab3.md#exercise-34-user_range_check-sys_write")


def stack_overflow(s):
    for e in s.chain:
        if e.cr2 is not None and e.cpl == 0 and "guard page" in s.name(e.cr2) and e.rsp is not None \
                and abs(e.rsp - e.cr2) < 0x2000:
            unsafe = s.record.end == "triple-fault" and not ((s.gate(8) or [0])[0] >> 32 & 7)
            return (f"the stack is full: {s.function(e.rip) or 'the kernel'}() wrote to {e.cr2:#x}, in the {s.name(e.cr2)}"
                    + ("; #DF has no IST stack, so it could not be delivered either" if unsafe else ""),
                    "lab1.md#exercise-16-trap_use_stack" if unsafe else "trouble.md#df-double-fault")


def twice(s):
    """One frame behind two pages of the kernel stacks, or behind two of a process."""
    seen = {}
    roots = [(s.kernel_root, 256, 256)] + [(p.page_table, 0, 255) for p in s.table]
    for root, first, last in roots if s.kernel_root else []:
        try:
            pages = list(paging.mappings(s.memory, root, first, last))
        except paging.TooManyTables:
            return None
        for page in pages:
            if page.size != layout.PAGE or (first and layout.stack_slot(page.virtual) is None):
                continue
            if page.physical in seen:
                return (f"frame {page.physical:#x} was handed out twice: it lies at {seen[page.physical]:#x} and at "
                        f"{page.virtual:#x} ({s.name(page.virtual)})", "lab2.md#exercise-21-frame_alloc-frame_free")
            seen[page.physical] = page.virtual


def low_address(s, address):
    """The kernel used an address of the user half, where nothing is mapped."""
    if s.root.error_code & 16:
        return (f"the kernel went on at {address:#x}, which is no address of its own: a return took it from the stack, "
                "where something else lay, or only a part of it (in 64-bit code retfq and iretq take 8 bytes each)",
                "lab1.md#exercise-12-gdt_load")
    if address < s.memory.size:
        return (f"{s.function(s.root.rip)}() used {address:#x} for a pointer: that is a physical address, and "
                "phys_to_virt() makes a pointer of it", "lab2.md#exercise-22-page_table_walk")
    return None


def rubbish(s):
    """A pointer made of something that is no address: where does its value lie in memory?"""
    address = s.bad_address = s.root.cr2 if s.root.vector == 14 else operand_address(s)
    if address is None or s.root.cpl != 0 or s.mapped(address):
        return None
    physical = (address - layout.PHYSICAL_MAP) & MASK
    if s.root.vector == 14 and not s.memory.size <= physical < 1 << 52 or address < layout.PAGE:
        return None
    if s.root.vector == 14 and address < layout.USER_END:
        return low_address(s, address)
    both = twice(s)
    if both:
        return both
    for value in (s.registers.general or {}).values():
        odd = value != paging.canonical(value & (1 << 48) - 1)
        place = odd and search(s.memory, 0x8000, 0x100000, value)
        if place:
            return (f"{s.function(s.root.rip)}() used {value:#x} for an address, which lies at {place:#x}, in the "
                    "first MiB: a frame there was handed out, and it is not memory for the kernel's use",
                    "lab2.md#exercise-21-frame_alloc-frame_free")
    return (f"{s.function(s.root.rip)}() took {physical & paging.ADDRESS:#x} for a physical address, behind the end of "
            "memory: a table's entry is rubbish; does frame_alloc() zero frames that were used before, and does "
            "nobody write to a frame that was freed?", "lab2.md#exercise-21-frame_alloc-frame_free")


def search(memory, start, end, value):
    words = memoryview(memory.read(start, end - start)).cast("Q")
    return next((start + 8 * i for i, word in enumerate(words) if word == value), None)


def operand_address(s):
    """The address of a memory operand such as [rbx + rax*8 + 0x10]."""
    match = re.search(r"\[(.*)\]", s.op)
    if not match or not s.registers.general or not re.fullmatch(r"[\w +*-]+", match[1]):
        return None
    total, sign = 0, 1
    for part in match[1].split():
        if part in "+-":
            sign = 1 if part == "+" else -1
            continue
        name, _, scale = part.partition("*")
        value = s.registers.general.get(name)
        if value is None and not re.match(r"\d", name):
            return None
        total += sign * (int(name, 0) if value is None else value) * int(scale or "1", 0)
    return total & MASK


def null_pointer(s):
    if s.root.vector == 14 and s.root.cpl == 0 and s.root.cr2 is not None and s.root.cr2 < layout.PAGE:
        callers = [s.function(s.root.rip)]
        if s.root.rip == s.root.cr2:
            return (f"the kernel jumped to {s.root.rip:#x}: through a null pointer, or back from a function whose "
                    "return address is gone", "trouble.md#pf-page-fault")
        more = "; create_process() gave a PID that is not in the process table: process_enter() makes it findable" \
            if "process_load" in callers and not s.table else ""
        return f"{callers[0] or 'the kernel'}() used a null pointer (address {s.root.cr2:#x}){more}", \
            "lab2.md#exercise-26-create_process-destroy_process" if more else "trouble.md#pf-page-fault"


def ring_3_fault(s):
    if s.root.cpl == 3 and s.record.end == "power-off" and s.root.kind == "exception" and len(s.chain) == 1:
        return (f"PID {next((p.pid for p in s.table if p.page_table == s.cr3), '?')} executed `{s.op}` at {s.root.rip:#x}, "
                f"which gave {decode.vector(s.root.vector)}: that is the program's fault, and the kernel panicked over it; "
                "process_fault() must end the process only", "lab3.md#exercise-36-process_fault")


def by_vector(s):
    """Nothing better is known: what is there to read about the vector."""
    words = decode.vector(s.root.vector)
    privileged = r"cli|sti|hlt|in|out|[lw]\w*(gdt|idt|msr)|ltr|invlpg|mov .*[cd]r\d"
    if s.root.cpl == 3 and s.root.vector == 13 and re.match(privileged, s.op):
        return f"`{s.op}` may be executed in ring 0 only", "trouble.md#gp-general-protection"
    place = s.function(s.root.rip)
    anchor = re.sub(r"[^a-z0-9-]", "", words.lower().replace(" ", "-"))
    cause = f"{words} at `{s.op}`" + (f" in {place}()" if place else "")
    return f"Bochs says: {s.root.reason}" if s.root.reason else cause, "trouble.md#" + (
        anchor if s.root.vector in (0, 3, 6, 7, 8, 10, 11, 12, 13, 14) else "exceptions")


TRAPPED = [short_return, boot_gdt, task_register, segment_load, far_return, iret_frame, kernel_half, damaged_tables, frame_argument,
           tables_elsewhere, undelivered, user_pointer, stack_overflow, null_pointer, rubbish, ring_3_fault, by_vector]


def find(s):
    """The first rule that knows: (sentence, page to read)."""
    endless = s.record.end in ("limit", "halted", "stopped")
    rules = ENDLESS if endless else TRAPPED if s.root else PANICKED if s.panic else []
    for rule in rules:
        try:
            found = rule(s)
        except (LookupError, AttributeError, TypeError):    # what this rule asks is not known here
            found = None
        if found:
            return found
    words = {"reset": "the kernel itself reset the machine: no exception led to it",
             "gave-up": f"Bochs cannot go on: {s.record.limit}"}
    return words.get(s.record.end, ""), "trouble.md#" + ("it-hangs" if endless else "it-resets")


def at_fault(s):
    """What the root exception is about, decoded from memory."""
    e, lines = s.root, []
    if not e:
        return lines
    if s.op:
        lines.append(f"the instruction: {s.op}")
    try:
        code = e.error_code
        if code and e.vector in (10, 11, 12, 13):
            if code & 2:
                gate = s.gate(code >> 3)
                lines.append(f"IDT entry {code >> 3}: " + (decode.gate(*gate) if gate else "behind the limit"))
            else:
                lines.append(f"selector {code & 0xFFFC:#x}: {s.selector(code & 0xFFFC)}")
        idtr = s.registers and s.registers.idtr
        if s.delivery and idtr and (idtr.base == 0 or idtr.limit < 16 * e.vector + 15):
            lines.append(f"IDTR: base {idtr.base:#x}, limit {idtr.limit:#x}: no IDT is loaded yet, so no exception can be delivered")
        if e.cr2 is not None and s.cr3:
            lines.append(f"address {e.cr2:#x}, {s.name(e.cr2)}, in the page table at {s.cr3:#x}:")
            lines += ["  " + line for line in layout.walk_words(s.memory, s.cr3, e.cr2)]
    except (LookupError, AttributeError):
        pass
    return lines
