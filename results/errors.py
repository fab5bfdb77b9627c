"""The exception for what a user, a file or an option said wrong; every layer may raise it."""

import difflib
from collections.abc import Iterable


class BadInput(ValueError):
    """Raise for input that cannot be used, naming it and the cure: the command line prints it and exits with status 2.

    Any other ValueError is a fault of ours.
    """


def unknown(what: str, name: str, known: Iterable[str], instead: str = "") -> BadInput:
    """Refuse a name that is not known: say `what`, then the nearest of those that are, or `instead` where none is."""
    hint = nearest(name, known) or instead
    return BadInput(f"{what}; {hint}" if hint else what)


def nearest(name: str, known: Iterable[str]) -> str:
    """Ask whether the nearest of some names was meant; empty where none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else ""
