"""TCP connections between the sides, and segments forged into them."""

import socket
import struct
from abc import abstractmethod
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from traffic.counters import snmp
from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, sending
from traffic.testbed import Side, Testbed

PORT = 5000
NOBODY = "198.18.0.99"
TIMEOUT_S = 5.0
MESSAGE = b"all that is said"
BY_RESET = struct.pack("=ii", 1, 0)  # struct linger: no time to linger
# include/uapi/linux/tcp.h
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_TIMESTAMP = 19, 20, 21, 24
TCP_RECV_QUEUE, TCP_SEND_QUEUE = 1, 2
TCP_REPAIR_ON, TCP_REPAIR_OFF_NO_WP = 1, -1


@dataclass(frozen=True, slots=True)
class Connection:
    """Both ends of one connection, and how to forge a segment from the client."""

    bed: Testbed
    client: socket.socket
    server: socket.socket

    @property
    def ends(self) -> tuple[socket.socket, socket.socket]:
        return self.client, self.server

    def segment(self, **fields: Any) -> Packet:
        """Write a segment as the client would send next; `fields` replace those of its TCP header."""
        bed, port = self.bed, self.client.getsockname()[1]
        sent, received = self.positions()
        header = {"sport": port, "dport": PORT, "seq": received, "ack": sent, "flags": "A", "window": 502} | fields
        return (
            Ether(src=bed.sender.mac, dst=bed.receiver.mac)
            / IP(src=bed.sender.ipv4, dst=bed.receiver.ipv4)
            / TCP(**header)
        )

    def positions(self) -> tuple[int, int]:
        """Return the sequence numbers that the server sends and expects next."""
        number = {}
        self.server.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON)
        for queue in (TCP_SEND_QUEUE, TCP_RECV_QUEUE):
            self.server.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
            number[queue] = struct.unpack("=I", self.server.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, 4))[0]
        self.server.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP)
        return number[TCP_SEND_QUEUE], number[TCP_RECV_QUEUE]


def listen(side: Side, port: int = PORT, backlog: int = 128, *, over_ipv6: bool = False) -> socket.socket:
    """Listen at a port of the side."""
    family, address = (socket.AF_INET6, side.ipv6) if over_ipv6 else (socket.AF_INET, side.ipv4)
    return side.run(socket.create_server, (address, port), family=family, backlog=backlog)


def connections(bed: Testbed, count: int, undo: ExitStack, *, over_ipv6: bool = False) -> list[Connection]:
    """Open so many connections, whose sockets `undo` closes, the clients first."""
    with listen(bed.receiver, over_ipv6=over_ipv6) as listener:
        opened = [connect(bed, listener) for _ in range(count)]
    for each in opened:
        undo.callback(each.server.close)
    for each in opened:
        undo.callback(each.client.close)
    return opened


def connect(bed: Testbed, listener: socket.socket) -> Connection:
    """Connect from the sender to a listener of the receiver's, which accepts."""
    address, port, *_ = listener.getsockname()
    client = bed.sender.run(socket.create_connection, (address, port), timeout=TIMEOUT_S)
    listener.settimeout(TIMEOUT_S)
    server, _address = listener.accept()
    server.settimeout(TIMEOUT_S)
    return Connection(bed, client, server)


class Connected(Situation):
    """Connections, all at once, over IPv6 where that is needed; each carries one message, in one segment."""

    times = 20
    unit = "messages"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        opened = connections(bed, self.times, undo, over_ipv6="ipv6" in self.needs)
        return Done(sent=self.times, arrived=self.talk(opened))

    @abstractmethod
    def talk(self, opened: list[Connection]) -> int:
        """Send a message on each, and close them; return how many arrived."""


def no_timestamps(side: Side) -> None:
    """Connections of the side go without timestamps, so that a forged segment needs none (RFC 7323, 3.2)."""
    side.write_sysctl("net/ipv4/tcp_timestamps", 0)


class OfNobody(Situation):
    """Segments from an address that no host has, so that nobody resets what the receiver's listener answers."""

    backlog: int = 128
    syncookies: int = 0

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.write_sysctl("net/ipv4/tcp_syncookies", self.syncookies)
        bed.receiver.write_sysctl("net/ipv4/tcp_synack_retries", 0)  # no more answers than SYNs
        bed.receiver.write_sysctl("net/ipv4/tcp_invalid_ratelimit", 0)
        links.add_route(bed.receiver, f"{NOBODY}/32")
        links.add_neighbour(bed.receiver, NOBODY, bed.sender.mac)
        links.silence(bed.sender)
        undo.enter_context(listen(bed.receiver, backlog=self.backlog))

    @staticmethod
    def segment(bed: Scene, port: int, **fields: Any) -> bytes:
        """Write a segment from a port of nobody's to the listener."""
        packet = Ether(src=bed.tag_mac, dst=bed.receiver.mac) / IP(src=NOBODY, dst=bed.receiver.ipv4)
        return bytes(packet / TCP(**({"sport": port, "dport": PORT, "seq": 1000} | fields)))


class SynsOfNobody(OfNobody):
    """SYNs from an address that no host has; what the receiver answers has arrived."""

    unit = "SYNs"

    @abstractmethod
    def port_of(self, number: int) -> int:
        """Return the port that a SYN comes from."""

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        syns = [self.segment(bed, self.port_of(number), flags="S") for number in range(self.times)]
        before = snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"]
        errors = sending.send_frames(bed.sender, syns, self.times)
        answered = snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"] - before
        return Done(sent=self.times, arrived=answered, errors=errors)
