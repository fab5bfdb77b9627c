"""What README and docs tell people to type can be typed: each command parses, and those of docs/reports.md are run."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.commands import command_names, parts

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *sorted(CHECKOUT.glob("docs/**/*.md"))]
# What stands for something else: an option's list of choices, words left out, a variable of a workflow.
PLACEHOLDER = re.compile(r"[…<>{]|\bCOMMAND\b")


def typed(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the line number and the words of each line of code, and of code within a sentence (those begin with `)."""
    fenced = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield number, line.strip().removeprefix("$ ")
        else:
            yield from ((number, code) for code in re.findall(r"`[^`]+(?=`)", line))


def commands() -> Iterator[pytest.ParameterSet]:
    for page in PAGES:
        for number, words in typed(page):
            code = re.split(r"\s(?:\||&&|>>?|2>|<)\s?", re.sub(r"\s+#\s.*", "", words.lstrip("`")))[0]
            if re.match(
                r"(sudo )?(\./)?(bench|test)( |$)|(sudo )?(\.venv/bin/)?python3? -m", code
            ) and not PLACEHOLDER.search(code):
                yield pytest.param(code, id=f"{page.name}:{number} {code}")


@pytest.mark.parametrize("code", list(commands()))
def test_what_is_documented_can_be_typed(code: str) -> None:
    """A command of bench has the options that are shown; a module is there, and run by the environment's Python."""
    program, *words = shlex.split(code.removeprefix("sudo "))
    if program.endswith("python"):
        assert program == ".venv/bin/python", "the system's Python has neither our packages nor our folders"
        assert importlib.util.find_spec(words[1]), words[1]
        return
    if program in ("./test", "test"):
        assert words in ([], ["--all"])
        return
    if not words or words[0].startswith("-"):
        return
    name, *rest = words
    assert name in command_names()
    parser = argparse.ArgumentParser()
    importlib.import_module(f"harness.commands.{name}").add_arguments(parser)
    if rest and parts(parser):
        parser = parts(parser)[rest.pop(0)]
    known, positional = parser._option_string_actions, iter(rest)
    for word in positional:  # a sentence may name an option without the others that it needs
        flag, equals, _ = word.partition("=")
        if flag == "--":  # what comes now is another's command
            break
        if flag.startswith("-") and flag != "-":
            assert flag in known, flag
            value = next(positional, None) if known[flag].nargs is None and not equals else None
            if value is not None and known[flag].type is not None and not value.isupper():
                known[flag].type(value)  # type: ignore[operator] # argparse knows callables and names of types


def test_the_tests_that_faults_are_held_by_are_there() -> None:
    """Each row of docs/faults.md names its own, which may be moved."""
    named = re.findall(r"[\w/]*\btest_\w+\.py", (CHECKOUT / "docs/faults.md").read_text())
    there = [f"/{path.relative_to(CHECKOUT)}" for path in CHECKOUT.glob("tests/**/*.py")]
    assert len(named) > 100
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there)] == []


def test_what_the_reports_page_shows_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line by line, in a folder that holds what the page speaks of."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    for name in ("run.jsonl", "before.jsonl", "after.jsonl", "results/one.jsonl"):
        shutil.copyfile(CHECKOUT / "docs/results/all-modes.jsonl", tmp_path / name)
    ran = []
    for _, line in typed(CHECKOUT / "docs/reports.md"):
        words = (
            shlex.split(re.split(r" >> ", re.sub(r"\s+#\s.*", "", line))[0])
            if line.startswith(("bench ", ".venv"))
            else []
        )
        if len(words) < 3 or PLACEHOLDER.search(line):
            continue
        if words[0] == "bench":
            assert main(words[1:]) == 0, line
        else:
            for name in ("before.json", "after.json"):
                shutil.copyfile("suite.json", name)
            subprocess.run([sys.executable, *words[1:]], check=True, capture_output=True)
        ran.append(words[0])
    assert len(ran) > 10
    assert set(ran) == {"bench", ".venv/bin/python"}
