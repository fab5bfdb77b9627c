"""Read all that a network namespace counts: protocols, links, queues, sockets, drivers, nftables, by name."""

import ctypes
import fcntl
import json
import socket
import struct
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyroute2 import IPRoute

from traffic.counters import OWN_NET, read_snmp
from traffic.testbed import Side

# struct rtnl_link_stats64, include/uapi/linux/if_link.h.
_LINK = (
    "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped",
    "multicast", "collisions", "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors",
    "rx_fifo_errors", "rx_missed_errors", "tx_aborted_errors", "tx_carrier_errors", "tx_fifo_errors",
    "tx_heartbeat_errors", "tx_window_errors", "rx_compressed", "tx_compressed", "rx_nohandler",
    "rx_otherhost_dropped",
)  # fmt: skip
_QUEUE = ("drops", "overlimits")
# Files of sockets whose last column counts what each of them has dropped; netlink's is the last but one.
_SOCKETS = {"udp": -1, "udp6": -1, "raw": -1, "raw6": -1, "netlink": 8}
SOFTNET = Path("/proc/net/softnet_stat")
# include/uapi/linux/ethtool.h
_SIOCETHTOOL, _GSTRINGS, _GSTATS, _GSSET_INFO, _SET_STATS, _NAME_BYTES = 0x8946, 0x1B, 0x1D, 0x37, 1, 32


def read_side(side: Side, *, nft: bool) -> dict[str, int]:
    """Return every counter of a side's namespace; of nftables' named counters only where it is said that there are."""
    counters = side.run(read_snmp) | side.run(_read_sockets) | side.netlink(_read_links)
    counters |= side.run(_read_drivers)
    return counters | (side.run(_read_nft) if nft else {})


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Return by how much counters grew that did; those of an interface, or a kind of message, that was new from 0."""
    return {name: grew for name, value in after.items() if (grew := value - before.get(name, 0)) > 0}


def softnet_dropped() -> int:
    """Return how many packets all CPUs' backlogs have dropped: of the whole machine, for no namespace of its own."""
    return sum(int(line.split()[1], 16) for line in SOFTNET.read_text(encoding="ascii").splitlines())


def _read_links(route: IPRoute) -> dict[str, int]:
    counters: dict[str, int] = {}
    names: dict[int, str] = {}
    for link in route.get_links():
        name = names[int(link["index"])] = str(link.get_attr("IFLA_IFNAME"))
        attribute = link.get_attr("IFLA_STATS64")
        # Its bytes, behind a header of four: pyroute2 does not name the newer ones.
        data = attribute.data[attribute.offset + 4 : attribute.offset + attribute.length]
        values = (value for (value,) in struct.iter_unpack("=Q", data))
        counters |= {f"{name} {what}": value for what, value in zip(_LINK, values, strict=False)}
    for queue in route.get_qdiscs():
        of = f"{names.get(int(queue['index']), '?')} {queue.get_attr('TCA_KIND')}"
        stats = queue.get_attr("TCA_STATS2")
        told = stats.get_attr("TCA_STATS_QUEUE") if stats is not None else None
        if told is not None:
            for what in _QUEUE:
                counters[f"{of} {what}"] = counters.get(f"{of} {what}", 0) + int(told[what])
    return counters


def _read_sockets() -> dict[str, int]:
    counters: dict[str, int] = {}
    for name, column in _SOCKETS.items():
        path = OWN_NET / name
        if path.exists():
            lines = path.read_text(encoding="ascii").splitlines()[1:]
            counters[f"{name} sockets' drops"] = sum(int(line.split()[column]) for line in lines)
    return counters


def _read_nft() -> dict[str, int]:
    done = subprocess.run(["nft", "-j", "list", "counters"], check=True, capture_output=True, text=True)
    found = (item["counter"] for item in json.loads(done.stdout)["nftables"] if "counter" in item)
    return {f"nft {each['name']}": int(each["packets"]) for each in found}


def _read_drivers() -> dict[str, int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return {
            f"{name} {what}": value
            for _number, name in socket.if_nameindex()
            for what, value in _driver_statistics(any_socket, name)
        }


def _driver_statistics(any_socket: socket.socket, name: str) -> Iterator[tuple[str, int]]:
    """Yield what `ethtool -S` shows; nothing for a driver that counts nothing of its own."""

    def ask(request: ctypes.Array[ctypes.c_char]) -> bool:
        try:
            fcntl.ioctl(any_socket, _SIOCETHTOOL, struct.pack("16sQ16x", name.encode(), ctypes.addressof(request)))
        except OSError:  # EOPNOTSUPP
            return False
        return True

    info = ctypes.create_string_buffer(struct.pack("=IIQI", _GSSET_INFO, 0, 1 << _SET_STATS, 0))
    if not ask(info):
        return
    _, _, _, count = struct.unpack_from("=IIQI", info.raw)
    names = ctypes.create_string_buffer(struct.pack("=III", _GSTRINGS, _SET_STATS, count), 12 + count * _NAME_BYTES)
    values = ctypes.create_string_buffer(struct.pack("=II", _GSTATS, count), 8 + count * 8)
    if count and ask(names) and ask(values):
        for at, (value,) in enumerate(struct.iter_unpack("=Q", values.raw[8 : 8 + count * 8])):
            begin = 12 + at * _NAME_BYTES
            yield names.raw[begin : begin + _NAME_BYTES].split(b"\0")[0].decode(errors="replace"), int(value)
