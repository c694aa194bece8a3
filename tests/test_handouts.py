"""The handouts: what they quote, what they link to, and the checks themselves."""
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml

import page_checks
import pytest

from ringstep.course.labs import labs
from ringstep.pages import handouts, page, pictures, quotes, runs, times
from ringstep.pages.page import ROOT, HandoutError, page_of

PAGE = "# Page\n\n## One\n\n{}\n"


def found(check, text, *more):
    return list(check("lab1", text, *more))


def test_each_page_is_there():
    assert handouts.existing() == page.pages()


@pytest.mark.parametrize("name", [*page.pages(), "README"])
def test_page_is_sound(name):
    """Links, headings, exercises, references and commands; blocks are a slow test."""
    text = page_of(name).read_text()
    for check in page_checks.CHECKS[1:]:
        assert list(check(name, text)) == []
    assert list(page_checks.check_commands(name, text, page_checks.commands_of_make())) == []


@pytest.mark.parametrize("check, wrong", [
    (page_checks.check_links, "[x](nowhere.md)"),
    (page_checks.check_links, "[x](lab2.md#no-such-section)"),
    (page_checks.check_links, "![short](pictures/tss.svg)"),
    (page_checks.check_headings, "#### Too deep"),
    (page_checks.check_references, "as in SDM volume 3A, chapter six"),
    (page_checks.check_references, "as in SDM 6.14.2"),
    (page_checks.check_blocks, "<!-- from: needed lab=1 -->\nold\n<!-- end -->"),
    (page_checks.check_blocks, "<!-- from: nonsense -->\n<!-- end -->"),
    (page_checks.check_blocks, "<!-- from: needed laboratory=1 -->\n<!-- end -->"),
    (page_checks.check_blocks, "<!-- from: needed lab 1 -->\n<!-- end -->"),
    (page_checks.check_blocks, "<!-- from: needed lab=1 -->\nno end"),
    (page_checks.check_words, "The CPL is 3."),
    (page_checks.check_frames, "The page frame holds a trap frame. The frame is freed."),
    (page_checks.check_tests, "So it is (`TEST=nonsense`)."),
    (page_checks.check_words, "Vectors have gates; a [vector](words.md#vector) is a number."),
])
def test_mistakes_are_found(check, wrong):
    assert found(check, PAGE.format(wrong))


def test_words_are_links_where_they_are_used_first():
    linked = "A [trap](words.md#trap) pushes. A trap, `CPL`, ring buffers, \"Page Exceptions\"."
    assert not found(page_checks.check_words, PAGE.format(linked))
    assert not list(page_checks.check_words("tools", "The CPL is 3."))


def test_unknown_commands_are_found():
    def commands(line, *known):
        return found(page_checks.check_commands, PAGE.format(f"`{line}`"), {*known})
    assert commands("make nonsense", "grade")
    assert commands("make grade NONSENSE=1", "grade")
    assert not commands("make grade ONLY=1.2", "grade")
    assert not commands("make gdb GDBFLAGS=\"-batch -ex ring\"", "gdb")


def test_each_gdb_command_has_a_row(monkeypatch):
    """Those that `help ringstep` names; one without help, or one that it forgets, is found."""
    rows = re.findall(r"^\| `([\w-]+)", quotes.gdb_commands(), re.M)
    assert len(rows) == len(set(rows)) >= 12
    named = re.search(r'"""The commands of Ringstep: .*?"""', quotes.read("tools/gdb/ringstep.py"),
                      re.S)[0]
    assert rows == re.findall(r"[\w-]+(?=[,.])", named)
    real = quotes.read
    for old, new in (('@command("vmmap"', '@command("vmap"'), ("pt, vmmap,", "pt,"),
                     ("pt, vmmap,", "pt, vmmap, nothing,")):
        monkeypatch.setattr(quotes, "read",
                            lambda path, old=old, new=new: real(path).replace(old, new))
        with pytest.raises(HandoutError):
            quotes.gdb_commands()


def test_each_constant_that_is_named_is_there():
    """One that has moved to another header would leave the page without a word."""
    header = "labs/lab1-boot/include/gdt.h"
    assert "GDT_ENTRIES" in quotes.constants(header, "GDT_ENTRIES")
    with pytest.raises(HandoutError, match="gdt.h defines nothing like TIMER_HZ"):
        quotes.constants(header, "GDT_ENTRIES,TIMER_HZ")


def test_what_does_not_build_is_no_transcript():
    with pytest.raises(HandoutError, match="7 is no exercise"):
        quotes.made("transcript lab=1 solved=7", "")


def test_times_agree():
    """The weeks of a course take as long as the labs; nothing of a lab lies in two weeks."""
    in_all = sum(minutes for _, minutes in times.weeks())
    assert in_all == times.START + sum(map(times.total, labs(ROOT))) > 20 * 60
    for lab in labs(ROOT):
        numbers = [part.week for part in times.parts(lab)]
        assert numbers == sorted(numbers) and {*numbers} == {*range(1, numbers[-1] + 1)}
    assert [times.hours(minutes) for minutes in (60, 360, 460, 395)] == [
        "1 hour", "6 hours", "7 and a half hours", "6 and a half hours"]


@pytest.mark.parametrize("old, new, missing", [
    ("id=1.3 minutes=50", "id=1.3", "minutes=, a number, in <!-- from: exercise id=1.3"),
    ("exercise id=1.3", "exercise id=1.30", "minutes=, a number, in <!-- from: exercise id=1.3"),
    ("minutes=30 week=1", "minutes=30", "week=, a number, in <!-- from: exercise id=1.1"),
    ("session=40", "session=long", "session=, a number, in <!-- from: points lab=1"),
])
def test_a_time_that_is_missing_is_named(monkeypatch, old, new, missing):
    real = times.read
    monkeypatch.setattr(times, "read", lambda path: real(path).replace(old, new))
    with pytest.raises(HandoutError, match="handouts/lab1.md does not say " + missing):
        times.parts(labs(ROOT)[0])


def test_a_lab_has_its_page_after_the_labs_before_it(tmp_path, monkeypatch):
    """By its number, not by its letters; what else is in the folder comes last."""
    for name in ("lab2-two", "lab10-ten"):
        (tmp_path / "labs" / name).mkdir(parents=True)
    (tmp_path / "handouts").mkdir()
    (tmp_path / "handouts/extra.md").write_text("# Extra\n")
    monkeypatch.setattr(page, "ROOT", tmp_path)
    assert page.pages() == [*page.BEFORE_LABS, "lab2", "lab10", *page.AFTER_LABS, "extra"]


def test_the_memory_layout_is_in_the_reference():
    """Each constant of the header that everything else reads has a row."""
    rows = set(re.findall(r"^\| `(\w+)", page_of("reference").read_text(), re.M))
    header = quotes.read("labs/lab1-boot/include/memory_layout.h")
    assert set(re.findall(r"^#define (\w+)", header, re.M)) <= rows


def test_a_section_for_each_exercise():
    assert found(page_checks.check_exercises, "### Exercise 1.1: segment_descriptor\n")


def test_anchors_are_those_of_forges():
    assert page.slug("Exercise 1.2: gdt_load") == "exercise-12-gdt_load"
    assert page.slug("#GP: general protection") == "gp-general-protection"


def test_another_compiler_is_no_drift():
    ours = "cs:rip 0x0008:0xffff800010001e30, 9464 bytes\n[Ring 3 Loop] still running: 7\n"
    theirs = "cs:rip 0x0008:0xffff800010002f44, 9520 bytes\n"
    assert page_checks.loose(ours) == page_checks.loose(theirs)
    assert page_checks.loose("CS 0x48 -> 0x8") != page_checks.loose("CS 0x48 -> 0x10")


def test_a_changed_constant_is_drift(monkeypatch):
    """A page that quotes a header is wrong once the header says something else."""
    text = page_of("reference").read_text()
    block = next(m for m in page.BLOCK.finditer(text) if "USER_[A-Z_]+" in m[2])
    assert not list(page_checks.check_blocks("reference", block[0]))
    real = quotes.read
    monkeypatch.setattr(quotes, "read", lambda path: real(path).replace("0x10000\n", "0x20000\n"))
    assert list(page_checks.check_blocks("reference", block[0]))


def test_a_part_of_a_file_can_be_quoted():
    quoted = quotes.code("labs/lab1-boot/kernel/tss.c", "void tss_set_rsp0", "}")
    assert quoted == "```c\nvoid tss_set_rsp0(uint64_t top)\n{\n    tss.rsp[0] = top;\n}\n```\n"


def test_the_report_names_tests_that_exist():
    """Each attack of the report is held closed by tests: these, by name."""
    text = page_of("report").read_text()
    table = runs.cut(text, "| attack |", "| reading kernel memory")
    there = "".join(path.read_text() for path in ROOT.glob("grading/lab*/tests*.py"))
    names = re.findall(r"`(\w+)`", table)
    assert len(names) > 10
    for name in names:
        assert f"def {name}(" in there or (ROOT / f"grading/lab3/programs/{name}.c").exists(), name


def test_sections_that_the_tools_name_exist():
    assert list(page_checks.check_code_links()) == []


@pytest.mark.parametrize("drawing", pictures.DRAWINGS, ids=lambda drawing: drawing.stem)
def test_picture(drawing):
    """A picture is well-formed, has a title, stays inside its frame, and is up to date."""
    text = pictures.draw(drawing)
    svg = xml.fromstring(text)
    width, height = map(float, svg.get("viewBox").split()[2:])
    assert svg.find("{http://www.w3.org/2000/svg}title").text
    for box in svg.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(box.get("x", 0)) + float(box.get("width")) <= width
        assert float(box.get("y", 0)) + float(box.get("height")) <= height
    for words in svg.iter("{http://www.w3.org/2000/svg}text"):
        wide = 0.61 if "Mono" in words.get("font-family") else 0.58
        length = len(words.text) * float(words.get("font-size")) * wide
        before = {"start": 0, "middle": length / 2, "end": length}[words.get("text-anchor")]
        start = float(words.get("x")) - before
        assert -4 <= start and start + length <= width, words.text
    assert (ROOT / f"handouts/pictures/{drawing.stem}.svg").read_text() == text


@pytest.mark.slow
@pytest.mark.parametrize("name", [*page.pages(), "README"])
def test_page_is_up_to_date(name):
    assert list(page_checks.check_blocks(name, page_of(name).read_text())) == []


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("mkdocs"), reason="mkdocs is not installed")
def test_site_works_from_disk():
    from ringstep.pages import website
    website.build()
    site = website.OUT / "site"
    for name in page.pages():
        text = (site / f"{name}.html").read_text()
        network = r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//'
        assert not re.search(network, text), "needs a network"
        assert "from: " not in re.sub(r"<(pre|code).*?</\1>", "", text, flags=re.S)
        ids = set(re.findall(r'id="([^"]+)"', text))
        for target in re.findall(r'href="(#[^"]+)"', text):
            assert target[1:] in ids or target == "#__drawer", f"{name}.html{target}"
        for target, anchor in re.findall(r'href="([\w./-]+)(?:#([^"]*))?"', text):
            file = (site / target).resolve()
            assert file.exists(), f"{name}.html links to {target}"
            if anchor and file.suffix == ".html":
                there = f'id="{anchor}"' in file.read_text()
                assert there, f"{name}.html links to {target}#{anchor}"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("mkdocs"), reason="mkdocs is not installed")
def test_mkdocs_is_strict(tmp_path, monkeypatch):
    """A link within the site that leads nowhere ends the build, and is named."""
    from ringstep.pages import website
    monkeypatch.setattr(website, "OUT", tmp_path)
    monkeypatch.setattr(website, "plain", lambda name: "# Page\n\n[x](nowhere.md)\n")
    with pytest.raises(HandoutError, match="'nowhere.md' which is not found"):
        website.build()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_browser_shows_the_site_and_the_pdf(tmp_path):
    """A browser runs the search from disk and prints the PDF; no page is wider than a phone."""
    from ringstep.pages import website
    website.build()
    site = website.OUT / "site"
    probe = site / "probe.html"
    script = ('<script>addEventListener("load", () => {'
              'const field = document.querySelector(".find input");'
              'field.value = "double fault"; field.dispatchEvent(new Event("input"));'
              'document.title = "hits " + document.querySelectorAll(".found li").length'
              ' + " wide " + (document.documentElement.scrollWidth > innerWidth); })</script>')
    probe.write_text((site / "lab1.html").read_text().replace("</body>", script + "</body>"))
    try:
        dom = subprocess.run(
            [*website.browser(), "--window-size=500,900", "--dump-dom", probe.as_uri()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=300).stdout
    finally:
        probe.unlink()
    hits = re.search(r"<title>hits (\d+) wide (\w+)</title>", dom)
    assert hits and int(hits[1]) > 2 and hits[2] == "false"
    website.pdf()
    assert (website.OUT / "ringstep.pdf").read_bytes().startswith(b"%PDF")
