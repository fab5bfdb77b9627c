"""What `bench capacity` makes of its options, before anything runs."""

from __future__ import annotations

import argparse

import pytest

from harness.commands import capacity
from harness.commands.parts.parser import Parser
from results.capacity.bounds import NORMAL, QUICK
from results.capacity.plan import CapacityPlan


def arguments(*words: str) -> argparse.Namespace:
    parser = Parser()
    capacity.add_arguments(parser)
    return parser.parse_args(words)


def plan(*words: str) -> CapacityPlan:
    return capacity.plan(arguments(*words))


def test_packets_first_then_synthetic() -> None:
    """Each consumer has a continuation with synthetic records, equal but for what is offered and by whom."""
    made = plan("--mode", "null,file", "--reader", "callback")
    assert [setting.mode for setting in made.settings] == ["null", "file"]
    assert {setting.traffic for setting in made.settings} == {"udp-closed-port"}
    assert [made.beyond[place].mode for place in (0, 1)] == ["null", "file"]
    assert {(setting.traffic, setting.sender) for setting in made.beyond.values()} == {("synthetic", "synthetic")}
    assert made.most_beyond > made.most


@pytest.mark.parametrize(
    "words", [("--no-beyond",), ("--traffic", "synthetic")], ids=["not wanted", "synthetic already"]
)
def test_nothing_beyond(words: tuple[str, ...]) -> None:
    """Where it is not wanted, or where it is what is searched anyway."""
    assert not plan("--mode", "null", *words).beyond


def test_synthetic_records_may_be_offered_much_faster_than_packets() -> None:
    """The highest load that is tried follows the traffic, unless it is stated."""
    assert plan("--mode", "null", "--traffic", "synthetic").most > plan("--mode", "null").most
    assert plan("--mode", "null", "--most", "50000").most == 50_000


def test_quick_and_its_refinements() -> None:
    """--quick is a precision; --width and --duration change either."""
    assert plan("--mode", "null").precision == NORMAL
    assert plan("--mode", "null", "--quick").precision == QUICK
    finer = plan("--mode", "null", "--width", "2", "--duration", "4").precision
    assert (finer.width, finer.final_s, finer.sum_s) == (0.02, 4.0, 12.0)


def test_an_event_takes_what_its_channel_takes() -> None:
    """A perf buffer adds more to each than a ring; what bench's own take there need not be said."""
    assert plan("--mode", "null", "--channel", "ring").record_bytes == {}
    assert plan("--mode", "null", "--channel", "perf,ring").record_bytes == {"perf": 40}


def test_advice_is_about_one_consumer() -> None:
    """A ring belongs to one consumer."""
    with pytest.raises(ValueError, match="one consumer"):
        capacity.advice_plan(arguments("--mode", "null,file", "--advise", "--rate", "1000", "--stall", "100"))


def test_an_advice_trial_lasts_longer_than_its_stall() -> None:
    """The consumer settles before the stall, and catches up after it."""
    made = capacity.advice_plan(arguments("--mode", "file", "--advise", "--rate", "1000", "--stall", "2000"))
    assert made.setting.stall_s == 2.0
    assert made.setting.duration_s is not None
    assert made.setting.duration_s > 2.5
