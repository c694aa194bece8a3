"""A submission's exercises, compiled once, to objects that every later link takes.

They are compiled by the command that the build itself prints, one by one, where neither
solutions nor tests nor other submissions are. What compiler and assembler have read is held
against what they may read, and what an object has against what an exercise may bring: the
functions that its task declares, in code, constants, data and zeroes.
"""
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Collection, Dict, Iterable, List, Optional

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section

from ringstep.grading.seen import UNREADABLE
from ringstep.machine import sandbox

# Sections that an exercise may bring: name, and the flags that they have at most.
ALLOCATED, WRITABLE, CODE = SH_FLAGS.SHF_ALLOC, SH_FLAGS.SHF_WRITE, SH_FLAGS.SHF_EXECINSTR
TEXT = SH_FLAGS.SHF_MERGE | SH_FLAGS.SHF_STRINGS | SH_FLAGS.SHF_INFO_LINK
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


@dataclass(frozen=True)
class Command:
    """What compiles a source, as the build prints it."""
    words: List[str]
    source: str
    object: str

    @property
    def read(self) -> str:
        """Where the compiler leaves the names of what it has read."""
        return self.object + ".read"

    @property
    def assembled(self) -> str:
        """The same of the assembler."""
        return self.object + ".assembled"

    def with_lists(self) -> List[str]:
        words = [word for word in self.words if word not in LESS]
        return [*words, *MORE, self.read, f"-Wa,--MD,{self.assembled}"]

    def only(self, declared: Iterable[str]) -> List[str]:
        """Nothing else than the functions of its task is seen by the rest of the kernel."""
        return ["objcopy", *(f"--keep-global-symbol={name}" for name in declared), self.object]

    def list_only(self) -> List[str]:
        """Only say what would be read: for a source that does not compile."""
        words = [word for word in self.words if word not in LESS and word != "-c"]
        return [*words[:words.index("-o")], "-M", "-MG", "-MF", self.read, self.source]

    def may_read(self) -> "re.Pattern[str]":
        """Its own text, which the assembler knows without the folder; what lies between
        compiler and assembler; headers of the course, and the compiler's."""
        own = self.words[self.words.index("-isystem") + 1]
        return re.compile("|".join((
            re.escape(self.source), re.escape(Path(self.source).name),
            r"/(tmp|.*/ringstep-\w+)/cc\w+\.s", r"tools/hidden\.h", re.escape(own) + r"/[\w/-]+\.h",
            r"labs/[\w-]+/(include|user/lib)/\w+\.h")))


def commands(printed: str) -> Dict[str, Command]:
    """What `make compile-command` prints, by source."""
    found = {}
    for line in printed.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        if "-c" in words and "-o" in words[:-2]:
            command = Command(words, words[-1], words[words.index("-o") + 1])
            found[command.source] = command
    return found


def names_in(listed: str) -> List[str]:
    """The files of a rule as compilers write it: "object: source header \\"."""
    text = listed.replace("\\\n", " ").partition(":")[2]
    names = re.findall(r"(?:\\.|\$\$|[^\s\\])+", text)
    return [re.sub(r"\\(.)|\$(\$)", r"\1\2", name) for name in names]


def text_of(file: Path) -> Optional[str]:
    try:
        return file.read_text("utf-8", "backslashreplace")
    except OSError:
        return None


class Compiler:
    """Compiles in a scratch tree that has nothing but what everybody may see."""

    def __init__(self, tree: Path):
        self.tree = tree
        self.spent: List[float] = []        # CPU seconds, of all compiles

    def compile(self, command: Command, declared: Collection[str]) -> str:
        """The compiler's words if it does not compile. Leaves the object ready to be linked."""
        status, words = sandbox.run(["sh", "-c", f"{shlex.join(command.with_lists())} && "
                                     f"exec {shlex.join(command.only(declared))}"],
                                    self.tree, self.spent)
        if status != 0:
            return self.failed(command, words)
        for file in (command.read, command.assembled):
            listed = text_of(self.tree / file)
            if listed is None:
                raise Refused("the compiler has not said what it has read")
            self.check_names(command, names_in(listed))
        self.check_object(command)
        return ""

    def failed(self, command: Command, words: str) -> str:
        """The words of a compiler quote what it has read, so that has to be known."""
        if sandbox.STOPPED in words:
            return words
        status, _ = sandbox.run(command.list_only(), self.tree, self.spent)
        listed = text_of(self.tree / command.read) if status == 0 else None
        if listed is not None:
            self.check_names(command, [name for name in names_in(listed) if self.is_there(name)])
        if sandbox.kind() == "none" and (listed is None or ASSEMBLER in words):
            raise Refused("it does not compile, and what it has read is not known without a "
                          "sandbox: the compiler's words would quote that")
        return words

    def is_there(self, name: str) -> bool:
        """Whether what is read may exist: the name of a header that is missing is relative."""
        return name.startswith("/") or (self.tree / name).exists()

    def check_names(self, command: Command, names: Iterable[str]) -> None:
        allowed = command.may_read()
        for name in names:
            if not allowed.fullmatch(os.path.normpath(name)):
                raise Refused(f"it reads {name}, which is no header of the course")

    def check_object(self, command: Command) -> None:
        file = self.tree / command.object
        if file.stat().st_size > OBJECT_BYTES:
            raise Refused(f"its object has more than {OBJECT_BYTES >> 20} MiB")
        with open(file, "rb") as opened:
            for name in strange_sections(opened):
                raise Refused(f"it brings a section {name}, which is neither code nor data")


def strange_sections(opened: BinaryIO) -> Iterable[str]:
    try:
        for section in ELFFile(opened).iter_sections():
            if not is_known(section):
                yield section.name
    except UNREADABLE as error:
        raise Refused(f"its object cannot be read ({error!r})") from None


def is_known(section: Section) -> bool:
    flags = next((flags for names, flags in KNOWN if names.fullmatch(section.name)), None)
    return flags is not None and not section["sh_flags"] & ~flags
