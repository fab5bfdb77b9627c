"""Datagrams over IPv6 to a neighbour that is being asked for, more than may wait (__neigh_event_send)."""

from traffic.situations.parts import neighbours


class Case(neighbours.Unanswered):
    title = "datagrams over IPv6 to a neighbour, more than may wait for its answer"
    needs = ("ipv6",)
    room_bytes = 3000  # of memory, which a small datagram takes 768 of
