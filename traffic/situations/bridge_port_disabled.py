"""Frames into a bridge's port in the state "disabled" of the spanning tree protocol (br_handle_frame)."""

from types import MappingProxyType

from traffic.situations.parts import bridge

DISABLED = 0  # BR_STATE_DISABLED, include/uapi/linux/if_bridge.h


class Case(bridge.Bridged):
    title = "frames into a bridge port that is disabled"
    in_port = MappingProxyType({"state": DISABLED})
