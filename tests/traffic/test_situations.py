"""What a reader of the atlas is told of each situation; what the kernel tells of it is the atlas's to hold."""

from collections import Counter

from traffic.discovery import load_situation, situation_names


def test_what_situations_share_is_none_of_them() -> None:
    """The folder beside them is no row."""
    names = situation_names()
    assert "tc-stolen" in names
    assert "parts" not in names


def test_no_two_are_told_by_the_same_words() -> None:
    """A title stands for one row."""
    titles = Counter(load_situation(name).title for name in situation_names())
    assert [title for title, count in titles.items() if count > 1] == []
