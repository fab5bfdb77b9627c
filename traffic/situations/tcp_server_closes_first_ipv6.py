"""The same as tcp_server_closes_first, over IPv6."""

from traffic.situations import tcp_server_closes_first


class Case(tcp_server_closes_first.Case):
    title = "TCP over IPv6 connections whose server answers and closes first"
    needs = ("ipv6",)
