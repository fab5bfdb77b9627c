"""Data that came too early, and is kept for its turn, comes again (tcp_data_queue_ofo): the first one is no drop."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp

GAP_BYTES = 100


class Case(forged.Forged):
    title = "TCP data ahead of its turn, again and again"
    harmless = True

    def segment(self, connection: tcp.Connection) -> Packet:
        ahead = (connection.positions()[1] + len(forged.AFTER) + GAP_BYTES) % (1 << 32)
        return connection.segment(seq=ahead, flags="PA") / b"early"
