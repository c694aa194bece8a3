"""The tree that students get for a lab: the labs up to it, the solutions of those before it."""
import shutil
from pathlib import Path

from ringstep.course.labs import Lab, exercises_of, labs
from ringstep.course.skeleton import digest, pristine
from ringstep.grading.workspace import copy_parts

# What an edition has, besides its labs.
COMMON = ("Makefile", "LICENSE", "setup", "Containerfile", ".dockerignore", ".editorconfig",
          ".clang-format", ".gitignore", ".clangd", ".vscode", ".devcontainer", "tools", "handouts",
          "grading/include")
COURSE_ONLY = ("__pycache__", "*.old*", "exercises", "course.mk", "hostile.c")
README = """\
# Ringstep, lab {number}

    ./setup                     # install what is missing; not Debian, Ubuntu: handouts/start.md
    cd labs/{lab}
    make qemu-nox               # boot the kernel: it names the exercise that comes next
    make grade                  # what the machine says of your work, on two emulators
    make handin LAB={number}           # pack your exercise files
    make help                   # everything else

Begin with [handouts/start.md](handouts/start.md) and [{page}]({page}). When
something goes wrong: [handouts/trouble.md](handouts/trouble.md). Your files are those in
`exercises/`, and no others are graded.{earlier}
"""
EARLIER = """ The solutions of the labs before this one are in `solutions/`:
`make qemu-nox SOLVED=earlier` boots with them."""


def write_exercises(root: Path, target: Path, lab: Lab, solved: bool) -> None:
    for exercise in exercises_of(root, lab):
        for folder in ("labs", "labs/.pristine"):
            file = target / folder / exercise.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(pristine(root, exercise), "utf-8")
        if solved:
            copy_parts(root, target, [f"solutions/{exercise.path}"])


def list_given(target: Path) -> None:
    """So that a given file that a student changes can be named."""
    rows = []
    for part in ("labs", "grading"):
        for file in sorted((target / part).rglob("*")):
            if file.is_file() and not {"exercises", ".pristine"} & set(file.parts):
                rows.append(f"{digest(file.read_bytes())}  {file.relative_to(target)}\n")
    (target / "labs/given.sha256").write_text("".join(rows), "utf-8")


def write_edition(root: Path, number: int) -> Path:
    target = root / "build" / f"edition-lab{number}"
    shutil.rmtree(target, ignore_errors=True)
    *earlier, own = [lab for lab in labs(root) if lab.number <= number]
    folders = [folder for lab in (*earlier, own) for folder in (f"labs/{lab.name}", lab.grading)]
    copy_parts(root, target, [*COMMON, *folders], *COURSE_ONLY)
    for lab in (*earlier, own):
        write_exercises(root, target, lab, solved=lab != own)
    list_given(target)
    (target / "README.md").write_text(README.format(
        number=number, lab=own.name, page=own.page, earlier=EARLIER if earlier else ""), "utf-8")
    return target
