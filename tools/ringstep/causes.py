"""The likely cause of a bad end. Each rule looks at the scene and returns a
sentence and where to read on, or None; the first that knows wins.

Rules look at what the machine holds: registers at the exception, tables in
memory, the instruction's bytes. Kernel variables serve only where the hardware
holds nothing (which process, how many frames).
"""
import re
from dataclasses import replace

from . import decode, layout, paging, symbols
from .layout import CONSTANTS
from .postmortem import PANIC, last_chain, same_place

MASK = (1 << 64) - 1
CODE, USER_CODE = CONSTANTS["SELECTOR_KERNEL_CODE"], CONSTANTS["SELECTOR_USER_CODE"]
CODES = {CODE, USER_CODE}
STACKS = {CONSTANTS["SELECTOR_KERNEL_DATA"], CONSTANTS["SELECTOR_USER_DATA"]}
SYSCALL, TIMER = CONSTANTS["SYSCALL_VECTOR"], 32


class Scene:
    """A record with what the rules ask of it."""

    def __init__(self, record, kernel):
        self.record, self.memory = record, record.memory
        try:
            self.symbols = symbols.load(kernel) if kernel else None
        except (ImportError, OSError, AttributeError):
            self.symbols = None
        self.names = self.symbols.names if self.symbols else {}
        self.panic = PANIC.search(record.text) if record.status == 1 else None
        trapped = not (self.panic and self.panic["function"])
        self.chain = last_chain(record.events, {self.names.get("probe_read_instruction")}) if trapped else []
        self.root = self.chain[0] if self.chain else None
        at = record.events.index(self.root) if self.root else len(record.events)
        before = record.events[at - 1] if at else None
        if self.root and before and before.kind != "exception" and same_place(before, self.root):
            self.root = before                      # it was the `int` that could not be delivered
            self.chain = [before] + self.chain
        self.before = record.events[:at]
        if self.root and self.root.rip is None and self.panic:      # Bochs: the kernel says where
            at = re.search(r" at rip (0x[0-9a-f]+)", self.panic["message"])
            self.root = self.chain[0] = replace(self.root, rip=at and int(at[1], 16))
        self.registers = (self.root.registers if self.root else None) or record.registers
        if self.registers and self.root and not self.root.dump:     # those are of later
            self.registers = replace(self.registers, general={})
        self.cr3 = self.registers.cr3 if self.registers else None
        self.table, self.kernel_root = [], 0
        if self.memory and "kernel_page_table" in self.names:
            try:
                self.kernel_root = layout.kernel_root(self.names, self.memory)
                self.table = layout.processes(self.names, self.memory)
            except LookupError:
                pass
        self.op = self.instruction(self.root.rip) if self.root and self.root.rip is not None else ""

    @property
    def delivery(self):
        """The exception that came while the root was being delivered, or None."""
        if len(self.chain) > 1 and same_place(self.chain[0], self.chain[1]):
            return self.chain[1]
        return None

    def read(self, address, length):
        if self.memory and self.registers and not (self.registers.cr0 or 0) >> 31:
            return self.memory.read(address, length)        # no paging yet
        return self.memory.virtual(self.cr3, address & MASK, length) if self.memory and self.cr3 else None

    def words(self, address, count):
        data = self.read(address, 8 * count)
        return [int.from_bytes(data[i:i + 8], "little") for i in range(0, 8 * count, 8)] if data else None

    def instruction(self, address):
        for length in (15, 7, 4, 2, 1):             # less, at the end of what is mapped
            code = self.read(address, length)
            if code:
                found = symbols.disassemble(code, address, self.registers.bits)
                return found[0][2] if found else "(no instruction)"
        return ""

    def function(self, address):
        found = self.symbols and address is not None and self.symbols.function(address)
        return found[0] if found else ""

    def callers(self, registers):
        """The functions around a place, the innermost first, by the chain of RBPs."""
        found, frame = [self.function(registers.rip)], registers.general.get("rbp", 0)
        for _ in range(16):
            data = self.memory.virtual(registers.cr3, frame, 16) if self.memory and frame % 8 == 0 else None
            if not data or frame < layout.USER_END:
                break
            found.append(self.function(int.from_bytes(data[8:], "little") - 1))
            frame = int.from_bytes(data[:8], "little")
        return [name for name in found if name]

    def name(self, address):
        return layout.name(self.names, address & MASK, self.table)

    def entry(self, selector):
        """Two words of the GDT in use, or None behind its limit."""
        gdtr = self.registers and self.registers.gdtr
        if not gdtr or (selector | 7) > gdtr.limit:
            return None
        low, high = self.words(gdtr.base + (selector & ~7), 1), self.words(gdtr.base + (selector & ~7) + 8, 1)
        return low and (low[0], high[0] if high else 0)

    def selector(self, selector):
        """What a selector names, in words."""
        entry = self.entry(selector)
        if selector < 4:
            return "the null selector"
        if entry is None:
            return f"behind the GDT's limit {self.registers.gdtr.limit:#x}"
        if entry[0] == 0:
            return "an empty entry of the GDT"
        return decode.segment(entry[0]) if entry[0] >> 44 & 1 else decode.system(*entry)

    def gate(self, vector):
        idtr = self.registers and self.registers.idtr
        return self.words(idtr.base + 16 * vector, 2) if idtr and 16 * vector + 15 <= idtr.limit else None

    def stack_of(self, event):
        """The stack on which an event would have been taken: (what it is, its top)."""
        tr, gate = self.registers.segments.get("tr"), self.gate(event.vector)
        ist = gate[0] >> 32 & 7 if gate else 0
        offset, what = (36 + 8 * (ist - 1), f"IST {ist}") if ist else (4, "RSP0")
        if not ist and event.cpl == 0:
            return "the stack in use", event.rsp
        return what, (self.words(tr.base + offset, 1) or [0])[0] if tr and tr.base else 0

    def mapped(self, address, root=None):
        return self.memory and paging.translate(self.memory, root or self.cr3, address & MASK) is not None


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
    ops = [op for *_, op in symbols.disassemble(b"".join(w.to_bytes(8, "little") for w in code), start)]
    last = next((op for op in ops if re.match("iret|ret", op)), "")
    if last.startswith("ret") and (s.op.startswith("ret") or s.root.rip == s.root.cr2 or not s.op):
        return (f"trap_return() ends with {last}, which takes RIP and CS off the stack and leaves RFLAGS, RSP and "
                "SS there: a trap frame needs iretq", "lab1.md#exercise-15-trap_entry")


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


def rubbish(s):
    """A pointer made of something that is no address: where does its value lie in memory?"""
    address = s.bad_address = s.root.cr2 if s.root.vector == 14 else operand_address(s)
    if address is None or s.root.cpl != 0 or s.mapped(address):
        return None
    physical = (address - layout.PHYSICAL_MAP) & MASK
    if s.root.vector == 14 and not s.memory.size <= physical < 1 << 52 or address < layout.PAGE:
        return None
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
            return f"the kernel jumped to {s.root.rip:#x}: through a null pointer, or back from a function whose return address is gone", "trouble.md#pf-page-fault"
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
    place = s.function(s.root.rip)
    anchor = re.sub(r"[^a-z0-9-]", "", words.lower().replace(" ", "-"))
    return (s.root.reason and f"Bochs says: {s.root.reason}" or f"{words} at `{s.op}`" + (f" in {place}()" if place else "")), \
        "trouble.md#" + (anchor if s.root.vector in (0, 3, 6, 7, 8, 10, 11, 12, 13, 14) else "exceptions")


# ---- panics without an exception, and runs without an end ----

def leak(s):
    counts = re.match(r"(\d+) frames are free, before the first process there were (\d+)", s.panic["message"])
    if not counts:
        return None
    if s.table:
        pids = ", ".join(str(p.pid) for p in s.table)
        return (f"all_processes_ended() was called while PID {pids} is in the process table: timer_tick() or a fault "
                "must end one process, with process_end()", "lab3.md#exercise-35-timer_tick")
    lost, each = int(counts[2]) - int(counts[1]), ""
    started = max(1, len(set(re.findall(r"^PID (\d+) starts", s.record.text, re.M))))
    left = stack_pages(s)
    if left:
        slot, pages = next(iter(left.items()))
        return (f"{lost} frames were lost: all processes are gone, and of kernel stack {slot} the pages {pages} are "
                "still mapped (0 is the guard page, which never is): "
                + ("free_kernel_stack() was not called" if len(pages) == 4 else
                   "the stack that was freed is not the one that was mapped"),
                "lab2.md#exercise-25-allocate_kernel_stack-allocate_user_stack")
    if lost % started == 0:
        each = lost // started
        whose = {1: "as many as a process's record has: process_discard()",
                 4: "as many as a kernel stack has: are its frames freed?"}.get(
            each, "no more than the tables below a PML4: destroy_user_page_table()" if each < 10 else
            "as many as the pages of a program and its stack, in the user half: destroy_user_page_table()")
        each = f", {each} for each process, {whose}"
    return f"{lost} frames were never freed{each}", "lab2.md#exercise-26-create_process-destroy_process"


def stack_pages(s):
    """{slot: pages mapped in it}; page 0 is the guard page."""
    found = {}
    for page in paging.mappings(s.memory, s.kernel_root, 256, 256) if s.kernel_root else []:
        slot = layout.stack_slot(page.virtual)
        if slot:
            found.setdefault(slot[0], []).append(slot[1])
    return found


def not_loaded(s):
    match = re.match(r"cannot load the program (\w+): (-\w+)", s.panic["message"])
    if not match:
        return None
    what, stacks = f"create_process() or page_map() gave {match[2]} for {match[1]}", stack_pages(s)
    read = "lab2.md#exercise-25-allocate_kernel_stack-allocate_user_stack"
    if match[2] == "-EAGAIN":
        return f"{what}, \"all stacks are taken\", yet {len(stacks)} of the kernel stacks is mapped", read
    for slot, pages in stacks.items():
        if pages != [1, 2, 3, 4]:
            return f"{what}: of kernel stack {slot} the pages {pages} are mapped, not 1 to 4 (0 is the guard page)", read
    if any(paging.mappings(s.memory, s.kernel_root, 0, 255)):
        return (f"{what}: the kernel's own page table has mappings in the user half; every process needs a page table "
                "of its own", "lab2.md#exercise-24-create_user_page_table-destroy_user_page_table")
    return (f"{what}, though nothing can be mapped there yet: page_table_walk() leads two addresses to the same entry",
            "lab2.md#exercise-22-page_table_walk")


def no_handler(s):
    match = re.match(r"interrupt interrupt in the kernel", s.panic["message"])
    last = s.record.events[-1] if s.record.events else None
    if match and last:
        return (f"`int {last.vector:#x}` came from ring {last.cpl}, and no handler is registered for the vector: "
                "trap_register()", "lab3.md#exercise-31-syscall_init-process_activate")


def panicked(s):
    return f"{s.panic['function'] or 'the kernel'}() found: {s.panic['message']}", "trouble.md#a-panic-that-is-no-exception"


def faults_again(s):
    if len(s.chain) > 10:
        return (f"`{s.op}` in {s.function(s.root.rip)}() faulted {len(s.chain)} times: the handler returns and has changed "
                "nothing, or faults itself", "trouble.md#it-hangs")


def loops(s):
    now = s.registers
    if not now or now.rip is None:
        return None
    pid = next((f"PID {p.pid}" for p in s.table if p.page_table == now.cr3), "a program")
    user = [r for r in s.record.samples or [now] if r.rip is not None and r.rip < layout.USER_END and r.cr3 != s.kernel_root]
    if s.kernel_root and user and any(r.cpl == 0 for r in user):
        return (f"{pid} runs in ring 0, in place of ring 3: only iretq leads to ring 3", "lab3.md#exercise-32-jump_to_usermode")
    ticks = sum(e.vector == TIMER for e in s.record.events)
    if user and not any(r.rflags & 0x200 for r in user):
        return (f"{pid} runs in ring 3 with IF 0, so that the timer cannot interrupt it: RFLAGS must have bit 9 set",
                "lab3.md#exercise-32-jump_to_usermode")
    if ticks > 30 and s.table:
        return (f"the timer has interrupted {pid} {ticks} times and it goes on each time: timer_tick() must count the "
                "slices and end it", "lab3.md#exercise-35-timer_tick")
    stacks = [s.callers(r) for r in s.record.samples or [now]]
    common = [f for f in stacks[-1] if all(f in stack for stack in stacks)]
    if now.halted:
        return f"the processor stands at hlt with interrupts off, in {common[0] if common else 'no function'}()", "trouble.md#it-hangs"
    place = f"{common[0]}()" if common else f"at {now.rip:#x}, {s.name(now.rip)}"
    called = f", called from {common[1]}()" if len(common) > 1 else ""
    return f"it goes round in {place}{called}", "trouble.md#it-hangs"


TRAPPED = [boot_gdt, task_register, segment_load, far_return, iret_frame, kernel_half, damaged_tables, frame_argument,
           tables_elsewhere, undelivered, user_pointer, stack_overflow, null_pointer, rubbish, ring_3_fault, by_vector]
PANICKED = [leak, not_loaded, no_handler, panicked]
ENDLESS = [faults_again, loops]


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
