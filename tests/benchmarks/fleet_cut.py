"""A fleet of four hosts of which two fail: python -m tests.benchmarks.fleet_cut >docs/results/fleet-cut.txt.

Each host is a network namespace of this machine, joined to the scheduler by TLS, with the time-outs that bench has: on
one a mode is slowed, the worker of one is killed by signal 9 in mid-trial, the link of one is cut for a minute in the
middle of its shard, and one is healthy. Needs root and Dask, and takes some minutes.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from harness.fleet.environment import find_dask
from results.fleet.file import read_fleet
from tests.kernel.harness.fleet.lab import Lab, wait_for, worker_in
from tests.repository import commit

HOSTS = ("healthy", "slowed", "killed", "cut")
TRIALS, CUT_S = 5, 60.0
# As harness/fleet/dask.yaml has it.
TCP_TIMEOUT_S = 180


def main() -> None:
    find_dask()
    from tests.kernel.harness.fleet.test_engine import PLAN, SLOWED, each_once, trials_of  # noqa: PLC0415 - Dask

    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    print(f"{datetime.now(UTC):%F}, Linux {os.uname().release}, {os.cpu_count()} CPUs, beside others' work\n")
    with tempfile.TemporaryDirectory() as name, Lab(Path(name), HOSTS, tcp_timeout_s=TCP_TIMEOUT_S) as lab:
        commit(lab.checkout, **{"slowed.py": SLOWED})
        plan = lab.plan("plan", *PLAN, "--trials", TRIALS, "--hosts", ",".join(HOSTS))
        out, scheduler = plan.with_suffix(".jsonl"), lab.scheduler()
        loops = {host: lab.worker(host, **({"SLOWED": "1"} if host == "slowed" else {})) for host in HOSTS}
        running = lab.run(plan, COLUMNS="160")
        say(f"a plan of {2 * TRIALS} trials a host is begun on {len(HOSTS)} hosts")
        for host in ("killed", "cut"):
            wait_for(f"trials of {host}", lambda host=host: trials_of(out, host) > 1, running, scheduler)  # type: ignore[misc]
        worker_in(loops["killed"]).kill()
        say(f"{trials_of(out, 'killed')} trials of killed are here; its worker is killed by signal 9")
        lab.cut("cut", cut=True)
        cut = time.monotonic()
        say(f"{trials_of(out, 'cut')} trials of cut are here; its link is cut")
        while time.monotonic() - cut < CUT_S:
            time.sleep(0.5)
            assert running.poll() is None, lab.said(running)
        lab.cut("cut", cut=False)
        say(f"{trials_of(out, 'cut')} trials of cut are here; its link is joined again after {CUT_S:g} s")
        status = running.wait(300)
        say(f"bench fleet run ended with status {status}")
        for lost in read_fleet(out).lost:
            say(f"{lost.host} is lost: {lost.lost}")
        if status:
            sys.exit(lab.said(running))
        each_once(out, HOSTS, TRIALS)
        for each in read_fleet(out).hosts:
            assert each.session is not None
            modes = Counter(trial.setting.mode for trial in each.session.trials)
            counts = ", ".join(f"{count} of {mode}" for mode, count in sorted(modes.items()))
            say(f"trials of {each.host}, each there once: {counts}")
        say(
            "away, as the scheduler saw it: "
            + (", ".join(re.findall(r"^(\w+): away", lab.said(running), re.M)) or "none")
        )
        verified = lab.start(lab.centre, lab.checkout / "bench", "verify", out)
        say(f"bench verify ended with status {verified.wait()}")
        print(
            "\n"
            + "\n".join(line for line in lab.said(running).splitlines() if "stands out" in line or "least with" in line)
        )


if __name__ == "__main__":
    main()
