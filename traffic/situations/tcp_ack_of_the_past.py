"""An acknowledgement far below what is acknowledged: a blind guess at a connection (RFC 5961, 5; tcp_ack)."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp


class Case(forged.Forged):
    title = "TCP that acknowledges what is long acknowledged"

    def segment(self, connection: tcp.Connection) -> Packet:
        return connection.segment(ack=(connection.positions()[0] - (1 << 28)) % (1 << 32)) / b"injected"
