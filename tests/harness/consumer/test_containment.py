"""What a mode's code takes from the whole process is put back."""

import sys

import pytest

from harness.consumer.containment import contained


@pytest.mark.parametrize("name", ["path", "meta_path", "path_hooks"])
@pytest.mark.parametrize("how", ["cleared", "another", "none"])
def test_the_search_for_modules_is_put_back(monkeypatch: pytest.MonkeyPatch, name: str, how: str) -> None:
    """Emptied in place, replaced by a list without it, or by None: what was there is there again, and first."""
    before = list(getattr(sys, name))
    monkeypatch.setattr(sys, name, list(before))
    added = ["/of/a/mode"] if how == "another" else []
    with contained() as undone:
        if how == "cleared":
            getattr(sys, name).clear()
        else:
            setattr(sys, name, added or None)
    assert getattr(sys, name) == [*before, *added]
    assert undone == [f"took from sys.{name}"]


def test_what_a_mode_adds_to_the_search_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may import from there later, first or last as it said; other things of Python's are looked for as before."""
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", list(before))
    with contained() as undone:
        sys.path.insert(0, "/of/a/mode")
    assert sys.path == ["/of/a/mode", *before]
    assert undone == []
