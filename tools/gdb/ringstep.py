"""GDB's commands: what the processor sees, decoded. `help ringstep` lists them.

They read the machine (registers and physical memory from QEMU), not the kernel's
variables, wherever the hardware holds the truth. GDB may bring a Python of its
own: only the standard library here.
"""
import glob
import os
import re
import struct
import subprocess
import sys
import tempfile

import gdb

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True

from ringstep import decode, layout, paging, postmortem  # noqa: E402
from ringstep.qemu_log import parse_events, parse_registers  # noqa: E402
from ringstep.record import PUSH_ERROR_CODE, Event, Memory, Record  # noqa: E402
from ringstep.scene import Scene  # noqa: E402

C = layout.CONSTANTS
EXPECTED = {            # the contract's entries of the GDT
    C["SELECTOR_KERNEL_CODE"]: ("kernel code", "present, DPL 0, 64-bit code"),
    C["SELECTOR_KERNEL_DATA"]: ("kernel data", "present, DPL 0, writable data"),
    C["SELECTOR_USER_CODE"]: ("user code", "present, DPL 3, 64-bit code"),
    C["SELECTOR_USER_DATA"]: ("user data", "present, DPL 3, writable data"),
}
FRAME = ("r15 r14 r13 r12 r11 r10 r9 r8 rbp rdi rsi rdx rcx rbx rax vector error_code "
         "rip cs rflags rsp ss").split()


class Names(dict):
    """{symbol: address}, asked of GDB when it is needed."""

    def __missing__(self, name):
        try:
            self[name] = int(gdb.parse_and_eval(f"(unsigned long)&{name}"))
        except gdb.error:
            raise KeyError(f"the kernel has no symbol {name}") from None
        return self[name]

    def __contains__(self, name):
        try:
            return self[name] is not None
        except KeyError:
            return False

    def get(self, name, default=None):
        return self[name] if name in self else default


class Symbols:
    """What symbols.Symbols is elsewhere."""
    names = Names()

    def function(self, address):
        block = gdb.block_for_pc(address)
        while block and not block.function:
            block = block.superblock
        if block:
            return block.function.name, address - block.start
        match = re.match(r"(\S+)(?: \+ (\d+))? in section", gdb.execute(f"info symbol {address:#x}", to_string=True))
        return (match[1], int(match[2] or 0)) if match else None

    def where(self, address):
        function, line = self.function(address), gdb.find_pc_line(address)
        return ", ".join(([function[0]] if function else []) +
                         ([f"{line.symtab.filename}:{line.line}"] if line.symtab else []))

    def disassemble(self, code, address, bits=64):
        return [(address, b"", i["asm"]) for i in gdb.selected_inferior().architecture().disassemble(address, count=24)]


def registers():
    try:
        return parse_registers(gdb.execute("monitor info registers", to_string=True))
    except gdb.error:
        raise gdb.GdbError("there is no machine: leave GDB and type `make gdb`")


def physical(on):
    if "OK" not in gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{int(on)}", to_string=True):
        raise gdb.GdbError("this QEMU cannot read physical memory for GDB (4.1 and later can)")


def read_physical(address, length):
    physical(True)
    try:
        return bytes(gdb.selected_inferior().read_memory(address, length))
    except gdb.MemoryError:
        raise LookupError(f"physical address {address:#x} is outside of memory") from None
    finally:
        physical(False)


def memory():
    size = re.search(r"base memory: (\d+)", gdb.execute("monitor info memory_size_summary", to_string=True))
    return Memory(read_physical, int(size[1]) if size else 1 << 40)


class Machine:
    """The processor and its memory now."""

    def __init__(self):
        self.registers, self.memory, self.names = registers(), memory(), Symbols.names
        try:
            self.table = layout.processes(self.names, self.memory)
        except LookupError:
            self.table = []                         # before the kernel is in memory

    def read(self, address, length):
        if not self.registers.cr0 >> 31:
            return self.memory.read(address, length)
        data = self.memory.virtual(self.registers.cr3, address, length)
        if data is None:
            raise gdb.GdbError(f"nothing is mapped at {address:#x}")
        return data

    def words(self, address, count):
        return struct.unpack(f"<{count}Q", self.read(address, 8 * count))

    def name(self, address):
        return layout.name(self.names, address, self.table)

    def symbol(self, address):
        if "trap_stubs" in self.names and address in stubs():
            return f"the stub of {decode.vector(stubs().index(address))}"
        found = Symbols().function(address)
        return f"{found[0]}{f'+{found[1]}' if found[1] else ''}" if found else self.name(address)

    def process(self):
        return next((p for p in self.table if p.page_table == self.registers.cr3), None)

    def root(self, pid):
        if not pid:
            return self.registers.cr3
        process = next((p for p in self.table if p.pid == number(pid)), None)
        if not process:
            raise gdb.GdbError(f"there is no PID {pid}; `ps` lists the processes")
        return process.page_table


def number(text):
    try:
        return int(gdb.parse_and_eval(text)) & (1 << 64) - 1
    except gdb.error as error:
        raise gdb.GdbError(f"{text}: {error}")


class RingstepCommand(gdb.Command):
    """The commands of Ringstep: gdt, idt, tss, pt, vmmap, trapframe, ps, ring, why, code, until-ring3, until-trap."""

    def __init__(self):
        super().__init__("ringstep", gdb.COMMAND_USER, prefix=True)

    def invoke(self, text, from_tty):
        gdb.execute("help ringstep")


def command(name, most=0, complete=None):
    """Make a GDB command of a function; its docstring is the help. A mistake of the
    user's, or a machine that is not what was expected, gives one line."""
    def register(function):
        def invoke(self, text, from_tty):
            words = gdb.string_to_argv(text)
            if len(words) > most:
                raise gdb.GdbError(f"{name} takes at most {most} words; see `help {name}`" if most else f"{name} takes no words")
            try:
                function(*words)
            except (gdb.error, LookupError, ValueError, struct.error) as error:
                raise gdb.GdbError(f"{name}: {str(error).strip(chr(39))}")
        members = {"__doc__": function.__doc__, "invoke": invoke}
        if complete:
            members["complete"] = lambda self, text, word: complete(text, word)
        type(name, (gdb.Command,), members)(name, gdb.COMMAND_DATA, *([] if complete else [gdb.COMPLETE_SYMBOL if most else gdb.COMPLETE_NONE]))
        return function
    return register


def vectors(text, word):
    return [n for n in [v[0].lower().strip("#") for v in decode.VECTORS.values()] + ["128", "32"] if n.startswith(word)]


def vector_number(text):
    for value, (mnemonic, _) in decode.VECTORS.items():
        if text.lower().strip("#") == mnemonic.lower().strip("#"):
            return value
    value = number(text)
    if value > 255:
        raise gdb.GdbError(f"{text} is no vector: 0 to 255, or a mnemonic such as gp")
    return value


def pids(text, word):
    """Of pt and vmmap: the PIDs where one is wanted, symbols elsewhere."""
    return [str(p.pid) for p in Machine().table if str(p.pid).startswith(word)]


def marked(words, expected):
    return words + (f"   <-- wrong, expected \"{expected}\"" if expected and words != expected else "")


@command("gdt")
def gdt():
    """gdt: the GDT that GDTR names, each entry decoded; what differs from the contract is marked."""
    m = Machine()
    base, limit = m.registers.gdtr.base, m.registers.gdtr.limit
    if limit < 15:
        raise gdb.GdbError(f"no GDT is loaded yet (GDTR base {base:#x}, limit {limit:#x})")
    kernels = m.names.get("gdt") == base
    print(f"GDTR: base {base:#x} ({m.symbol(base) if kernels else 'the boot code has its GDT there'}), limit {limit:#x}")
    entries, at = m.words(base, (limit + 1) // 8), 1
    while at < len(entries):
        selector, low = 8 * at, entries[at]
        system = low and not low >> 44 & 1 and at + 1 < len(entries)
        name, expected = next((v for k, v in EXPECTED.items() if k & ~7 == selector), ("", ""))
        if system:
            words = decode.system(low, entries[at + 1])
        else:
            words = decode.segment(low) if low else "empty"
        if selector == C["SELECTOR_TSS"]:
            name, wanted = "TSS", f"present, DPL 0, base {m.names['tss']:#x}, limit 0x67" if "tss" in m.names else ""
            expected = f"busy 64-bit TSS, {wanted}" if wanted not in words else ""
        if low or (expected and kernels):
            used = [r.upper() for r, s in m.registers.segments.items() if s.selector & ~7 == selector]
            print(f"  {selector:#04x} {name:<12}{low:#018x} {marked(words, expected if kernels else '')}"
                  + (f"  [{' '.join(used)}]" if used else ""))
        at += 2 if system or selector == C["SELECTOR_TSS"] else 1


@command("idt", 1, vectors)
def idt(which=None):
    """idt [VECTOR]: the IDT that IDTR names. VECTOR is a number or a mnemonic (gp). Gates that are alike are one line."""
    vector = vector_number(which) if which else None
    m = Machine()
    base, limit = m.registers.idtr.base, m.registers.idtr.limit
    if limit < 0xFFF or not m.registers.cr0 >> 31:
        raise gdb.GdbError(f"no IDT is loaded yet (IDTR base {base:#x}, limit {limit:#x})")
    words = m.words(base, 512)
    stubs = m.words(m.names["trap_stubs"], 256) if "trap_stubs" in m.names else [None] * 256

    def line(vector):
        low, high = words[2 * vector:2 * vector + 2]
        fields = decode.gate_fields(low, high)
        own = fields["offset"] == stubs[vector]
        to = "its stub" if own else m.symbol(fields["offset"]) + ("  <-- wrong, not its stub" if stubs[vector] else "")
        kind = re.sub(r" to \S+,", f" to {fields['selector']:#06x}:{{}},", decode.gate(low, high))
        return kind.format(to) if low or high else "empty"
    if which:
        low, high = words[2 * vector:2 * vector + 2]
        print(f"{vector} {decode.vector(vector)}: {high:#018x}:{low:#018x}\n  {decode.gate(low, high)}\n  {line(vector)}")
        return
    print(f"IDTR: base {base:#x} ({m.symbol(base)}), limit {limit:#x}")
    first = 0
    for vector in range(1, 257):
        if vector == 256 or line(vector) != line(first):
            what = decode.vector(first) if vector == first + 1 else ""
            print(f"  {first if vector == first + 1 else f'{first}-{vector - 1}':>7}  {what:<26} {line(first)}")
            first = vector


@command("tss")
def tss():
    """tss: the TSS that TR names: RSP0 and the IST stacks, and what lies there."""
    m = Machine()
    tr = m.registers.segments["tr"]
    if tr.selector == 0:
        raise gdb.GdbError("TR is 0: ltr has not been executed yet")
    data = m.read(tr.base, 0x68)
    print(f"TR {tr.selector:#x}: base {tr.base:#x} ({m.symbol(tr.base)}), "
          + marked(f"limit {tr.limit:#x}", "limit 0x67"))
    for name, offset in [("RSP0", 4)] + [(f"IST{i}", 28 + 8 * i) for i in range(1, 8)]:
        top, = struct.unpack_from("<Q", data, offset)
        if top or name == "RSP0":
            mapped = paging.translate(m.memory, m.registers.cr3, top - 8 & (1 << 64) - 1) is not None
            print(f"  {name:<5} {top:#018x}  {m.name(top - 8 & (1 << 64) - 1) if top else 'not set'}"
                  + ("" if mapped else "   <-- nothing is mapped below it"))
    io, = struct.unpack_from("<H", data, 102)
    print(f"  I/O map at {io:#x}: " + ("none, ring 3 has no ports" if io > tr.limit else "ring 3 may use some ports"))


@command("pt", 2)
def pt(address=None, pid=None):
    """pt ADDRESS [PID]: the walk of an address, level by level, and where it stops and why. Without PID: by CR3."""
    if address is None:
        raise gdb.GdbError("pt wants an address: pt $rip")
    m, address = Machine(), number(address)
    root = m.root(pid)
    print(f"{address:#x} ({m.name(address)}), page table at {root:#x}")
    for line in layout.walk_words(m.memory, root, address):
        print("  " + line)
    to = paging.translate(m.memory, root, address)
    if to is None:
        print("  so it is not mapped")
        return
    page = address & ~0xFFF
    mapping = next((p for p in paging.mappings(m.memory, root, address >> 39 & 511, address >> 39 & 511)
                    if p.virtual <= page < p.end), None)
    print(f"  so it is physical {to:#x}" + (f", {mapping.permissions}: what all levels allow together" if mapping else ""))


@command("vmmap", 1, pids)
def vmmap(pid=None):
    """vmmap [PID]: an address space as ranges with permissions and names. Without PID: the one in CR3."""
    m = Machine()
    last, joined = None, []
    for page in paging.mappings(m.memory, m.root(pid)):
        key = re.sub(r" 0x[0-9a-f]+$", "", m.name(page.virtual)), page.permissions
        if last == key and joined[-1][1] == page.virtual:
            joined[-1][1] = page.end
        else:
            joined.append([page.virtual, page.end, key])
            last = key
    for start, end, (name, permissions) in joined:
        wrong = "   <-- writable and executable" if "wx" in permissions else \
                "   <-- open to ring 3" if "user" in permissions and start >= layout.USER_END else ""
        print(f"  {start:#018x} - {end:#018x} {(end - start) // 1024:>7} KiB  {permissions:<10}  {name}{wrong}")


@command("trapframe", 1)
def trapframe(address=None):
    """trapframe [ADDRESS]: the trap frame that the kernel works on, and who pushed what."""
    m = Machine()
    if address is None:
        at = find_frame(m)
        if at is None:
            raise gdb.GdbError("no trap is being handled here; `trapframe ADDRESS` decodes any place")
    else:
        at = number(address)
    values = dict(zip(FRAME, m.words(at, len(FRAME))))
    error = decode.error_code(values["vector"], values["error_code"]) if values["vector"] in PUSH_ERROR_CODE else ""
    missing = max(0, (m.registers["rsp"] - at) // 8) if m.registers["rsp"] - at < 8 * len(FRAME) else 0
    print(f"trap frame at {at:#x} ({m.name(at)}): {decode.vector(values['vector'])}" + (f", {error}" if error else ""))
    for part, names in (("the processor", FRAME[:16:-1]), ("the stub", FRAME[16:14:-1]), ("trap_entry", FRAME[14::-1])):
        print(f"  pushed by {part}:")
        shown = [f"{n} {values[n]:#x}" if FRAME.index(n) >= missing else f"{n} (not yet)" for n in names]
        for i in range(0, len(shown), 5):
            print("    " + "  ".join(shown[i:i + 5]))
    print(f"  it came from ring {values['cs'] & 3}, {m.symbol(values['rip'])}; interrupts were "
          + ("on" if values["rflags"] & 0x200 else "off"))


def find_frame(m):
    """The innermost trap frame: a variable of that type up the stack, or the top of
    a process's kernel stack."""
    frame = gdb.newest_frame()
    while frame:
        try:
            value = frame.read_var("frame")
            if str(value.type).replace("const ", "").startswith("struct trap_frame *"):
                return int(value)
        except (ValueError, gdb.error):
            pass
        frame = frame.older()
    slot = layout.stack_slot(m.registers["rsp"]) if m.registers.cpl == 0 else None
    if slot:
        return C["KERNEL_STACK_BASE"] + (slot[0] + 1) * layout.SLOT - 8 * len(FRAME)
    return None


@command("ps")
def ps():
    """ps: the process table. `*` stands before the process whose page table is in CR3."""
    m = Machine()
    if not m.table:
        raise gdb.GdbError("the process table is empty")
    print("   PID  state     CR3         kernel stack        slices  starts or goes on at")
    for p in m.table:
        frame = dict(zip(FRAME, p.frame))
        print(f" {'*' if p.page_table == m.registers.cr3 else ' '} {p.pid:<4} {p.state:<9} {p.page_table:#010x}  "
              f"{p.kernel_stack:#x}  {p.slices:<6}  {frame['rip']:#x}, ring {frame['cs'] & 3}")


@command("ring")
def ring():
    """ring: the ring, the mode, interrupts, which process, and on which stack."""
    m = Machine()
    r, process = m.registers, m.process()
    print(f"ring {r.cpl}, {r.bits}-bit code, paging {'on' if r.cr0 >> 31 else 'off'}, interrupts "
          f"{'on' if r.rflags & 0x200 else 'off'} (IF {r.rflags >> 9 & 1}), CS {r.segments['cs'].selector:#x}, "
          f"SS {r.segments['ss'].selector:#x}")
    if r.cr0 >> 31:
        print(f"rip {r.rip:#x}: {m.symbol(r.rip)}\nrsp {r['rsp']:#x}: {m.name(r['rsp'])}")
        kernels = "the kernel's own" if r.cr3 == layout.kernel_root(m.names, m.memory) else "the boot code's, or unknown"
        print(f"CR3 {r.cr3:#x}: {f'the page table of PID {process.pid}' if process else kernels}")


def recorded():
    """The events that QEMU has logged for this session, or []."""
    paths = [os.environ.get("RINGSTEP_LOG", "")]
    for path in filter(None, paths):
        try:
            with open(path, "rb") as file:
                return parse_events(file.read(32 << 20).decode("ascii", "replace"))
        except OSError:
            pass
    return []


@command("why")
def why():
    """why: the last exception explained: the chain, what is at fault, and the likely cause."""
    m = Machine()
    events = recorded()
    if not any(e.kind == "exception" for e in events):
        at = find_frame(m)
        if at is None:
            raise gdb.GdbError("there was no exception yet")
        f = dict(zip(FRAME, m.words(at, len(FRAME))))
        events = [Event("exception", f["vector"], f["error_code"], f["cs"] & 3, f["cs"], f["rip"], f["ss"], f["rsp"],
                        m.registers.cr2 if f["vector"] == 14 else None)]
    while events[-1].kind != "exception":
        events.pop()
    scene = Scene(Record("qemu", "triple-fault", events=events, registers=m.registers, memory=m.memory), None, Symbols())
    explanation = postmortem.explained(scene)
    print("\n".join(explanation.lines()))


@command("code", 2)
def code(address="$pc", count="8"):
    """code [ADDRESS] [COUNT]: instructions as what they are now: 16-, 32- or 64-bit."""
    r, at = registers(), number(address)
    base = r.segments["cs"].base if r.bits == 16 and address == "$pc" else 0
    for where, text in objdump(bytes(gdb.selected_inferior().read_memory(base + at, 15 * number(count))), base + at, r.bits)[:number(count)]:
        print(f"{'=>' if where == base + r.rip else '  '} {where:#x}:\t{text}")


def objdump(data, address, bits):
    """[(address, instruction)]: GDB's own disassembler knows one mode a session."""
    mode = {16: "i8086", 32: "i386", 64: "i386:x86-64"}[bits]
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        text = subprocess.run(["objdump", "-D", "-b", "binary", "-m", mode, "-M", "intel", f"--adjust-vma={address:#x}",
                               file.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return [(int(a, 16), re.sub(r"\s+", " ", i).strip()) for a, i in re.findall(r"^\s*([0-9a-f]+):\t[0-9a-f ]+\t(.*)", text, re.M)]


try:
    import gdb.disassembler

    class Modes(gdb.disassembler.Disassembler):
        """x/i and disassemble show 16- and 32-bit code as what it is (GDB 13 and later)."""

        def __init__(self):
            super().__init__("ringstep")

        def __call__(self, info):
            if info.address >= 0x100000:                # the kernel and programs: 64-bit, and no question asked
                return None
            bits = registers().bits
            if bits == 64:
                return None
            data = bytes(info.read_memory(15, 0))
            (_, text), *more = objdump(data, info.address, bits) or [(0, "(bad)")]
            length = more[0][0] - info.address if more else 1
            return gdb.disassembler.DisassemblerResult(length, text)
    gdb.disassembler.register_disassembler(Modes())
except ImportError:
    pass                                                # the command `code` is there


# ---- running to a place ----

def from_file(start, length):
    """Read-only bytes of the kernel from its file: it may not be in memory yet."""
    gdb.execute("set trust-readonly-sections on")
    try:
        return bytes(gdb.selected_inferior().read_memory(start, length))
    finally:
        gdb.execute("set trust-readonly-sections off")


def iretqs():
    """The addresses of all bytes of the kernel that are, or look like, an iretq."""
    section = re.search(r"(0x\w+)->(0x\w+) at \w+: \.text ", gdb.execute("maintenance info sections", to_string=True))
    start, end = int(section[1], 16), int(section[2], 16)
    return [start + m.start() for m in re.finditer(b"\x48\xcf", from_file(start, end - start))]


def run_to(addresses):
    """Continue to one of the addresses; False when something else stopped the machine."""
    points = [gdb.Breakpoint(f"*{a:#x}", internal=True) for a in addresses]
    for point in points:
        point.silent = True
    try:
        gdb.execute("continue", to_string=True)
        return registers().rip in addresses
    finally:
        for point in points:
            point.delete()


@command("until-ring3")
def until_ring3():
    """until-ring3: run to the next instruction that is executed in ring 3."""
    returns = iretqs()
    if registers().cpl == 3:
        gdb.execute("stepi", to_string=True)
    while registers().cpl != 3:
        if not run_to(returns + [layout.PROGRAMS]):
            raise gdb.GdbError(f"stopped elsewhere, at {registers().rip:#x}, before ring 3")
        r = registers()
        if r.rip == layout.PROGRAMS and r.cpl != 3:
            raise gdb.GdbError(f"a program is executed at CPL {r.cpl}: only iretq leads to ring 3")
        if r.cpl != 3:
            gdb.execute("stepi", to_string=True)
            if registers().cpl != 3 and registers().rip in stubs():
                gdb.execute("frame")
                raise gdb.GdbError("the iretq raised an exception instead: `why` explains it")
    gdb.execute("ring")


def stubs():
    return struct.unpack("<256Q", from_file(Symbols.names["trap_stubs"], 2048))


@command("until-trap", 1, vectors)
def until_trap(which=None):
    """until-trap [VECTOR]: run to the next trap, of any vector or of this one (a number, or a mnemonic such as pf)."""
    places = stubs()
    wanted = [places[vector_number(which)]] if which else [Symbols.names["trap_entry"]]
    if not run_to(wanted):
        raise gdb.GdbError(f"stopped elsewhere, at {registers().rip:#x}, before that trap")
    m = Machine()
    if which:
        vector, error = vector_number(which), None
        words = m.words(m.registers["rsp"], 6 if vector in PUSH_ERROR_CODE else 5)
        if len(words) == 6:
            error, *words = words
    else:
        vector, error, *words = m.words(m.registers["rsp"], 7)
    about = decode.error_code(vector, error) if vector in PUSH_ERROR_CODE else ""
    print(f"{decode.vector(vector)}" + (f" ({about})" if about else "") + f" from ring {words[1] & 3} at {words[0]:#x} "
          f"{m.symbol(words[0])}" + (f", address {m.registers.cr2:#x} ({m.name(m.registers.cr2)})" if vector == 14 else ""))
    gdb.execute("frame")


# ---- what to type instead of run; symbols of the program that runs ----

def instead(name):
    @command(name, 9)
    def explain(*_):
        raise gdb.GdbError(f"the machine is on already: type continue (c) to let it run, not {name}. "
                           "To start over: quit, then make gdb")
    explain.__doc__ = f"{name}: not here: the machine is on already; `continue` lets it run."


for word in ("run", "start", "starti"):
    instead(word)

loaded = None


def program_of(m):
    """The ELF file of the program whose page table is in CR3: PIDs follow the kernel's table of programs."""
    process = m.process()
    if not process or "programs_start" not in m.names:
        return None
    at = m.names["programs_start"] + 24 * (process.pid - 1)
    if at >= m.names["programs_end"]:
        return None
    name, = struct.unpack("<Q", layout.image(m.names, m.memory, at, 8))
    text = layout.image(m.names, m.memory, name, 64).split(b"\0")[0].decode("latin-1")
    kernel = gdb.current_progspace().filename or ""
    return next(iter(glob.glob(os.path.join(os.path.dirname(kernel), "..", "..", "objects", "programs", text + ".elf"))), None)


def on_stop(_event):
    """All programs lie at one address: have the symbols of the one that runs, and no other's."""
    global loaded
    try:
        file = program_of(Machine())
        if file and file != loaded:
            if loaded:
                gdb.execute(f"remove-symbol-file -a {layout.PROGRAMS:#x}", to_string=True)
            gdb.execute(f'add-symbol-file "{os.path.normpath(file)}"', to_string=True)
            loaded = file
    except (gdb.error, gdb.GdbError, LookupError, struct.error, TypeError):
        pass                                        # no kernel in memory yet, or no such file


RingstepCommand()
gdb.events.stop.connect(on_stop)
if os.environ.get("RINGSTEP_ALONE") and hasattr(gdb.events, "gdb_exiting"):     # GDB 12 and later
    gdb.events.gdb_exiting.connect(lambda _: gdb.execute("kill"))
