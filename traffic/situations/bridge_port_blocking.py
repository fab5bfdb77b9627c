"""Frames into a bridge's port that was set to "blocking", on a bridge without the spanning tree protocol.

The command succeeds, and the port is forwarding again at once (br_set_state, br_port_state_selection): nothing is lost.
"""

from types import MappingProxyType

from traffic.situations.parts import bridge

BLOCKING = 4  # BR_STATE_BLOCKING, include/uapi/linux/if_bridge.h


class Case(bridge.Bridged):
    title = "frames into a bridge port that was set to blocking, without STP"
    source = "net/bridge/br_netlink.c br_set_port_state (6.12)"
    in_port = MappingProxyType({"state": BLOCKING})
