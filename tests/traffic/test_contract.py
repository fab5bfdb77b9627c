from __future__ import annotations

import pytest

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
