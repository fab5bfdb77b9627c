"""Which trials of which passes a run consists of."""

from __future__ import annotations

import pytest

from harness.plan import DEFAULT_PASSES, drain_setting, expand_passes, in_passes, load_setting
from harness.wishes import Wishes
from results.plan import in_blocks

WISHES = Wishes(intended_load=1000.0, duration_s=5.0)
LOAD = load_setting("epoll", "udp-closed-port", WISHES)


def test_timed_and_drain_trials_are_repeated_and_the_other_passes_made_once() -> None:
    """Three blocks of the default passes: three timed, three drains, one of each other pass, in the first block."""
    settings = in_passes(LOAD, expand_passes(DEFAULT_PASSES), WISHES)
    order = [(block, setting.trial_kind, setting.pass_) for block, setting in in_blocks(settings, 3, seed=1)]
    assert sorted(order) == [
        (0, "drain", "timed"), (0, "load", "allocation"), (0, "load", "latency"), (0, "load", "timed"),
        (1, "drain", "timed"), (1, "load", "timed"), (2, "drain", "timed"), (2, "load", "timed"),
    ]  # fmt: skip


def test_a_pass_alone_is_repeated() -> None:
    """Where nothing is timed, the trials are those of the pass that was asked for."""
    settings = in_passes(LOAD, ["latency"], WISHES)
    assert [setting.pass_ for _, setting in in_blocks(settings, 3, seed=1)] == ["latency"] * 3


def test_passes_of_a_variant_differ_in_the_pass_alone() -> None:
    """The same load for all, but that the allocation pass, which records into memory, is short."""
    timed, latency, kernel, allocation = in_passes(LOAD, ["timed", "latency", "kernel", "allocation"], WISHES)
    assert timed.duration_s == latency.duration_s == kernel.duration_s == 5
    assert allocation.duration_s == 1
    assert {each.intended_load for each in (timed, latency, kernel, allocation)} == {1000.0}


def test_all_is_every_pass_and_the_drains() -> None:
    """So that nothing has to be remembered."""
    assert expand_passes("all") == ["timed", "latency", "kernel", "allocation", "drain"]


@pytest.mark.parametrize(("words", "says"), [("timed,latncy", "'latncy'"), (",", "names none")])
def test_refuses_what_is_no_pass(words: str, says: str) -> None:
    """The wrong word, and what there is."""
    with pytest.raises(ValueError, match=says):
        expand_passes(words)


def test_ages_in_a_drain_are_refused() -> None:
    """Its records wait for as long as the harness likes."""
    with pytest.raises(ValueError, match="grow old"):
        in_passes(drain_setting("epoll", 1000, WISHES), ["latency"], WISHES)
