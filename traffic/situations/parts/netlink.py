"""Requests of netlink that pyroute2 has no words for."""

import os
import socket
import struct

from traffic.testbed import Side

NLM_F_REQUEST, NLM_F_ACK = 0x01, 0x04  # include/uapi/linux/netlink.h
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr


def ask(side: Side, protocol: int, message_type: int, body: bytes) -> None:
    """Make one request on a netlink socket of the side's. Raises OSError where the kernel refuses it."""
    header = _HEADER.pack(_HEADER.size + len(body), message_type, NLM_F_REQUEST | NLM_F_ACK, 1, 0)

    def on_socket() -> int:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as opened:
            opened.send(header + body)
            return int(struct.unpack_from("=i", opened.recv(4096), _HEADER.size)[0])

    if error := side.run(on_socket):
        raise OSError(-error, os.strerror(-error))


def attribute(number: int, payload: bytes) -> bytes:
    """Write one attribute (struct nlattr), padded."""
    length = 4 + len(payload)
    return struct.pack("=HH", length, number) + payload + bytes(-length % 4)
