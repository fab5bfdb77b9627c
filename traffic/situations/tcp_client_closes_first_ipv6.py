"""The same as tcp_client_closes_first, over IPv6."""

from traffic.situations import tcp_client_closes_first


class Case(tcp_client_closes_first.Case):
    title = "TCP over IPv6 connections whose client closes first, and whose server closes at once"
    needs = ("ipv6",)
