"""The table of bench traffic --verify: whole on a wide terminal, and readable on one of eighty columns."""

from __future__ import annotations

import io
from typing import Any

from harness.commands.parts.kind_tables import findings_table
from results.reports.document import Document
from results.reports.forms.terminal import Console, draw
from traffic.conformance import Finding
from traffic.discovery import kind_names, load_kind


def finding(**changes: Any) -> Finding:
    known: dict[str, Any] = {
        "kind": "udp-closed-port", "sender": "packet", "sent": 2000, "refused": 0,
        "expected": {"NO_SOCKET": 2000}, "observed": {"NO_SOCKET": 2000},
        "witness_expected": {"Udp.NoPorts": 2000}, "witness": {"Udp.NoPorts": 2000}, "skipped": 0, "wrong": (),
    }  # fmt: skip
    return Finding(**{**known, **changes})


def printed(findings: list[Finding], width: int) -> list[str]:
    out = io.StringIO()
    draw(Document((), findings_table(findings)), Console(file=out, width=width))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_at_eighty_columns_each_kind_that_there_is_has_one_whole_line() -> None:
    """No name, reason or number of ours is broken or cut."""
    kinds = [load_kind(name) for name in kind_names()]
    lines = printed([finding(kind=kind.name, observed={kind.reasons[0]: 2000}) for kind in kinds], 80)
    rows = [f"{kind.name} packet {kind.reasons[0]} 2000 2000 ok" for kind in kinds]
    assert lines[: len(rows) + 1] == ["kind sender observed sent counted", *rows]


def test_at_eighty_columns_what_is_wrong_stands_below() -> None:
    """A sentence has no room in a column."""
    drops = {"QDISC_DROP": 1500, "NO_SOCKET": 500}
    lines = printed([finding(kind="full-qdisc", observed=drops, wrong=("1 frame is lost", "who took it?"))], 80)
    assert lines[1:3] == [
        "full-qdisc packet QDISC_DROP 1500, NO_SOCKET 500 2000 2000 no",
        "full-qdisc by packet: 1 frame is lost; who took it?",
    ]


def test_a_wide_terminal_shows_everything() -> None:
    """What was expected, what was refused, and the second witness too."""
    lines = printed([finding(), finding(sender="xdp", wrong=("1 frame is lost",))], 160)
    assert lines[1:] == [
        "udp-closed-port packet NO_SOCKET NO_SOCKET 2000 0 2000 Udp.NoPorts 2000 ok",
        "udp-closed-port xdp NO_SOCKET NO_SOCKET 2000 0 2000 Udp.NoPorts 2000 no",
        "udp-closed-port by xdp: 1 frame is lost",
    ]
