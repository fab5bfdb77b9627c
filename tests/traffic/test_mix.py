from __future__ import annotations

from contextlib import ExitStack

import pytest

from bpf.errors import CannotRun
from traffic.discovery import load_kind
from traffic.kind import DropKind
from traffic.mix import Mix
from traffic.testbed import Testbed


class Letters(DropKind):
    """A kind whose frames are letters, to see in which order a mix sends them."""

    summary = "letters"
    reasons = ("NO_SOCKET",)

    def __init__(self, name: str, letters: str) -> None:
        super().__init__(name)
        self._letters = letters

    def frames(self, _bed: Testbed) -> list[bytes]:
        return [letter.encode() for letter in self._letters]


def test_a_mix_counts_each_kind_exactly_for_any_number_of_frames() -> None:
    mix = load_kind("mix:udp-closed-port=70+netfilter=30")
    order = [
        next(reason for reason in mix.reasons if at(mix, n + 1)[reason] > at(mix, n).get(reason, 0)) for n in range(250)
    ]
    assert order.count("NO_SOCKET") == 175
    for sent in range(251):
        assert at(mix, sent)["NO_SOCKET"] == order[:sent].count("NO_SOCKET")


def at(mix: DropKind, sent: int) -> dict[str, int]:
    expected = mix.expect(sent, 0)
    assert expected is not None
    assert expected.total == sent
    return dict(expected.drops)


def test_the_frames_come_in_the_order_that_the_count_supposes() -> None:
    mix = Mix([(Letters("a", "a"), 3), (Letters("b", "b"), 1)])
    frames = b"".join(mix.frames(Testbed()))
    assert frames == b"aaba"


def test_a_kind_with_several_frames_sends_each_equally_often() -> None:
    mix = Mix([(Letters("a", "xyz"), 2), (Letters("b", "b"), 2)])
    frames = b"".join(mix.frames(Testbed()))
    assert [frames.count(letter) for letter in b"xyzb"] == [1, 1, 1, 3]


def test_parts_are_spread_evenly_not_in_runs() -> None:
    frames = b"".join(Mix([(Letters("a", "a"), 50), (Letters("b", "b"), 50)]).frames(Testbed()))
    assert frames == b"ab"


def test_the_witness_of_a_mix_is_that_of_its_parts_without_what_counts_every_arrival() -> None:
    mix = load_kind("mix:udp-closed-port=1+tcp-closed-port=1+martian-own-source=2")
    expected = mix.expect(400, 0)
    assert expected is not None
    assert expected.witness == {"Udp.NoPorts": 100, "Tcp.OutRsts": 100}


def test_what_was_refused_is_of_the_kind_that_is_meant_to_be() -> None:
    mix = load_kind("mix:udp-closed-port=3+tc-egress=1")
    expected = mix.expect(400, 100)
    assert expected is not None
    assert expected.drops == {"NO_SOCKET": 300, "TC_EGRESS": 100}


def test_no_number_is_given_when_it_cannot_be_told_whose_frames_were_refused() -> None:
    assert load_kind("mix:udp-closed-port=3+netfilter=1").expect(400, 1) is None


def test_a_mix_needs_what_any_part_needs() -> None:
    mix = load_kind("mix:udp6-closed-port=1+tc-egress=1+netfilter=1")
    assert (mix.needs_ipv6, mix.refuses, mix.senders) == (True, True, ("packet",))


def test_all_parts_are_taken_down_when_one_cannot_be_set_up() -> None:
    undone = []

    class Fine(Letters):
        def set_up(self, _bed: Testbed, undo: ExitStack) -> None:
            undo.callback(undone.append, self.name)

    class Broken(Letters):
        def set_up(self, _bed: Testbed, _undo: ExitStack) -> None:
            raise OSError("no such thing")

    mix = Mix([(Fine("fine", "f"), 1), (Broken("broken", "b"), 1)])
    with pytest.raises(CannotRun, match="could not be set up"), mix.installed(Testbed()):
        raise AssertionError("set up all the same")
    assert undone == ["fine"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mix:udp-closed-prt=1+netfilter=1", "did you mean udp-closed-port"),
        ("mix:", "a mix is mix:KIND=WEIGHT"),
        ("mix:udp-closed-port", "'udp-closed-port' is none"),
        ("mix:udp-closed-port=0", "'udp-closed-port=0' is none"),
        ("mix:udp-closed-port=1.5", "'udp-closed-port=1.5' is none"),
        ("mix:netfilter=1+netfilter=2", "netfilter stands twice"),
        ("mix:netfilter=1+reverse-path=1", "reverse-path cannot be part of a mix: the filter would"),
        ("mix:netfilter=99999+udp-closed-port=1", "add up to more than"),
        ("mix:mix:netfilter=1", "no traffic 'mix:netfilter'|is none"),
    ],
)
def test_a_mix_that_makes_no_sense_is_refused_with_the_cure(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_kind(text)


def test_what_can_keep_a_kind_from_being_dropped_is_told_where_it_was_not() -> None:
    """Of a kind, and of a mix with it; nothing is told where the counter grew as it must."""
    for name in ("unknown-ethertype", "mix:udp-closed-port=1+unknown-ethertype=1"):
        expected = load_kind(name).expect(10, 0)
        assert expected is not None
        (grew,) = expected.contradictions(expected.witness | {"rx_dropped": 0})
        assert grew.startswith("rx_dropped grew by 0, not ")
        assert "tcpdump -i any" in grew
        assert expected.contradictions(expected.witness) == []
    assert expected.contradictions(expected.witness | {"Udp.NoPorts": 0}) == ["Udp.NoPorts grew by 0, not 5"]
