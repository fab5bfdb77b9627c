"""Options that several commands share, and how their words become numbers."""

from __future__ import annotations

import argparse
import dataclasses
import math
import re

from harness.commands.parts.roles import output
from harness.plan import DEFAULT_RING_BYTES, LONGEST_INTERVAL_NS, Wishes
from harness.probes.machine import Limits
from harness.probes.outside import Probing
from harness.probes.timeline import STEP_S

DEFAULT_LOAD = 100_000.0
DEFAULT_TRAFFIC = "udp-closed-port"

_BYTES = re.compile(r"(\d+)\s*(|k|kib|m|mib|g|gib)", re.IGNORECASE)
_POWERS = {"": 0, "k": 10, "m": 20, "g": 30}


def add_consumer_options(parser: argparse.ArgumentParser, *, mode_required: bool = True) -> None:
    """Add what chooses and tunes the consumer."""
    group = parser.add_argument_group("the consumer")
    group.add_argument("--mode", required=mode_required, metavar="MODE[,MODE…]", help="modes, files or modules; or all")
    group.add_argument("--reader", choices=["batch", "callback", "both"], help="how the ring is read (default: batch)")
    group.add_argument(
        "--wait", choices=["epoll", "paced", "busy", "backoff"], help="how the consumer waits (default: the mode's)"
    )
    group.add_argument("--decode", choices=["struct", "ctypes", "event"], help="how --reader callback decodes a record")
    group.add_argument("--format", choices=["text", "json", "raw"], help="what file, terminal, work make of an event")
    group.add_argument("--ring-size", type=byte_count, default=DEFAULT_RING_BYTES, metavar="BYTES", help="default: 1M")
    group.add_argument("--wakeup", metavar="adaptive|none|force|BYTES", help="when the kernel notifies the consumer")
    group.add_argument(
        "--interval",
        type=interval,
        metavar="MS",
        help="longest pause of paced (5) or aggregate (100)",
    )
    group.add_argument("--gc", choices=["on", "off", "freeze"], default="on", help="Python's garbage collector")


def add_load_options(parser: argparse.ArgumentParser) -> None:
    """Add what chooses the load."""
    group = parser.add_argument_group("the load")
    group.add_argument("--traffic", default=DEFAULT_TRAFFIC, metavar="KIND[,KIND…]", help=f"default: {DEFAULT_TRAFFIC}")
    group.add_argument(
        "--rate", type=load, default=DEFAULT_LOAD, metavar="N|max", help="drops a second (default: 100000)"
    )
    group.add_argument("--shape", default="constant", help="constant, poisson, burst:ON_MS,OFF_MS or ramp")
    group.add_argument(
        "--sender", default="auto", help="packet, xdp or auto (default: xdp for what packet cannot reach)"
    )
    group.add_argument("--duration", type=finite, default=5.0, metavar="S", help="seconds a trial (default: 5)")


def add_probe_options(parser: argparse.ArgumentParser) -> None:
    """Add what tunes the probes, and what the machine may do before a trial is disturbed."""
    limits = Limits()
    group = parser.add_argument_group("the probes")
    group.add_argument(
        "--timeline",
        type=finite,
        default=STEP_S,
        metavar="S",
        help=f"seconds a row of the timeline (default: {STEP_S:g})",
    )
    group.add_argument(
        "--steal-limit", type=finite, default=limits.steal, metavar="SHARE",
        help=f"CPU time that the host may take before a trial is disturbed (default: {limits.steal:g})",
    )  # fmt: skip
    group.add_argument(
        "--foreign-limit", type=finite, default=limits.foreign, metavar="SHARE",
        help=f"share of the CPUs in use that other processes may take before it is (default: {limits.foreign:g})",
    )  # fmt: skip
    group.add_argument(
        "--run-delay-limit", type=finite, default=limits.run_delay, metavar="SHARE",
        help=f"share of its time that the consumer may wait for a CPU before it is (default: {limits.run_delay:g})",
    )  # fmt: skip


def probing_of(arguments: argparse.Namespace) -> Probing:
    """Gather the options of the probes. Raises BadInput."""
    limits = Limits(steal=arguments.steal_limit, foreign=arguments.foreign_limit, run_delay=arguments.run_delay_limit)
    return Probing(limits=limits, timeline_step_s=arguments.timeline)


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add where results go."""
    group = parser.add_argument_group("the results")
    group.add_argument("--out", type=output, metavar="FILE", help="result file; an existing one gains a session")
    group.add_argument("--json", action="store_true", help="print the trial lines of the result file, and nothing else")
    group.add_argument("--quiet", action="store_true", help="no progress on stderr")


def wishes_of(arguments: argparse.Namespace) -> Wishes:
    """Gather the options of the consumer and the load."""
    return dataclasses.replace(
        consumer_wishes_of(arguments),
        sender=arguments.sender,
        shape=arguments.shape,
        intended_load=arguments.rate,
        duration_s=arguments.duration,
    )


def consumer_wishes_of(arguments: argparse.Namespace) -> Wishes:
    """Gather the options of the consumer alone."""
    return Wishes(
        reader=arguments.reader,
        wait=arguments.wait,
        decode=arguments.decode,
        format=arguments.format,
        wakeup=arguments.wakeup,
        interval_ns=None if arguments.interval is None else round(arguments.interval * 1e6),
        gc=arguments.gc,
        ring_size_bytes=arguments.ring_size,
    )


def byte_count(text: str) -> int:
    """Read 65536, 64K or 1MiB."""
    found = _BYTES.fullmatch(text.strip())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of bytes such as 65536, 64K or 1M")
    return int(found[1]) << _POWERS[found[2].lower()[:1]]


def finite(text: str) -> float:
    """Read a number that can be computed with: nan, inf and 1e999 are none."""
    number = float(text)
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no finite number")
    return number


def interval(text: str) -> float:
    """Read milliseconds that somebody can wait."""
    number, most = finite(text), LONGEST_INTERVAL_NS / 1e6
    if not 0 < number <= most:
        raise argparse.ArgumentTypeError(f"it must be above 0 ms, at most {most:g} (an hour); it is {number:g} ms")
    return number


def load(text: str) -> float | None:
    """Read drops per second, or max."""
    if text == "max":
        return None
    try:
        return finite(text.replace(",", "").replace("_", ""))
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number of drops a second nor max") from error
