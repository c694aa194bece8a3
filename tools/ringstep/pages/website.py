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

from ringstep.pages.page import BLOCK, PAGES, ROOT, HandoutError, page_of, slug

OUT = ROOT / "build/handouts"
EXTRA = ROOT / "tools/handouts"
EXTENSIONS = ["tables", "md_in_html", "attr_list", "pymdownx.superfences"]
THEME = {
    "name": "material", "font": False, "language": "en", "features": ["navigation.top", "toc.follow"],
    "palette": [
        {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "indigo",
         "toggle": {"icon": "material/weather-night", "name": "Dark"}},
        {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "indigo",
         "toggle": {"icon": "material/weather-sunny", "name": "Light"}}],
}


def plain(text):
    """A page without the markers; a blank line around what stood between them."""
    return BLOCK.sub(lambda match: f"\n{match[3]}\n", text)


def title(name):
    return re.search(r"^# (.+)$", page_of(name).read_text(), re.M)[1]


def sections():
    """(address, heading, words) of each section, for the search."""
    for name in PAGES:
        heading, anchor, words, fenced = title(name), "", [], False
        for line in plain(page_of(name).read_text()).splitlines():
            fenced ^= line.startswith("```")
            match = not fenced and re.match(r"#{2,3} (.+)", line)
            if match:
                yield f"{name}.html{anchor}", heading, words
                heading, anchor, words = f"{title(name)}: {match[1]}", "#" + slug(match[1]), []
            elif not line.startswith(("```", "# ")):
                words.append(re.sub(r"<[^>]+>|!?\[([^\]]*)\]\([^)]*\)", r"\1", line))
        yield f"{name}.html{anchor}", heading, words


def run(*words):
    result = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, universal_newlines=True)
    if result.returncode != 0:
        raise HandoutError(f"{words[0]}: {result.stdout.strip()[-2000:]}")


def build():
    docs, site = OUT / "docs", OUT / "site"
    shutil.rmtree(docs, ignore_errors=True)
    (docs / "pictures").mkdir(parents=True)
    for picture in (ROOT / "handouts/pictures").glob("*.svg"):
        shutil.copy(picture, docs / "pictures")
    for name in PAGES:      # three folders up from build/handouts/site is the tree
        text = plain(page_of(name).read_text()).replace("](../", "](../../../")
        (docs / f"{name}.md").write_text(text)
    for extra in ("search.js", "keyboard.js", "extra.css"):
        shutil.copy(EXTRA / extra, docs)
    index = [{"u": address, "t": heading, "x": " ".join(" ".join(words).split())}
             for address, heading, words in sections()]
    (docs / "index.js").write_text("var handoutsIndex = " + json.dumps(index, ensure_ascii=False) + ";\n")
    (OUT / "mkdocs.yml").write_text(json.dumps({       # JSON is YAML
        "site_name": "Ringstep", "docs_dir": str(docs), "site_dir": str(site), "use_directory_urls": False,
        "theme": THEME, "plugins": [], "extra_css": ["extra.css"], "extra_javascript": ["index.js", "search.js", "keyboard.js"],
        "markdown_extensions": [*EXTENSIONS, {"toc": {"permalink": True, "toc_depth": 3}}, "pymdownx.highlight"],
        "nav": [{title(name): f"{name}.md"} for name in PAGES]}))
    if not shutil.which("mkdocs"):
        raise HandoutError("mkdocs is missing: type PAGES=1 ./setup")
    run("mkdocs", "build", "-q", "-f", OUT / "mkdocs.yml")
    (site / "index.html").write_text('<!doctype html><meta charset="utf-8"><title>Ringstep</title>'
                                     '<meta http-equiv="refresh" content="0; url=start.html">'
                                     '<a href="start.html">Start here</a>\n')
    shutil.rmtree(docs)
    print(f"site: {(site / 'index.html').relative_to(ROOT)}")


def browser():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        raise HandoutError("no chromium is here to make the PDF with: type PAGES=1 ./setup")
    return [found, "--headless=new", "--disable-gpu", *(["--no-sandbox"] if os.getuid() == 0 else [])]


def one_page():
    """All pages as one HTML text; links between them lead within it."""
    import markdown
    parts = []
    for name in PAGES:
        text = plain(page_of(name).read_text())
        text = re.sub(r"\[([^\]]*)\]\(\.\./[^)]*\)", r"\1", text)       # files of the tree: no link
        text = re.sub(r"\]\((\w+)\.md#([^)]+)\)", r"](#\1-\2)", text)
        text = re.sub(r"\]\((\w+)\.md\)", r"](#\1)", text)
        text = re.sub(r"\]\(#(?!\w+-)([^)]+)\)", rf"](#{name}-\1)", text)
        parts.append(f'<section id="{name}">' + markdown.markdown(
            text, extensions=[*EXTENSIONS, "toc"],
            extension_configs={"toc": {"slugify": lambda value, _, name=name: f"{name}-{slug(value)}"}}) + "</section>")
    body = "\n".join(parts).replace("<details", "<details open")
    body = body.replace('src="pictures/', f'src="{(ROOT / "handouts/pictures").as_uri()}/')
    contents = "".join(f'<li><a href="#{name}">{html.escape(title(name))}</a></li>' for name in PAGES)
    return ('<!doctype html><html lang="en"><meta charset="utf-8"><title>Ringstep</title><style>'
            + (EXTRA / "print.css").read_text() + f"</style><h1>Ringstep</h1><ol>{contents}</ol>{body}</html>")


def pdf():
    OUT.mkdir(parents=True, exist_ok=True)
    page, target = OUT / "print.html", OUT / "ringstep.pdf"
    page.write_text(one_page())
    run(*browser(), "--allow-file-access-from-files", "--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri())
    page.unlink()
    print(f"PDF: {target.relative_to(ROOT)}")
