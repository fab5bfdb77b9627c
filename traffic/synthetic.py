"""Synthetic load: records without packets, at rates that no packets reach, paced or at full speed.

The program's own emit path writes them, so record, ring, counters and wakeups are those of real drops; only the packet
is missing. What each says (location, process, reason) is drawn once from causes as a busy host has them: a few are
frequent, many are rare. It is no kind of drop, and is called synthetic wherever it is shown.
"""

import itertools
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from bpf.btf import KernelTypes
from bpf.errors import CannotRun
from bpf.program import MAX_SYNTHETIC_KEYS
from bpf.reasons import Reasons
from bpf.symbols import Symbols
from bpf.synthetic import Key, pack_key
from results.errors import BadInput
from traffic.kind import DropKind, Expected
from traffic.testbed import Testbed

NAME = "synthetic"
DEFAULT_KEYS, MOST_KEYS = 100, 10_000
# Where real drops come from, and why, the most frequent first; what a kernel does not have is left out.
CAUSES = (
    ("__udp4_lib_rcv", "NO_SOCKET"),
    ("tcp_v4_rcv", "NO_SOCKET"),
    ("nf_hook_slow", "NETFILTER_DROP"),
    ("tcp_rcv_established", "TCP_OLD_DATA"),
    ("__netif_receive_skb_core", "UNHANDLED_PROTO"),
    ("ip_rcv_core", "OTHERHOST"),
    ("__udp6_lib_rcv", "NO_SOCKET"),
    ("tcp_v4_rcv", "TCP_LISTEN_OVERFLOW"),
    ("ip_rcv_finish_core", "IP_RPFILTER"),
    ("udp_queue_rcv_one_skb", "SOCKET_RCVBUFF"),
    ("__dev_queue_xmit", "QDISC_DROP"),
    ("ip_rcv_core", "IP_CSUM"),
)
_OFFSET = 0x4BC  # a drop lies somewhere inside its function

# What `bench peers` fills its ring with: some functions have several places, and all causes are as frequent.
_PLACES = (
    ("__udp4_lib_rcv", "NO_SOCKET", 0x4BC),
    ("__udp4_lib_rcv", "UDP_CSUM", 0x2F1),
    ("tcp_v4_rcv", "NO_SOCKET", 0x1A4),
    ("tcp_v4_rcv", "TCP_CSUM", 0x91),
    ("tcp_rcv_state_process", "TCP_OLD_DATA", 0x33C),
    ("ip_rcv_finish_core", "IP_RPFILTER", 0x2AA),
    ("ip_rcv_core", "IP_INHDR", 0x19C),
    ("ip_forward", "IP_INHDR", 0x2E5),
    ("nf_hook_slow", "NETFILTER_DROP", 0xB1),
    ("__netif_receive_skb_core.constprop.0", "UNHANDLED_PROTO", 0x14F),
    ("sk_filter_trim_cap", "SOCKET_FILTER", 0x1B0),
    ("unix_stream_connect", "NOT_SPECIFIED", 0x77),
)
_PIDS = (0, 0, 731, 15, 24601)


class Synthetic(DropKind):
    """Synthetic load in the shape of a drop kind: its `frames` are the keys of the records, emitted in turn."""

    senders = ("synthetic",)
    alone_because = "it sends no packets"
    summary = "records without packets, written by the program itself"

    def __init__(self, name: str) -> None:
        """Read `synthetic` or `synthetic:KEYS`. Raises BadInput."""
        super().__init__(name)
        self._distinct = _distinct(name)
        self._names: Mapping[int, str] = {}
        self._order: list[Key] = []
        self.reasons = tuple(dict.fromkeys(reason for _, reason in CAUSES))

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:  # noqa: ARG002 - it needs nothing of a testbed
        """Draw the keys. Raises CannotRun where the kernel's addresses or reasons cannot be read."""
        with KernelTypes() as types:
            reasons = Reasons.of_kernel(types)
        keys = make_keys(self._distinct, _addresses({function for function, _ in CAUSES}), reasons)
        self._names = {reason: reasons.name(reason) for _, _, reason in keys}
        self._order = spread(keys)

    def frames(self, bed: Testbed) -> list[bytes]:  # noqa: ARG002 - as above
        return [pack_key(key) for key in self._order]

    def expect(self, sent: int, refused: int) -> Expected:  # noqa: ARG002 - nothing refuses a record
        cycles, rest = divmod(sent, len(self._order))
        drops: Counter[str] = Counter()
        for times, keys in ((cycles, self._order), (1, self._order[:rest])):
            for _, _, reason in keys:
                drops[self._names[reason]] += times
        return Expected(drops=drops, witness={})


def is_synthetic(name: str) -> bool:
    return name.partition(":")[0] == NAME


def make_keys(distinct: int, addresses: Mapping[str, int], reasons: Reasons) -> list[Key]:
    """Make so many different keys, the most frequent first. Raises CannotRun when the kernel has none of the causes."""
    causes = [
        (addresses[function] + _OFFSET, number)
        for function, reason in CAUSES
        if function in addresses and (number := reasons.number(reason)) is not None
    ]
    if not causes:
        raise CannotRun("no kernel function's address can be read", "run it as root (kernel.kptr_restrict hides them)")
    # Process 0 is the idle task, in whose time softirqs mostly run.
    keys = ((location, pid, reason) for pid in itertools.count() for location, reason in causes)
    return list(itertools.islice(keys, distinct))


def usual_keys() -> list[Key]:
    """Return a machine's usual drops: about a dozen places, a few processes, mixed; what a kernel lacks is left out."""
    with KernelTypes() as types:
        reasons = Reasons.of_kernel(types)
    addresses = _addresses({function for function, _, _ in _PLACES})
    known = [
        (addresses[function] + offset, number)
        for function, reason, offset in _PLACES
        if function in addresses and (number := reasons.number(reason)) is not None
    ]
    # 7 has no factor in common with the lengths of either list: each place meets each process.
    turns = range(len(known) * len(_PIDS) * 7)
    return [(known[n * 7 % len(known)][0], _PIDS[n % len(_PIDS)], known[n * 7 % len(known)][1]) for n in turns]


def spread(keys: Sequence[Key]) -> list[Key]:
    """Order keys for emission, always alike: each at least once, the nth about 1/n as often as the first, shuffled."""
    draw = random.Random(0)
    weights = [1 / rank for rank in range(1, len(keys) + 1)]
    order = [*keys, *draw.choices(keys, weights, k=MAX_SYNTHETIC_KEYS - len(keys))]
    draw.shuffle(order)
    return order


def _distinct(name: str) -> int:
    _, colon, number = name.partition(":")
    if not colon:
        return DEFAULT_KEYS
    if not (re.fullmatch("[0-9]{1,9}", number) and 0 < int(number) <= MOST_KEYS):
        raise BadInput(
            f"synthetic load is synthetic or synthetic:KEYS with 1 to {MOST_KEYS} different keys, not '{name}'"
        )
    return int(number)


def _addresses(functions: set[str]) -> dict[str, int]:
    """Look kernel functions up; without the right to, none is found."""
    symbols = Symbols.of_kernel()
    return {name: address for name in functions if (address := symbols.address(name)) is not None}
