"""A segment whose timestamp is older than the connection's last (PAWS, RFC 7323, 5; tcp_disordered_ack_check)."""

import socket
import struct

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import forged, tcp

LONG_AGO = 1_000_000  # milliseconds


class Case(forged.Forged):
    title = "TCP data with a timestamp of the past"

    def prepare(self, bed: Scene) -> None:
        for side in bed.sides:
            side.write_sysctl("net/ipv4/tcp_timestamps", 1)

    def segment(self, connection: tcp.Connection) -> Packet:
        now = struct.unpack("=I", connection.client.getsockopt(socket.IPPROTO_TCP, tcp.TCP_TIMESTAMP, 4))[0]
        stamps = [("NOP", None), ("NOP", None), ("Timestamp", ((now - LONG_AGO) % (1 << 32), 0))]
        return connection.segment(flags="PA", options=stamps) / b"old"
