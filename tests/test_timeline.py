"""`make timeline`: the run as a picture, as tables and in a real browser."""
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from test_map import Browser, lightness

from ringstep.explain import timeline

ROOT = Path(__file__).parent.parent


def draw(lab, solved="all", status=0):
    made = subprocess.run(["make", "-s", "timeline", f"LAB={lab}", f"SOLVED={solved}"], cwd=ROOT,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert made.returncode == status, made.stdout
    return made.stdout


def rows_of(page, name):
    body = page.split(f'id="{name}"')[1].split("</tbody>")[0]
    return [dict(re.findall(r'data-(\w+)="([^"]*)"', row)) for row in body.split("<tr")[1:]]


def lane(page, pid, name="spans", word="state"):
    return [row[word] for row in rows_of(page, name) if row["lane"] == str(pid)]


@pytest.fixture(scope="module")
def lab4():
    out = draw(4)
    return out, Path(out.strip().split("\n")[-1]).read_text()


def test_who_was_where(lab4):
    """The sleepers wait one after the other; a child that has ended is a zombie, and gone."""
    out, page = lab4
    assert "until the kernel shut down" in out and re.search(r"^  PID 4 +r[rk3]+w+[rk3]", out, re.M)
    slept = [next(row for row in rows_of(page, "spans")
                  if row["lane"] == pid and row["state"] == "waiting") for pid in "345"]
    assert int(slept[2]["to"]) < int(slept[1]["to"]) < int(slept[0]["to"])
    assert lane(page, 15)[-1] == "zombie" and "zombie" not in lane(page, 14)
    assert "idle" in lane(page, 0) and "ring 3" not in lane(page, 0)
    assert lane(page, 15, "marks", "kind")[:2] == ["fork", "switch"]
    assert lane(page, 1, "marks", "kind")[0] == "load"


def test_marks_are_decoded(lab4):
    page = lab4[1]
    assert re.search(r"system call 57, fork: rdi 0x\w+, rsi 0x\w+, rdx 0x\w+; gives 15<", page)
    assert "; gives -ECHILD<" in page
    assert re.search(r"#PF page fault \(write from ring 3, the page&#39;s permissions forbid it\), "
                     r"address 0x7fffffffe\w{3}</summary><pre>CR3 0x\w+   RSP0 0xffff80000000\w+ "
                     r"\(kernel stack \d+\)   came from ring 3, interrupts on", page)
    assert "goes on inside the kernel, in sleep_on()" in page
    assert "leaves the processor: it is waiting" in page and "it is zombie" not in page


def test_nothing_comes_from_a_network(lab4):
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|src=|@import|url\(", lab4[1])


def test_states_differ_in_brightness_or_height():
    style = (ROOT / "tools/ringstep/explain/timeline.html").read_text()
    heights = dict(re.findall(r'\("([\w ]+)", (\d+)\)', style))
    looks = {state: (int(height), lightness(color if len(color) == 7 else "#" + "".join(
        2 * digit for digit in color[1:]))) for state, height in heights.items()
        for color in re.findall(rf"\.{state.replace(' ', '')} {{ fill: (#\w+)", style)}
    assert len(looks) == len(heights) == 8
    for a, b in ((a, b) for a in looks for b in looks if a < b):
        assert looks[a][0] != looks[b][0] or abs(looks[a][1] - looks[b][1]) >= 6, (a, b)


def test_a_kernel_of_lab_3_and_unwritten_ones():
    out = draw(3)
    assert "until the kernel shut down" in out
    assert len(re.findall("^  PID ", out, re.M)) == 5       # two are of its own checks
    assert "until the kernel stopped at an unwritten exercise" in draw(4, "earlier")
    assert "timeline: nothing runs in this kernel but itself" in draw(2, status=2)
    assert "no process has run; the kernel stopped at an unwritten" in draw(3, "1", status=2)


def test_more_than_there_may_be_is_folded(lab4, monkeypatch, tmp_path):
    monkeypatch.setattr(timeline, "MOST", 50)
    folder = ROOT / "build/gcc-Og/lab4-fork/all"
    timeline.run(str(folder / "ringstep.img"), str(folder / "kernel.elf"), str(tmp_path / "last"),
                 lambda record: record.end)
    page = (tmp_path / "timeline.html").read_text()
    assert 50 <= len(rows_of(page, "marks")) < 60
    assert re.search(r"Behind them came, and is not shown one by one: \d+ times #PF page fault, "
                     r"\d+ times interrupt 32, \d+ times interrupt 128", page)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_in_a_browser(lab4, tmp_path):
    """With the keyboard alone: along a lane, to another one, closer, and into the table."""
    browser = Browser(tmp_path)
    path = tmp_path / "timeline.html"
    path.write_text(lab4[1])
    try:
        browser.call("Page.navigate", url=f"file://{path}")
        while browser.value("document.readyState + location.protocol") != "completefile:":
            time.sleep(0.05)
        lanes = "[...document.querySelectorAll('#lanes > text')].map(t => t.textContent).join()"
        assert browser.value(lanes).startswith("kernel,PID 1,PID 2,") and \
            browser.value(lanes).endswith(",PID 19")
        drawn = "document.querySelectorAll('#lanes rect').length"
        said = "document.getElementById('chosen').textContent"
        whole = browser.value(drawn)
        assert whole > 60 and "the kernel has loaded it" in browser.value(said)
        browser.value("document.getElementById('lanes').focus()")
        for _ in range(2):
            browser.key("ArrowRight", 39)
        assert "PID 1, at " in browser.value(said) and "system call 39" in browser.value(said)
        browser.key("ArrowDown", 40)
        assert "PID 2, at " in browser.value(said)
        for _ in range(6):
            browser.key("+", 187)
        assert browser.value("to - from < end() / 50") is True and browser.value(drawn) < whole
        browser.key("0", 48)
        assert browser.value(drawn) == whole
        browser.key("e", 69)
        assert browser.value("even.checked && to") == browser.value("times.length - 1")
        browser.key("Enter", 13)
        assert browser.value("document.activeElement.tagName") == "SUMMARY"
        assert browser.value("document.activeElement.parentElement.open") is True
        browser.value("document.querySelector('.mark:last-of-type').dispatchEvent("
                      "new PointerEvent('pointerdown', { bubbles: true }))")
        assert "PID " in browser.value(said)
        wrong = [e for e in browser.events
                 if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
        asked = [e["params"]["request"]["url"] for e in browser.events
                 if e["method"] == "Network.requestWillBeSent"]
        assert not wrong and all(url.startswith("file:") for url in asked)
    finally:
        browser.process.terminate()
        browser.process.wait()
