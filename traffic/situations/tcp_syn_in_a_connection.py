"""A SYN into a connection that stands: answered by a challenge (RFC 5961, 4; tcp_validate_incoming)."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp


class Case(forged.Forged):
    title = "TCP SYNs into a connection that stands"

    def segment(self, connection: tcp.Connection) -> Packet:
        return connection.segment(flags="S")
