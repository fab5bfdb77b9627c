"""The same as tcp_half_closed, over IPv6."""

from traffic.situations import tcp_half_closed


class Case(tcp_half_closed.Case):
    title = "TCP over IPv6 connections that their client half closes, and whose answer it reads to the end"
    needs = ("ipv6",)
