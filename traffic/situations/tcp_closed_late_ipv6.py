"""The same as tcp_closed_late, over IPv6."""

from traffic.situations import tcp_closed_late


class Case(tcp_closed_late.Case):
    title = "TCP over IPv6 connections whose client closes first, and whose server closes half a second later"
    needs = ("ipv6",)
