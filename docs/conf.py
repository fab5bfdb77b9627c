"""The site, by Sphinx: `.ci/site` builds it. index.md is the one list of its pages, by kind, and becomes the menu."""

import re
from pathlib import Path

project = "bench"
copyright = "the bench authors, MIT"
extensions = ["myst_parser"]
exclude_patterns = ["results", "examples"]
html_theme = "furo"
html_title = "bench"
html_copy_source = False
myst_heading_anchors = 4
smartquotes = False
suppress_warnings = ["myst.header"]  # `bench atlas --markdown` begins its page below the title of a job's summary

HERE = Path(__file__).parent
LISTS = ("index", "decisions/README")
KIND = re.compile(r"^## (.+)\n((?:(?!## ).*\n)*)", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:]+)\)")


def prepare(_app, page, source):
    """Lay out the menu, and keep only the text of a link to what the site has not: folders, and what is above docs."""
    folder, text = (HERE / page).parent, source[0]
    if page in LISTS:
        for kind, entries in KIND.findall(text) or [("", text)]:
            listed = "\n".join(name for _, name in LINK.findall(entries) if name.endswith(".md") and name[0] != ".")
            caption = f":caption: {kind}\n" if kind else ""
            text += f"\n```{{toctree}}\n:hidden:\n{caption}\n{listed}\n```\n"
    source[0] = LINK.sub(lambda link: link[0] if on_site(folder / link[2]) else link[1], text)


def on_site(target):
    return target.is_file() and target.resolve().is_relative_to(HERE)


def setup(app):
    app.connect("source-read", prepare)
