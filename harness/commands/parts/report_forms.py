"""The forms that reports of result files can have: options for them, and what is printed or written."""

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from harness.commands.parts.roles import output
from harness.machine.checkout import VERSION
from harness.machine.streams import say
from results.output import write_file
from results.reports import forms
from results.reports.document import Document


def add_options(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add an option for each form; return the group of those that are printed, of which one can be asked for."""
    forms_of_text = []
    for form in _forms():
        option, *place = form.OPTION.split()
        if place:
            parser.add_argument(option, type=output, metavar=place[0], help=form.HELP)
        else:
            forms_of_text.append(form)
    printed = parser.add_mutually_exclusive_group()
    for form in forms_of_text:
        printed.add_argument(form.OPTION, action="store_true", help=form.HELP)
    return printed


def show(document: Document, arguments: argparse.Namespace, instead: str | None = None) -> None:
    """Write the files that were asked for, print the form that was, else `instead` or what a terminal takes."""
    printed = False
    for form in _forms():
        option, *place = form.OPTION.split()
        asked = getattr(arguments, option.removeprefix("--").replace("-", "_"))
        if asked and place:
            write_file(asked, form.write(document, VERSION).encode())
        elif asked:
            print(form.write(document, VERSION), end="")
            printed = True
    if instead is not None:
        print(instead, end="")
    elif not printed:
        from results.reports.forms.terminal import Console, draw  # noqa: PLC0415 - loaded where it is used

        draw(document, Console())
    for problem in document.problems:
        say(f"bench: {problem}")


def _forms() -> Iterator[ModuleType]:
    """Find the forms that state an option; the others are loaded by who needs them."""
    (folder,) = map(Path, forms.__path__)
    for path in sorted((*folder.glob("*.py"), *folder.glob("*/__init__.py"))):
        if "\nOPTION, HELP = " in path.read_text(encoding="utf-8"):
            name = path.parent.name if path.stem == "__init__" else path.stem
            yield importlib.import_module(f"{forms.__name__}.{name}")
