"""Tests of timing, which a neighbour may spoil."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")
ATTEMPTS = 3


def asserts_ratio(ratio: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Mark a test that asserts this ratio within one run of its own: of a few runs, one has to show it."""

    def decorate(test: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(test)
        def repeated(*args: P.args, **kwargs: P.kwargs) -> None:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return test(*args, **kwargs)
                except AssertionError as error:
                    if attempt == ATTEMPTS:
                        error.add_note(f"in none of {ATTEMPTS} runs: {ratio}")
                        raise
            return None

        return repeated

    return decorate
