"""A packet socket for IPv4 at one interface that is full: its losses are events, though the host loses none.

It is asked after IP, which has a copy of its own by then: what the socket frees is the last of that packet
(deliver_ptype_list_skb, packet_rcv).
"""

from traffic.situations.parts import capture


class Case(capture.FullBesideReader):
    title = "packets to a full packet socket for IPv4, which a UDP socket reads"
    source = "net/core/dev.c deliver_ptype_list_skb, net/packet/af_packet.c packet_rcv (6.12)"
    protocol = capture.ETH_P_IP
