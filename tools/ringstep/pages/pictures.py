"""The handouts' pictures, as SVG. Addresses, bits and offsets come from the labs' headers."""
from typing import Dict, List, Tuple

from ringstep.pages import pictures_processes
from ringstep.pages.page import HandoutError, members
from ringstep.pages.svg import Picture, Row, bit, grouped, number


def tables() -> Picture:
    p = Picture("The processor's registers and the tables that they point to")
    for i, (register, table, rows) in enumerate((
            ("GDTR", "GDT", ["0x00 empty", "0x08 kernel code", "0x10 kernel data",
                             "0x18 user code", "0x20 user data",
                             f"{number('SELECTOR_TSS'):#04x} TSS (16 bytes)"]),
            ("TR", "TSS", ["RSP0", "IST 1 … IST 7"]),
            ("IDTR", "IDT", ["gate 0", "…", "gate 3 (#BP)", "…",
                             f"gate {number('IDT_ENTRIES') - 1}"]))):
        x = 20 + i * 236
        p.box(x, 16, 90, 28, register, "cpu")
        p.arrow((x + 45, 44), (x + 45, 74))
        p.text(x + 100, 34, f"→ {table}", weight="bold")
        for j, label in enumerate(rows):
            p.box(x, 76 + j * 26, 190, 26, label, "used", 12)
    p.arrow((210, 219), (233, 219), (233, 90), (254, 90))
    p.text(574, 64, "1", weight="bold")
    p.arrow((492, 141), (222, 141), (222, 115), (212, 115))
    p.text(400, 158, "2", "middle", weight="bold")
    p.text(338, 64, "3", weight="bold")
    p.lines(20, 262, ("A trap: 1 IDTR leads to the gate; 2 the gate names code in the GDT;",
                      "3 if the ring changes, or the gate names an IST stack, TR leads to",
                      "the TSS. The other arrow: ltr has read the TSS's descriptor."), 18, 13)
    return p


def descriptor() -> Picture:
    p = Picture("A segment descriptor, 8 bytes")

    def one(name: str, label: str, kind: str = "used") -> Tuple[int, int, str, str]:
        at = bit(f"SEGMENT_{name}")
        return at, at, label, kind
    upper = [(63, 56, "base 31–24", "off"), one("G", "G", "off"), one("DB", "D"), one("L", "L"),
             (52, 52, "-", "off"), (51, 48, "limit", "off"), one("P", "P"), (46, 45, "DPL", "used"),
             one("S", "S"), one("CODE", "X"), one("C", "C"), one("W", "R"), one("A", "A", "off"),
             (39, 32, "base 23–16", "off")]
    p.bits(30, 63, 32, upper)
    p.bits(90, 31, 0, [(31, 16, "base 15–0", "off"), (15, 0, "limit 15–0", "off")])
    p.lines(20, 150, (
        "Blue: used in 64-bit mode. Grey: ignored for code and data segments, or the processor's "
        "own (A).",
        "P present · DPL the ring · S 1: code or data · X 1: code, 0: data · L 1: 64-bit code, "
        "then D is 0",
        "C code: conforming, data: expand-down · R code: readable, data: writable (W)"), 19)
    return p


def tss_descriptor() -> Picture:
    p = Picture("The descriptor of the TSS, 16 bytes")
    p.text(20, 22, "bytes 15–8", size=11)
    p.bits(42, 63, 0, [(63, 32, "0", "off"), (31, 0, "base 63–32", "used")])
    p.text(20, 98, "bytes 7–0", size=11)
    p.bits(118, 63, 32, [(63, 56, "base 31–24", "used"), (55, 55, "G", "off"), (54, 52, "0", "off"),
                         (51, 48, "limit", "used"), (47, 47, "P", "used"), (46, 45, "DPL", "used"),
                         (44, 44, "0", "used"), (43, 40, "type", "used"),
                         (39, 32, "base 23–16", "used")])
    p.bits(176, 31, 0, [(31, 16, "base 15–0", "used"), (15, 0, "limit 15–0", "used")])
    limit = sum(size for _, _, size in members("tss")) - 1
    p.lines(20, 234, ("type 9: 64-bit TSS, available · type B: the same, busy (ltr writes that) · "
                      "bit 44 is S: 0",
                      f"limit: the size minus 1, {limit:#x} · bits 51–48 are limit 19–16"), 19)
    return p


def tss() -> Picture:
    p = Picture("The task-state segment in 64-bit mode", 560)
    names = {"rsp": "RSP0, RSP1, RSP2", "ist": "IST 1 … IST 7", "io_map_base": "I/O map base"}
    said = {"rsp": ": stacks for rings 0, 1, 2", "ist": ": for gates that name one",
            "io_map_base": ": past the limit, so none"}
    for i, (name, at, size) in enumerate(members("tss")):
        label = names.get(name, "reserved")
        p.text(80, 33 + i * 30, str(at), "end", 12, mono=True)
        p.box(90, 16 + i * 30, 220, 30, label, "off" if label == "reserved" else "used", 12)
        p.text(320, 35 + i * 30, f"{size} bytes{said.get(name, '')}", size=12)
    return p


def gate() -> Picture:
    p = Picture("An interrupt gate, 16 bytes")
    at = {name: offset for name, offset, _ in members("gate")}
    if (at["selector"], at["ist"], at["type"], at["offset_high"]) != (2, 4, 5, 8):
        raise HandoutError("the picture of a gate does not fit struct gate any more")
    p.bits(30, 127, 64, [(127, 96, "reserved, 0", "off"), (95, 64, "handler 63–32", "used")])
    p.bits(88, 63, 32, [(63, 48, "handler 31–16", "used"), (47, 47, "P", "used"),
                        (46, 45, "DPL", "used"), (44, 44, "0", "off"), (43, 40, "type", "used"),
                        (39, 35, "0", "off"), (34, 32, "IST", "used")])
    p.bits(146, 31, 0, [(31, 16, "code segment", "used"), (15, 0, "handler 15–0", "used")])
    interrupt, trap = (number(f"GATE_{name}") for name in ("INTERRUPT", "TRAP"))
    p.lines(20, 204, (f"type {interrupt:X}: interrupt gate, clears IF · type {trap:X}: trap gate, "
                      "leaves it",
                      "DPL: who may use int n · IST 0: no stack of its own"), 18)
    return p


def frame_rows() -> Tuple[List[Row], List[Row], List[str]]:
    """What the processor pushes, what the stub pushes, and the registers."""
    names = [name for name, _, _ in members("trap_frame")][::-1]
    if names[:5] != ["ss", "rsp", "rflags", "cs", "rip"]:
        raise HandoutError("the pictures of a trap do not fit struct trap_frame any more")
    return ([(name.upper(), "cpu") for name in names[:5]],
            [(name.replace("_", " "), "used") for name in names[5:7]], names[7:])


def trap_same_ring() -> Picture:
    p = Picture("The stack after a trap within ring 0", 680)
    by_cpu, by_stub, registers = frame_rows()
    saved = [(f"{registers[0]} … {registers[-1]}", "kernel")]
    rows = [("what was there", "off"), ("up to 15 bytes unused", "off"), *by_cpu, *by_stub, *saved]
    end = p.stack(200, 30, rows, 200, 26)
    p.text(190, 40, "higher addresses", "end", 12)
    p.text(190, end - 14, "lower addresses", "end", 12)
    p.text(410, 30 + 26 * 2 + 70, "pushed by the processor", size=12)
    p.lines(410, 30 + 26 * 7 + 30, ("pushed by the stub (the error code",
                                    "by the processor for some vectors)"), 16)
    p.text(410, end - 8, f"pushed by trap_entry, {len(registers)} registers", size=12)
    p.arrow((150, 30 + 26), (196, 30 + 26))
    p.text(145, 60, "RSP before", "end", 12)
    p.arrow((150, end), (196, end))
    p.text(145, end + 5, "RSP after,", "end", 12)
    p.text(145, end + 21, "the frame's address", "end", 12)
    return p


def trap_ring_change() -> Picture:
    p = Picture("The stacks at a trap from ring 3")
    by_cpu, by_stub, registers = frame_rows()
    p.text(30, 26, "user stack", weight="bold")
    p.stack(30, 36, [("argument block", "user"), ("the program's", "user"), ("not touched", "off")],
            190, 30)
    p.arrow((250, 96), (224, 96))
    p.text(256, 100, "RSP in ring 3", size=12)
    p.text(430, 26, "kernel stack of this process", weight="bold")
    saved = [(f"{registers[0]} … {registers[-1]}", "kernel"), ("the handler's", "kernel")]
    end = p.stack(430, 36, [*by_cpu, *by_stub, *saved], 190)
    p.arrow((400, 36), (428, 36))
    p.text(395, 41, "RSP0, from the TSS", "end", 12)
    p.stack(430, end, [("guard page", "guard")], 190)
    p.lines(30, 180, ("The frame's RSP holds the", "program's stack pointer, and its",
                      "SS and CS hold RPL 3."), 17)
    return p


def walk() -> Picture:
    p = Picture("Four levels from an address to a frame")
    names = [("PML4", 47), ("PDPT", 38), ("PD", 29), ("PT", 20)]
    p.box(20, 24, 100, 30, "63–48: sign", "off", 11)
    for i, (name, top) in enumerate(names):
        p.box(120 + i * 110, 24, 110, 30, f"{top}–{top - 8}: {name}", "used", 11)
    p.box(560, 24, 140, 30, "11–0: offset", "user", 11)
    p.box(20, 150, 60, 30, "CR3", "cpu")
    for i, (name, top) in enumerate(names):
        left = 120 + i * 120
        p.text(left, 84, f"level {4 - i}", size=11)
        p.stack(left, 90, [("", ""), ("", ""), ("entry", "used"), ("", ""), ("", "")], 84, 22)
        p.text(left + 42, 216, f"{number('PTE_COUNT')} entries", "middle", 11)
        p.arrow((left - 38 if i else 80, 145 if i else 165), (left - 2, 145 if i else 165 - 20))
    p.box(600, 110, 100, 70, f"frame\n{number('PAGE_SIZE')} bytes", "user")
    p.arrow((564, 145), (598, 145))
    p.lines(20, 248, (
        "Each entry: bits 51–12 are the physical address of the next table or of the frame;",
        "P (0), W (1), U (2), A (5), D (6), PS (7), NX (63). U and W: on all; NX: on one."), 18)
    return p


def address_space() -> Picture:
    p = Picture("The address space of a process, not to scale", 840)
    rows = [
        ("all physical memory", "kernel", 50, "PHYSICAL_MAP_BASE",
         "ring 0, no execution, 2 MiB pages"),
        ("kernel image", "kernel", 40, "KERNEL_BASE", "ring 0, 4 KiB pages"),
        ("kernel stacks", "kernel", 40, "KERNEL_STACK_BASE",
         f"ring 0, {number('KERNEL_STACK_SIZE') // 1024} KiB each, a guard page below each"),
        ("not canonical", "off", 46, "USER_HALF_END", "no such address: #GP (#SS by RSP, RBP)"),
        ("one page, never mapped", "guard", 26, "USER_STACK_TOP", ""),
        ("user stack, guard page", "user", 40, "USER_PROGRAM_END",
         f"ring 3, no execution, the upper {number('USER_STACK_SIZE') // 1024} KiB"),
        ("code and data", "user", 50, "USER_PROGRAM_BASE", "anywhere here; rights of each segment"),
        ("null page and more", "guard", 30, None, "nothing: the loader refuses it")]
    y = 20
    for label, kind, height, name, words in rows:
        p.box(330, y, 190, height, label, kind, 12)
        p.text(530, y + height / 2 + 5, words, size=12)
        y += height
        p.text(322, y + 4, grouped(number(name) if name else 0), "end", 12, mono=True)
    p.text(20, 40, "kernel half", weight="bold")
    p.lines(20, 58, ("PML4 entries", "256–511, alike in", "all processes"), 17)
    p.text(20, 260, "user half", weight="bold")
    p.lines(20, 278, ("PML4 entries", "0–255, its own"), 17)
    return p


def iretq() -> Picture:
    p = Picture("What iretq pops", 640)
    code, data = number("SELECTOR_USER_CODE"), number("SELECTOR_USER_DATA")
    by_cpu, _, _ = frame_rows()
    values = {"SS": f"{data:#04x}: user data, RPL 3", "RSP": "the user stack",
              "RFLAGS": "0x202: IF, and bit 1", "CS": f"{code:#04x}: user code, RPL 3, the new CPL",
              "RIP": "the program's first instruction"}
    end = p.stack(170, 20, by_cpu, 120, 32)
    for i, (name, _) in enumerate(by_cpu):
        p.text(305, 41 + i * 32, values[name], size=13)
    p.text(150, 40, "pushed first", "end", 12)
    p.text(150, end - 22, "pushed last", "end", 12)
    p.arrow((120, end), (166, end))
    p.text(114, end + 5, "RSP at iretq", "end", 12)
    return p


def system_call() -> Picture:
    p = Picture("The way of a system call")
    vector = number("SYSCALL_VECTOR")
    p.text(20, 30, "ring 3", weight="bold")
    p.text(20, 122, "ring 0", weight="bold")
    p.parts.append('<line x1="20" y1="88" x2="700" y2="88" stroke="#1c1c1c" '
                   'stroke-dasharray="6 4"/>')
    p.box(90, 16, 150, 50, f"int {vector:#x}\nrax, rdi, rsi, rdx", "user", 12)
    p.box(520, 16, 170, 50, "next instruction\nresult in rax", "user", 12)
    p.box(90, 110, 150, 50, f"gate {vector:#x}, DPL 3\nstack from RSP0", "cpu", 12)
    p.box(90, 186, 150, 44, "stub of the vector", "kernel", 12)
    p.box(90, 256, 150, 44, "trap_entry", "kernel", 12)
    p.box(300, 256, 160, 44, "trap_dispatch\nsyscall_trap", "kernel", 12)
    p.box(300, 180, 160, 50, "syscall_dispatch\nsys_write …", "kernel", 12)
    p.box(520, 256, 170, 44, "trap_return", "kernel", 12)
    p.box(520, 110, 170, 50, "iretq: RIP, CS,\nRFLAGS, RSP, SS", "cpu", 12)
    for start, end in (((165, 66), (165, 108)), ((165, 160), (165, 184)), ((165, 230), (165, 254)),
                       ((240, 278), (298, 278)), ((365, 256), (365, 232)), ((395, 230), (395, 254)),
                       ((460, 278), (518, 278)), ((605, 256), (605, 162)), ((605, 110), (605, 68))):
        p.arrow(start, end)
    return p


def record() -> Picture:
    p = Picture("A process: its record, and the three things that it owns")
    names = [name for name, _, _ in members("process")]
    rows = ["pid", "state", "page_table", "kernel_stack", "user_stack", "registers"]
    if [name for name in names if name in rows] != rows:
        raise HandoutError("the picture of a process does not fit struct process any more")
    p.text(30, 28, "struct process, a frame of its own", weight="bold")
    p.stack(30, 40, [(name, "used") for name in rows], 170, 34)
    owned = (("page_table", "1 page table", "PML4, tables of the user half", "kernel"),
             ("kernel_stack", "2 kernel stack", "16 KiB in the kernel half: RSP0", "kernel"),
             ("user_stack", "3 user stack", "64 KiB in its own user half", "user"))
    for i, (name, label, words, kind) in enumerate(owned):
        y, top = 57 + rows.index(name) * 34, 40 + i * 78
        p.arrow((200, y), (270, y), (270, top + 22), (318, top + 22))
        p.box(320, top, 150, 44, label, kind, 13)
        p.text(480, top + 27, words, size=12)
    p.lines(30, 276, ("registers is no fourth thing but a copy: what iretq will load.",
                      "create_process() takes them in this order."), 18)
    return p


def turns() -> Picture:
    p = Picture("Two processes over time")
    for y, label in ((40, "PID 2, ring 3"), (110, "the kernel"), (180, "PID 3, ring 3")):
        p.text(20, y + 22, label, weight="bold", size=12)
    for x, y, width, label, kind in (
            (120, 40, 110, "loop", "user"), (230, 110, 80, "timer_tick", "kernel"),
            (310, 180, 90, "privilege", "user"), (400, 110, 80, "#GP", "kernel"),
            (480, 40, 110, "loop goes on", "user"), (590, 110, 90, "timer_tick", "kernel")):
        p.box(x, y, width, 34, label, kind, 12)
    for x, above, why, stack in ((230, True, "IRQ 0", "RSP0 of PID 2"),
                                 (310, False, "iretq", "user stack of 3"),
                                 (400, False, "cli", "RSP0 of PID 3"),
                                 (480, True, "iretq", "user stack of 2"),
                                 (590, True, "IRQ 0", "RSP0 of PID 2")):
        p.arrow(*(((x, 74), (x, 108)) if above and why != "iretq" else
                  ((x, 110), (x, 76)) if above else
                  ((x, 144), (x, 178)) if why == "iretq" else ((x, 180), (x, 146))))
        p.text(x + 4, 96 if above else 166, why, size=11)
        p.text(x, 244 if above else 228, stack, size=11)
    p.text(20, 236, "stack from here on", size=11)
    p.lines(20, 274, ("At each IRQ 0 the trap frame is copied from the kernel stack into the",
                      "record before schedule() goes on; the last iretq takes it from there."), 18)
    return p


def memory() -> Picture:
    p = Picture("Physical memory, not to scale")
    rows = [("the first MiB: BIOS, boot code", "off", 34, None, "never handed out"),
            ("frames", "used", 22, None, "handed out first, from 1 MiB on"),
            ("kernel image and its .bss", "kernel", 46, "KERNEL_LOAD_ADDRESS",
             "code, constants, data, IST stacks, boot stack"),
            ("tables of the kernel half", "kernel", 34, None, "made at boot, shared by all"),
            ("frames", "used", 60, None,
             "a record, a table, a page of a stack, or free"),]
    y = 20
    for label, kind, height, name, words in rows:
        p.box(150, y, 220, height, label, kind, 12)
        p.text(380, y + height / 2 + 4, words, size=12)
        if name:
            p.text(142, y + 5, grouped(number(name)), "end", 11, mono=True)
        y += height
    p.lines(20, y + 30, ("Which is which, make map draws for your own kernel. All of it can be",
                         "read at PHYSICAL_MAP_BASE plus the address: phys_to_virt()."), 18)
    return p


DRAWINGS = (tables, descriptor, tss_descriptor, tss, gate, trap_same_ring, trap_ring_change, walk,
            address_space, memory, iretq, system_call, record, turns)


def draw_all() -> Dict[str, str]:
    """File name → SVG."""
    return {f"{drawing.__name__}.svg": drawing().svg()
            for drawing in (*DRAWINGS, *pictures_processes.DRAWINGS)}
