"""The map of memory, as text and in a real browser."""
import fcntl
import json
import os
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def draw(lab=3, solved="all", compare="", build="build"):
    made = subprocess.run(
        ["make", "-s", "map", f"LAB={lab}", f"SOLVED={solved}", f"COMPARE={compare}"], cwd=ROOT,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert made.returncode == 0, made.stdout
    return made.stdout


def test_text():
    out = draw()
    assert re.search(r"0x00100000 - 0x00101000 +4 KiB  record of PID 1", out)
    assert re.search(r"kernel stack 0 \(PID 1\) +rw- +rw- = +rw- = +rw- =", out)
    assert re.search(r"0x0000000000400000 +4 KiB program +- +r-x u +r-x u +r-x u", out)
    assert re.search(r"PID 3 .*\[255\] -> 0x\w+ \(3, 16\)  \[256\] -> 0x\w+ \(131, \d+\) =", out)
    path = out.strip().split("\n")[-1]
    page = Path(path).read_text()
    assert not re.search(r"https?:|<script|src=|@import|url\(", page)       # nothing from a network


def test_what_is_shared():
    out = draw(4)
    assert "at cow_fault" in out and "+ several of them" in out
    assert re.search(r"KiB  user stack of \d processes$", out, re.M)
    assert re.search(r"user stack +- +r-- u shared +r-- u shared", out)
    assert re.search(r"^  0x0000000000400000 .*program +- +r-x u +r-x u", out, re.M)
    assert "at the first instruction in ring 3" in draw(4, "earlier,4.1")


def lightness(color):
    channels = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16


def test_colours_differ_in_brightness():
    style = (ROOT / "tools/ringstep/explain/memmap.html").read_text()
    colors = {name: (color * 2 if len(color) == 3 else color) for name, color in
              re.findall(r"\.(\w+) \{ background: (#\w+)", style)}
    values = sorted(
        lightness(c if len(c) == 7 else "#" + "".join(2 * d for d in c[1:4]))
        for c in colors.values())
    assert len(values) == 9 and all(b - a >= 6 for a, b in zip(values, values[1:])), colors


@pytest.mark.slow
@pytest.mark.parametrize("lab, solved", [(1, "all"), (1, ""), (2, "all"), (2, "earlier"), (3, ""),
                                         (3, "1,2")])
def test_every_kernel_can_be_drawn(lab, solved):
    assert "page tables of the kernel" in draw(lab, solved)


@pytest.mark.slow
def test_two_kernels():
    out = draw(2, "1,2.1,2.2,2.3,2.4", "all")
    assert re.search(r"only in \S+2.4:\n  nothing\n", out) and re.search(
        r"only in lab2-process/all:\n(.*\n)*  PID 3\n", out)
    page = (ROOT / "build/map.html").read_text()
    assert page.count("<article>") == 2 and "≠" in page and "kernel stack 0 (PID 1)" in page


class Browser:
    """Chromium without a window, driven over two pipes (the DevTools protocol)."""

    def __init__(self, profile):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self.read, self.write, self.number, self.buffer, self.events = ours_in, ours_out, 0, b"", []
        argv = [
            shutil.which("chromium") or "chromium", "--headless", "--no-sandbox", "--disable-gpu",
            "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"
        ]
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (theirs_in, theirs_out)]
        self.process = subprocess.Popen(
            argv, pass_fds=[3, 4], stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=lambda: [os.dup2(fd, to) for fd, to in zip(high, (3, 4))])
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" in self.buffer:
                line, self.buffer = self.buffer.split(b"\0", 1)
                answer = json.loads(line)
                if answer.get("id") == self.number:
                    return answer["result"]
                self.events.append(answer)
            assert select.select([self.read], [], [], 20)[0], f"no answer to {method}"
            self.buffer += os.read(self.read, 65536)

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression,
                         returnByValue=True)["result"].get("value")

    def key(self, name, code):
        text = {"text": "\r"} if name == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code, **text)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_in_a_browser(tmp_path):
    path = draw().strip().split("\n")[-1]
    browser = Browser(tmp_path)
    try:
        browser.call("Page.navigate", url="file://" + path)
        while browser.value("document.readyState + location.protocol") != "completefile:":
            time.sleep(0.05)
        headings = "[...document.querySelectorAll('h3')].map(h => h.textContent).join()"
        assert browser.value(headings) == \
            "physical memory,address spaces,kernel,PID 1,PID 2,PID 3"
        browser.value("document.querySelectorAll('.space')[1].scrollIntoView()")
        for _ in range(200):                        # Tab to an entry of PID 1's page table
            browser.key("Tab", 9)
            if browser.value(
                    "document.activeElement.closest('.space')?.querySelector('h3').textContent"
            ) == "PID 1":
                break
        assert browser.value("document.activeElement.tagName") == "SUMMARY"
        shown = "document.activeElement.parentElement.querySelector('p').checkVisibility()"
        assert browser.value("document.activeElement.parentElement.open") is False
        browser.key("Enter", 13)
        assert browser.value("document.activeElement.parentElement.open"
                             ) is True and browser.value(shown) in (True, None)
        assert "U: ring 3 may use it" in browser.value(
            "document.activeElement.parentElement.querySelector('p').textContent")
        wrong = [
            e for e in browser.events
            if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")
        ]
        asked = [
            e["params"]["request"]["url"] for e in browser.events
            if e["method"] == "Network.requestWillBeSent"
        ]
        assert not wrong and all(url.startswith("file:") for url in asked)
    finally:
        browser.process.terminate()
        browser.process.wait()
