"""The running kernel keeps every drop kind's contract, and a contract that is wrong is found out."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from scapy.layers.inet import TCP

from bpf.btf import KernelTypes
from bpf.errors import CannotRun
from bpf.reasons import Reasons
from traffic.conformance import DropCounter, Finding, verify
from traffic.counters import snmp
from traffic.discovery import kind_names, load_kind
from traffic.kind import DropKind, Expected
from traffic.kinds import tcp_listen_overflow
from traffic.recipe import ipv4
from traffic.senders import SenderName
from traffic.senders.packet import PacketSender
from traffic.support import lacking
from traffic.testbed import Testbed

# What an older kernel lacks: the reasons of some.
LACKING = {name: why for name, why in lacking([load_kind(name) for name in kind_names()]).items() if why is not None}
SUPPORTED = [name for name in kind_names() if name not in LACKING]
MIXABLE = [name for name in SUPPORTED if load_kind(name).alone_because is None]
LOADS = [(name, sender) for name in kind_names() for sender in load_kind(name).senders]


@pytest.fixture(scope="module")
def reasons() -> Reasons:
    with KernelTypes() as types:
        return Reasons.of_kernel(types)


@pytest.fixture(scope="module")
def found() -> Iterator[dict[tuple[str, str], Finding]]:
    """What became of 2,500 frames of each kind by each sender, in one testbed, one after the other."""
    with KernelTypes() as types, Testbed() as bed:
        loads = [(load_kind(name), sender) for name, sender in LOADS if name in SUPPORTED]
        findings = verify(bed, loads, 2500, Reasons.of_kernel(types))
        yield {(finding.kind, finding.sender): finding for finding in findings}


@pytest.mark.parametrize(("name", "sender"), LOADS, ids=[f"{name}-{sender}" for name, sender in LOADS])
@pytest.mark.may_skip("older kernels lack some reasons")
def test_the_kernel_keeps_the_contract(found: dict[tuple[str, str], Finding], name: str, sender: SenderName) -> None:
    if name in LACKING:
        pytest.skip(LACKING[name])
    finding = found[name, sender]
    assert finding.wrong == ()
    assert finding.sent == 2500
    assert finding.counted == 2500
    # A misspelt counter would be absent, as one that another kernel lacks.
    assert finding.witness == finding.witness_expected
    assert finding.witness


def test_at_least_twenty_kinds_are_supported_here() -> None:
    assert len(SUPPORTED) >= 20


def test_a_mix_of_all_kinds_that_can_be_mixed_is_exact_too(bed: Testbed, reasons: Reasons) -> None:
    mix = load_kind("mix:" + "+".join(f"{name}={weight}" for weight, name in enumerate(MIXABLE, 1)))
    (finding,) = verify(bed, [(mix, "packet")], 3001, reasons)
    assert finding.wrong == ()
    assert finding.counted == 3001


def test_refused_frames_are_told_from_those_that_left(bed: Testbed, reasons: Reasons) -> None:
    (finding,) = verify(bed, [(load_kind("full-qdisc"), "packet")], 500, reasons)
    assert 0 < finding.refused < 500
    assert finding.observed == {"QDISC_DROP": finding.refused, "NO_SOCKET": 500 - finding.refused}


def test_kinds_leave_the_testbed_as_it_was(bed: Testbed, reasons: Reasons) -> None:
    """Each kind is verified twice over in one testbed: what the first left behind would spoil the second."""
    again = [(load_kind(name), "packet") for name in [*SUPPORTED, *reversed(SUPPORTED)]]
    assert [finding.wrong for finding in verify(bed, again, 100, reasons) if finding.wrong] == []


class Misjudged(DropKind):
    """Unknown ethertypes, said to be something else."""

    summary = "a contract that this kernel does not keep"
    reasons = ("NO_SOCKET",)
    counters = ("Udp.NoPorts",)

    def frames(self, bed: Testbed) -> list[bytes]:
        return load_kind("unknown-ethertype").frames(bed)


class Twofold(Misjudged):
    """Unknown ethertypes, each said to be dropped twice."""

    reasons = ("UNHANDLED_PROTO",)
    counters = ()

    def expect(self, sent: int, _refused: int) -> Expected:
        return Expected(drops={"UNHANDLED_PROTO": 2 * sent}, witness={})


class Impossible(Misjudged):
    """A kind that needs what no kernel has."""

    def set_up(self, _bed: Testbed, _undo: ExitStack) -> None:
        raise CannotRun("the moon is not up", "wait")


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (
            Misjudged("misjudged"),
            ("NO_SOCKET: 0 drops, not 50", "UNHANDLED_PROTO: 50 drops, not 0", "Udp.NoPorts grew by 0, not 50"),
        ),
        (Twofold("twofold"), ("UNHANDLED_PROTO: 50 drops, not 100",)),
        (Impossible("impossible"), ("the moon is not up; wait",)),
    ],
    ids=lambda value: value.name if isinstance(value, DropKind) else "",
)
def test_a_contract_that_the_kernel_does_not_keep_is_found_out(
    bed: Testbed, reasons: Reasons, kind: DropKind, wrong: tuple[str, ...]
) -> None:
    (finding,) = verify(bed, [(kind, "packet")], 50, reasons)
    assert finding.wrong == wrong


def test_drops_of_others_are_not_counted(bed: Testbed, reasons: Reasons) -> None:
    with DropCounter(bed.tag, reasons) as drops, load_kind("udp-closed-port").installed(bed) as frames:
        stranger = frames[0][:6] + bytes.fromhex("020000000001") + frames[0][12:]
        before = snmp(bed.receiver, "Udp.NoPorts")["Udp.NoPorts"]
        bed.sender.run(_send, bed, [stranger], 64)
        assert snmp(bed.receiver, "Udp.NoPorts")["Udp.NoPorts"] == before + 64
        assert drops.by_reason().total() == 0


def test_a_syn_flood_on_a_full_queue_drops_without_an_event(bed: Testbed, reasons: Reasons) -> None:
    """docs/traffic.md says so: the kernel counts the overflow and lets the packet go without kfree_skb."""
    with DropCounter(bed.tag, reasons) as drops, load_kind("tcp-listen-overflow").installed(bed):
        syn = ipv4(bed, src=tcp_listen_overflow.CLIENT_IPV4) / TCP(
            sport=40001, dport=tcp_listen_overflow.PORT, flags="S"
        )
        before = snmp(bed.receiver, "TcpExt.ListenOverflows")["TcpExt.ListenOverflows"]
        bed.sender.run(_send, bed, [bytes(syn)], 64)
        assert snmp(bed.receiver, "TcpExt.ListenOverflows")["TcpExt.ListenOverflows"] == before + 64
        time.sleep(0.05)
        assert drops.by_reason().total() == 0


def _send(bed: Testbed, frames: list[bytes], count: int) -> None:
    with PacketSender(bed.sender.outlet, frames, max_burst=count) as sender:
        assert sender.send(count) == count


def test_no_socket_of_a_kind_outlives_it(bed: Testbed) -> None:
    for name in ("full-receive-buffer", "socket-filter", "tcp-listen-overflow", "tcp-syn-fin"):
        with load_kind(name).installed(bed):
            pass
        with load_kind(name).installed(bed):  # the ports are free again
            pass
    with bed.receiver.run(socket.create_server, (bed.receiver.ipv4, tcp_listen_overflow.PORT)):
        pass
