"""What the README shows is what `make demo` prints, but for addresses and sizes;
`make handouts-check` compares those, and `make handouts-refresh` renews them."""
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def without_numbers(text):
    return re.sub(r"0x[0-9a-f]+|\b\d{3,}\b", "N", text)


def test_the_transcript_is_real():
    shown = re.search(r"<!-- from: transcript lab=\d+ solved=all start=.* -->\n```text\n(.*?)\n```",
                      (ROOT / "README.md").read_text(), re.S)[1]
    run = subprocess.run(["make", "demo"], cwd=ROOT, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0
    whole = " ".join(without_numbers(run.stdout).split())
    assert " ".join(without_numbers(shown).split()) in whole


def test_every_folder_it_names_is_there():
    tree = re.search(r"## The tree\n\n(.*?)\n\n", (ROOT / "README.md").read_text(), re.S)[1]
    for name in re.findall(r"^    (\S+/)", tree, re.M):
        assert (ROOT / name).is_dir(), name
