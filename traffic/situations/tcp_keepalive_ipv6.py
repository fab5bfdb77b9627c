"""The same as tcp_keepalive, over IPv6."""

from traffic.situations import tcp_keepalive


class Case(tcp_keepalive.Case):
    title = "idle TCP over IPv6 connections, each with one keepalive probe that is answered"
    needs = ("ipv6",)
