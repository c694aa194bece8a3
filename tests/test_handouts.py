"""The handouts: what they quote, what they link to, and the checks themselves."""
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as xml

import pytest

from ringstep.pages import handouts, pictures, sources, times
from ringstep.pages.handouts import ROOT

PAGE = "# Page\n\n## One\n\n{}\n"


def found(check, text, *more):
    return list(check("lab1", text, *more))


def test_each_page_is_there():
    assert handouts.existing() == handouts.PAGES


@pytest.mark.parametrize("name", [*handouts.PAGES, "README"])
def test_page_is_sound(name):
    """Links, headings, exercises, references and commands; blocks are a slow test."""
    text = handouts.page_of(name).read_text()
    known = set(re.findall(r"^  (\S+)  ", sources.make("help"), re.M))
    for check in (handouts.check_links, handouts.check_headings, handouts.check_exercises,
                  handouts.check_references):
        assert list(check(name, text)) == []
    assert list(handouts.check_commands(name, text, known)) == []


@pytest.mark.parametrize("check, wrong", [
    (handouts.check_links, "[x](nowhere.md)"),
    (handouts.check_links, "[x](lab2.md#no-such-section)"),
    (handouts.check_links, "![short](pictures/tss.svg)"),
    (handouts.check_headings, "#### Too deep"),
    (handouts.check_references, "as in SDM volume 3A, chapter six"),
    (handouts.check_references, "as in SDM 6.14.2"),
    (handouts.check_blocks, "<!-- from: points lab=1 -->\nold\n<!-- end -->"),
    (handouts.check_blocks, "<!-- from: nonsense -->\n<!-- end -->"),
    (handouts.check_blocks, "<!-- from: points lab=1 -->\nno end"),
])
def test_mistakes_are_found(check, wrong):
    assert found(check, PAGE.format(wrong))


def test_unknown_commands_are_found():
    assert found(handouts.check_commands, PAGE.format("`make nonsense`"), {"grade"})
    assert found(handouts.check_commands, PAGE.format("`make grade NONSENSE=1`"), {"grade"})
    assert not found(handouts.check_commands, PAGE.format("`make grade ONLY=1.2`"), {"grade"})
    assert not found(handouts.check_commands, PAGE.format("`make gdb GDBFLAGS=\"-batch -ex ring\"`"), {"gdb"})


def test_each_gdb_command_has_a_row(monkeypatch):
    """Those that `help ringstep` names; one without help, or one that it forgets, is found."""
    rows = re.findall(r"^\| `([\w-]+)", sources.gdb_commands(), re.M)
    assert len(rows) == len(set(rows)) >= 12
    assert rows == re.findall(r"[\w-]+(?=[,.])", re.search(r'"""The commands of Ringstep: .*?"""',
                              sources.read("tools/gdb/ringstep.py"), re.S)[0])
    real = sources.read
    for old, new in (('@command("vmmap"', '@command("vmap"'), ("pt, vmmap,", "pt,"), ("pt, vmmap,", "pt, vmmap, nothing,")):
        monkeypatch.setattr(sources, "read", lambda path, old=old, new=new: real(path).replace(old, new))
        with pytest.raises(handouts.HandoutError):
            sources.gdb_commands()


def test_times_agree():
    """Each part of each lab has its minutes once, and lies in one week."""
    for lab, minutes in times.MINUTES.items():
        parts = [part for _, of, parts in times.WEEKS if of == lab for part in parts]
        assert sorted(parts) == sorted(minutes)
    assert sum(minutes for *_, minutes in times.weeks()) == times.START + sum(map(times.total, times.MINUTES))
    assert [times.hours(m) for m in (360, 460, 395)] == ["6 hours", "7 and a half hours", "6 and a half hours"]


def test_the_memory_layout_is_in_the_reference():
    """Each constant of the header that everything else reads has a row."""
    rows = set(re.findall(r"^\| `(\w+)", handouts.page_of("reference").read_text(), re.M))
    assert set(re.findall(r"^#define (\w+)", sources.read("labs/lab1-boot/include/memory_layout.h"), re.M)) <= rows


def test_a_section_for_each_exercise():
    assert found(handouts.check_exercises, "### Exercise 1.1: segment_descriptor\n")


def test_anchors_are_those_of_forges():
    assert handouts.slug("Exercise 1.2: gdt_load") == "exercise-12-gdt_load"
    assert handouts.slug("#GP: general protection") == "gp-general-protection"


def test_another_compiler_is_no_drift():
    ours = "cs:rip 0x0008:0xffff800010001e30, 9464 bytes\n[Ring 3 Loop] still running: 7\n"
    theirs = "cs:rip 0x0008:0xffff800010002f44, 9520 bytes\n"
    assert handouts.loose(ours) == handouts.loose(theirs)
    assert handouts.loose("CS 0x48 -> 0x8") != handouts.loose("CS 0x48 -> 0x10")


def test_a_changed_constant_is_drift(monkeypatch):
    """A page that quotes a header is wrong once the header says something else."""
    text = handouts.page_of("reference").read_text()
    block = next(m for m in handouts.BLOCK.finditer(text) if "USER_[A-Z_]+" in m[2])
    assert not list(handouts.check_blocks("reference", block[0]))
    real = sources.read
    monkeypatch.setattr(sources, "read", lambda path: real(path).replace("0x10000\n", "0x20000\n"))
    assert list(handouts.check_blocks("reference", block[0]))


def test_a_function_can_be_quoted():
    quoted = sources.code("labs/lab1-boot/kernel/tss.c", function="tss_set_rsp0")
    assert quoted == "```c\nvoid tss_set_rsp0(uint64_t top)\n{\n    tss.rsp[0] = top;\n}\n```\n"


def test_the_report_names_tests_that_exist():
    """Each attack of the report is held closed by tests: these, by name."""
    text = handouts.page_of("report").read_text()
    table = sources.cut(text, "| attack |", "| reading kernel memory")
    there = "".join(path.read_text() for path in ROOT.glob("grading/lab*/tests*.py"))
    names = re.findall(r"`(\w+)`", table)
    assert len(names) > 10
    for name in names:
        assert f"def {name}(" in there or (ROOT / f"grading/lab3/programs/{name}.c").exists(), name


def test_sections_that_the_tools_name_exist():
    assert list(handouts.check_code_links()) == []


@pytest.mark.parametrize("drawing", pictures.DRAWINGS, ids=lambda drawing: drawing.__name__)
def test_picture(drawing):
    """A picture is well-formed, has a title, stays inside its frame, and is up to date."""
    text = drawing().svg()
    svg = xml.fromstring(text)
    width, height = map(float, svg.get("viewBox").split()[2:])
    assert svg.find("{http://www.w3.org/2000/svg}title").text
    for box in svg.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(box.get("x", 0)) + float(box.get("width")) <= width
        assert float(box.get("y", 0)) + float(box.get("height")) <= height
    for words in svg.iter("{http://www.w3.org/2000/svg}text"):
        length = len(words.text) * float(words.get("font-size")) * (0.61 if "Mono" in words.get("font-family") else 0.58)
        start = float(words.get("x")) - {"start": 0, "middle": length / 2, "end": length}[words.get("text-anchor")]
        assert -4 <= start and start + length <= width, words.text
    assert (ROOT / f"handouts/pictures/{drawing.__name__}.svg").read_text() == text


@pytest.mark.slow
@pytest.mark.parametrize("name", [*handouts.PAGES, "README"])
def test_page_is_up_to_date(name):
    assert list(handouts.check_blocks(name, handouts.page_of(name).read_text())) == []


def commands():
    """Every command of the pages, as make sees it, without those that need an archive."""
    for name in handouts.PAGES:
        for inline, line in re.findall(r"`(make [^`]+)`|^(make\b[^#\n]*)", handouts.page_of(name).read_text(), re.M):
            words = handouts.typed(inline or line)[1:]
            if not any(w.startswith(("SUBMISSION=smith", "DIR=")) for w in words):
                yield shlex.join(words)


@pytest.mark.slow
@pytest.mark.parametrize("words", sorted(set(commands())))
def test_command_is_one(words):
    """make accepts each command; those that end by themselves are run."""
    words = shlex.split(words)
    run = words[0] in ("qemu-nox", "bochs", "all", "files", "doctor", "help", "demo")
    result = subprocess.run(["make", *([] if run else ["-n"]), *words], cwd=ROOT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    ended = re.search(r"^(qemu|bochs): the kernel (shut down|stopped at an unwritten)", result.stdout, re.M)
    assert result.returncode == 0 or ended, result.stdout


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("mkdocs"), reason="mkdocs is not installed")
def test_site_works_from_disk():
    from ringstep.pages import website
    website.build()
    site = website.OUT / "site"
    for name in handouts.PAGES:
        text = (site / f"{name}.html").read_text()
        assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', text), "needs a network"
        assert "from: " not in re.sub(r"<(pre|code).*?</\1>", "", text, flags=re.S)
        ids = set(re.findall(r'id="([^"]+)"', text))
        for target in re.findall(r'href="(#[^"]+)"', text):
            assert target[1:] in ids or target == "#__drawer", f"{name}.html{target}"
        for target, anchor in re.findall(r'href="([\w./-]+)(?:#([^"]*))?"', text):
            file = (site / target).resolve()
            assert file.exists(), f"{name}.html links to {target}"
            if anchor and file.suffix == ".html":
                assert f'id="{anchor}"' in file.read_text(), f"{name}.html links to {target}#{anchor}"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_browser_shows_the_site_and_the_pdf(tmp_path):
    """A browser runs the search from disk and prints the PDF; no page is wider than a phone's screen."""
    from ringstep.pages import website
    website.build()
    site = website.OUT / "site"
    probe = site / "probe.html"
    script = ('<script>addEventListener("load", () => { const field = document.querySelector(".find input");'
              'field.value = "double fault"; field.dispatchEvent(new Event("input"));'
              'document.title = "hits " + document.querySelectorAll(".found li").length'
              ' + " wide " + (document.documentElement.scrollWidth > innerWidth); })</script>')
    probe.write_text((site / "lab1.html").read_text().replace("</body>", script + "</body>"))
    try:
        dom = subprocess.run([*website.browser(), "--window-size=500,900", "--dump-dom", probe.as_uri()],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60).stdout
    finally:
        probe.unlink()
    hits = re.search(r"<title>hits (\d+) wide (\w+)</title>", dom)
    assert hits and int(hits[1]) > 2 and hits[2] == "false"
    website.pdf()
    assert (website.OUT / "ringstep.pdf").read_bytes().startswith(b"%PDF")
