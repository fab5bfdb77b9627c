"""What several producers did, told as one, and the ledger of each CPU."""

from dataclasses import replace

from harness.messages import Sent
from harness.producers import imbalance, together
from traffic.offer import Offered

OFFERED = Offered(
    sent=100, refused=1, unsent=2, first_ns=50, last_ns=90, bursts=3, largest_burst=40,
    lateness_p50_ns=5, lateness_p99_ns=7, lateness_max_ns=9,
)  # fmt: skip
SENT = Sent(offered=OFFERED, cpu_s=0.5, emitted=256, emitting_ns=1000)
ROW = {
    "cpu": 1, "drops_expected": 12, "observed": 12, "submitted": 9, "reserve_failed": 3, "aggregated": 0, "map_full": 0,
    "consumed": 4, "overwritten": 3, "unread": 2,
}  # fmt: skip


def test_counts_are_summed_and_lateness_is_the_worst() -> None:
    """The load lasts from the first frame of any to the last of any."""
    other = replace(
        OFFERED, sent=50, first_ns=40, last_ns=80, largest_burst=41, lateness_p50_ns=6, lateness_p99_ns=None
    )
    both = together([SENT, replace(SENT, offered=other)])
    assert both == Sent(
        offered=Offered(
            sent=150, refused=2, unsent=4, first_ns=40, last_ns=90, bursts=6, largest_burst=41,
            lateness_p50_ns=6, lateness_p99_ns=7, lateness_max_ns=9,
        ),
        cpu_s=1.0,
        emitted=512,
        emitting_ns=2000,
    )  # fmt: skip
    assert together([SENT]) is SENT


def test_one_that_died_makes_nothing_known_of_all() -> None:
    """What it had sent nobody can say."""
    assert together([SENT, Sent(died="the generator was killed by SIGKILL")]) == Sent(
        died="the generator was killed by SIGKILL"
    )


def test_each_equation_of_a_cpu_is_named_when_one_event_breaks_it() -> None:
    """With the CPU; drops that the kernel skipped are missed."""
    assert list(imbalance([ROW], 0)) == []
    assert list(imbalance([{**ROW, "drops_expected": 14}], 2)) == []
    for broken, skipped, says in (
        ({"drops_expected": 13}, 0, "CPU 1 made 13 drops"),
        ({"drops_expected": 11}, 5, "CPU 1 made 11 drops"),
        ({"submitted": 8, "consumed": 3}, 0, "found no room, 11"),
        ({"consumed": 5}, 0, "submitted 9 on CPU 1"),
    ):
        (said,) = imbalance([{**ROW, **broken}], skipped)
        assert says in said
