"""An acknowledgement of data that was never sent (tcp_ack)."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp


class Case(forged.Forged):
    title = "TCP that acknowledges what was never sent"

    def segment(self, connection: tcp.Connection) -> Packet:
        return connection.segment(ack=(connection.positions()[0] + 100_000) % (1 << 32))
