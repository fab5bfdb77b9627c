"""The site is built of the pages as they are, by `.ci/site`, without a warning and without the network."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
SPHINX = CHECKOUT / ".venv-site/bin/sphinx-build"


@pytest.mark.slow
@pytest.mark.skipif(not SPHINX.exists(), reason="./test --all makes .venv-site")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Every page is in the menu of every page, and nothing is fetched by a reader's browser."""
    said = subprocess.run(
        [SPHINX, "-W", "--keep-going", "-q", "-d", tmp_path / "trees", CHECKOUT / "docs", tmp_path / "site"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    docs = CHECKOUT / "docs"
    pages = {str(path.relative_to(docs).with_suffix("")) for path in docs.rglob("*.md")} - {"index"}
    home = (tmp_path / "site/index.html").read_text()
    assert pages <= set(re.findall(r'href="([\w/-]+)\.html"', home))
    assert re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?:[^"]+"', home) == []
