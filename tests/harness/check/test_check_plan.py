"""From arms and wishes to a check: what runs, what is judged, and what a certificate takes out beforehand."""

from __future__ import annotations

import argparse
import dataclasses

import pytest

from harness.check.arms import alone, two_settings
from harness.check.configuration import wanted
from harness.check.plan import make_check, to_be_sampled, without_what_is_too_coarse
from harness.commands.parts.options import add_gate_options, flags_of
from harness.wishes import Wishes
from results.check.certificate import Certificate, Certified
from results.check.outcome import Outcome
from results.check.plan import Check
from results.check.verdict import judge
from results.reports.check import check_document
from results.reports.forms.markdown import markdown
from results.session import Session


def made(*flags, arms=None):
    said, wishes = wanted_of(*flags)
    return make_check(arms or alone(["epoll"], wishes, "a", "b"), said)


def wanted_of(*flags):
    parser = argparse.ArgumentParser()
    add_gate_options(parser)
    return wanted(flags_of(parser.parse_args(["--config", "/dev/null", *flags])), Wishes())


def certificate(check, detectable):
    entries = tuple(
        Certified(
            gated=one,
            gates=60,
            false_alarms=0,
            false_alarms_at_zero=2,
            in_sequence=9,
            detectable=detectable,
        )
        for one in check.gate.gated
    )
    return Certificate(
        host={},
        made_at="2026-01-01T00:00:00+00:00",
        command="bench certify",
        gate=check.gate,
        settings=(),
        gates=60,
        gates_with_false_alarm=1,
        certified=entries,
    )


def test_metrics_of_one_kind_of_trial_share_its_trials():
    """Two metrics of drain trials are one comparison; a load metric is another, with the load that was asked for."""
    check = made("--metrics", "ns_per_event,drain_cpu_ns_per_event,cpu_ns_per_event", "--rate", "7000")
    drain, load = check.comparisons
    assert (drain.b.trial_kind, load.b.trial_kind, load.b.intended_load) == ("drain", "load", 7000)
    assert check.gate.family_size == 3


def test_arms_differ_in_what_was_said_and_nothing_else():
    """The load, the ring and the rest are the same for both; wait and wakeup follow from the mode."""
    check = made("--metrics", "cpu_ns_per_event", arms=two_settings("mode=epoll", "mode=busy", [], Wishes()))
    (one,) = check.comparisons
    assert dataclasses.replace(one.a, mode="busy", wait="busy", wakeup="none") == one.b


def test_looks_follow_from_the_number_of_metrics():
    """Without --blocks there are two, the first with two blocks to spare."""
    few, many = made("--metrics", "ns_per_event"), made()
    assert few.gate.looks[0] < many.gate.looks[0]
    assert few.gate.looks[1] == 2 * few.gate.looks[0]


def test_what_the_host_cannot_see_is_taken_out_beforehand():
    """A detectable effect above delta leaves the metric ungated, with the cure; the other stays."""
    check = made("--metrics", "ns_per_event,drain_cpu_ns_per_event")
    left = without_what_is_too_coarse(check, certificate(check, 0.07))  # delta is 10 % and 5 %
    assert left.gate.gated[0].excluded_because is None
    assert "raise delta" in left.gate.gated[1].excluded_because
    assert (left.gate.family_size, left.gate.looks) == (1, check.gate.looks)


@pytest.mark.parametrize("detectable", [None, 0.01])
def test_nothing_is_taken_out_without_reason(detectable):
    """Neither by a certificate that is fine enough, nor by one that is sure of nothing, nor by none."""
    check = made("--metrics", "ns_per_event")
    assert without_what_is_too_coarse(check, certificate(check, detectable)).gate == check.gate
    assert without_what_is_too_coarse(check, None) == check


def test_a_check_quotes_its_certificate():
    """False alarm rate with its exact bound, and what is surely found."""
    check = made("--metrics", "ns_per_event")
    session = Session(id="s", started_at="2026-01-01T00:00:00+00:00", command="", seed=1, plan={}, host={})
    outcome = Outcome(
        session=session, check=check, judgements=judge(check.gate, ()), certificate=certificate(check, 0.02)
    )
    said = " ".join(markdown(check_document(outcome)).split())
    assert "1 of 60 gates" in said
    assert "at most 7.66 %" in said  # Clopper-Pearson, one-sided: scipy.stats.beta.ppf(0.95, 2, 59)
    assert "surely calls 12.2 % REGRESSED" in said


@pytest.mark.parametrize(
    ("flags", "windows", "of_each"),
    [
        (("--metrics", "ns_per_event"), 60, 16384),
        (("--metrics", "ns_per_event,bytes_written_per_event", "--drain", "6000000"), 60, 100_000),
        (("--metrics", "ns_per_event", "--drain", "9000"), 8, 1125),
        (("--metrics", "ns_per_event", "--drain", "1"), 2, 1),
        (("--metrics", "cpu_ns_per_event"), 20, 0.1),
        (("--metrics", "loss_ratio", "--duration", "0.6"), 6, 0.1),
        (("--metrics", "age_p99_ns", "--duration", "1", "--rate", "5000"), 4, 0.25),
        (("--metrics", "program_ns_per_event", "--rate", "max"), 20, 0.1),
        (("--metrics", "bytes_written_per_event"), None, 1_000_000),
        (("--metrics", "allocations_per_event", "--drain", "9000"), None, 9000),
        (("--metrics", "syscalls_per_event"), None, 1_000_000),
    ],
)
def test_what_is_no_count_is_measured_in_windows(flags, windows, of_each):
    """An even number of them, which have together what was asked for; counts alone are taken in fresh trials."""
    (one,) = made(*flags).comparisons
    assert one.windows == one.a.windows == windows
    assert of_each in (one.b.drain_records, one.b.duration_s)


def test_a_block_of_instructions_is_one_trial_of_each_arm():
    """They take long and nothing in them drifts; other counts, and those of a stored baseline, are four as ever."""
    check = made("--metrics", "instructions_per_event,allocations_per_event", "--blocks", "6")
    assert [each.trials_a_block for each in check.comparisons] == [2, 4]
    assert check.most_trials == 6 * (2 + 4)
    assert Check.from_json(check.to_json()) == check
    parser = argparse.ArgumentParser()
    add_gate_options(parser)
    flags = flags_of(parser.parse_args(["--config", "/dev/null", "--metrics", "instructions_per_event"]))
    said, wishes = wanted(dataclasses.replace(flags, pairs=False), Wishes())
    (one,) = make_check(alone(["epoll"], wishes, "a", "b"), said).comparisons
    assert one.trials_a_block == 4


@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        (("--metrics", "ns_per_event,allocations_per_event"), ["drain"]),
        (("--metrics", "cpu_ns_per_event,ns_per_event"), ["load", "drain"]),
    ],
)
def test_what_is_sampled_is_a_pair_of_each_kind_that_is_gated(flags, kinds, monkeypatch):
    """With the load or the reader that the metric has; none where the kernel gives no clock, or arm A is stored."""
    said, wishes = wanted_of(*flags)
    arms = alone(["epoll"], wishes, "a", "b")
    check = make_check(arms, said)
    monkeypatch.setattr("harness.check.plan.unsupported", lambda: None)
    found = to_be_sampled(arms, said, check)
    assert [each.b.trial_kind for each in found] == kinds
    assert {(each.a.pass_, each.b.pass_) for each in found} == {("sampled", "sampled")}
    assert all(each.windows for each in found)
    assert to_be_sampled(arms, dataclasses.replace(said, pairs=False), check) == ()
    monkeypatch.setattr("harness.check.plan.unsupported", lambda: "no clock")
    assert to_be_sampled(arms, said, check) == ()


def test_a_stored_baseline_is_compared_in_fresh_trials():
    """No process of it could run by turns."""
    parser = argparse.ArgumentParser()
    add_gate_options(parser)
    parser.add_argument("--baseline")
    arguments = parser.parse_args(["--config", "/dev/null", "--metrics", "ns_per_event", "--baseline", "before.jsonl"])
    said, wishes = wanted(flags_of(arguments), Wishes())
    (one,) = make_check(alone(["epoll"], wishes, "a", "b"), said).comparisons
    assert (one.windows, one.b.drain_records) == (None, 1_000_000)
