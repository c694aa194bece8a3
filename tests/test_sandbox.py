"""What a submission's compiler can see, read and leave behind."""
import os
import re
import subprocess
import tempfile
from pathlib import Path

import machine_images as code
import pytest

from ringstep.course.labs import exercises
from ringstep.course.skeleton import declared, pristine
from ringstep.grading import objects
from ringstep.grading.workspace import Workspace
from ringstep.machine import bochs, landlock, qemu, sandbox
from ringstep.machine.record import Limits

ROOT = Path(__file__).parent.parent
PATH = "lab1-boot/exercises/segment_descriptor.c"
CACHED = (sandbox.kind, sandbox.bubblewrap_words)
KINDS = ("bubblewrap", "landlock", "user")


@pytest.fixture(params=KINDS)
def kind(request, monkeypatch):
    """Each kind of sandbox that works here."""
    works = {"bubblewrap": sandbox.works(sandbox.bubblewrap_words()),
             "landlock": landlock.version() > 0, "user": os.geteuid() == 0}
    if not works[request.param]:
        pytest.skip(f"{request.param} does not work here")
    monkeypatch.setenv("RINGSTEP_SANDBOX", request.param)
    for function in CACHED:
        function.cache_clear()
    yield request.param
    for function in CACHED:
        function.cache_clear()


@pytest.mark.parametrize("above", ["/opt", "/usr/local", "/var/tmp"])
def test_a_course_is_hidden_wherever_it_lies(kind, above, monkeypatch, tmp_path):
    if not os.access(above, os.W_OK):
        pytest.skip(f"{above} cannot be written to")
    with tempfile.TemporaryDirectory(dir=above) as course:
        os.chmod(course, 0o755)
        (Path(course) / "solution.c").write_text("secret")
        monkeypatch.setattr(sandbox, "COURSE", course)
        sandbox.bubblewrap_words.cache_clear()
        tree = Path(tempfile.mkdtemp(dir=tmp_path))
        os.chmod(tmp_path, 0o755)
        (tree / "own.c").write_text("own")
        sandbox.hand_over(tree)
        assert sandbox.run(["cat", f"{course}/solution.c"], tree)[0] != 0
        if kind != "user":          # pytest's own folders are closed to others
            assert sandbox.run(["cat", "own.c"], tree) == (0, "own")


@pytest.mark.parametrize("machine", [qemu, bochs], ids=["qemu", "bochs"])
def test_emulators_are_shut_in_as_compilers_are(kind, machine, monkeypatch):
    """They boot; what runs in their place cannot read beside its folder, nor as root."""
    monkeypatch.setattr(sandbox, "COURSE", tempfile.mkdtemp())
    with tempfile.TemporaryDirectory() as scratch, tempfile.NamedTemporaryFile() as secret:
        image = code.image(Path(scratch) / "disk.img", code.HALT)
        sandbox.hand_over(Path(scratch))
        record = machine.boot(image, limits=Limits(instructions=10**6, cpu_seconds=4,
                                                   confined=True))
        assert record.end == "halted" and record.memory.read(0x7C00, 2) == b"\xfa\xf4"
        for file, status in ((secret.name, 1), (image, 0)):
            words = sandbox.confine(["cat", file], scratch, [])
            assert subprocess.run(words, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode == status


def test_compiles_have_their_cpu_time_together(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 1)
    spent = []
    assert sandbox.run(["true"], tmp_path, spent) == (0, "")
    for _ in range(2):                  # each counts as about a second
        assert sandbox.run(["sh", "-c", "while :; do :; done"], tmp_path, spent)[0] != 0
    assert sandbox.run(["true"], tmp_path, spent) == (1, sandbox.TOO_MUCH)


@pytest.mark.parametrize("size", ["2m", "7m"])
def test_a_full_disk_is_not_the_submissions_fault(size, tmp_path):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", tmp_path],
                      stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        run = subprocess.run(["make", "grade", "SUBMISSION=solutions", "LAB=2"], cwd=ROOT,
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**os.environ, "TMPDIR": str(tmp_path)})
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    first = run.stderr.splitlines()[0]
    assert first.startswith("grader-error: ") and "No space left on device" in first
    assert len(first) < 300 and ": fail" not in run.stdout and run.returncode == 2


def test_a_folder_for_scratch_files_that_is_not_there_does_no_harm(kind, monkeypatch):
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    run = subprocess.run(["make", "grade", "SUBMISSION=solutions", "ONLY=segment_descriptors"],
                         cwd=ROOT, text=True, stdout=subprocess.PIPE)
    os.chmod(ROOT, 0o755)               # as a user, the course was closed
    assert "Score: 16/16" in run.stdout, run.stdout


def test_the_report_says_what_kind_of_sandbox_it_was(kind):
    assert sandbox.kind() == kind and sandbox.describe() == sandbox.WORDS[kind]


def test_none_at_all_is_said_in_a_line_of_its_own():
    run = subprocess.run(["make", "grade", "SUBMISSION=solutions", "ONLY=1.1"], cwd=ROOT, text=True,
                         env={**os.environ, "RINGSTEP_SANDBOX": "none"}, stdout=subprocess.PIPE)
    assert re.search("^NO SANDBOX: ", run.stdout, re.M) and "Score: 16/16" in run.stdout


def test_what_an_exercise_declares_is_what_its_solution_brings():
    subprocess.run(["make", "-s", "objects"], cwd=ROOT, check=True)
    for exercise in exercises(ROOT):
        text = (ROOT / "solutions" / exercise.path).read_text()
        assert declared(pristine(ROOT, exercise), exercise.path) == declared(text, exercise.path)
        built = ROOT / "build/gcc-Og/objects/solutions" / exercise.path
        if not built.with_suffix(".o").exists():        # a part of a program
            built = ROOT / "build/gcc-Og/objects/user/solutions" / exercise.path
        names = subprocess.run(["nm", "-g", "--defined-only", "-j", built.with_suffix(".o")],
                               stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        assert set(names) == set(declared(text, exercise.path))


BODY = "uint64_t segment_descriptor(enum segment_type type, unsigned dpl) { return helper; }\n"


def compiled(text):
    head = "#include <gdt.h>\n"
    return Workspace(ROOT, {PATH: (head + text).encode()})


def test_helpers_of_a_submission_are_its_own_and_its_structures_are_gone():
    text = "struct process { char mine; } own;\nuint64_t helper = 5;\n" + BODY
    with compiled(text) as space:
        assert not space.broken and not space.refused
        file = space.tree / space.objects[0]
        names = subprocess.run(["nm", "-g", "--defined-only", "-j", file],
                               stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        assert names == ["segment_descriptor"]
        words = subprocess.run(["readelf", "--debug-dump=info,decodedline", file],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        assert "DW_TAG_structure_type" not in words and "segment_descriptor.c" in words


@pytest.mark.parametrize("text, why", [
    ('#include "/proc/self/comm"\n', "it reads /proc/self/comm"),
    ('asm (".incbin \\"/usr/bin/env\\", 0, 16");\n', "it reads /usr/bin/env"),
    ('asm (".pushsection .programs, \\"a\\"; .quad 0; .popsection");\n', "a section .programs"),
    ('__thread int mine;\n', "a section .tbss"),
    ('asm (".pushsection .text.own, \\"awx\\"; nop; .popsection");\n', "a section .text.own"),
])
def test_what_an_object_may_not_have_is_refused_by_name(text, why):
    with compiled("enum { helper };\n" + text + BODY) as space:
        assert why in space.refused["1.1"], (space.broken, space.refused)


@pytest.mark.parametrize("listed, names", [
    ("a.o: a.c b.h\n", ["a.c", "b.h"]),
    ("a.o: a.c \\\n  /etc/a\\ b \\\n c$$d\n", ["a.c", "/etc/a b", "c$d"]),
    ("a.o: a.c\nb.o: c.h\n", ["a.c", "b.o:", "c.h"]),
    ("a.o:\n", []),
])
def test_every_name_of_a_list_is_seen(listed, names):
    assert objects.names_in(listed) == names


def test_the_build_says_how_each_exercise_is_compiled():
    run = subprocess.run(["make", "-s", "compile-command"], cwd=ROOT, text=True, check=True,
                         stdout=subprocess.PIPE)
    commands = objects.commands(run.stdout)
    assert set(commands) == {"labs/" + exercise.path for exercise in exercises(ROOT)}
    for source, command in commands.items():
        assert command.object.endswith(str(Path(source).with_suffix(".o")))
        assert not set(";&|") & set("".join(command.words))
