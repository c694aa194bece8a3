"""From addresses to functions, source lines and instructions, and back.

pyelftools and capstone are imported where they are used: a run without
symbols does not pay for them.
"""
import bisect
import os
from functools import lru_cache


@lru_cache()
def _load(path, _changed):
    return Symbols(path)


def load(path):
    """The symbols of an ELF file; read again only if the file has changed."""
    return _load(path, os.stat(path).st_mtime_ns)


class Symbols:
    def __init__(self, path):
        from elftools.elf.elffile import ELFFile
        self.path = path
        with open(path, "rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            entries = [(s["st_value"], s["st_size"], s.name, s["st_info"]["type"])
                       for s in table.iter_symbols()] if table else []
        self.names = {name: value for value, _, name, _ in entries if name}
        self.code = sorted((value, size, name) for value, size, name, kind in entries
                           if name and kind in ("STT_FUNC", "STT_NOTYPE"))
        self._lines = None

    def address(self, name):
        """The value of a symbol; KeyError if there is none."""
        return self.names[name]

    def function(self, address):
        """(name, offset) of the function around an address, or None. Symbols of
        assembly files have no size: the next symbol ends them."""
        at = bisect.bisect_right(self.code, (address, float("inf"), ""))
        for value, size, name in reversed(self.code[max(0, at - 4):at]):
            if address < value + size or (size == 0 and address - value < 4096):
                return name, address - value
        return None

    def line(self, address):
        """(file, line) that an instruction comes from, or None."""
        if self._lines is None:
            self._lines = sorted(read_lines(self.path))
            self._starts = [start for start, *_ in self._lines]
        at = bisect.bisect_right(self._starts, address) - 1
        if at < 0 or address >= self._lines[at][1]:
            return None
        return self._lines[at][2:]

    def where(self, address):
        """"trap_entry, labs/…/trap_entry.S:40", or as much of it as is known."""
        function, line = self.function(address), self.line(address)
        parts = [function[0]] if function else []
        return ", ".join(parts + ([f"{line[0]}:{line[1]}"] if line else []))

    def bytes_at(self, address, length):
        """What the file loads at an address, or None."""
        from elftools.elf.elffile import ELFFile
        with open(self.path, "rb") as file:
            for segment in ELFFile(file).iter_segments("PT_LOAD"):
                offset = address - segment["p_vaddr"]
                if 0 <= offset and offset + length <= segment["p_filesz"]:
                    return segment.data()[offset:offset + length]
        return None


def read_lines(path):
    """Yield (start, end, file, line) for each row of the line tables."""
    from elftools.elf.elffile import ELFFile
    with open(path, "rb") as file:
        elf = ELFFile(file)
        if not elf.has_dwarf_info():
            return
        dwarf = elf.get_dwarf_info()
        for unit in dwarf.iter_CUs():
            program = dwarf.line_program_for_CU(unit)
            if not program:
                continue
            last = None
            for entry in program.get_entries():
                state = entry.state
                if state is None:
                    continue
                if last and last.address < state.address:
                    yield last.address, state.address, file_name(program, last.file), last.line
                last = None if state.end_sequence else state


def file_name(program, index):
    """DWARF 5 counts files and folders from 0, earlier versions from 1."""
    header, five = program.header, program.header["version"] >= 5
    entry = header["file_entry"][index if five else index - 1]
    name, folder = entry.name.decode(), entry.dir_index
    if five:
        folder = header["include_directory"][folder].decode()
    else:
        folder = header["include_directory"][folder - 1].decode() if folder else ""
    return name if os.path.isabs(name) else os.path.normpath(os.path.join(folder, name))


def disassemble(code, address, bits=64):
    """[(address, bytes, "mov rax, rbx")] for machine code that starts at address."""
    import capstone
    mode = {16: capstone.CS_MODE_16, 32: capstone.CS_MODE_32, 64: capstone.CS_MODE_64}[bits]
    return [(i.address, bytes(i.bytes), f"{i.mnemonic} {i.op_str}".strip())
            for i in capstone.Cs(capstone.CS_ARCH_X86, mode).disasm(code, address)]
