"""The build: rules that can be read, what is made again and when, and what a user is told."""
import filecmp
import os
import re
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKEFILES = [ROOT / "Makefile", *sorted((ROOT / "tools").glob("*.mk"))]
LAYOUT = "labs/lab1-boot/include/memory_layout.h"


def make(tree: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["make", *arguments], cwd=tree, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


def copy_of_the_tree(target: Path) -> Path:
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns("build", ".git", ".cache"))
    return target


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copy_of_the_tree(tmp_path / "tree")


# ---- how it reads ----------------------------------------------------------

def functions(line: str) -> "list[int]":
    """For each call of one of make's functions in a line: how deep it stands in others."""
    found, open_calls = [], []
    for match in re.finditer(r"\$\$|\$\([a-z]+[ ]|\$\(|\(|\)", line):
        if match[0] == ")":
            if open_calls:
                open_calls.pop()
        elif match[0] != "$$":
            open_calls.append(len(match[0]) > 2)
            if open_calls[-1]:
                found.append(sum(open_calls))
    return found


def test_functions_are_counted() -> None:
    assert functions("a := $(b) $(sort $(filter %.o,$^)) $$(wc -c) $(if $(V),,@)") == [1, 2, 1]


def test_build_mk_can_be_read() -> None:
    lines = (ROOT / "tools/build.mk").read_text().splitlines()
    assert sum(len(functions(line)) for line in lines) <= 0.3 * len(lines)


@pytest.mark.parametrize("file", MAKEFILES, ids=lambda file: file.name)
def test_no_line_is_nested_deeply(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert [line for line in lines if max(functions(line), default=0) > 2] == []


# ---- what is said ----------------------------------------------------------

@pytest.mark.parametrize("words, said", [
    (["SOLVED=9.9"], r"SOLVED=9\.9: 9\.9 is no exercise of lab3-ring3, only 1\.1 .*, a lab, "),
    (["SOLVED=it's"], r"SOLVED=it's: it's is no exercise"),
    (["LAB=1", "SOLVED=2.1"], r"2\.1 is no exercise of lab1-boot"),
    (["LAB=7"], r"LAB=7: there is no such lab, only 1 2 3.*: lab1-boot "),
    (["lab=1"], r"LAB= is written in capitals"),
    (["TEST=nix"], r"TEST=nix: there is no grading/lab3/nix\.c and no \S+/programs/nix\.c"),
    (["PROGRAMS=nix"], r"PROGRAMS=nix: there is no user/nix\.c in a lab up to lab3-ring3"),
    (["CC=nix"], r"nix: not installed\. Type \./setup, or `make doctor`"),
    (["BUILD=/proc/nix"], r"cannot write in /proc/nix/\S+: BUILD=folder builds elsewhere"),
])
def test_a_mistake_is_one_sentence(words: "list[str]", said: str) -> None:
    run = make(ROOT, *(["LAB=3"] if "LAB" not in words[0].upper() else []), *words)
    assert run.returncode == 2 and re.search(said, run.stderr), run.stderr
    assert run.stderr.count("\n") == 1 and run.stdout == ""


def test_an_exercise_that_has_gone_can_be_had_back(tree: Path) -> None:
    assert make(tree, "LAB=1").returncode == 0
    (tree / "labs/lab1-boot/exercises/gdt_load.S").unlink()
    run = make(tree, "LAB=1")
    assert run.returncode != 0 and "gdt_load.S is missing: `make reset EX=1.2`" in run.stderr
    assert "gdt_load.S" in make(tree, "reset", "EX=1.2").stdout
    assert make(tree, "LAB=1").returncode == 0


@pytest.mark.parametrize("folder", [".", "labs/lab2-process"])
def test_file_names_are_not_obeyed(tmp_path: Path, folder: str) -> None:
    mark = tmp_path / "obeyed"
    name = f'$(shell touch {mark})`touch {mark}`"; touch {mark}; "$$(touch {mark}).tar.gz'
    run = make(ROOT / folder, "grade", "ONLY=2.1", f"SUBMISSION={name}")
    assert f"{name}: there is no such folder or archive" in run.stderr and not mark.exists()


def test_a_tree_may_have_a_space_in_its_path(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path / "a tree")
    run = make(tree / "labs/lab1-boot", "SOLVED=1.1")
    assert "lab1-boot: build/gcc-Og/lab1-boot/1.1/ringstep.img, kernel " in run.stdout, run.stderr


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
def test_a_tree_that_is_only_read(tmp_path: Path) -> None:
    inside = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
              "--bind", str(tmp_path), str(tmp_path), "--setenv", "TMPDIR", str(tmp_path),
              "make", "LAB=1", "SOLVED=1.1"]
    for words, status in ([f"BUILD={tmp_path}"], 0), (["help"], 0), (["BUILD=build/nix"], 2):
        run = subprocess.run([*inside, *words], cwd=ROOT, stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, universal_newlines=True)
        assert run.returncode == status, run.stderr
    assert "cannot write in build/nix" in run.stderr


# ---- what is made again ----------------------------------------------------

@pytest.mark.slow
def test_two_makes_at_once_build_the_same(tree: Path) -> None:
    """They share each file: half of one must never be another's."""
    words = ["make", "-j2", "LAB=3", "SOLVED=all"]
    makes = [subprocess.Popen(words, cwd=tree, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait() for process in makes] == [0, 0, 0, 0]
    folders = [tree / "build", tree / "alone"]
    assert make(tree, "-j2", "LAB=3", "SOLVED=all", "BUILD=alone").returncode == 0
    images = [folder / "gcc-Og/lab3-ring3/all/ringstep.img" for folder in folders]
    assert filecmp.cmp(*images, shallow=False)
    assert not [path for path in (tree / "build").rglob("*") if re.search(r"\.\d{2,}", path.name)]


def test_nothing_is_done_twice(tree: Path) -> None:
    """Neither by the same make again nor by that of another lab or selection."""
    assert "gcc" in make(tree, "-j2", "LAB=1", "SOLVED=all", "V=1").stdout
    before = cpu_seconds()
    assert make(tree, "LAB=1", "SOLVED=all", "V=1").stdout.count("\n") == 1
    assert cpu_seconds() - before < 0.3         # it is 0.03, on a machine that is not busy
    compiled = re.findall(r"(\S+) && mv", make(tree, "-n", "LAB=2", "SOLVED=1").stdout)
    assert compiled and [path for path in compiled if path.startswith("labs/lab1")] == []
    assert [path for path in compiled if path.startswith("solutions")] == []


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_an_older_copy_of_an_exercise_is_compiled(tree: Path) -> None:
    file = tree / "labs/lab1-boot/exercises/segment_descriptor.c"
    assert make(tree, "LAB=1").returncode == 0
    file.write_text(file.read_text().replace("todo(", "this_is_not_declared(todo, "))
    os.utime(file, (1, 1))
    assert make(tree, "LAB=1", "WERROR=1").returncode != 0


@pytest.mark.slow
def test_what_is_no_longer_there_is_no_longer_linked(tree: Path) -> None:
    program = tree / "labs/lab3-ring3/user/lib/more.c"
    kernel = tree / "labs/lab2-process/kernel/more.c"
    for file, name in (program, "more_of_it"), (kernel, "more_of_that"):
        file.write_text(f"int {name} = 1;\n")
    out = tree / "build/gcc-Og"
    for there in True, False:
        assert make(tree, "LAB=3").returncode == 0
        for elf, name in ((out / "lab3-ring3/none/kernel.elf", b"more_of_that"),
                          (out / "objects/programs/ring3_test.elf", b"more_of_it")):
            assert (name in elf.read_bytes()) == there, name
        for file in (program, kernel):
            file.unlink() if file.exists() else None


# Every constant of memory_layout.h, and of the others those that instructors are told to change.
IN_LAYOUT = re.findall(r"^#define (\w+) +0x", (ROOT / LAYOUT).read_text(), re.M)
CONSTANTS = [(LAYOUT, name) for name in IN_LAYOUT] + [
    ("labs/lab1-boot/include/gdt.h", "SELECTOR_TSS"),
    ("labs/lab2-process/include/errno.h", "EFAULT"),
    ("labs/lab3-ring3/include/timer.h", "TIMER_HZ"),
    ("labs/lab3-ring3/include/schedule.h", "SLICES_MAX"),
    ("labs/lab3-ring3/include/syscall_numbers.h", "SYSCALL_VECTOR"),
    ("labs/lab3-ring3/include/syscall_numbers.h", "SYS_GETPID"),
]
NO_KERNEL_NEEDS_IT = "PHYSICAL_MAP_MAX", "KERNEL_READ_MAX", "KERNEL_SIZE_MAX"   # assertions do


def other_value(text: str, name: str) -> str:
    """A header with another value of one constant, of which most kernels can be built."""
    def put(match: "re.Match[str]") -> str:
        value = int(match[2], 0)
        return match[1] + hex(value + (0x1000 if value >= 0x1000 else 1))
    changed, count = re.subn(rf"^(#define {name} +)(0x[0-9A-Fa-f]+|\d+)", put, text, flags=re.M)
    assert count == 1, name
    return changed


IMAGE = "gcc-Og/lab3-ring3/all/ringstep.img"


@pytest.fixture(scope="module")
def built_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copy_of_the_tree(tmp_path_factory.mktemp("constants") / "tree")
    assert make(tree, "-j2", "LAB=3", "SOLVED=all").returncode == 0
    shutil.copy(tree / "build" / IMAGE, tree / "before.img")
    return tree


@pytest.mark.slow
@pytest.mark.many
@pytest.mark.parametrize("header, name", CONSTANTS, ids=[name for _, name in CONSTANTS])
def test_a_constant_reaches_all_that_reads_it(built_tree: Path, header: str, name: str) -> None:
    """After a change make builds what it builds from nothing."""
    file = built_tree / header
    text = file.read_text()
    file.write_text(other_value(text, name))
    try:
        again = make(built_tree, "-j2", "LAB=3", "SOLVED=all")
        anew = make(built_tree, "-j2", "LAB=3", "SOLVED=all", "BUILD=anew")
        assert (again.returncode == 0) == (anew.returncode == 0), again.stderr + anew.stderr
        if anew.returncode == 0:
            image = (built_tree / "build" / IMAGE).read_bytes()
            assert image == (built_tree / "anew" / IMAGE).read_bytes()
            assert image != (built_tree / "before.img").read_bytes() \
                or name in NO_KERNEL_NEEDS_IT
    finally:
        shutil.rmtree(built_tree / "anew", ignore_errors=True)
        file.write_text(text)
