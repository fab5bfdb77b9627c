"""What is told of a situation is the situation's, whatever else the machine drops; and all of it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from bpf.btf import KernelTypes
from bpf.reasons import Reasons
from bpf.whose import FOREIGN, DropsByOwner
from harness.columns import column_files
from results.atlas import read_column
from tests.kernel.bench import CHECKOUT
from traffic.atlas import Observation, OfKind, observe
from traffic.discovery import kind_names, load_kind, load_situation
from traffic.scene import Scene
from traffic.senders.packet import PacketSender
from traffic.situation import Done, Situation
from traffic.testbed import Testbed


@contextmanager
def foreign_drops() -> Iterator[None]:
    """Have another testbed drop packets of two reasons all the while, at its own addresses, which are the same."""
    stop = threading.Event()
    with Testbed() as bed:
        frames = [frame for name in ("udp-closed-port", "truncated-udp") for frame in load_kind(name).frames(bed)]

        def flood() -> None:
            with PacketSender(bed.sender.outlet, frames) as sender:
                while not stop.is_set():
                    sender.send(64)
                    stop.wait(0.0005)

        flooding = threading.Thread(target=bed.sender.run, args=(flood,))
        flooding.start()
        try:
            yield
        finally:
            stop.set()
            flooding.join()


def told(*situations: Situation) -> dict[str, Observation]:
    with KernelTypes() as types:
        reasons = Reasons.of_kernel(types)
    return {each.name: each for each in observe(situations, reasons)}


def named(*names: str) -> list[Situation]:
    return [load_situation(name) for name in names]


SITUATIONS = ("ping-by-raw-socket", "syn-flood", "tcp-client-closes-first")


def test_others_drops_are_none_of_a_situations() -> None:
    """The very same drops happen in other namespaces meanwhile; nothing of them is told, nor doubted."""
    situations = [*named(*SITUATIONS), OfKind(load_kind("udp-closed-port")), OfKind(load_kind("truncated-udp"))]
    with foreign_drops():
        seen = told(*situations)
    events = {name: sum(event.count for event in row.events) for name, row in seen.items()}
    expected = {name: 0 if name == "syn-flood" else row.times for name, row in seen.items()}
    assert events == expected, "\n".join(f"{name}: {row.events}" for name, row in seen.items())
    assert [row.unattributed for row in seen.values()] == [0] * len(seen)
    assert seen["syn-flood"].counters["receiver TcpExt.ListenOverflows"] == 64


def test_others_drops_are_counted_as_others() -> None:
    """Or the test above would pass beside a flood that never was."""
    with DropsByOwner() as drops, foreign_drops():
        begin = drops.read()
        told(*named("ping-by-raw-socket"))
        others = sum(count for cause, count in (drops.read() - begin).items() if cause.whose == FOREIGN)
    assert others > 100


class Lossy(Situation):
    """Sends to nobody, and says what it is made to say."""

    title = "two datagrams, one of them to nobody"
    times = 2
    varies: ClassVar = {"NO_SOCKET": (1, None)}

    def set_up(self, bed: Scene, undo: ExitStack) -> None:  # noqa: ARG002
        assert bed.every_side == bed.sides
        self._third, self._link = bed.add_side("third", bed.receiver)

    def do(self, bed: Scene, undo: ExitStack) -> Done:  # noqa: ARG002
        with self._third.run(socket.socket, socket.AF_INET, socket.SOCK_DGRAM) as there:
            there.bind((self._third.ipv4, 7))
            there.settimeout(5)
            with bed.receiver.run(socket.socket, socket.AF_INET, socket.SOCK_DGRAM) as here:
                here.sendto(b"one", (self._third.ipv4, 7))
                here.sendto(b"two", (self._third.ipv4, 8))
            return Done(sent=2, arrived=len(there.recv(9)) // 3)


def test_a_side_that_a_situation_adds_is_heard_like_the_two() -> None:
    (row,) = told(Lossy("lossy")).values()
    assert row.why_not is None
    assert (row.sent, row.arrived, row.varies) == (2, 1, {"NO_SOCKET": (1, None)})
    assert [(event.reason, event.packet, event.count) for event in row.events] == [("NO_SOCKET", "UDP", 1)]
    assert row.counters["third Udp.NoPorts"] == 1
    assert row.counters["third Udp.InDatagrams"] == 1


def test_what_a_full_capture_dropped_its_own_count_tells() -> None:
    """No file of the namespace does, and no event of what somebody else takes too."""
    rows = told(*named("packet-ring-full", "packet-socket-full", "packet-socket-full-alone"))
    counted = "receiver packet socket's tp_drops"
    assert {name: (row.sent - row.arrived, row.counters[counted], len(row.events)) for name, row in rows.items()} == {
        "packet-ring-full": (12, 12, 0),
        "packet-socket-full": (19, 19, 0),
        "packet-socket-full-alone": (19, 19, 1),
    }


class Impossible(Situation):
    title = "what no kernel can do"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:  # noqa: ARG002
        bed.sender.netlink(lambda route: route.link("add", ifname="x", kind="no-such-kind"))

    def do(self, bed: Scene, undo: ExitStack) -> Done:  # noqa: ARG002
        raise AssertionError("it was not set up")


def test_what_this_kernel_cannot_make_says_why() -> None:
    (row,) = told(Impossible("impossible")).values()
    assert row.why_not is not None
    assert "not supported" in row.why_not
    assert row.events == ()


def test_every_file_of_a_situation_says_what_it_does() -> None:
    for path in sorted((CHECKOUT / "traffic/situations").glob("[a-z]*.py")):
        situation = load_situation(path.stem.replace("_", "-"))
        assert situation.title
        assert situation.times > 0
        assert path.read_text().startswith('"""')


@pytest.mark.parametrize("path", column_files(), ids=lambda path: path.stem)
def test_what_a_column_says_of_a_situation_is_what_its_file_says(path: Path) -> None:
    """Its words too, which no run compares."""
    kinds = kind_names()
    wrong = []
    for row in read_column(path).rows:
        case = OfKind(load_kind(row.name)) if row.name in kinds else load_situation(row.name)
        assert (row.title, row.source) == (case.title, case.source), row.name
        said = row.unit, row.times, {each.name: (each.least, each.most) for each in row.varies}
        if said != (case.unit, case.times, dict(case.varies)):
            wrong.append(f"{row.name}: {said}")
    assert not wrong, "\n".join(wrong)
