"""Read the namespaces' own counters: the second witness of what was dropped, independent of any BPF program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from traffic.testbed import Side

# Not /proc/net: that is the process's, not the thread's.
OWN_NET = Path("/proc/thread-self/net")


def snmp(side: Side, *names: str) -> dict[str, int]:
    """Return counters of /proc/net/snmp, netstat and snmp6, as Udp.NoPorts or Ip6InNoRoutes, under `side: name`.

    Raises KeyError for one that this kernel does not have.
    """
    table = side.run(_read_snmp)
    return {f"{side.name}: {name}": table[name] for name in names}


def nft_counter(side: Side, table: str, name: str) -> dict[str, int]:
    """Return the packets of a named nftables counter; `table` is family and name, as `inet bench`."""
    command = ["nft", "-j", "list", "counter", *table.split(), name]
    text = side.run(subprocess.run, command, check=True, capture_output=True, text=True).stdout
    counters = [item["counter"] for item in json.loads(text)["nftables"] if "counter" in item]
    return {f"{side.name}: nft {name}": counters[0]["packets"]}


def link_counter(side: Side, *names: str) -> dict[str, int]:
    """Return counters of the side's interface (struct rtnl_link_stats64), as rx_dropped or rx_nohandler."""
    stats = side.netlink(lambda route: route.link("get", index=side.ifindex)[0].get_attr("IFLA_STATS64"))
    return {f"{side.name}: {name}": int(stats[name]) for name in names}


def _read_snmp() -> dict[str, int]:
    table: dict[str, int] = {}
    for path in (OWN_NET / "snmp", OWN_NET / "netstat"):
        lines = path.read_text().splitlines()
        for head, body in zip(lines[::2], lines[1::2], strict=True):
            group, names = head.split(":")
            values = body.split(":")[1]
            table |= {f"{group}.{n}": int(v) for n, v in zip(names.split(), values.split(), strict=True)}
    snmp6 = OWN_NET / "snmp6"
    if snmp6.exists():
        table |= {name: int(value) for name, value in (line.split() for line in snmp6.read_text().splitlines())}
    return table
