"""UDP that an nftables rule gives to a program, which is not there (nf_queue)."""

from traffic.situations.parts.rules import Ruled


class Case(Ruled):
    title = "UDP that an nftables rule queues for a program which is not there"
    rule = "udp dport 9 queue num 7"
