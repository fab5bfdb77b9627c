"""The senders hold up against a bare loop in C. CPU time is what counts, so other load on the machine does not."""

from __future__ import annotations

import statistics

import pytest

from traffic.discovery import load_kind
from traffic.speed import BARE_LOOP, measure


@pytest.fixture(scope="module")
def ratios() -> dict[str, float]:
    speeds, wrong = measure(load_kind("udp-closed-port"), 9)
    assert wrong == []
    rates = {name: [speed.rate for speed in speeds if speed.sender == name] for name in (BARE_LOOP, "packet", "xdp")}
    return {
        name: statistics.median(ours / bare for ours, bare in zip(found, rates[BARE_LOOP], strict=True))
        for name, found in rates.items()
    }


@pytest.mark.slow
def test_packet_reaches_nine_tenths_of_a_bare_loop(ratios: dict[str, float]) -> None:
    assert ratios["packet"] >= 0.9


@pytest.mark.slow
def test_xdp_reaches_sixteen_tenths_of_a_bare_loop(ratios: dict[str, float]) -> None:
    assert ratios["xdp"] >= 1.6


def test_every_frame_of_a_comparison_is_witnessed() -> None:
    speeds, wrong = measure(load_kind("unknown-ethertype"), 1)
    assert {speed.sender for speed in speeds} == {BARE_LOOP, "packet", "xdp"}
    assert all(speed.sent > 0 for speed in speeds)
    assert wrong == []
