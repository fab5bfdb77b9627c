"""Events that are no loss are left out by the program, in the kernel, and those that are one never."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from bpf.channels.map import MapChannel
from bpf.program import LoadOptions, Program
from bpf.readers.snapshot import SnapshotReader
from harness.columns import kept_columns, telling_columns
from harness.watch.normal import NormalDrops
from modes import Kit
from tests.kernel.bench import has_column
from tests.timing import asserts_ratio
from traffic.discovery import load_kind, load_situation
from traffic.scene import Scene
from traffic.senders.packet import PacketSender
from traffic.situation import waited

HERE = os.uname().release, os.uname().machine
LOSSES = (
    "bad-tcp-checksum", "full-receive-buffer", "martian-destination", "netfilter", "tcp-closed-port", "tcp-syn-fin",
    "truncated-ip", "truncated-tcp", "udp-closed-port", "unknown-ethertype",
)  # fmt: skip


class Watching(Program):
    """The program of `bench watch --exclude-normal`, restricted to frames from one MAC address."""

    def __init__(self, mac: bytes, *, normal: bool = True) -> None:
        self.left_out = NormalDrops(Kit(), telling_columns(*HERE), kept_columns()) if normal else NormalDrops(Kit(), ())
        super().__init__(LoadOptions(channel=MapChannel(), tag=mac, normals=self.left_out.sorts))

    def has_seen(self, count: int) -> Callable[[], bool]:
        return lambda: self.shown() + sum(self.hidden()) >= count

    def shown(self) -> int:
        return int(SnapshotReader(self.channel_fd, MapChannel().entries, lambda _keys, _counts: None).read()[1].sum())


def from_both(bed: Scene, opened: ExitStack, *, normal: bool) -> list[Watching]:
    macs = (bytes.fromhex(side.mac.replace(":", "")) for side in bed.sides)
    watching = [opened.enter_context(Watching(mac, normal=normal)) for mac in macs]
    for each in watching:
        each.attach()
    return watching


@pytest.mark.may_skip("what is normal is known of the kernels that the atlas has a column of")
@pytest.mark.skipif(not has_column(), reason="no column of this kernel")
@asserts_ratio("nothing had to be sent twice, as it has where a CPU is waited for")
def test_an_ordinary_session_shows_nothing() -> None:
    """TCP that both sides close, and ping: events for who takes them all, none for who leaves out the normal ones."""
    with Scene() as bed, ExitStack() as opened:
        all_of_them, the_rest = (from_both(bed, opened, normal=normal) for normal in (False, True))
        for name in ("tcp-client-closes-first", "ping-by-raw-socket"):
            with ExitStack() as undo:
                situation = load_situation(name)
                situation.set_up(bed, undo)
                done = situation.do(bed, undo)
                assert done.sent == done.arrived
        assert waited(lambda: sum(each.shown() for each in all_of_them) >= 20, 5)
        assert waited(lambda: sum(sum(each.hidden()) for each in the_rest) >= 20, 5)
        assert [each.shown() for each in the_rest] == [0, 0]
        told = [line for each in the_rest for line in each.left_out.told(each.hidden())]
        assert any(", echo reply: no loss, as in ping-by-raw-socket" in line for line in told)


@pytest.mark.may_skip("what is normal is known of the kernels that the atlas has a column of")
@pytest.mark.skipif(not has_column(), reason="no column of this kernel")
def test_a_syn_that_comes_to_nothing_is_shown() -> None:
    """So is one that is answered again, which nothing tells from it; a reply that nobody asked for nobody misses."""
    is_shown = {"tcp-syn-in-time-wait": 10, "tcp-syn-renumbered": 20, "tcp-syn-repeated": 19}  # the first begins it
    is_hidden = {"ping-unasked": 20, "ping-unasked-ipv6": 20}
    for name, count in (is_shown | is_hidden).items():
        situation = load_situation(name)
        with Scene() as bed, ExitStack() as opened, ExitStack() as undo:
            # Loaded before: that takes as long as a half-done handshake may last.
            watching = opened.enter_context(Watching(frames_from(name, bed)))
            situation.set_up(bed, undo)
            watching.attach()
            situation.do(bed, undo)
            assert waited(watching.has_seen(count), 5), name
            assert (watching.shown(), sum(watching.hidden())) == (is_shown.get(name, 0), is_hidden.get(name, 0)), name


def frames_from(name: str, bed: Scene) -> bytes:
    """Return whose frames a situation sends: those of a connection are the sender's own."""
    return bytes.fromhex(bed.sender.mac.replace(":", "")) if name == "tcp-syn-in-time-wait" else bed.tag


def test_each_of_ten_losses_is_shown_to_the_last_packet() -> None:
    shown: dict[str, int] = {}
    with Scene() as bed, Watching(bed.tag) as watching:
        watching.attach()
        for name in LOSSES:
            before = watching.shown()
            with load_kind(name).installed(bed) as frames:
                assert bed.sender.run(send_64, bed, frames) == 64
            shown[name] = watching.shown() - before
        assert sum(watching.hidden()) == 0
    assert shown == dict.fromkeys(LOSSES, 64)


def send_64(bed: Scene, frames: list[bytes]) -> int:
    with PacketSender(bed.sender.outlet, frames) as sender:
        return sender.send(64)
