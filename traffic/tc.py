"""Put a BPF program on a side's traffic control hook: drop packets by it on their way in, or out."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Literal

from pyroute2 import IPRoute, NetlinkError

from bpf import instructions
from bpf.errors import CannotRun
from traffic.testbed import Side

CURE = "boot a kernel with CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_ACT and CONFIG_NET_CLS_BPF"
# Handles of include/uapi/linux/pkt_sched.h: the two fixed minors of TC_H_CLSACT.
Hook = Literal["ingress", "egress"]
HOOKS: Mapping[Hook, int] = {"ingress": 0xFFFF_FFF2, "egress": 0xFFFF_FFF3}


def attach(side: Side, hook: Hook, code: bytes) -> None:
    """Put a program on that hook of the side's interface. Raises CannotRun."""
    program = instructions.load(instructions.SCHED_CLS, code)
    options = {"parent": HOOKS[hook], "fd": program, "name": "bench", "direct_action": True, "prio": 1}

    def add(route: IPRoute) -> None:
        route.tc("add", "clsact", side.ifindex)
        route.tc("add-filter", "bpf", side.ifindex, 0, **options)

    try:
        side.netlink(add)
    except NetlinkError as error:
        raise CannotRun(f"no BPF program could be put on the {hook} hook ({error})", CURE) from error
    finally:
        os.close(program)


def drop_udp_port(side: Side, hook: Hook, port: int, undo: ExitStack) -> None:
    """Drop IPv4 UDP to a port in that hook of the side's interface, until `undo`. Raises CannotRun."""
    attach(side, hook, instructions.dropping_udp_port(port))
    undo.callback(lambda: side.netlink(lambda route: route.tc("del", "clsact", side.ifindex)))
