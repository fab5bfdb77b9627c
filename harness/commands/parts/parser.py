"""The parser of a command's words: what would not be heeded is refused, and not left out."""

import argparse
import itertools
from collections.abc import Sequence
from typing import Any, NoReturn

from results.errors import BadInput, nearest, unknown
from results.shown import shown


class Parser(argparse.ArgumentParser):
    """Refuses an option that is given twice, of which argparse would take the last.

    `given` among the arguments holds the names of those that were given, whatever their values.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.set_defaults(given=frozenset())
        for name in (None, "store"):
            self.register("action", name, Once)

    def error(self, message: str) -> NoReturn:
        """Show what was typed, in words that do not act."""
        super().error(shown(message))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is none of an option's choices; before Python 3.14 argparse suggests nothing."""
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        hint = nearest(str(value), known)
        raise argparse.ArgumentError(
            action, f"{str(value)!r} is none of {', '.join(known)}{'; ' if hint else ''}{hint}"
        )

    def refuse_unknown_options(self, words: Sequence[str]) -> None:
        """Raise BadInput for the first option that there is not, with the nearest that there is.

        argparse would first miss the option that was meant, if it is one that must be given.
        """
        known = self._option_string_actions
        parts = [action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        for place, word in enumerate(itertools.takewhile(lambda word: word != "--", words)):
            if parts and word in parts[0]:
                parts[0][word].refuse_unknown_options(words[place + 1 :])
                return
            flag = word.partition("=")[0]
            if not word.startswith("-") or word == "-" or " " in word or self._negative_number_matcher.match(word):
                continue  # to argparse, too, it is none
            if not any(option.startswith(flag) for option in known):  # which may be abbreviated
                raise unknown(f"{self.prog} has no option {flag}", flag, known, f"see {self.prog} --help")


class Once(argparse.Action):
    """Keeps a value, and that it was given."""

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
