"""What a reader of the atlas is told of each situation; what the kernel tells of it is the atlas's to hold."""

import sys
from collections import Counter

from traffic.discovery import load_situation, situation_names


def test_what_situations_share_is_none_of_them() -> None:
    """The folder beside them is no row."""
    names = situation_names()
    assert "tc-stolen" in names
    assert "parts" not in names


def test_each_says_what_is_done_and_why_it_ends_so() -> None:
    """A title for the table, and a docstring behind it."""
    cases = [load_situation(name) for name in situation_names()]
    untold = [case.name for case in cases if not sys.modules[type(case).__module__].__doc__]
    assert untold == []
    assert [case.name for case in cases if not case.title or case.title.endswith(".")] == []
    assert [case.name for case in cases if case.times <= 0] == []


def test_no_two_are_told_by_the_same_words() -> None:
    """A title stands for one row."""
    titles = Counter(load_situation(name).title for name in situation_names())
    assert [title for title, count in titles.items() if count > 1] == []
