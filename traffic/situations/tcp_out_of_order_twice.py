"""Data that came too early, and is kept for its turn, comes again (tcp_data_queue_ofo): the first one is no drop."""

from collections.abc import Mapping

from scapy.packet import Packet

from traffic.situation import Range
from traffic.situations.parts import forged, tcp

GAP_BYTES = 100


class Case(forged.Forged):
    title = "TCP data ahead of its turn, again and again"
    harmless = True
    # The last of them goes with the acknowledgement of the data behind it, or before it.
    varies: Mapping[str, Range] = {
        "sender TcpExt.TCPDSACKOfoRecv": (18, 19),
        "sender TcpExt.TCPDSACKIgnoredDubious": (18, 19),
    }

    def segment(self, connection: tcp.Connection) -> Packet:
        ahead = (connection.positions()[1] + len(forged.AFTER) + GAP_BYTES) % (1 << 32)
        return connection.segment(seq=ahead, flags="PA") / b"early"
