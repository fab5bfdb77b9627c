"""TCP that has passed a router, to a socket which asks for neighbours only (IP_MINTTL, RFC 5082; tcp_v4_rcv)."""

import socket

from scapy.layers.inet import IP
from scapy.packet import Packet

from traffic.situations.parts import forged, tcp

IP_MINTTL = 21  # include/uapi/linux/in.h


class Case(forged.Forged):
    title = "TCP whose time to live is below what its socket asks for (IP_MINTTL)"

    def segment(self, connection: tcp.Connection) -> Packet:
        connection.server.setsockopt(socket.IPPROTO_IP, IP_MINTTL, 64)
        packet = connection.segment(flags="PA") / b"from afar"
        packet[IP].ttl = 63
        return packet
