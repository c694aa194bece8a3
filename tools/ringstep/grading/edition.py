"""The tree that students get for a lab: the labs up to it, the solutions of those before it."""
import argparse
import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Optional

from jinja2 import Environment, FileSystemLoader

from ringstep.course.labs import Lab, exercises_of, labs
from ringstep.course.skeleton import digest, pristine
from ringstep.grading.submission import SubmissionError
from ringstep.grading.text import one_line
from ringstep.grading.workspace import copy_parts

# What an edition has, besides its labs.
COMMON = ("Makefile", "LICENSE", "setup", "Containerfile", ".dockerignore", ".editorconfig",
          ".clang-format", ".gitattributes", ".gitignore", ".clangd", ".vscode", ".devcontainer",
          "tools", "handouts", "grading/include")
COURSE_ONLY = ("__pycache__", "*.old*", "exercises", "course.mk", "hostile.c", "edition")
PAGES = ("instructors", "platforms", "publish", "report", "further")    # of the whole course
TEMPLATES = {"README.md": "README.md", "classroom.yml": ".github/workflows/classroom.yml",
             "gitlab-ci.yml": ".gitlab-ci.yml"}
ITSELF = "labs/given.sha256"


def write_exercises(root: Path, target: Path, lab: Lab, solved: bool) -> None:
    for exercise in exercises_of(root, lab):
        for folder in ("labs", "labs/.pristine"):
            file = target / folder / exercise.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(pristine(root, exercise), "utf-8")
        if solved:
            copy_parts(root, target, [f"solutions/{exercise.path}"])


def drop_strays(root: Path, target: Path) -> None:
    """What lies in the course's tree, but is no part of it."""
    git = subprocess.run(["git", "ls-files", "-z", "--others"], cwd=root, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    for name in git.stdout.decode("utf-8", "surrogateescape").split("\0"):
        if name and (target / name).is_file():
            (target / name).unlink()
    for folder in sorted(target.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def list_given(target: Path) -> None:
    """So that a given file that a student changes can be named."""
    rows = []
    for part in ("labs", "grading"):
        for file in sorted((target / part).rglob("*")):
            if file.is_file() and not {"exercises", ".pristine"} & set(file.parts):
                rows.append(f"{digest(file.read_bytes())}  {file.relative_to(target)}\n")
    (target / ITSELF).write_text("".join(rows), "utf-8")


def write_pages(root: Path, target: Path, lab: Lab, hints: str) -> None:
    """The handouts, without what does not work there."""
    pages = target / "handouts"
    kept = {each.page.rpartition("/")[2] for each in labs(target)}
    for page in pages.glob("*.md"):
        if page.stem in PAGES or page.stem.startswith("lab") and page.name not in kept:
            page.unlink()
    course = (root / "tools/course.mk").read_text("utf-8")
    targets = " ".join(re.findall(r"^([a-z-]+):.*##[ic]", course, re.M))
    for page in pages.glob("*.md"):
        page.write_bytes(subprocess.run(
            ["awk", "-v", f"lab={lab.number}", "-v", f"hints={hints}", "-v", f"course={targets}",
             "-f", root / "tools/edition/pages.awk", page.name],
            cwd=pages, stdout=subprocess.PIPE, check=True).stdout)


def write_demo(root: Path, target: Path, lab: Lab) -> None:
    """The finished lab, as an image: its solutions are not there to build it."""
    out = target / "demo"
    run = subprocess.run(["make", "-s", f"LAB={lab.number}", "SOLVED=all", f"out={out}"], cwd=root,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 0:
        raise SubmissionError(f"the finished kernel of lab {lab.number} does not build: "
                              f"{run.stdout.strip()[-500:]}")
    for file in out.iterdir():
        if file.name != "ringstep.img":
            file.unlink()


def write_edition(root: Path, lab: Lab, title: str, repository: str, hints: str) -> Path:
    target = root / "build" / f"edition-lab{lab.number}"
    shutil.rmtree(target, ignore_errors=True)
    *earlier, own = [each for each in labs(root) if each.number <= lab.number]
    folders = [part for each in (*earlier, own) for part in (f"labs/{each.name}", each.grading)]
    copy_parts(root, target, [*COMMON, *folders], *COURSE_ONLY)
    drop_strays(root, target)
    for each in (*earlier, own):
        write_exercises(root, target, each, solved=each != own)
    list_given(target)
    write_pages(root, target, lab, hints)
    write_demo(root, target, lab)
    templates = Environment(loader=FileSystemLoader(root / "tools/edition"), trim_blocks=True,
                            keep_trailing_newline=True)
    for name, path in TEMPLATES.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(templates.get_template(name + ".jinja").render(
            title=title, number=own.number, lab=own.name, page=own.page, repository=repository,
            exercises=exercises_of(root, own)), "utf-8")
    site = target / "tools/handouts/mkdocs.yml"
    more = f"repo_url: {repository}\n" if repository else ""
    site.write_text(site.read_text("utf-8").replace(
        "site_name: Ringstep\n", f"site_name: {title}\n{more}"), "utf-8")
    return target


def files_of(tree: Path) -> Dict[str, str]:
    return {str(file.relative_to(tree)): digest(file.read_bytes()) for file in tree.rglob("*")
            if file.is_file() and ".git" not in file.relative_to(tree).parts}


def put_into(edition: Path, target: Path) -> List[str]:
    """All but .git is replaced by the edition; what that changes."""
    before = files_of(target) if target.exists() else {}
    for entry in target.iterdir() if target.exists() else ():
        if entry.name == ".git":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.copytree(edition, target, dirs_exist_ok=True, symlinks=True)
    after = files_of(target)
    return [f"{what}: {name}" for name in sorted({*before, *after})
            for what in [change(before.get(name), after.get(name))] if what and before]


def change(before: Optional[str], after: Optional[str]) -> str:
    return "" if before == after else "new" if not before else "changed" if after else "gone"


def main(root: Path, lab: Lab, words: List[str]) -> None:
    parser = argparse.ArgumentParser(prog="edition")
    for name in ("to", "repo-url", "title", "hints"):
        parser.add_argument(f"--{name}", default="")
    said = parser.parse_args(words)
    if said.hints not in ("", "0", "1", "2", "3"):
        raise SubmissionError(f"HINTS={said.hints}: of each exercise there are 0 to 3")
    for name in (said.title, said.repo_url):
        if re.search(r"[^\w .,:;/@~+()&-]", name):
            raise SubmissionError(f"{name}: has letters that no title or address of ours has")
    target = Path(said.to).absolute() if said.to else None
    if target and (target.resolve() in [root, *root.parents]
                   or root in target.resolve().parents and "build" not in target.parts):
        raise SubmissionError(f"TO={said.to}: is the course's own tree")
    if target and target.exists() and not (target.is_dir() and (
            not any(target.iterdir()) or (target / ".git").exists() or (target / ITSELF).exists())):
        raise SubmissionError(f"TO={said.to}: is neither empty, nor an edition, nor a repository")
    if target and (target / ".git").exists() and subprocess.run(
            ["git", "-C", target, "status", "--porcelain"], stdout=subprocess.PIPE).stdout:
        raise SubmissionError(f"TO={said.to}: has uncommitted changes, which would be lost")
    made = write_edition(root, lab, said.title or "Ringstep", said.repo_url, said.hints or "3")
    for line in put_into(made, target) if target else ():
        print(one_line(line))
    print(one_line(f"{target or made.relative_to(root)}: labs 1 to {lab.number}, solutions of the "
                   f"labs before {lab.number}, and lab {lab.number} finished, as an image"))
