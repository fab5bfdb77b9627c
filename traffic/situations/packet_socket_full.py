"""A packet socket for all protocols, as tcpdump opens, that is full: it loses its copies, and the host loses none.

It is asked before IP is, so that its packet is shared: to let go of it is no drop (packet_rcv, kfree_skb_reason). The
loss is in the socket's PACKET_STATISTICS.
"""

from traffic.situations.parts import capture


class Case(capture.FullBesideReader):
    title = "packets to a full packet socket for all protocols, which a UDP socket reads"
    source = "net/packet/af_packet.c packet_rcv, drop_n_acct (6.12)"
    protocol = capture.ETH_P_ALL
