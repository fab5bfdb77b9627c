"""A TCP connection that is complete but for a place in the listener's queue: the ancestor's own case.

The set-up brings the kernel to where one constant frame makes one drop, for ever:

1. a listener with room for LISTEN connections (the kernel keeps LISTEN + 1);
2. a handshake that is left half done: SYN sent, SYN-ACK seen, the final ACK kept back;
3. ordinary connections, which nobody accepts, until the queue is full.

Each repetition of that final ACK then finds the request, and no room for it (tcp_check_req, TCP_LISTEN_OVERFLOW). The
request itself must not time out meanwhile, hence tcp_synack_retries.

A SYN flood is not this: with the queue full the kernel counts ListenOverflows and lets the SYN go without kfree_skb, a
drop without an event (docs/traffic.md).
"""

import socket
import time
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any

from pyroute2 import IPRoute
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from bpf.errors import CannotRun
from traffic.recipe import DropKind, ipv4
from traffic.testbed import NUD_PERMANENT, Testbed

PORT = 20
LISTEN = 4
CLIENT_IPV4, CLIENT_PORT = "198.18.0.99", 40000  # nobody's; the receiver reaches it by the sender's MAC address
CLIENT_SEQUENCE = 1000
ETH_P_IP = 0x0800
TIMEOUT_S = 2.0
MOST_RETRIES = 255


class Kind(DropKind):
    summary = "the last ACK of a TCP handshake, to a listener whose queue is full"
    reasons = ("TCP_LISTEN_OVERFLOW",)
    counters = ("TcpExt.ListenOverflows", "TcpExt.ListenDrops")
    # The SYN-ACK is sent again after a second, to an address that the sender does not have.
    varies = MappingProxyType(
        {
            "IP_INADDRERRORS": (0, None),
            "sender Ip.InAddrErrors": (0, None),
            "receiver Tcp.RetransSegs": (0, None),
            "receiver TcpExt.TCPSynRetrans": (0, None),
            "receiver TcpExt.TCPTimeouts": (0, None),
        }
    )

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._server_sequence = 0

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        self._make_client_reachable(bed, undo)
        bed.receiver.set_sysctl("net/ipv4/tcp_synack_retries", MOST_RETRIES, undo)
        address = bed.receiver.ipv4, PORT
        undo.enter_context(bed.receiver.run(socket.create_server, address, backlog=LISTEN))
        self._server_sequence = bed.sender.run(self._begin_handshake, bed)
        for _ in range(LISTEN + 1):
            undo.enter_context(bed.sender.run(socket.create_connection, address, timeout=TIMEOUT_S))

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(self._segment(bed, flags="A", seq=CLIENT_SEQUENCE + 1, ack=self._server_sequence + 1))]

    @staticmethod
    def _segment(bed: Testbed, **fields: Any) -> Packet:
        return ipv4(bed, src=CLIENT_IPV4) / TCP(sport=CLIENT_PORT, dport=PORT, **fields)

    @staticmethod
    def _make_client_reachable(bed: Testbed, undo: ExitStack) -> None:
        def add(route: IPRoute) -> None:
            route.route("add", dst=f"{CLIENT_IPV4}/32", oif=bed.receiver.ifindex)
            route.neigh(
                "add", ifindex=bed.receiver.ifindex, dst=CLIENT_IPV4, lladdr=bed.sender.mac, state=NUD_PERMANENT
            )

        def remove(route: IPRoute) -> None:
            route.neigh("del", ifindex=bed.receiver.ifindex, dst=CLIENT_IPV4, lladdr=bed.sender.mac)
            route.route("del", dst=f"{CLIENT_IPV4}/32", oif=bed.receiver.ifindex)

        bed.receiver.netlink(add)
        undo.callback(lambda: bed.receiver.netlink(remove))

    def _begin_handshake(self, bed: Testbed) -> int:
        """Send a SYN; return the sequence number of the SYN-ACK. The capture is closed before any load."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP)) as capture:
            capture.bind((bed.sender.ifname, ETH_P_IP))
            capture.settimeout(TIMEOUT_S)
            capture.send(bytes(self._segment(bed, flags="S", seq=CLIENT_SEQUENCE)))
            deadline = time.monotonic() + TIMEOUT_S
            while time.monotonic() < deadline:
                packet = Ether(capture.recv(2048))
                if TCP in packet and packet[IP].dst == CLIENT_IPV4 and packet[TCP].flags == "SA":
                    return int(packet[TCP].seq)
        raise CannotRun(
            f"no SYN-ACK came back from the testbed's listener within {TIMEOUT_S} s",
            "look for a BPF or firewall program that is attached to every network namespace",
        )
