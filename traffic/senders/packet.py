"""The `packet` sender: ready-made frames through an AF_PACKET socket, many a system call (sendmmsg)."""

import ctypes
import errno
import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from bpf.errors import CannotRun
from traffic.outlet import Outlet

SO_SNDBUFFORCE = 32  # include/uapi/asm-generic/socket.h
SEND_BUFFER_BYTES = 16 << 20
MAX_BURST = 1024  # UIO_MAXIOV: sendmmsg takes no more messages per call


class _Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Message(ctypes.Structure):
    """struct mmsghdr: a struct msghdr and the length that was sent."""

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("iovecs", ctypes.c_void_p),
        ("iovec_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("padding", ctypes.c_int),
        ("sent_bytes", ctypes.c_uint32),
    ]


_sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
_sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]


class PacketSender(ExitStack):
    """Sends frames in turn, round and round, from the testbed's outlet; leaving its context closes the socket.

    `refused` counts the frames that the kernel took from the socket and then dropped on the way out (ENOBUFS).
    """

    def __init__(self, outlet: Outlet, frames: Sequence[bytes], max_burst: int = 64) -> None:
        """Enter the outlet's namespace (the calling thread stays there), prove it, and build every message.

        Raises ValueError when the outlet is not the testbed's.
        """
        if not 1 <= max_burst <= MAX_BURST:
            raise ValueError(f"a burst is 1 to {MAX_BURST} frames, not {max_burst}")
        if not frames:
            raise ValueError("no frames to send")
        super().__init__()
        outlet.enter()
        self.refused = 0
        self.max_burst = max_burst
        self._frames = len(frames)
        self._next = 0
        self._build_messages(frames, max_burst)
        # Protocol 0: this socket receives nothing, so it is no capture that would change what is dropped here.
        try:
            opened = self.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0))
        except OSError as error:
            raise CannotRun(
                f"a packet socket could not be opened ({error.strerror})", "run it as root (it takes CAP_NET_RAW)"
            ) from error
        # Room enough that a send never waits for frames that a queue holds.
        opened.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES)
        opened.bind((outlet.ifname, 0))
        self._fd = opened.fileno()

    def send(self, count: int) -> int:
        """Hand up to `count` frames (at most `max_burst`) to the kernel; return how many it tried, refused ones too.

        Raises OSError for any failure other than ENOBUFS.
        """
        taken: int = _sendmmsg(self._fd, self._messages + self._next * ctypes.sizeof(_Message), count, 0)
        if taken < 0:
            code = ctypes.get_errno()
            if code == errno.EINTR:
                return 0
            if code != errno.ENOBUFS:
                raise OSError(code, f"sending frames into the testbed: {os.strerror(code)}")
            taken = 0
        if taken < count:
            # sendmmsg stops at the first message that fails, and keeps the error to itself if others went before it.
            # That message was tried and dropped: to send it again would make two drops of one frame.
            self.refused += 1
            taken += 1
        self._next = (self._next + taken) % self._frames
        return taken

    def _build_messages(self, frames: Sequence[bytes], max_burst: int) -> None:
        """Lay out one message per frame, and the first ones again, so that any burst is one run of messages."""
        buffers = [ctypes.create_string_buffer(frame, len(frame)) for frame in frames]
        total = len(frames) + max_burst
        iovecs = (_Iovec * len(frames))()
        for iovec, buffer in zip(iovecs, buffers, strict=True):
            iovec.base, iovec.length = ctypes.addressof(buffer), len(buffer)
        messages = (_Message * total)()
        for number, message in enumerate(messages):
            message.iovecs = ctypes.addressof(iovecs) + number % len(frames) * ctypes.sizeof(_Iovec)
            message.iovec_count = 1
        self._memory = buffers, iovecs, messages
        self._messages = ctypes.addressof(messages)
