from __future__ import annotations

from collections import Counter

import pytest

from bpf.errors import CannotRun
from bpf.reasons import Reasons
from traffic.discovery import load_kind
from traffic.synthetic import CAUSES, make_keys, spread

REASONS = Reasons(dict(enumerate(dict.fromkeys(reason for _, reason in CAUSES), 2)), {})
ADDRESSES = {function: 0xFFFFFFFF81000000 + 0x1000 * place for place, (function, _) in enumerate(CAUSES)}


@pytest.mark.parametrize("distinct", [1, 12, 100, 10_000])
def test_so_many_different_keys_are_made_and_each_is_emitted(distinct: int) -> None:
    keys = make_keys(distinct, ADDRESSES, REASONS)
    assert len(set(keys)) == distinct
    assert set(spread(keys)) == set(keys)


def test_a_few_keys_are_frequent_and_many_are_rare() -> None:
    keys = make_keys(100, ADDRESSES, REASONS)
    times = Counter(spread(keys))
    assert times[keys[0]] > 10 * times[keys[50]] > 0


def test_the_order_is_the_same_in_every_trial() -> None:
    keys = make_keys(100, ADDRESSES, REASONS)
    assert spread(keys) == spread(keys)


def test_causes_that_a_kernel_does_not_have_are_left_out() -> None:
    only = {"__udp4_lib_rcv": 0xFFFFFFFF81000000}
    assert {location for location, _, _ in make_keys(10, only, REASONS)} == {0xFFFFFFFF810004BC}


def test_addresses_that_are_hidden_are_said_to_be() -> None:
    with pytest.raises(CannotRun, match="kptr_restrict"):
        make_keys(10, {}, REASONS)


@pytest.mark.parametrize("name", ["synthetic:0", "synthetic:10001", "synthetic:", "synthetic:many"])
def test_a_number_of_keys_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 10000 different keys"):
        load_kind(name)


def test_synthetic_load_cannot_be_mixed_with_packets() -> None:
    with pytest.raises(ValueError, match="synthetic cannot be part of a mix: it sends no packets"):
        load_kind("mix:synthetic=1+netfilter=1")
