"""One rule for what is the same machine, whatever command asks."""

from __future__ import annotations

from typing import Any

import pytest

from results.session import same_machine
from tests.results import made_up

HERE: dict[str, Any] = {**made_up.HOST, "memory_bytes": 25_276_502_016, "boot": "1", "tuned": {"governor": "fixed"}}


@pytest.mark.parametrize(
    "change",
    [
        {"bench": "9.9"},
        {"commit": "beef"},
        {"commit": None},
        {"boot": "2"},
        {"memory_bytes": 25_276_514_304},
    ],
    ids=["a new bench", "another commit", "no git", "started anew", "a page more for the kernel"],
)
def test_the_same_machine(change: dict[str, Any]) -> None:
    """Versions of bench, starts of the machine and a few pages of memory do not make another one."""
    assert same_machine(HERE, {**HERE, **change})


@pytest.mark.parametrize("fact", ["boot", "tuned"])
def test_an_older_session_says_nothing_of_later_facts(fact: str) -> None:
    """What its bench did not record yet is no difference, in either direction."""
    older = {name: value for name, value in HERE.items() if name != fact}
    assert same_machine(older, HERE)
    assert same_machine(HERE, older)


@pytest.mark.parametrize(
    "change",
    [
        {"kernel": "6.19"},
        {"cpus": 4},
        {"python": None},
        {"memory_bytes": 8 << 30},
        {"tuned": {"governor": "free"}},
    ],
    ids=["kernel", "CPUs", "a fact not known", "memory", "a later fact"],
)
def test_another_machine(change: dict[str, Any]) -> None:
    """Whatever else was recorded on both sides has to be equal."""
    assert not same_machine(HERE, {**HERE, **change})


def test_a_fact_of_the_first_format_that_is_gone() -> None:
    """Every session has it, so one without it was changed."""
    assert not same_machine(HERE, {name: value for name, value in HERE.items() if name != "kernel"})
