"""What the project keeps for who comes after: words to editors and forges, decisions, the picture."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import architecture

CHECKOUT = Path(__file__).resolve().parents[1]
FORMS = sorted(CHECKOUT.glob(".github/ISSUE_TEMPLATE/*.yml"))
DECISIONS = sorted(path for path in CHECKOUT.glob("docs/decisions/*.md") if path.stem != "README")
HOOKS = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text())["repos"]


def hooks() -> list[dict[str, object]]:
    return [hook for repo in HOOKS for hook in repo["hooks"]]


def test_a_commit_is_held_to_what_ci_holds_it_to() -> None:
    """./test begins with the linters; each is a hook, in the same words, and so is the order of the rooms."""
    linters = re.findall(r"^python (-m (?:ruff|mypy).*)$", (CHECKOUT / "test").read_text(), re.MULTILINE)
    assert len(linters) == 3
    layers = "-m pytest -q tests/test_layers.py"
    assert [hook["entry"] for hook in hooks()] == [f".venv/bin/python {words}" for words in [*linters, layers]]


def test_hooks_need_no_network() -> None:
    """Their programs are those of the checkout's environment."""
    assert [repo["repo"] for repo in HOOKS] == ["local"]
    assert {hook["language"] for hook in hooks()} == {"system"}


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_holds_to_the_schema(form: Path) -> None:
    """As GitHub would read it."""
    schema = f"vendor.github-issue-{'config' if form.stem == 'config' else 'forms'}"
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(form)]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


def test_files_are_as_editors_are_told_to_write_them() -> None:
    """UTF-8, line feeds, no blanks at the end of a line but in a page's diffs, one end to the last."""
    editor = configparser.ConfigParser()
    editor.read_string(f"[root]\n{(CHECKOUT / '.editorconfig').read_text()}")
    assert editor["*"]["trim_trailing_whitespace"] == editor["*"]["insert_final_newline"] == "true"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    wrong = []
    for name in filter(None, listed.split("\0")):
        path = CHECKOUT / name
        if name.startswith(("docs/results/", "docs/figures/", "tests/results/")) or path.is_symlink():
            continue
        text = path.read_bytes().decode()
        blanks = r"\r" if name.endswith(".md") else r"[ \t]$|\r"
        if re.search(blanks, text, re.MULTILINE) or (text and not re.search(r"[^\n]\n\Z", text)):
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_shown(page: Path) -> None:
    """Context, decision, consequences, and as evidence files that are committed; the list has it by its title."""
    text = page.read_text()
    assert len(text.splitlines()) <= 25
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "Evidence"]
    title, evidence = text.splitlines()[0].removeprefix("# "), text.split("**Evidence.**")[1]
    shown = re.findall(r"\]\((?!http)([^)#]+)", text)
    named = re.findall(r"`(tests/[^`]+)`", text)
    assert [name for name in shown if not (page.parent / name).exists()] == []
    assert [name for name in named if not (CHECKOUT / name).exists()] == []
    assert re.search(r"\]\(\.\./(results/|architecture\.svg)|`tests/", evidence)
    assert f"- [{title}]({page.name})\n" in (page.parent / "README.md").read_text()


def test_the_picture_shows_the_rooms_as_they_are() -> None:
    """A folder or an import that comes or goes changes it: .venv/bin/python -m tests.architecture."""
    assert (CHECKOUT / "docs/architecture.svg").read_text() == architecture.draw()


def test_the_picture_takes_what_it_shows_from_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the files that import scapy, it is not there."""
    drawn = architecture.draw()
    monkeypatch.setattr(architecture, "FILES", [path for path in architecture.FILES if "traffic" not in path.parts])
    assert "scapy" in drawn
    assert "scapy" not in architecture.draw()
