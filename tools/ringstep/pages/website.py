"""The handouts as a site that works from disk, and as a PDF: see handouts.py.

MkDocs with the Material theme makes the pages. Its own search reads its index over
HTTP, which a browser refuses for files: so the index is a script here, with a small
search of our own (tools/handouts/search.js).
"""
import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, List, Tuple, Union

from ringstep.pages.page import BLOCK, ROOT, HandoutError, existing, found, page_of, read, slug

OUT = ROOT / "build/handouts"
EXTRA = ROOT / "tools/handouts"
EXTENSIONS = ["tables", "md_in_html", "attr_list", "pymdownx.superfences"]      # for the PDF
START = """<!doctype html><meta charset="utf-8"><title>Ringstep</title>
<meta http-equiv="refresh" content="0; url=start.html"><a href="start.html">Start here</a>
"""


def plain(name: str) -> str:
    """A page without the markers; a blank line around what stood between them."""
    return BLOCK.sub(lambda match: f"\n{match[3]}\n", page_of(name).read_text("utf-8"))


def title(name: str) -> str:
    return found(r"^# (.+)$", page_of(name).read_text(), f"title in {name}.md", re.M)[1]


def sections() -> Iterator[Tuple[str, str, List[str]]]:
    """(address, heading, words) of each section, for the search."""
    for name in existing():
        heading, anchor, fenced = title(name), "", False
        words: List[str] = []
        for line in plain(name).splitlines():
            fenced ^= line.startswith("```")
            match = re.match(r"#{2,3} (.+)", line)
            if match and not fenced:
                yield f"{name}.html{anchor}", heading, words
                heading, anchor = f"{title(name)}: {match[1]}", "#" + slug(match[1])
                words = []
            elif not line.startswith(("```", "# ")):
                words.append(re.sub(r"<[^>]+>|!?\[([^\]]*)\]\([^)]*\)", r"\1", line))
        yield f"{name}.html{anchor}", heading, words


def run(*words: Union[str, Path]) -> None:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise HandoutError(f"{words[0]}: {done.stdout.strip()[-2000:]}")


def build() -> None:
    docs, site = OUT / "docs", OUT / "site"
    shutil.rmtree(docs, ignore_errors=True)
    shutil.copytree(ROOT / "handouts/pictures", docs / "pictures")
    for name in existing():     # three folders up from build/handouts/site is the tree: HTML,
        # since MkDocs takes a link to what is not in the site for a mistake
        text = re.sub(r"\[([^\]]*)\]\(\.\./([^)]*)\)", r'<a href="../../../\2">\1</a>', plain(name))
        (docs / f"{name}.md").write_text(text)
    for extra in ("search.js", "keyboard.js", "extra.css"):
        shutil.copy(EXTRA / extra, docs)
    index = [{"u": address, "t": heading, "x": " ".join(" ".join(words).split())}
             for address, heading, words in sections()]
    words = json.dumps(index, ensure_ascii=False)
    (docs / "index.js").write_text(f"var handoutsIndex = {words};\n")
    (OUT / "mkdocs.yml").write_text(json.dumps({        # JSON is YAML
        "INHERIT": str(EXTRA / "mkdocs.yml"), "docs_dir": str(docs), "site_dir": str(site),
        "nav": [{title(name): f"{name}.md"} for name in existing()]}))
    if not shutil.which("mkdocs"):
        raise HandoutError("mkdocs is missing: type PAGES=1 ./setup")
    run("mkdocs", "build", "--strict", "-f", OUT / "mkdocs.yml")
    (site / "index.html").write_text(START)
    shutil.rmtree(docs)
    print(f"site: {(site / 'index.html').relative_to(ROOT)}")


def browser() -> List[str]:
    for program in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(program):
            root = ["--no-sandbox"] if os.getuid() == 0 else []
            return [program, "--headless=new", "--disable-gpu", *root]
    raise HandoutError("no chromium is here to make the PDF with: type PAGES=1 ./setup")


def one_page() -> str:
    """All pages as one HTML text; links between them lead within it."""
    import markdown

    def part(name: str) -> str:
        text = re.sub(r"\[([^\]]*)\]\(\.\./[^)]*\)", r"\1", plain(name))  # of the tree: no link
        text = re.sub(r"\]\((\w+)\.md#([^)]+)\)", r"](#\1-\2)", text)
        text = re.sub(r"\]\((\w+)\.md\)", r"](#\1)", text)
        text = re.sub(r"\]\(#(?!\w+-)([^)]+)\)", rf"](#{name}-\1)", text)
        slugs = {"slugify": lambda heading, _: f"{name}-{slug(heading)}"}
        body = markdown.markdown(text, extensions=[*EXTENSIONS, "toc"],
                                 extension_configs={"toc": slugs})
        return f'<section id="{name}">{body}</section>'
    body = "\n".join(map(part, existing())).replace("<details", "<details open")
    body = body.replace('src="pictures/', f'src="{(ROOT / "handouts/pictures").as_uri()}/')
    contents = "".join(f'<li><a href="#{name}">{html.escape(title(name))}</a></li>'
                       for name in existing())
    return ('<!doctype html><html lang="en"><meta charset="utf-8"><title>Ringstep</title><style>'
            + read("tools/handouts/print.css")
            + f"</style><h1>Ringstep</h1><ol>{contents}</ol>{body}</html>")


def pdf() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    page, target = OUT / "print.html", OUT / "ringstep.pdf"
    page.write_text(one_page())
    run(*browser(), "--allow-file-access-from-files", "--no-pdf-header-footer",
        f"--print-to-pdf={target}", page.as_uri())
    page.unlink()
    print(f"PDF: {target.relative_to(ROOT)}")
