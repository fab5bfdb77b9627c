"""Frames into a locked port of a bridge from a MAC address that is not in its table (br_handle_frame_finish)."""

from types import MappingProxyType

from traffic.situations.parts import bridge


class Case(bridge.Bridged):
    title = "frames into a locked bridge port from an unknown MAC address"
    in_port = MappingProxyType({"learning": 0, "locked": 1})
