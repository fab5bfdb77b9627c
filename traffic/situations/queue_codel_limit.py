"""Datagrams into fq_codel with room for few packets: it drops from the fattest flow (fq_codel_drop)."""

from types import MappingProxyType

from traffic.situations.parts.queues import ROOM, Waiting


class Case(Waiting):
    title = "datagrams into a queue (fq_codel) that is full"
    queue = "fq_codel"
    settings = MappingProxyType({"fqc_limit": ROOM})
