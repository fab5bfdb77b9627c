"""`--traffic all`: every kind that this machine and the sender can offer; what is left out is named with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import traffic.kind
from harness.plan import expand_traffic
from harness.wishes import Wishes
from tests.kernel.bench import bench_here, trials
from traffic.discovery import kind_names, load_kind
from traffic.support import lacking

KINDS = [load_kind(name) for name in kind_names()]
# What an older kernel lacks: the reasons of some.
LACKING = {name: why for name, why in lacking(KINDS).items() if why is not None}


def test_all_is_what_the_sender_can_offer(capsys: pytest.CaptureFixture[str]) -> None:
    """Live XDP frames serve some kinds; each of the others is named."""
    chosen = [kind.name for kind in expand_traffic("all", Wishes(sender="xdp"))]
    assert chosen == [kind.name for kind in KINDS if "xdp" in kind.senders and kind.name not in LACKING]
    said = {line.split()[1]: line for line in capsys.readouterr().err.splitlines()}
    assert list(said) == [kind.name for kind in KINDS if kind.name not in chosen]
    assert all("is left out" in line for line in said.values())
    assert all("cannot be sent by xdp" in said[kind.name] for kind in KINDS if "xdp" not in kind.senders)


def test_all_is_what_the_machine_supports(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine that was booted without IPv6 offers the rest."""
    parameter = tmp_path / "disable_ipv6"
    parameter.write_text("1\n")
    monkeypatch.setattr(traffic.kind, "IPV6_PARAMETER", parameter)
    chosen = [kind.name for kind in expand_traffic("all", Wishes(intended_load=1000.0))]
    assert chosen == [kind.name for kind in KINDS if not kind.needs_ipv6 and kind.name not in LACKING]
    said = capsys.readouterr().err
    assert said.count("is left out") == len(KINDS) - len(chosen)
    assert "ipv6" in said


@pytest.mark.parametrize(
    ("names", "sender", "says"),
    [
        pytest.param("all", "pigeon", "no sender 'pigeon'", id="a sender that there is not"),
        pytest.param("full-qdisc", "xdp", "cannot be sent by xdp", id="one that was named is refused"),
        pytest.param("all,netfilter", "auto", "no traffic 'all'", id="all and another"),
    ],
)
def test_what_was_typed_wrongly_is_refused(names: str, sender: str, says: str, tmp_path: Path) -> None:
    """Nothing is left out in silence, and nothing is run."""
    ended = bench_here(
        "run", "--mode", "null", "--traffic", names, "--sender", sender, "--out", tmp_path / "out", "--quiet"
    )
    assert ended.returncode == 2
    assert says in ended.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_of_all_kinds_is_exact_in_each(tmp_path: Path) -> None:
    """A short trial of each, from one session."""
    ended = bench_here(
        "run", "--mode", "null", "--traffic", "all", "--rate", "2000", "--duration", "0.1", "--trials", "1", "--pass",
        "timed", "--json", "--out", tmp_path / "out",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    rows = trials(ended.stdout)
    assert sorted(row["traffic"] for row in rows) == kind_names()
    for row in rows:
        assert row["sent"] >= 200
        assert row["observed"] == row["submitted"] == row["consumed"] > 0
