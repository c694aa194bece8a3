"""Reading the machine from within GDB: registers and physical memory from QEMU,
symbols from GDB. GDB may bring a Python of its own: only the standard library.
"""
import re
import struct
import subprocess
import tempfile
from contextlib import contextmanager

import gdb

from ringstep.kernel import decode, layout
from ringstep.machine.qemu_log import parse_registers
from ringstep.machine.record import Memory

C = layout.CONSTANTS
IST_STACK = C["IST_STACK_SIZE"]


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
        return [(address, b"", i["asm"].strip()) for i in gdb.selected_inferior().architecture().disassemble(address, count=24)]


def registers():
    try:
        return parse_registers(gdb.execute("monitor info registers", to_string=True))
    except gdb.error:
        raise gdb.GdbError("there is no machine: leave GDB and type `make gdb`")


def switch(on):
    if "OK" not in gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{int(on)}", to_string=True):
        raise gdb.GdbError("this QEMU cannot read physical memory for GDB (4.1 and later can)")


depth = 0


@contextmanager
def physically():
    """GDB's reads are of physical memory in here: once for many is quicker."""
    global depth
    if not depth:
        switch(True)
    depth += 1
    try:
        yield
    finally:
        depth -= 1
        if not depth:
            switch(False)


def read_physical(address, length):
    with physically():
        try:
            return bytes(gdb.selected_inferior().read_memory(address, length))
        except gdb.MemoryError:
            raise LookupError(f"physical address {address:#x} is outside of memory") from None


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

    def stack(self):
        """What the stack pointer points into, in words."""
        at, tr = self.registers["rsp"], self.registers.segments["tr"]
        for ist in range(1, 8) if tr.base else ():
            top, = struct.unpack("<Q", self.read(tr.base + 28 + 8 * ist, 8))
            if top and top - IST_STACK <= at <= top:
                return f"the stack of IST {ist}"
        return self.name(at)

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
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT):
            value = value.address                   # `pt kmain`, as `x/i kmain`
        return int(value) & (1 << 64) - 1
    except (gdb.error, TypeError) as error:
        raise gdb.GdbError(f"{text}: {error}")


def from_file(start, length):
    """Bytes of the kernel from its file: it may not be in memory yet."""
    sections = gdb.execute("maintenance info sections", to_string=True)
    for first, end, offset in re.findall(r"(0x\w+)->(0x\w+) at (0x\w+): \S+ ALLOC LOAD", sections):
        if int(first, 16) <= start < int(end, 16):
            with open(gdb.current_progspace().filename, "rb") as file:
                file.seek(int(offset, 16) + start - int(first, 16))
                return file.read(length)
    raise LookupError(f"the kernel's file has nothing at {start:#x}")


def stubs():
    return struct.unpack("<256Q", from_file(Symbols.names["trap_stubs"], 2048))


def objdump(data, address, bits):
    """[(address, instruction)]: GDB's own disassembler knows one mode a session."""
    mode = {16: "i8086", 32: "i386", 64: "i386:x86-64"}[bits]
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        text = subprocess.run(["objdump", "-D", "-b", "binary", "-m", mode, "-M", "intel", f"--adjust-vma={address:#x}",
                               file.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found = re.findall(r"^\s*([0-9a-f]+):\t[0-9a-f ]+\t(.*)", text, re.M)
    return [(int(where, 16), re.sub(r"\s+", " ", words).strip()) for where, words in found]


# ---- making commands ----

def command(name, most=0, complete=None):
    """Make a GDB command of a function; its docstring is the help. A mistake of the
    user's, or a machine that is not what was expected, gives one line."""
    def register(function):
        def invoke(self, text, from_tty):
            words = gdb.string_to_argv(text)
            if len(words) > most:
                raise gdb.GdbError(f"{name} takes {f'at most {most}' if most else 'no'} words; see `help {name}`")
            try:
                function(*words)
            except (gdb.error, LookupError, ValueError, struct.error) as error:
                raise gdb.GdbError(f"{name}: {str(error).strip(chr(39))}")
        members = {"__doc__": function.__doc__, "invoke": invoke}
        if complete:
            members["complete"] = lambda self, text, word: [] if word is None else complete(text, word)
        completer = [] if complete else [gdb.COMPLETE_SYMBOL if most else gdb.COMPLETE_NONE]
        type(name, (gdb.Command,), members)(name, gdb.COMMAND_DATA, *completer)
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
    try:
        return [str(p.pid) for p in Machine().table if str(p.pid).startswith(word)]
    except (gdb.error, gdb.GdbError, LookupError):
        return []                                   # the machine has ended
