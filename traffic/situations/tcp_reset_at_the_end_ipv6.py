"""The same as tcp_reset_at_the_end, over IPv6."""

from traffic.situations import tcp_reset_at_the_end


class Case(tcp_reset_at_the_end.Case):
    title = "TCP over IPv6 connections that their client ends by a reset, when all was read"
    needs = ("ipv6",)
