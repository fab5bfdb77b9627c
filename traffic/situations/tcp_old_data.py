"""Data that was received already, and comes again: a retransmission that was not needed (tcp_data_queue)."""

from scapy.packet import Packet

from traffic.situations.parts import forged, tcp


class Case(forged.Forged):
    title = "TCP data that was received already"
    harmless = True

    def segment(self, connection: tcp.Connection) -> Packet:
        begin = connection.positions()[1] - len(forged.BEFORE)
        return connection.segment(seq=begin, flags="PA") / forged.BEFORE
