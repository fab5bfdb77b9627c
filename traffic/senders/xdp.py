"""The `xdp` sender: the kernel itself runs a frame through XDP, again and again, and lets it pass into the stack.

BPF_PROG_TEST_RUN with live frames (Linux 5.18) makes packets without a sending socket: at about twice the rate of
`packet`. They enter at the receiver's end of the pair, as if they had come through it. The kernel recycles the frames
and does not restore them, so this is for kinds that leave a frame as it was.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Sequence
from contextlib import ExitStack

from bpf import instructions, syscalls
from bpf.btf import libbpf
from bpf.errors import CannotRun
from traffic.outlet import Outlet

LIVE_FRAMES = 1 << 1  # BPF_F_TEST_XDP_LIVE_FRAMES
BATCH = 64  # frames that the kernel passes on together
# A call cannot be interrupted without losing count, so it must be short: 4096 frames take some 3 ms.
MAX_BURST = 4096
ATTACH_XDP = 37  # enum bpf_attach_type


class XdpSender(ExitStack):
    """Sends one frame again and again into the receiver's end of the testbed's pair.

    The interface has a program of ours attached meanwhile, which lets everything pass: without one, a veth keeps no
    queue for XDP. The kernel detaches it when this process ends, however it ends.
    """

    def __init__(self, outlet: Outlet, frames: Sequence[bytes]) -> None:
        """Enter the receiver's namespace (the calling thread stays there), prove it, and attach.

        Raises ValueError when the outlet is not the testbed's or there is more than one frame, CannotRun when the
        kernel has no live frames.
        """
        if len(frames) != 1:
            raise ValueError(f"the xdp sender sends one frame again and again, not {len(frames)} in turn; use packet")
        super().__init__()
        outlet.enter()
        self.refused = 0
        self.max_burst = MAX_BURST
        self._program = instructions.load(instructions.XDP, instructions.returning(instructions.XDP_PASS))
        self.callback(os.close, self._program)
        link = libbpf().bpf_link_create(self._program, outlet.ifindex, ATTACH_XDP, None)
        if link < 0:
            reason = os.strerror(ctypes.get_errno() or -link)
            self.close()
            raise CannotRun(f"no XDP program could be attached to the testbed ({reason})", "use --sender packet")
        self.callback(os.close, link)
        self._frame = ctypes.create_string_buffer(frames[0], len(frames[0]))
        # struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex
        self._context = ctypes.create_string_buffer(struct.pack("=6I", 0, len(frames[0]), 0, outlet.ifindex, 0, 0), 24)
        self._options = syscalls.TestRunOptions(
            sz=ctypes.sizeof(syscalls.TestRunOptions),
            data_in=ctypes.addressof(self._frame),
            data_size_in=len(self._frame),
            ctx_in=ctypes.addressof(self._context),
            ctx_size_in=len(self._context),
            flags=LIVE_FRAMES,
            batch_size=BATCH,
        )

    def send(self, count: int) -> int:
        """Send `count` frames (at most `max_burst`); return the count. Raises CannotRun."""
        self._options.repeat = count
        try:
            syscalls.test_run(self._program, self._options)
        except OSError as error:
            cure = "use --sender packet" if error.errno in (errno.EINVAL, errno.EOPNOTSUPP) else "run `bench doctor`"
            raise CannotRun(f"the kernel did not run live frames through XDP ({error.strerror})", cure) from error
        return count
