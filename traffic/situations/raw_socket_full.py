"""UDP that its own socket reads, beside a raw socket that is full: the raw socket's copies are lost, and nothing tells.

A raw socket without room is passed over before there is a copy; the count is the socket's own, in /proc/net/raw.
"""

import socket

from traffic.situations.parts import raw


class Case(raw.Full):
    title = "UDP that its own socket reads, to a raw socket that is full"
    source = "net/ipv4/raw.c raw_v4_input (6.12)"
    protocol = socket.IPPROTO_UDP
