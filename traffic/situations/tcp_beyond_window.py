"""Data that begins beyond the window that was offered (tcp_sequence)."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp


class Case(forged.Forged):
    title = "TCP data beyond the receive window"

    def segment(self, connection: tcp.Connection) -> Packet:
        return connection.segment(seq=(connection.positions()[1] + (1 << 28)) % (1 << 32), flags="PA") / b"too far"
