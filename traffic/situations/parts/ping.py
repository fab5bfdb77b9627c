"""Ping, by a raw socket or by a datagram socket of ICMP."""

import socket
import struct

from traffic.testbed import Side

TIMEOUT_S = 2.0
ECHO_REQUEST, ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}  # RFC 792, RFC 4443


def answered(side: Side, address: str, times: int, *, raw: bool) -> int:
    """Send so many echo requests, one after another; return how many were answered."""
    version = 6 if ":" in address else 4
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    protocol = socket.IPPROTO_ICMPV6 if version == 6 else socket.IPPROTO_ICMP

    def ping() -> int:
        with socket.socket(family, socket.SOCK_RAW if raw else socket.SOCK_DGRAM, protocol) as opened:
            opened.settimeout(TIMEOUT_S)
            return sum(_one(opened, address, number, version) for number in range(times))

    return side.run(ping)


def _one(opened: socket.socket, address: str, number: int, version: int) -> bool:
    request = struct.pack("!BBHHH", ECHO_REQUEST[version], 0, 0, 1, number)
    if version == 4:
        request = request[:2] + struct.pack("!H", _checksum(request)) + request[4:]
    opened.sendto(request, (address, 0))
    header = 20 if version == 4 and opened.type == socket.SOCK_RAW else 0
    while True:
        try:
            message = opened.recv(1500)[header:]
        except TimeoutError:
            return False
        if message[0] == ECHO_REPLY[version] and message[6:8] == request[6:8]:
            return True


def _checksum(message: bytes) -> int:
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    folded: int = (total & 0xFFFF) + (total >> 16)
    return ~folded & 0xFFFF
