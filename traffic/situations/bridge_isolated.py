"""Frames between two isolated ports of a bridge (should_deliver)."""

from types import MappingProxyType

from traffic.situations.parts import bridge


class Case(bridge.Bridged):
    title = "frames between two isolated ports of a bridge"
    source = "net/bridge/br_forward.c should_deliver (6.12)"
    in_port = out_port = MappingProxyType({"isolated": 1})
