"""A submission's exercises, compiled once, to objects that every later link takes.

They are compiled by the command that the build itself prints, one by one, where neither
solutions nor tests nor other submissions are. What compiler and assembler have read is held
against what they may read, and what an object has against what an exercise may bring: the
functions that its task declares, in code, constants, data and zeroes.
"""
import os
import re
import shlex
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Tuple

from ringstep.machine import sandbox

# Sections that an exercise may bring: name, and the flags that they have at most.
WRITABLE, ALLOCATED, CODE = 1, 2, 4         # System V ABI, chapter 4: SHF_WRITE, _ALLOC, _EXECINSTR
TEXT = 0x10 | 0x20 | 0x40                   # SHF_MERGE, _STRINGS, _INFO_LINK
KINDS = (
    (r"\.text(\..+)?", ALLOCATED | CODE),
    (r"\.rodata(\..+)?", ALLOCATED | TEXT),
    (r"\.data\.rel\.ro(\..+)?", ALLOCATED | WRITABLE),
    (r"\.(data|bss)(\..+)?", ALLOCATED | WRITABLE),
    (r"\.note\.gnu\.property", ALLOCATED),
    (r"|\.comment|\.note\.GNU-stack|\.debug_\w+|\.(symtab|strtab|shstrtab)|\.rela\.[\w.-]+", TEXT),
)
KNOWN = [(re.compile(names), flags) for names, flags in KINDS]
OBJECT_BYTES = 8 << 20
ASSEMBLER = "Assembler messages:"       # before its errors, which may quote what it includes

# Beside what the build asks for: lines for the post-mortem, but no structures, which the tools
# read from the course's own; and who has read what.
MORE = ("-g1", "-MD", "-MF")
LESS = {"-MMD", "-MP"}


class Refused(Exception):
    """An exercise's file is not taken, whatever it does; why."""


class Broken(Exception):
    """It does not compile; the compiler's words."""


@dataclass(frozen=True)
class Command:
    """What compiles a source, as the build prints it."""
    words: List[str]
    source: str
    object: str

    @property
    def lists(self) -> Tuple[str, str]:
        """Where the compiler and the assembler leave the names of what they have read."""
        return self.object + ".read", self.object + ".assembled"

    def with_lists(self) -> List[str]:
        read, assembled = self.lists
        words = [word for word in self.words if word not in LESS]
        return [*words, *MORE, read, f"-Wa,--MD,{assembled}"]

    def only(self, declared: Iterable[str]) -> List[str]:
        """Nothing else than the functions of its task is seen by the rest of the kernel."""
        return ["objcopy", *(f"--keep-global-symbol={name}" for name in declared), self.object]

    def list_only(self) -> List[str]:
        """Only say what would be read: for a source that does not compile."""
        words = [word for word in self.words if word not in LESS and word != "-c"]
        return [*words[:words.index("-o")], "-M", "-MG", "-MF", self.lists[0], self.source]

    def may_read(self, name: str) -> bool:
        """Its own text, which the assembler knows without the folder; what lies between
        compiler and assembler; headers of the course, and the compiler's."""
        own = self.words[self.words.index("-isystem") + 1]
        return bool(re.fullmatch("|".join((
            re.escape(self.source), re.escape(Path(self.source).name),
            r"/(tmp|.*/ringstep-\w+)/cc\w+\.s", r"tools/hidden\.h", re.escape(own) + r"/[\w/-]+\.h",
            r"labs/[\w-]+/(include|user/lib)/\w+\.h")), os.path.normpath(name)))

    def check(self, names: Iterable[str]) -> None:
        for name in names:
            if not self.may_read(name):
                raise Refused(f"it reads {name}, which is no header of the course")


def commands(printed: str) -> Dict[str, Command]:
    """What `make compile-command` prints, by source."""
    lines = [shlex.split(line) for line in printed.replace("\\\n", " ").splitlines()]
    return {words[-1]: Command(words, words[-1], words[words.index("-o") + 1])
            for words in lines if "-c" in words and "-o" in words[:-2]}


def names_in(listed: str) -> List[str]:
    """The files of a rule as compilers write it: "object: source header \\"."""
    text = listed.replace("\\\n", " ").partition(":")[2]
    names = re.findall(r"(?:\\.|\$\$|[^\s\\])+", text)
    return [re.sub(r"\\(.)|\$(\$)", r"\1\2", name) for name in names]


class Compiler:
    """Compiles in a scratch tree that has nothing but what everybody may see."""

    def __init__(self, tree: Path):
        self.tree = tree
        self.spent: List[float] = []        # CPU seconds, of all compiles

    def compile(self, command: Command, declared: Iterable[str]) -> None:
        """Leaves the object ready to be linked."""
        status, words = sandbox.run(["sh", "-c", f"{shlex.join(command.with_lists())} && "
                                     f"exec {shlex.join(command.only(declared))}"],
                                    self.tree, self.spent)
        if status != 0:
            if sandbox.STOPPED not in words:
                self.may_quote(command, words)
            raise Broken(words)
        for file in command.lists:
            names = self.names_of(file)
            if names is None:
                raise Refused("the compiler has not said what it has read")
            command.check(names)
        check_object(self.tree / command.object)

    def names_of(self, list: str) -> Optional[List[str]]:
        try:
            return names_in((self.tree / list).read_text("utf-8", "backslashreplace"))
        except OSError:
            return None

    def may_quote(self, command: Command, words: str) -> None:
        """The words of a compiler quote what it has read, so that has to be known."""
        status, _ = sandbox.run(command.list_only(), self.tree, self.spent)
        names = self.names_of(command.lists[0]) if status == 0 else None
        # What is not there was not read; the name of a header that is missing is relative.
        command.check(name for name in names or ()
                      if name.startswith("/") or (self.tree / name).exists())
        if sandbox.kind() == "none" and (names is None or ASSEMBLER in words):
            raise Refused("it does not compile, and what it has read is not known without a "
                          "sandbox: the compiler's words would quote that")


def check_object(file: Path) -> None:
    if file.stat().st_size > OBJECT_BYTES:
        raise Refused(f"its object has more than {OBJECT_BYTES >> 20} MiB")
    try:
        strange = [name for name, flags in sections(file.read_bytes()) if not is_known(name, flags)]
    except (struct.error, ValueError, IndexError):
        raise Refused("its object is no ELF file that a linker could take") from None
    if strange:
        raise Refused(f"it brings a section {strange[0]}, which is neither code nor data")


def sections(data: bytes) -> List[Tuple[str, int]]:
    """(name, flags) of each. That is a table of a fixed shape, in which nothing leads further:
    what a parser does with the debug information of somebody's object is not known."""
    start, = struct.unpack_from("<Q", data, 40)             # e_shoff
    size, count, names = struct.unpack_from("<3H", data, 58)    # e_shentsize, e_shnum, e_shstrndx
    if size != 64 or not 0 < count or data[:6] != b"\x7fELF\2\1":
        raise ValueError
    rows = [struct.unpack_from("<IIQQQ", data, start + size * row) for row in range(count)]
    text = data[rows[names][4]:]                            # sh_offset
    return [(text[name:text.index(b"\0", name)].decode("utf-8", "backslashreplace"), flags)
            for name, _, flags, _, _ in rows]


def is_known(name: str, flags: int) -> bool:
    most = next((most for names, most in KNOWN if names.fullmatch(name)), None)
    return most is not None and not flags & ~most
