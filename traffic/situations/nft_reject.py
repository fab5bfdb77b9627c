"""UDP that an nftables rule rejects: dropped, and answered by an ICMP error (nft_reject_inet_eval)."""

from traffic.situations.parts.rules import Ruled


class Case(Ruled):
    title = "UDP that an nftables rule rejects"
    counters = ("rejected",)
    rule = "udp dport 9 counter name rejected reject"
