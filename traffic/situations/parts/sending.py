"""Send a stated number of frames or datagrams, and count what the sender was told."""

import errno
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from traffic.testbed import Side

QUIET_S = 0.2  # nothing is under way any longer than that: it all happens as it is sent, or at once after
IP_RECVERR, IPV6_RECVERR = 11, 25  # include/uapi/linux/in.h, in6.h


def send_frames(side: Side, frames: bytes | Sequence[bytes], times: int, ifname: str | None = None) -> Counter[str]:
    """Send frames in turn, `times` in all, out of an interface of the side, its end of the veth pair unless named.

    Returns how many were refused, by the error's name.
    """
    ring = [frames] if isinstance(frames, bytes) else frames

    def send() -> Counter[str]:
        # Protocol 0: this socket receives nothing, so it is no capture that would change what is dropped.
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as opened:
            opened.bind((ifname or side.ifname, 0))
            return refusals(partial(opened.send, ring[number % len(ring)]) for number in range(times))

    return side.run(send)


def send_datagrams(
    side: Side, to: tuple[str, int], times: int, payload: bytes = b"situation", *, hear_errors: bool = False
) -> Counter[str]:
    """Send UDP datagrams from a socket of the side's; return as `send_frames`. `hear_errors` sets RECVERR."""

    def send() -> Counter[str]:
        with udp_socket(to[0]) as opened:
            if hear_errors:
                opened.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            return refusals([partial(opened.sendto, payload, to)] * times)

    return side.run(send)


def udp_socket(address: str) -> socket.socket:
    """Open a UDP socket of the address's family, which may send broadcasts."""
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    return opened


def listening(side: Side, port: int, address: str | None = None) -> socket.socket:
    """Open a UDP socket at a port of the side's own address, or of another."""

    def listen() -> socket.socket:
        opened = udp_socket(address or side.ipv4)
        opened.bind((address or side.ipv4, port))
        return opened

    return side.run(listen)


def take_all(opened: socket.socket) -> int:
    """Read what has arrived, and arrives while anything does; return how many messages."""
    opened.settimeout(QUIET_S)
    taken = 0
    while True:
        try:
            opened.recv(1 << 17)
        except TimeoutError:
            return taken
        taken += 1


def refusals(calls: Iterable[Callable[[], object]]) -> Counter[str]:
    """Make calls of the kernel; count those that it refused, by the error's name."""
    refused: Counter[str] = Counter()
    for call in calls:
        try:
            call()
        except OSError as error:
            refused[errno.errorcode[error.errno or 0]] += 1
    return refused
