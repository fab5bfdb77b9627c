from __future__ import annotations

import signal
import threading
import time
from dataclasses import replace

import pytest

from tests.kernel.traffic.own_thread import on_own_thread
from traffic.counters import snmp
from traffic.discovery import load_kind
from traffic.kind import choose_sender
from traffic.offer import Offered, offer
from traffic.schedule import NS_PER_S, make_schedule
from traffic.senders import open_sender, side_of
from traffic.senders.xdp import XdpSender
from traffic.testbed import Testbed


def send(bed: Testbed, frames: list[bytes], count: int, rate: float | None) -> Offered:
    def generate() -> Offered:
        with XdpSender(bed.receiver.outlet, frames) as sender:
            schedule = make_schedule(rate, NS_PER_S) if rate is not None else None
            return offer(sender, schedule, start_ns=time.monotonic_ns(), duration_ns=10 * NS_PER_S, limit=count)

    return on_own_thread(generate)


@pytest.mark.parametrize("rate", [5_000, 200_000, None])
def test_every_frame_is_accounted_for_by_the_second_witness(bed: Testbed, rate: float | None) -> None:
    kind = load_kind("udp-closed-port")
    with kind.installed(bed) as frames:
        offered = send(bed, frames, 5000, rate)
        assert offered.sent == 5000
        assert kind.witness(bed) == {"Udp.NoPorts": 5000}


def test_a_signal_does_not_cost_the_count(bed: Testbed) -> None:
    """An interrupted call would say EINTR and no count: signals wait until it is over."""
    seen = []
    before = signal.signal(signal.SIGUSR2, lambda number, _frame: seen.append(number))
    kind = load_kind("udp-closed-port")
    over = threading.Event()

    sending = bed.receiver.run(threading.get_ident)

    def pester() -> None:
        while not over.wait(0.0005):
            signal.pthread_kill(sending, signal.SIGUSR2)

    with kind.installed(bed) as frames:
        bystander = threading.Thread(target=pester)
        bystander.start()
        try:
            with bed.receiver.run(lambda: XdpSender(bed.receiver.outlet, frames)) as sender:
                sent = sum(bed.receiver.run(sender.send, 4000) for _ in range(50))
        finally:
            over.set()
            bystander.join()
            signal.signal(signal.SIGUSR2, before)
        assert len(seen) > 10
        assert sent == 200_000
        assert kind.witness(bed) == {"Udp.NoPorts": 200_000}


def test_nothing_stays_attached_to_the_interface(bed: Testbed) -> None:
    def attached() -> bool:
        link = bed.receiver.netlink(lambda route: route.link("get", index=bed.receiver.ifindex)[0])
        return link.get_attr("IFLA_XDP").get_attr("IFLA_XDP_PROG_ID") is not None

    with load_kind("udp-closed-port").installed(bed) as frames:
        with bed.receiver.run(lambda: XdpSender(bed.receiver.outlet, frames)):
            assert attached()
        assert not attached()


def test_it_sends_one_frame_only(bed: Testbed) -> None:
    with pytest.raises(ValueError, match="use packet"):
        on_own_thread(lambda: XdpSender(bed.receiver.outlet, [bytes(60), bytes(60)]))


def test_it_refuses_any_interface_that_the_testbed_did_not_make(bed: Testbed) -> None:
    outlet = replace(bed.receiver.outlet, mac="02:00:00:00:00:01")
    with pytest.raises(ValueError, match="refused to send"):
        on_own_thread(lambda: XdpSender(outlet, [bytes(60)]))


def test_the_sender_is_opened_at_the_end_that_it_needs(bed: Testbed) -> None:
    kind = load_kind("udp-closed-port")
    with kind.installed(bed) as frames:
        for sent, rate in ((300, 1000.0), (600, None)):
            name = choose_sender(kind, rate)
            side = side_of(bed, name)
            with side.run(open_sender, name, side.outlet, frames) as sender:
                for _ in range(5):
                    side.run(sender.send, 60)
            assert snmp(bed.receiver, "Udp.NoPorts") == {"Udp.NoPorts": sent}
