"""What pages and messages tell people to type can be typed: each command parses; those of docs/reports.md are run."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.__main__ import main
from harness.commands.parts.commands import command, command_names, parts

CHECKOUT = Path(__file__).resolve().parents[1]
# The changelog also names what is gone.
PAGES = sorted({*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")} - {CHECKOUT / "CHANGELOG.md"})
# Wherever it stands in a line (alone, in brackets, or as what sudo, ssh or podman is to run), to the end of that.
COMMAND = re.compile(
    r"""(?:(?<=[\s'"`(])|^)(?:\S*/)?(?:bench(?= [a-z-])|(?<=\./)test\b|python3? -m)(?:(?!\)(?:[\s,.:;]|$))[^`])*"""
)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# What stands for something else: an option's list of choices, words left out, a variable, a name in capitals.
PLACEHOLDER = re.compile(r"[…<>{$*|]|^[A-Z_-]+$")
# Options of others' programs, and one that bench does without, which a sentence names alone.
FOREIGN = {
    "channels.md": {"--consumers"},
    "faults.md": {"--no-optional-locks"},  # git
    "limits.md": {"--privileged"},  # podman
    "reports.md": {"--table"},  # pyperf
    "tools.md": {"--mmap-pages", "--output"},  # perf
}
# The other programs that pages name: their options stand in their text.
SCRIPTS = [CHECKOUT / name for name in ("tests/vm/run", "tests/distros/run", ".ci/lock", "tests/walk.py", "test")]


@cache
def codes(page: Path) -> list[tuple[str, str]]:
    """List a page's code, blocks of every form and what stands in sentences, with its language (`sentence` there)."""

    def below(tokens: Iterable[Token]) -> Iterator[tuple[str, str]]:
        for token in tokens:
            if token.type in ("fence", "code_block"):
                yield token.info, token.content
            elif token.type == "code_inline":
                yield "sentence", token.content
            yield from below(token.children or ())

    return list(below(MarkdownIt("commonmark").enable("table").parse(page.read_text())))


def lines(page: Path) -> Iterator[str]:
    """Yield what a shell may read, without remarks; a line that goes on in the next one is one."""
    for kind, text in codes(page):
        if kind not in ("python", "c", "diff", "toml", "json", "sql"):
            for line in re.sub(r"\\\n\s*", "", text).splitlines():
                yield re.sub(r"(^|\s)#\s.*", "", line.strip().removeprefix("$ "))


def in_lines(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for part in re.split(r"\s(?:\||&&|>>?|2>|<)\s?|; ", text):
            if found := COMMAND.search(part):
                yield found[0]


def commands() -> Iterator[pytest.ParameterSet]:
    for page in PAGES:
        for code in dict.fromkeys(in_lines(lines(page))):
            yield pytest.param(code, id=f"{page.name}: {code}")


def check(code: str) -> None:
    """Parse a command: its name, its options, and the values that need no other option."""
    try:
        program, *words = shlex.split(code)
    except ValueError:  # a quotation mark of the sentence around it
        program, *words = code.split()
    if program.endswith(("python", "python3")):
        if "venv-" in program or PLACEHOLDER.search(
            words[1]
        ):  # an environment of its own has modules that are not here
            return
        assert program == ".venv/bin/python", "the system's Python has neither our packages nor our folders"
        assert importlib.util.find_spec(words[1]), words[1]
        return
    if program in ("./test", "test"):
        assert words in ([], ["--all"])
        return
    if words[0].startswith("-"):  # of bench itself, or of what bench is an argument of
        return
    name, *rest = words
    assert name in command_names()
    parser = argparse.ArgumentParser()
    importlib.import_module(f"harness.commands.{name}").add_arguments(parser)
    if rest and parts(parser) and not PLACEHOLDER.search(rest[0]):
        parser = parts(parser)[rest.pop(0)]
    known, positional = parser._option_string_actions, iter(rest)
    for word in positional:  # a sentence may name an option without the others that it needs
        flag, equals, _ = word.partition("=")
        if flag == "--":  # what comes now is another's command
            break
        if flag.startswith("-") and flag != "-":
            assert flag in known, flag
            value = next(positional, None) if known[flag].nargs is None and not equals else None
            if value is not None and known[flag].type is not None and not PLACEHOLDER.search(value):
                known[flag].type(value)  # type: ignore[operator] # argparse knows callables and names of types


@pytest.mark.parametrize("code", list(commands()))
def test_what_is_documented_can_be_typed(code: str) -> None:
    """A command of bench has the options that are shown; a module is there, and run by the environment's Python."""
    check(code)


def test_every_option_that_a_sentence_names_is_there() -> None:
    """Without its command too: it is one of bench's, of a script's of ours, or of a program that FOREIGN names."""
    parsers = [parser for name in command_names() for parser in (command(name)[1], *parts(command(name)[1]).values())]
    known = {"--version", *(option for parser in parsers for option in parser._option_string_actions)}
    known |= {option for script in SCRIPTS for option in OPTION.findall(script.read_text())}
    named = {
        (page.name, option)
        for page in PAGES
        for kind, text in codes(page)
        if kind == "sentence" and text.startswith("-")
        for option in OPTION.findall(text)
    }
    assert len(named) > 50
    foreign = {(page, option) for page, options in FOREIGN.items() for option in options}
    assert {(page, option) for page, option in named if option not in known} == foreign


def messages(source: Path) -> Iterator[str]:
    """Yield the lines of a file's texts, each with … for what is put into it."""
    for node in ast.walk(ast.parse(source.read_text())):
        match node:
            case ast.JoinedStr():
                pieces = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                yield from "".join(map(str, pieces)).splitlines()
            case ast.Constant(value=str(text)):
                yield from text.splitlines()


@pytest.mark.parametrize("room", ["bpf", "harness", "modes", "results", "traffic"])
def test_what_messages_tell_to_type_can_be_typed(room: str) -> None:
    """Helps, errors, reports: what follows `bench` is checked where it is a command, for much is a sentence."""
    found = {
        re.sub(r"[,:;.]+(?=\s|$)", "", code)
        for source in sorted((CHECKOUT / room).rglob("*.py"))
        for code in in_lines(messages(source))
    }
    told = [code for code in found if [*code.split(), ""][1] in command_names()]
    assert told
    for code in told:
        check(code)


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
    for line in (
        line for kind, text in codes(CHECKOUT / "docs/reports.md") if kind == "sh" for line in text.splitlines()
    ):
        words = shlex.split(line.partition(" >> ")[0], comments=True)
        if words[:1] not in (["bench"], [".venv/bin/python"]):
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
