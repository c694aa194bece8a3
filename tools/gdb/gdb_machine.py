"""Reading the machine from within GDB: registers and physical memory from QEMU,
symbols from GDB. GDB may bring a Python of its own: only the standard library.
"""
import re
import struct
import subprocess
import tempfile
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import gdb

from ringstep.explain.scene import MASK, Scene
from ringstep.kernel import decode, layout, symbols
from ringstep.kernel.contract import contract
from ringstep.kernel.paging import Memory
from ringstep.kernel.symbols import Line
from ringstep.machine.qemu_log import parse_registers
from ringstep.machine.record import Record, Registers

C = layout.CONSTANTS
IST_STACK = C["IST_STACK_SIZE"]
TSS = contract().structure("tss")
VECTORS = C["IDT_ENTRIES"]


def said(line: str) -> str:
    """What GDB says to a command."""
    return gdb.execute(line, to_string=True) or ""


def kernel_file() -> str:
    space = gdb.current_progspace()
    return space and space.filename or ""


class Names(Dict[str, int]):
    """{symbol: address}, asked of GDB when it is needed."""

    def __missing__(self, name: str) -> int:
        try:
            self[name] = int(gdb.parse_and_eval(f"(unsigned long)&{name}"))
        except gdb.error:
            raise KeyError(f"the kernel has no symbol {name}") from None
        return self[name]

    def __contains__(self, name: object) -> bool:
        try:
            return self[str(name)] is not None
        except KeyError:
            return False

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default


NAMES = Names()


class Symbols(symbols.Symbols):
    """By GDB in place of pyelftools, binutils and capstone."""

    def __init__(self) -> None:
        self.names = NAMES

    def function(self, address: int) -> Optional[Tuple[str, int]]:
        block = gdb.block_for_pc(address)
        while block and not block.function:
            block = block.superblock
        if block and block.function:
            return block.function.name, address - block.start
        return self.variable(address)

    def variable(self, address: int) -> Optional[Tuple[str, int]]:
        match = re.match(r"(\S+)(?: \+ (\d+))? in section", said(f"info symbol {address:#x}"))
        return (match[1], int(match[2] or 0)) if match else None

    def lines(self, addresses: Sequence[int]) -> List[Line]:
        found = [gdb.find_pc_line(address) for address in addresses]
        return [(line.symtab.filename, line.line) if line.symtab else None for line in found]

    def disassemble(self, code: bytes, address: int, bits: int = 64) -> List[str]:
        architecture = gdb.selected_inferior().architecture()
        return [str(instruction["asm"]).strip()
                for instruction in architecture.disassemble(address, count=24)]


def registers() -> Registers:
    try:
        return parse_registers(said("monitor info registers"))
    except gdb.error:
        raise gdb.GdbError("there is no machine: leave GDB and type `make gdb`")


def switch(on: bool) -> None:
    if "OK" not in said(f"maintenance packet Qqemu.PhyMemMode:{int(on)}"):
        raise gdb.GdbError("this QEMU cannot read physical memory for GDB (4.1 and later can)")


depth = 0


@contextmanager
def physically() -> Iterator[None]:
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


def read_physical(address: int, length: int) -> bytes:
    with physically():
        try:
            return bytes(gdb.selected_inferior().read_memory(address, length))
        except gdb.MemoryError:
            raise LookupError(f"physical address {address:#x} is outside of memory") from None


def memory() -> Memory:
    size = re.search(r"base memory: (\d+)", said("monitor info memory_size_summary"))
    return Memory(read_physical, int(size[1]) if size else 1 << 40)


class Machine(Scene):
    """The processor and its memory now."""

    def __init__(self) -> None:
        now = Record("qemu", "stopped", registers=registers(), memory=memory())
        super().__init__(now, None, Symbols())

    def read(self, address: int, length: int) -> bytes:
        data = super().read(address, length)
        if data is None:
            raise gdb.GdbError(f"nothing is mapped at {address:#x}")
        return data

    def symbol(self, address: int) -> str:
        if "trap_stubs" in self.names and address in stubs():
            return f"the stub of {decode.vector(stubs().index(address))}"
        found = self.symbols.function(address)
        if not found:
            return self.name(address)
        return found[0] + (f"+{found[1]}" if found[1] else "")

    def stack(self) -> str:
        """What the stack pointer points into, in words."""
        at, tr = self.registers["rsp"], self.registers.segments["tr"]
        tss = TSS.read(self.read(tr.base, TSS.size)) if tr.base else {}
        for leaf, top in tss.items():
            if leaf.startswith("ist[") and top and top - IST_STACK <= at <= top:
                return f"the stack of IST {int(leaf[4:-1]) + 1}"
        return self.name(at)

    def root(self, pid: Optional[str]) -> int:
        if not pid:
            return self.cr3
        process = next((p for p in self.table if p.pid == number(pid)), None)
        if not process:
            raise gdb.GdbError(f"there is no PID {pid}; `ps` lists the processes")
        return process.page_table


def number(text: str) -> int:
    try:
        value = gdb.parse_and_eval(text)
        places = gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT
        if value.type.strip_typedefs().code in places:
            value = value.address                   # `pt kmain`, as `x/i kmain`
        return int(value) & MASK
    except (gdb.error, TypeError) as error:
        raise gdb.GdbError(f"{text}: {error}")


def from_file(start: int, length: int) -> bytes:
    """Bytes of the kernel from its file: it may not be in memory yet."""
    loaded = re.findall(r"(0x\w+)->(0x\w+) at (0x\w+): \S+ ALLOC LOAD",
                        said("maintenance info sections"))
    for first, end, offset in loaded:
        if int(first, 16) <= start < int(end, 16):
            with open(kernel_file(), "rb") as file:
                file.seek(int(offset, 16) + start - int(first, 16))
                return file.read(length)
    raise LookupError(f"the kernel's file has nothing at {start:#x}")


def stubs() -> Tuple[int, ...]:
    return struct.unpack(f"<{VECTORS}Q", from_file(NAMES["trap_stubs"], 8 * VECTORS))


def objdump(data: bytes, address: int, bits: int) -> List[Tuple[int, str]]:
    """[(address, instruction)]: GDB's own disassembler knows one mode a session."""
    mode = {16: "i8086", 32: "i386", 64: "i386:x86-64"}[bits]
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        text = subprocess.run(
            ["objdump", "-D", "-b", "binary", "-m", mode, "-M", "intel",
             f"--adjust-vma={address:#x}", file.name],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found = re.findall(r"^\s*([0-9a-f]+):\t[0-9a-f ]+\t(.*)", text, re.M)
    return [(int(where, 16), re.sub(r"\s+", " ", words).strip()) for where, words in found]


# ---- making commands ----

Command = Callable[..., None]
Completer = Callable[[str, str], List[str]]


def command(name: str, most: int = 0,
            complete: Optional[Completer] = None) -> Callable[[Command], Command]:
    """Make a GDB command of a function; its docstring is the help. A mistake of the
    user's, or a machine that is not what was expected, gives one line."""
    def register(function: Command) -> Command:
        def invoke(self: Any, text: str, from_tty: bool) -> None:
            words = gdb.string_to_argv(text)
            if len(words) > most:
                raise gdb.GdbError(f"{name} takes {f'at most {most}' if most else 'no'} words; "
                                   f"see `help {name}`")
            try:
                function(*words)
            except (gdb.error, LookupError, ValueError, struct.error) as error:
                raise gdb.GdbError(f"{name}: {str(error).strip(chr(39))}")

        def answer(self: Any, text: str, word: Optional[str]) -> List[str]:
            return complete(text, word) if complete and word is not None else []
        members: Dict[str, Any] = {"__doc__": function.__doc__, "invoke": invoke}
        if complete:
            members["complete"] = answer
        completer = [] if complete else [gdb.COMPLETE_SYMBOL if most else gdb.COMPLETE_NONE]
        type(name, (gdb.Command,), members)(name, gdb.COMMAND_DATA, *completer)
        return function
    return register


def vectors(text: str, word: str) -> List[str]:
    known = [mnemonic.lower().strip("#") for mnemonic, _ in decode.VECTORS.values()]
    known += [str(C[name]) for name in ("SYSCALL_VECTOR", "VECTOR_TIMER") if name in C]
    return [vector for vector in known if vector.startswith(word)]


def vector_number(text: str) -> int:
    for value, (mnemonic, _) in decode.VECTORS.items():
        if text.lower().strip("#") == mnemonic.lower().strip("#"):
            return value
    value = number(text)
    if value >= VECTORS:
        raise gdb.GdbError(f"{text} is no vector: 0 to 255, or a mnemonic such as gp")
    return value


def pids(text: str, word: str) -> List[str]:
    """Of pt and vmmap: the PIDs where one is wanted, symbols elsewhere."""
    try:
        return [str(p.pid) for p in Machine().table if str(p.pid).startswith(word)]
    except (gdb.error, gdb.GdbError, LookupError):
        return []                                   # the machine has ended
