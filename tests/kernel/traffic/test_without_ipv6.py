"""A machine without IPv6: what goes over IPv4 goes on, and a kind over IPv6 says why it does not."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from bpf.btf import KernelTypes
from bpf.errors import CannotRun
from bpf.reasons import Reasons
from traffic import kind as contract
from traffic import testbed
from traffic.conformance import verify
from traffic.discovery import load_kind
from traffic.testbed import Testbed


def off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make new namespaces as ipv6.disable_ipv6=1 does: the kernel refuses any address over IPv6."""
    make_namespace = testbed.make_namespace

    def make() -> int:
        descriptor = make_namespace()
        for name in ("all", "default"):
            Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
        return descriptor

    monkeypatch.setattr(testbed, "make_namespace", make)


def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the settings away, as ipv6.disable=1 does; what else that kernel would refuse is not asked for."""
    for module in (testbed, contract):
        monkeypatch.setattr(module, "IPV6", "net/no-ipv6/conf/default")


@pytest.mark.parametrize(("switch", "why"), [(off, "ipv6.disable_ipv6=1"), (absent, "ipv6.disable=1")])
def test_the_testbed_does_without(monkeypatch: pytest.MonkeyPatch, switch, why: str) -> None:
    """Every frame over IPv4 is accounted for, TCP's and a firewall's too; over IPv6 there is a reason, mixed or not."""
    switch(monkeypatch)
    with KernelTypes() as types:
        known = Reasons.of_kernel(types)
    with Testbed() as bed:
        kinds = [load_kind(name) for name in ("udp-closed-port", "tcp-closed-port", "netfilter", "unknown-ethertype")]
        findings = list(verify(bed, [(kind, "packet") for kind in kinds], 100, known))
        assert [finding.wrong for finding in findings] == [()] * len(kinds)
        for name in ("udp6-closed-port", "unknown-ipv6-header", "mix:udp-closed-port=1+tcp6-closed-port=1"):
            with ExitStack() as stack, pytest.raises(CannotRun, match=f"{name.split('=')[0]}.*booted with {why}[?]"):
                stack.enter_context(load_kind(name).installed(bed))
