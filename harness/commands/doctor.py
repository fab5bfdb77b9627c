"""Say what this machine lacks or what makes it noisy, each with its cure.

It keeps every CPU busy for a second, to see how much of that time the host takes away; --no-spin leaves this out.
With --probes, it measures instead what the probes of the timed pass cost; that takes about two minutes, and root.

Exit status 0: bench can run here (warnings or not); 4: it cannot.
"""

import argparse
import json
import shutil
import sys
import textwrap

from harness.commands.parts.status import CANNOT_RUN, DONE
from harness.doctor import examine
from results.shown import shown

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")
    parser.add_argument("--no-spin", action="store_true", help="do not keep every CPU busy for a second")
    parser.add_argument("--probes", action="store_true", help="measure what the probes of the timed pass cost")


def run(arguments: argparse.Namespace) -> int:
    if arguments.probes:
        # Measuring needs numpy; doctor itself must work where nothing is installed.
        from harness.probes.cost import probe_costs  # noqa: PLC0415

        findings = probe_costs()
    else:
        findings = examine(spin=not arguments.no_spin)
    if arguments.json:
        json.dump([finding.to_json() for finding in findings], sys.stdout, indent=2)
        print()
    else:
        for finding in findings:
            _print(finding.level, finding.what)
            if finding.cure is not None:
                _print("", f"cure: {finding.cure}")
    return CANNOT_RUN if any(finding.level == "missing" for finding in findings) else DONE


def _print(level: str, text: str) -> None:
    """Print a line of two columns; a terminal's is broken at its width, and goes on in the second."""
    line = shown(f"{level:<10} {text}")
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        line = textwrap.fill(line, width, subsequent_indent=" " * 11, break_long_words=False, break_on_hyphens=False)
    print(line)
