"""Every command that a page tells its reader to type is run where that reader stands: in the
course's own tree, and in the edition of each lab. A new one that nothing runs is named."""
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, List, Optional

import pexpect
import pytest

from ringstep.course.labs import labs
from ringstep.pages import page
from ringstep.pages.page import BLOCK, ROOT, page_of

NUMBERS = [lab.number for lab in labs(ROOT)]
IN_A_LINE = re.compile(r"`((?:make|\./setup|git|grep|ls|cp|tar|podman|PYTHONPATH=\S+)(?: [^`]+)?)`")
IN_A_BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```|((?:^ {4}\S.*\n)+)", re.S | re.M)

# They end by themselves, and say so.
ENDS = """all bochs clean compile_commands.json demo demo-attacks doctor edition files grade
          grade-all handin help map open qemu qemu-nox reset skeletons timeline why""".split()
# One talks to them: what they show, and what is typed then.
TALKS = {"gdb": (r"\(gdb\) ", "quit\n"), "qemu-gdb": ("In a second terminal", "\x03"),
         "debug": (r"\(gdb\)", "quit\n"), "bochs-debug": ("<bochs:1>", "q\n"),
         "shell": (r"\$ ", "exit\n"), "shell-bochs": (r"\$ ", "exit\n"), "watch": ("q quits", "q")}
# What something else runs, as this says: a file, and words in it.
ELSEWHERE = {
    r"\./setup": (".ci/run", "./setup && make check"),
    "podman .*": ("tests/test_commands.py", "def test_in_a_container"),
    "make check|make check-all": (".ci/run", 'make "${1:-lint}"'),
    "make gradebook .*": ("tests/test_gradebook.py", "def test_moodles_worksheet"),
    "make linux-program .*": ("tests/test_linux.py", '"linux-program", "LAB=5"'),
    "(cd ../(class|ada) && git|make -C ../bob) .*": ("tests/test_platforms.py",
                                                     "def test_publish_it_mend_it"),
    "make autograder .*": ("tests/test_platforms.py", "def test_gradescopes_contract"),
    "(sbatch|seq|parallel) .*|make gather.*": ("tests/test_platforms.py",
                                               "def test_slurm_grades_each_once"),
    "make mutants": ("tools/course.mk", "$(MAKE) mutants SHARE=1/8"),
    "make bench": ("tools/course.mk", "$(python) bench check"),
    "make handouts": ("tests/test_handouts.py", "def test_browser_shows_the_site_and_the_pdf"),
    "make handouts-(check|refresh)": ("tests/test_handouts.py", "def test_page_is_up_to_date"),
}
PASSED = re.compile(r"^(qemu|bochs): the kernel (shut down|stopped at an unwritten exercise)|"
                    r"^(Total|Lab \d) Score: |nothing has been run|no process has run", re.M)
REFUSED = re.compile(r"the solutions of lab\S+ are not in this tree|LAB=\S+ has no shell|"
                     r"there is no such (lab|exercise)|No rule to make target '(check|demo-)")


def commands(text: str) -> Iterator[str]:
    """Those of a page. In a block each line is one, below the `cd` before it."""
    text = BLOCK.sub("", text)
    for match in IN_A_BLOCK.finditer(text):
        folder = ""
        for line in (match[1] or match[2]).splitlines():
            line = re.sub(r"\s+#.*", "", line).strip().replace("./setup && make ", "make ")
            if line.startswith("cd "):
                folder = line + " && "
            elif match[1] or re.match(r"(make|\./setup)\b", line):
                yield folder + line
    for match in IN_A_LINE.finditer(re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)):
        yield " ".join(match[1].split())


def target(command: str) -> str:
    """What make is to do: the first word that is no variable."""
    words = re.sub(r'"[^"]*"', "", command.partition("make")[2]).split()
    return next((word for word in words if "=" not in word), "all")


def runner(command: str) -> Optional[str]:
    """Who runs the command: this test, another, or (None) nothing."""
    if any(re.fullmatch(pattern, command) for pattern in ELSEWHERE):
        return "elsewhere"
    if "make" not in command.split(" && ")[-1].split()[:1]:
        return "shell" if re.match(r"(git|grep|ls|cp|tar|PYTHONPATH=)", command) else None
    if target(command) in ENDS or "-batch" in command:
        return "ends"
    return "talks" if target(command) in TALKS else None


def of_pages(*pages: Path) -> List[str]:
    found = [command for page in pages for command in commands(page.read_text("utf-8"))]
    return sorted({command for command in found if runner(command) != "elsewhere"},
                  key=lambda command: (target(command) == "clean", command))


@pytest.mark.parametrize("name", [*page.pages(), "README"])
def test_each_command_is_run_by_something(name):
    assert [c for c in commands(page_of(name).read_text("utf-8")) if not runner(c)] == []


def test_a_command_that_nothing_runs_is_found():
    text = "Type `make nonsense LAB=1`.\n\n```sh\nfrobnicate\n```\n\n    cd x\n    make y   # z\n"
    assert list(commands(text)) == ["frobnicate", "cd x && make y", "make nonsense LAB=1"]
    assert not any(map(runner, commands(text)))


@pytest.mark.parametrize("pattern", ELSEWHERE)
def test_what_runs_elsewhere_does(pattern):
    name, words = ELSEWHERE[pattern]
    assert words in (ROOT / name).read_text("utf-8")


# ---- run them, slowly ----

def environment():
    kept = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    return {**kept, "TERM": "xterm", "GDBPORT": str(20000 + os.getpid() % 20000),
            "PATH": "/usr/bin:" + kept["PATH"]}


def talk(command: str, folder: Path) -> str:
    """Until it shows what it should; then it is left. What it printed, if it did not."""
    shown, typed = TALKS[target(command)]
    child = pexpect.spawn("bash", ["-c", command], cwd=str(folder), env=environment(),
                          encoding="utf-8", timeout=600, dimensions=(24, 80))
    try:
        if child.expect([shown, pexpect.EOF, pexpect.TIMEOUT]):
            return str(child.before)
        child.send(typed)
        return "" if child.expect([pexpect.EOF, pexpect.TIMEOUT]) == 0 else "it does not end"
    finally:
        child.close(force=True)


def end(command: str, folder: Path) -> str:
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment(), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=3000)
    right = (done.returncode == 0 or PASSED.search(done.stdout)) and not re.search(
        "Traceback|grader-error", done.stdout)
    return "" if right else done.stdout


def run_all(wanted: List[str], folder: Path, may_refuse: bool) -> None:
    found = []
    for command in wanted:
        said = (talk if runner(command) == "talks" else end)(command, folder)
        if said and not (may_refuse and REFUSED.search(said)):
            found.append(f"{command}: {said[-500:]}")
    assert not found, "\n".join(found)


def copied(folder: Path) -> Path:
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True,
                           stdout=subprocess.PIPE, check=True).stdout.splitlines()
    for name in filter(lambda name: (ROOT / name).is_file(), names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    subprocess.run("git init -q && make -s handin LAB=1 && mv handin-lab1.tar.gz smith.tar.gz && "
                   "cp smith.tar.gz FILE && mkdir handins && cp -r solutions/lab1-boot handins/ada",
                   cwd=folder, shell=True, check=True, stdout=subprocess.DEVNULL)
    for name in ("old", "new", "../old-tree"):
        shutil.copytree(folder / "labs", folder / name / "labs")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", [*page.pages(), "README"])
def test_commands_in_the_course(name, tmp_path):
    wanted = of_pages(page_of(name))
    if wanted:
        run_all(wanted, copied(tmp_path / "course"), may_refuse=False)


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_commands_in_an_edition(number, tmp_path):
    """Where they need what an edition has not, make says that, in a line."""
    subprocess.run(["make", "-s", "edition", f"LAB={number}"], cwd=ROOT, check=True)
    folder = tmp_path / "edition"
    shutil.copytree(ROOT / f"build/edition-lab{number}", folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    names = [f"handouts/{name}.md" for name in (f"lab{number}", "start", "tools", "trouble")]
    run_all(of_pages(*(folder / name for name in ("README.md", *names))), folder, may_refuse=True)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("podman"), reason="podman is not installed")
def test_in_a_container():
    """It fetches Debian's image, and needs a network for that."""
    line = next(c for c in commands(page_of("README").read_text()) if c.startswith("podman"))
    assert end(line.replace(" -it ", " ") + " make doctor", ROOT) == ""
