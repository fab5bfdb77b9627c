"""The commands and their words, walked through: what dispatches, completes and describes them asks here."""

import argparse
import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import harness.commands
from harness.commands.parts.parser import Parser


@dataclass(frozen=True, slots=True)
class Word:
    """What a command takes: an option by its flags, or an argument without any."""

    flags: tuple[str, ...]
    value: str
    help: str


def command_names() -> list[str]:
    """List the commands: the files of harness/commands."""
    return sorted(module.name for module in pkgutil.iter_modules(harness.commands.__path__) if not module.ispkg)


def command(name: str) -> tuple[ModuleType, Parser]:
    """Load a command, and make the parser of its words."""
    module = importlib.import_module(f"harness.commands.{name}")
    parser = Parser(
        prog=f"bench {name}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    module.add_arguments(parser)
    return module, parser


def parts(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of a command's parts, by their names; none for most commands."""
    for action in parser._actions:  # argparse tells them in no other way
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def summary(name: str) -> str:
    """Return the first line of a command's docstring; nothing is imported, so that an overview is there at once."""
    (folder,) = map(Path, harness.commands.__path__)
    said = ast.get_docstring(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8")))
    assert said, f"the command {name} says what it does in its docstring"
    return said.splitlines()[0].rstrip(".")


def word_groups(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[Word]]]:
    """Yield each group of a parser's words that has any, with its title; those that are hidden are left out."""
    for group in parser._action_groups:  # argparse tells a parser's groups in no other way
        words = [_word(parser, action) for action in group._group_actions if action.help != argparse.SUPPRESS]
        if words:
            yield str(group.title), words


def _word(parser: argparse.ArgumentParser, action: argparse.Action) -> Word:
    value = ""
    if action.nargs != 0:
        choices = "|".join(map(str, action.choices or ()))
        value = str(action.metavar or choices or (action.dest.upper() if action.option_strings else action.dest))
        if action.nargs in ("*", "+", argparse.REMAINDER):
            value += "…"
    expanded = (action.help or "") % {**vars(action), "prog": parser.prog}
    return Word(tuple(action.option_strings), value, expanded)
