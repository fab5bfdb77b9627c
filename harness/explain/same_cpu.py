"""Move a consumer to the sender's CPU."""

import os


def move_to_senders_cpu() -> None:
    """Pin this process to where harness.trial.choose_place puts the sender: the second CPU that the parent may use."""
    allowed = sorted(os.sched_getaffinity(os.getppid()))
    if len(allowed) > 1:
        os.sched_setaffinity(0, {allowed[1]})
