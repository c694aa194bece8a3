"""A program that nobody here wrote for this kernel: the same file on Linux and on Ringstep."""
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ARGUMENTS = ("a", "bc")


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> str:
    if not shutil.which("musl-gcc"):
        pytest.skip("not tried: musl-gcc is not installed (./setup)")
    file = ROOT / "build" / "linux" / "anyprog"
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["musl-gcc", "-static", "-no-pie", "-O1", "-o", str(file),
                    "tests/linux_program.c"], cwd=ROOT, check=True)
    return str(file.relative_to(ROOT))


def until_prompt(shell) -> bytes:
    said = b""
    while not said.endswith(b"$ "):
        byte = shell.stdout.read(1)
        assert byte, said
        said += byte
    return said


@pytest.mark.slow
def test_both_print_the_same(program):
    words = " ".join(("anyprog", *ARGUMENTS))
    shell = subprocess.Popen(["make", "-s", "linux-program", "LAB=5", "SOLVED=all",
                              f"FILE={program}"], cwd=ROOT, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    until_prompt(shell)                         # what is typed before is lost
    shell.stdin.write(f"{words}\r".encode())
    shell.stdin.flush()
    printed = until_prompt(shell).replace(b"\r", b"")
    rest, _ = shell.communicate(b"exit\r", timeout=300)
    linux = subprocess.run([ROOT / program, *ARGUMENTS], stdout=subprocess.PIPE, check=True).stdout
    assert printed == f"{words}\n".encode() + linux + b"$ "
    assert b"no process is left" in rest
