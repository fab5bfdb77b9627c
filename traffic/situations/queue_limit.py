"""Datagrams into a queue discipline that has reached its limit in packets (pfifo): the sender's send() succeeds."""

from traffic.situations.parts.queues import Waiting


class Case(Waiting):
    title = "datagrams into a queue (pfifo) that is full"
