from __future__ import annotations

import pytest

from traffic.discovery import load_kind
from traffic.kind import choose_sender


@pytest.mark.parametrize(
    ("kind", "rate", "wish", "sender"),
    [
        ("udp-closed-port", 100_000, "auto", "packet"),
        ("udp-closed-port", 1_000_000, "auto", "xdp"),
        ("udp-closed-port", None, "auto", "xdp"),
        ("udp-closed-port", None, "packet", "packet"),
        ("udp-closed-port", 100, "xdp", "xdp"),
        ("tcp-listen-overflow", None, "auto", "packet"),
        ("mix:udp-closed-port=1+netfilter=1", None, "auto", "packet"),
    ],
)
def test_the_sender_follows_from_kind_and_load_unless_it_is_wished(
    kind: str, rate: float | None, wish: str, sender: str
) -> None:
    assert choose_sender(load_kind(kind), rate, wish) == sender


def test_a_sender_that_the_kind_does_not_allow_is_refused() -> None:
    with pytest.raises(ValueError, match="full-qdisc cannot be sent by xdp"):
        choose_sender(load_kind("full-qdisc"), None, "xdp")


def test_an_unknown_sender_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no sender 'pktgen'; there are auto, packet, xdp"):
        choose_sender(load_kind("udp-closed-port"), None, "pktgen")
