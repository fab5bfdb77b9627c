"""Read the namespaces' own counters: the second witness of what was dropped, independent of any BPF program.

A counter that this kernel does not have is absent from the answer, never 0.
"""

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from traffic.testbed import Side

# Not /proc/net: that is the process's, not the thread's.
OWN_NET = Path("/proc/thread-self/net")
# Places in struct rtnl_link_stats64, include/uapi/linux/if_link.h.
LINK_COUNTERS = {"rx_dropped": 6, "rx_otherhost_dropped": 24}


def snmp(side: Side, *names: str) -> dict[str, int]:
    """Return counters of /proc/net/snmp, netstat and snmp6, as Udp.NoPorts or Udp6NoPorts."""
    table = side.run(read_snmp) if names else {}
    return {name: table[name] for name in names if name in table}


def nft_counter(side: Side, table: str, name: str) -> dict[str, int]:
    """Return the packets of a named nftables counter; `table` is family and name, as `inet bench`."""
    command = ["nft", "-j", "list", "counter", *table.split(), name]
    text = side.run(subprocess.run, command, check=True, capture_output=True, text=True).stdout
    counters = [item["counter"] for item in json.loads(text)["nftables"] if "counter" in item]
    return {f"nft {name}": counters[0]["packets"]}


def link_counter(side: Side, *names: str) -> dict[str, int]:
    """Return counters of the side's interface, as rx_dropped or rx_otherhost_dropped."""
    attribute = side.netlink(lambda route: route.link("get", index=side.ifindex)[0].get_attr("IFLA_STATS64"))
    # Its bytes, behind a header of four: pyroute2 does not name the newer ones.
    values = struct.iter_unpack("=Q", attribute.data[attribute.offset + 4 : attribute.offset + attribute.length])
    stats = {place: value for place, (value,) in enumerate(values)}
    return {name: stats[LINK_COUNTERS[name]] for name in names if LINK_COUNTERS[name] in stats}


def qdisc_drops(side: Side, kind: str) -> dict[str, int]:
    """Return what the side's queueing discipline of that kind has dropped (struct gnet_stats_queue)."""

    def read(route: IPRoute) -> Any:
        found = [each for each in route.get_qdiscs(side.ifindex) if each.get_attr("TCA_KIND") == kind]
        return found[0].get_attr("TCA_STATS2").get_attr("TCA_STATS_QUEUE")

    return {f"{side.name} {kind} drops": int(side.netlink(read)["drops"])}


def read_snmp() -> dict[str, int]:
    """Return all of /proc/net/snmp, netstat and snmp6 of the calling thread's namespace."""
    table: dict[str, int] = {}
    for path in (OWN_NET / "snmp", OWN_NET / "netstat"):
        lines = path.read_text(encoding="utf-8").splitlines()
        for head, body in zip(lines[::2], lines[1::2], strict=True):
            group, names = head.split(":")
            values = body.split(":")[1]
            table |= {f"{group}.{n}": int(v) for n, v in zip(names.split(), values.split(), strict=True)}
    snmp6 = OWN_NET / "snmp6"
    if snmp6.exists():
        table |= {
            name: int(value)
            for name, value in (line.split() for line in snmp6.read_text(encoding="utf-8").splitlines())
        }
    return table
