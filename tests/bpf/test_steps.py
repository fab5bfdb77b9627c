"""What bench asks of a step, a function on one record, before it is machine code."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pytest

from bpf.machine_code import code_of
from bpf.steps import described
from results.errors import BadInput
from tests.bpf.numba_here import needs_numba


def no_dictionaries(record: np.void, used: npt.NDArray[np.int64]) -> None:
    counts = {}
    counts[record["pid"]] = object()
    used[0] = len(counts)


def unknown_name(record: np.void, used: npt.NDArray[np.int64]) -> None:
    used[0] = record["process"]


@needs_numba
@pytest.mark.parametrize(("step", "line"), [(no_dictionaries, 2), (unknown_name, 1)])
def test_what_numba_cannot_compile_is_told_with_its_line(step: Callable[..., None], line: int) -> None:
    """In one line, with numba's own words."""
    with pytest.raises(BadInput, match="numba cannot compile step: ") as caught:
        code_of("ring", step)
    assert f"(test_steps.py:{step.__code__.co_firstlineno + line})" in str(caught.value)
    assert "\n" not in str(caught.value)


def unannotated(_record: np.void, counts) -> None:
    counts[0] += 1


def misannotated(_record: np.void, counts: list[int]) -> None:
    counts[0] += 1


@pytest.mark.parametrize("step", [unannotated, misannotated])
def test_a_step_says_of_what_its_arrays_are(step: Callable[..., None]) -> None:
    """Numba must know, and nobody else can tell."""
    with pytest.raises(BadInput, match=r"step takes counts, and does not say of what elements; .* \(test_steps.py:"):
        described(step)


ELEMENT = TypeVar("ELEMENT", bound=np.generic)


class Kept:
    """What NDArray is from Python 3.12 on, where `type` is a word of the language: it keeps what it means."""

    __value__ = np.ndarray[Any, np.dtype[ELEMENT]]

    def __class_getitem__(cls, element: Any) -> types.GenericAlias:
        return types.GenericAlias(cls, element)


def test_an_alias_says_of_what_its_arrays_are() -> None:
    """It is followed to the array that it means."""

    def step(_record: np.void, counts: Any) -> None:
        counts[0] += 1

    step.__annotations__["counts"] = Kept[np.int64]
    assert described(step).arrays == (np.dtype(np.int64),)
    step.__annotations__["counts"] = Kept[Any]
    with pytest.raises(BadInput, match="does not say of what elements"):
        described(step)


LIMIT = 5


def limited(_record: np.void, used: npt.NDArray[np.int64]) -> bool:
    return bool(used[0] > LIMIT)


def calling(record: np.void, used: npt.NDArray[np.int64]) -> bool:
    return limited(record, used)


@pytest.mark.parametrize("step", [limited, calling])
def test_what_a_step_names_is_a_part_of_its_text(step: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that was made with another constant is another's; so of what it calls."""
    before = described(step).text
    assert described(step).text == before
    monkeypatch.setitem(limited.__globals__, "LIMIT", 6)
    assert described(step).text != before


def test_two_steps_of_one_file_are_two() -> None:
    """Though all that they were written from is the same text."""
    assert described(no_dictionaries).text != described(unknown_name).text
