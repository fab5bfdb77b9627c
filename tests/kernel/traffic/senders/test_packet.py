from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from tests.kernel.traffic.own_thread import on_own_thread
from traffic.discovery import kind_names, load_kind
from traffic.offer import Offered, offer
from traffic.outlet import OWN_NAMESPACE, own_inode
from traffic.schedule import NS_PER_S, make_schedule
from traffic.senders.packet import PacketSender
from traffic.testbed import Testbed


def send(bed: Testbed, frames: list[bytes], count: int, rate: float = 100_000) -> Offered:
    def generate() -> Offered:
        with PacketSender(bed.sender.outlet, frames) as sender:
            schedule = make_schedule(rate, 10 * NS_PER_S)
            return offer(sender, schedule, start_ns=time.monotonic_ns(), duration_ns=10 * NS_PER_S, limit=count)

    return on_own_thread(generate)


@pytest.mark.parametrize("name", ["udp-closed-port", "netfilter", "bad-udp-checksum"])
def test_the_second_witness_counts_every_frame_sent(bed: Testbed, name: str) -> None:
    assert name in kind_names()
    kind = load_kind(name)
    with kind.installed(bed) as frames:
        before = kind.witness(bed)
        offered = send(bed, frames, 2345)
        after = kind.witness(bed)
    expected = kind.expect(offered.sent, offered.refused)
    assert offered.sent == 2345
    assert expected is not None
    assert expected.total == 2345
    assert {counter: after[counter] - before[counter] for counter in after} == expected.witness


def test_frames_are_sent_in_turn_round_and_round(bed: Testbed) -> None:
    closed, wrong = (load_kind(name) for name in ("udp-closed-port", "bad-udp-checksum"))
    with closed.installed(bed) as one, wrong.installed(bed) as two:
        send(bed, [*one, *one, *two], 3000 + 2)
        counts = closed.witness(bed) | wrong.witness(bed)
    assert counts == {"Udp.NoPorts": 2002, "Udp.InCsumErrors": 1000, "Udp.InErrors": 1000}


def test_frames_that_cannot_leave_are_refused_not_lost(bed: Testbed) -> None:
    kind = load_kind("udp-closed-port")
    with kind.installed(bed) as frames:
        too_long = [frames[0] + bytes(4000)]
        with pytest.raises(OSError, match="sending frames into the testbed"):
            send(bed, too_long, 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda outlet: replace(outlet, ifindex=outlet.ifindex + 1), "the testbed made"),
        (lambda outlet: replace(outlet, mac="02:00:00:00:00:01"), "has MAC"),
        (lambda outlet: replace(outlet, ifname="nosuch0"), "is gone"),
        (lambda outlet: replace(outlet, ifname="lo", ifindex=1), "not a veth"),
        (lambda outlet: replace(outlet, namespace_inode=1), "in network namespace"),
        (lambda outlet: replace(outlet, outside_inode=outlet.namespace_inode), "the machine's own network namespace"),
    ],
    ids=["other number", "other address", "no interface", "loopback", "other namespace", "machine's namespace"],
)
def test_a_sender_refuses_any_interface_that_the_testbed_did_not_make(bed: Testbed, change, message: str) -> None:
    outlet = change(bed.sender.outlet)
    with pytest.raises(ValueError, match=message):
        on_own_thread(lambda: PacketSender(outlet, [bytes(60)]))


def test_a_sender_refuses_the_machines_own_namespace(bed: Testbed) -> None:
    own = os.open(OWN_NAMESPACE, os.O_RDONLY)
    outlet = replace(bed.sender.outlet, namespace=own, namespace_inode=own_inode())
    with pytest.raises(ValueError, match="the machine's own network namespace"):
        on_own_thread(lambda: PacketSender(outlet, [bytes(60)]))
    os.close(own)
