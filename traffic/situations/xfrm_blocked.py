"""UDP that an IPsec policy of the host blocks on its way in (__xfrm_policy_check)."""

import socket
import struct
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import netlink
from traffic.situations.parts.frames import FramesSent

XFRM_MSG_NEWPOLICY, XFRM_POLICY_IN, XFRM_POLICY_BLOCK = 0x13, 0, 1  # include/uapi/linux/xfrm.h
FOR_EVER = (1 << 64) - 1


class Case(FramesSent):
    title = "UDP that an IPsec policy blocks"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        selector = struct.pack("=16x16xHHHHHBBB3xiI", 0, 0, 0, 0, socket.AF_INET, 0, 0, socket.IPPROTO_UDP, 0, 0)
        lifetime = struct.pack("=8Q", *[FOR_EVER] * 4, 0, 0, 0, 0) + bytes(32)
        policy = struct.pack("=IIBBBB4x", 0, 0, XFRM_POLICY_IN, XFRM_POLICY_BLOCK, 0, 0)
        netlink.ask(bed.receiver, socket.NETLINK_XFRM, XFRM_MSG_NEWPOLICY, selector + lifetime + policy)
