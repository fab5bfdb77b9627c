from __future__ import annotations

from pathlib import Path

import pytest

from traffic import kind as contract
from traffic.discovery import kind_names, load_kind


@pytest.mark.parametrize("name", kind_names())
def test_a_kind_states_its_contract(name: str) -> None:
    kind = load_kind(name)
    assert kind.summary
    assert not kind.summary.endswith(".")
    assert kind.reasons
    assert set(kind.senders) <= {"packet", "xdp"}
    expected = kind.expect(1000, 0)
    if expected is not None:
        assert set(expected.drops) <= set(kind.reasons)


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no traffic 'udp-closd-port'; did you mean udp-closed-port\?"):
        load_kind("udp-closd-port")


def test_a_name_like_no_other_is_answered_with_where_to_look() -> None:
    with pytest.raises(ValueError, match="see bench traffic"):
        load_kind("zzz")


@pytest.mark.parametrize("name", ["udp6-closed-port", "mix:udp-closed-port=1+tcp6-closed-port=1"])
@pytest.mark.parametrize(("parameter", "supported"), [("1\n", False), ("0\n", True), (None, True)])
def test_it_is_told_without_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, parameter: str | None, supported: bool
) -> None:
    """By the kernel's parameter, which holds for every namespace; a kernel without that file has IPv6."""
    if parameter is not None:
        (tmp_path / "disable_ipv6").write_text(parameter)
    monkeypatch.setattr(contract, "IPV6_PARAMETER", tmp_path / "disable_ipv6")
    assert (load_kind(name).unsupported() is None) == supported
    assert load_kind("udp-closed-port").unsupported() is None
