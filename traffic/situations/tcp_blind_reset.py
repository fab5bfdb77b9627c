"""A reset within the window, and not exactly at its begin: answered by a challenge (RFC 5961, 3)."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp


class Case(forged.Forged):
    title = "TCP resets that do not hit the expected sequence number"

    def segment(self, connection: tcp.Connection) -> Packet:
        return connection.segment(seq=(connection.positions()[1] + 100) % (1 << 32), flags="R")
