"""Every link of every page leads somewhere: to a file that git holds, and to a heading that the page has."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "docs").rglob("*.md"))]


@cache
def parts(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text())


def links(page: Path) -> Iterator[str]:
    for part in parts(page):
        for each in part.children or ():
            target = each.attrs.get({"link_open": "href", "image": "src"}.get(each.type, ""))
            if target is not None:
                yield str(target)


@cache
def anchors(page: Path) -> set[str]:
    """Name the headings as GitHub does: in small letters, without punctuation, with - for a space."""
    heads = [
        "".join(each.content for each in text.children or ())
        for opened, text in zip(parts(page), parts(page)[1:], strict=False)
        if opened.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@cache
def held() -> set[Path]:
    """List what git holds, and the folders that hold it: what lies about uncommitted is on this machine alone."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    files = {CHECKOUT / name for name in names.split("\0") if name}
    return files | {folder for file in files for folder in file.parents}


def wrong(page: Path, link: str) -> str | None:
    """Say what is wrong with a link, or None; those to elsewhere are not followed."""
    target = urlsplit(link)
    if target.scheme:
        return None if target.scheme == "https" else f"{link} is no https"
    file = (page.parent / unquote(target.path)).resolve() if target.path else page
    if file not in held():
        return f"{link}: there is no such file in the repository"
    if target.fragment and target.fragment not in anchors(file):
        return f"{link}: no heading of that page is called so"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """In a clone and on GitHub alike."""
    assert [why for link in links(page) if (why := wrong(page, link)) is not None] == []


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("docs/nothing.md", "no such file"),
        ("docs/statistics.md#nothing", "no heading"),
        ("#nothing", "no heading"),
        ("http://example.org", "no https"),
        ("docs/statistics.md#what-attaching-costs-bench-audit---overhead", None),
        ("docs/examples", None),
        ("https://example.org/nothing", None),
    ],
)
def test_a_dead_link_is_told(link: str, why: str | None) -> None:
    """A file or a heading that is not there, and an address that anyone may change on the way."""
    said = wrong(CHECKOUT / "README.md", link)
    assert said is None if why is None else said is not None and why in said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_path_in_code_leads_somewhere(page: Path) -> None:
    """What begins with a folder of the repository is in it; docs/faults.md names tests by the ends of their paths."""
    tops = {path.name for path in held() if path.parent == CHECKOUT and path.is_dir()}
    paths = {
        word.rstrip("/,:;")
        for part in parts(page)
        for each in part.children or ()
        if each.type == "code_inline"
        for word in each.content.split()
        if re.fullmatch(r"[\w.-]+(/[\w.*-]+)+/?[,:;]?", word) and word.partition("/")[0] in tops
    }
    nowhere = [path for path in paths if not any(set(root.glob(path)) & held() for root in (CHECKOUT, page.parent))]
    assert [path for path in nowhere if not any(str(file).endswith(f"/{path}") for file in held())] == []


@pytest.mark.parametrize("index", ["index.md", "decisions/README.md"])
def test_every_page_is_listed_once(index: str) -> None:
    """The lists are the site's menu: a page that is in none is found by nobody."""
    listing = CHECKOUT / "docs" / index
    beside = [page for page in PAGES if page.parent == listing.parent]
    below = [page for page in PAGES if page.name == "README.md" and page.parent.parent == listing.parent]
    listed = [(listing.parent / link).resolve() for link in links(listing)]
    pages = [page for page in listed if page.suffix == ".md" and page.is_relative_to(listing.parent)]
    assert sorted(pages) == sorted({*beside, *below} - {listing})
