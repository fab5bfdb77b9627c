"""When a wrong checksum is found out: at once in short datagrams, by the reader in long ones (CHECKSUM_BREAK)."""

from __future__ import annotations

import socket
import time

import pytest
from scapy.layers.inet import UDP

from traffic.counters import snmp
from traffic.kinds.bad_udp_checksum import WRONG_CHECKSUM
from traffic.offer import offer
from traffic.recipe import ipv4
from traffic.schedule import NS_PER_S
from traffic.senders import open_sender, side_of
from traffic.testbed import Testbed

FRAMES = 20


def sent_to_a_listener(bed: Testbed, payload_bytes: int) -> tuple[int, int]:
    """Send to a socket that nobody reads; return the wrong checksums found before and after a look into it."""
    frame = bytes(ipv4(bed) / UDP(sport=40000, dport=9, chksum=WRONG_CHECKSUM) / (b"x" * payload_bytes))
    receiver, sender = bed.receiver, side_of(bed, "packet")

    def listen() -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("0.0.0.0", 9))
        listener.setblocking(False)
        return listener

    def send() -> None:
        with open_sender("packet", sender.outlet, [frame]) as opened:
            offer(opened, None, start_ns=time.monotonic_ns(), duration_ns=20 * NS_PER_S, limit=FRAMES)

    before = snmp(receiver, "Udp.InCsumErrors")["Udp.InCsumErrors"]
    with receiver.run(listen) as listener:
        sender.run(send)
        time.sleep(0.1)
        at_once = snmp(receiver, "Udp.InCsumErrors")["Udp.InCsumErrors"] - before
        with pytest.raises(BlockingIOError):
            listener.recv(2048)
        return at_once, snmp(receiver, "Udp.InCsumErrors")["Udp.InCsumErrors"] - before


@pytest.mark.parametrize(("payload_bytes", "at_once"), [(9, FRAMES), (68, FRAMES), (69, 0), (1000, 0)])
def test_the_break_lies_at_68_bytes_of_payload(bed: Testbed, payload_bytes: int, at_once: int) -> None:
    """Nobody is handed a wrong datagram; the short ones are gone before anybody looks."""
    assert sent_to_a_listener(bed, payload_bytes) == (at_once, FRAMES)
