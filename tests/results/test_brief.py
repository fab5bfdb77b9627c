"""Long names are cut so that they stay apart."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from results.brief import ROOM, Names, distinct

LONG = "/home/engineer/projects/ebpf-consumers/experiments-of-november"


@pytest.mark.parametrize(
    ("modes", "shown"),
    [
        (["null", "file"], ["null", "file"]),
        ([f"{LONG}/a.py", "null"], ["a.py", "null"]),
        ([f"{LONG}/old/a.py", f"{LONG}/new/a.py"], ["old/a.py", "new/a.py"]),
        ([f"{LONG}/a.py", "a.py"], ["experiments-of-november/a.py", "a.py"]),
        ([f"{LONG}/file", "file"], ["experiments-of-november/file", "file"]),
        (["./mine.py", "mine.py"], ["./mine.py", "mine.py"]),
        ([f"{LONG}/{'x' * 40}_{n}.py" for n in (1, 2)], [f"xxxxxxxxxxxxx…xxxxxxxxx_{n}.py" for n in (1, 2)]),
    ],
)  # fmt: skip
def test_a_path_is_shown_by_its_end(modes: list[str], shown: list[str]) -> None:
    """As far as tells it from the others; what is short is left as it is."""
    names = Names(modes)
    assert [names.brief(mode) for mode in modes] == shown
    assert dict(names.key) == {name: mode for mode, name in zip(modes, shown, strict=True) if mode != name}


def test_a_label_keeps_what_it_says_of_the_mode() -> None:
    """Of two modes that a label may begin with, the longer one is meant."""
    names = Names([f"{LONG}/a.py", f"{LONG}/a.py b.py"])
    assert names.brief(f"{LONG}/a.py callback 100k/s") == "a.py callback 100k/s"
    assert names.brief(f"{LONG}/a.py b.py callback") == "a.py b.py callback"
    assert names.brief(f"{LONG}/another.py") == f"{LONG}/another.py"


@pytest.mark.parametrize(
    "names",
    [
        ["a" * 60 + "1" + "b" * 60, "a" * 60 + "2" + "b" * 60],
        ["1" + "b" * 60, "2" + "b" * 60],
        ["a" * 60 + "1", "a" * 60 + "2"],
        ["a" * 50, "a" * 51],
    ],
    ids=["in the middle", "at the start", "at the end", "in nothing but length"],
)
def test_names_differ_wherever_they_differ(names: list[str]) -> None:
    """What is left of them holds the place, or a number."""
    cut = distinct(names, 18)
    assert len(set(cut.values())) == len(names)
    assert all(len(name) <= 18 for name in cut.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.text("ab/…", min_size=1, max_size=ROOM + 12), max_size=6))
def test_any_modes_stay_apart(modes: set[str]) -> None:
    names = Names(modes)
    shown = {names.brief(mode) for mode in modes}
    assert len(shown) == len(modes)
    assert all(len(name) <= ROOM for name in shown)
