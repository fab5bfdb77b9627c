"""A segment without the ACK flag, which all but the first have (tcp_rcv_established)."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp


class Case(forged.Forged):
    title = "TCP without the ACK flag into a connection that stands"

    def segment(self, connection: tcp.Connection) -> Packet:
        return connection.segment(flags="P") / b"no ack"
