"""A SYN flood from nobody: the queue of half-open connections is full, with SYN cookies off (tcp_conn_request)."""

from traffic.situations.parts.tcp import SynsOfNobody


class Case(SynsOfNobody):
    title = "SYNs to a listener that has as many half-open connections as it may"
    times = 64
    backlog = 8

    def port_of(self, number: int) -> int:
        return 20000 + number
