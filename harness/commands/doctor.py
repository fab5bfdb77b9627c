"""Say what this machine lacks or what makes it noisy, each with its cure.

With --probes, measure instead what the probes of the timed pass cost, which takes some two minutes and root.

Exit status 0: bench can run here (warnings or not); 4: it cannot.
"""

from __future__ import annotations

import argparse
import json
import sys

from harness.cli import CANNOT_RUN, DONE
from harness.doctor import Finding, examine

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")
    parser.add_argument("--probes", action="store_true", help="measure what the probes of the timed pass cost")


def run(arguments: argparse.Namespace) -> int:
    findings = _probe_costs() if arguments.probes else examine()
    if arguments.json:
        json.dump([finding.to_json() for finding in findings], sys.stdout, indent=2)
        print()
    else:
        for finding in findings:
            print(f"{finding.level:<10} {finding.what}")
            if finding.cure is not None:
                print(f"{'':<10} cure: {finding.cure}")
    return CANNOT_RUN if any(finding.level == "missing" for finding in findings) else DONE


def _probe_costs() -> list[Finding]:
    # Measuring needs numpy; doctor itself must work where nothing is installed.
    from harness.doctor._costs import probe_costs  # noqa: PLC0415

    return list(probe_costs())
