"""Multicast groups, joined and not."""

import socket
import struct

from scapy.layers.inet import IP
from scapy.packet import Packet

from traffic.testbed import Side

GROUP, GROUP_IPV6 = "233.252.0.1", "ff0e::db8:1"  # for documentation: RFC 6676
OTHER_PORT = 4009


def joined(side: Side) -> socket.socket:
    """Open a socket that has joined the group, at a port that nothing is sent to.

    The report of that goes out at once, and once: the next would come within the second, in the midst of what follows.
    """
    side.write_sysctl(f"net/ipv4/conf/{side.ifname}/igmpv3_unsolicited_report_interval", 1)
    side.write_sysctl("net/ipv4/igmp_qrv", 1)

    def join() -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("0.0.0.0", OTHER_PORT))
        request = socket.inet_aton(GROUP) + socket.inet_aton(side.ipv4) + struct.pack("=i", side.ifindex)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        return opened

    return side.run(join)


def joined_ipv6(side: Side) -> socket.socket:
    """Open a socket that has joined the IPv6 group."""

    def join() -> socket.socket:
        opened = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        opened.bind(("::", OTHER_PORT))
        request = socket.inet_pton(socket.AF_INET6, GROUP_IPV6) + struct.pack("=i", side.ifindex)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        return opened

    return side.run(join)


def addressed(packet: Packet) -> Packet:
    """Give the frame the MAC address of its packet's group (RFC 1112, RFC 2464)."""
    if IP in packet:
        group = socket.inet_aton(packet[IP].dst)
        packet.dst = bytes([0x01, 0x00, 0x5E, group[1] & 0x7F, *group[2:]]).hex(":")
    else:
        packet.dst = (b"\x33\x33" + socket.inet_pton(socket.AF_INET6, packet.payload.dst)[12:]).hex(":")
    return packet
