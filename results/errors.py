"""The exception for what a user, a file or an option said wrong; every layer may raise it."""

from __future__ import annotations


class BadInput(ValueError):
    """Raise for input that cannot be used, naming it and the cure: the command line prints it and exits with status 2.

    Any other ValueError is a fault of ours.
    """
