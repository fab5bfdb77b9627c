"""The parser of a command's words: what would not be heeded is refused, and not left out."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from results.errors import BadInput
from results.shown import shown


class Parser(argparse.ArgumentParser):
    """Refuses an option that is given twice, of which argparse would take the last.

    `given` among the arguments holds the names of those that were given, whatever their values.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.set_defaults(given=frozenset())
        for name in (None, "store"):
            self.register("action", name, _Once)

    def error(self, message: str) -> NoReturn:
        """Show what was typed, in words that do not act."""
        super().error(shown(message))


class _Once(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse's
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        if option_string is not None:
            if self.dest in namespace.given:
                several = "; give several values in one, with commas" if "[," in str(self.metavar) else ""
                raise argparse.ArgumentError(self, f"it is given twice{several}")
            namespace.given |= {self.dest}
        setattr(namespace, self.dest, values)


def refuse(arguments: argparse.Namespace, why: str, *names: str) -> None:
    """Raise BadInput for those of some options that were given: where nothing heeds them, they are a mistake."""
    given = [
        f"--{name.replace('_', '-')}"
        for name in names
        if name in arguments.given or getattr(arguments, name, None) is True
    ]
    if given:
        raise BadInput(f"{' and '.join(given)}: {why}")
