"""The generator process of one trial: enters the testbed, waits for `go`, offers the load, and says what it sent.

For synthetic load it first hears, under `emitter`, which program and maps to use. Its messages: `ready`; `done` with
what was really sent; `failed` when it cannot start. SIGUSR1 ends it early.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bpf.errors import CannotRun
from harness.control import Harness
from harness.machine.privileges import drop_all_but
from results.errors import BadInput
from traffic.offer import offer
from traffic.outlet import Outlet
from traffic.schedule import NS_PER_S, make_schedule
from traffic.senders import SenderName, open_sender
from traffic.senders.packet import PacketSender
from traffic.senders.synthetic import SyntheticSender
from traffic.senders.xdp import XdpSender


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorSpec:
    """All that a generator is told. `rate` is frames per second, None as fast as it goes; `frames` are sent in turn."""

    sender: SenderName
    outlet: Outlet
    frames: Sequence[bytes]
    rate: float | None
    shape: str
    duration_s: float
    seed: int
    cpu: int | None

    def to_json(self) -> dict[str, Any]:
        return {
            "sender": self.sender,
            "outlet": asdict(self.outlet),
            "frames": [frame.hex() for frame in self.frames],
            "rate": self.rate,
            "shape": self.shape,
            "duration_s": self.duration_s,
            "seed": self.seed,
            "cpu": self.cpu,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> GeneratorSpec:
        return cls(
            sender=row["sender"],
            outlet=Outlet(**row["outlet"]),
            frames=[bytes.fromhex(frame) for frame in row["frames"]],
            rate=row["rate"],
            shape=row["shape"],
            duration_s=row["duration_s"],
            seed=row["seed"],
            cpu=row["cpu"],
        )


def main(arguments: list[str]) -> int:
    harness = Harness(arguments)
    try:
        _run(GeneratorSpec.from_json(harness.receive()["spec"]), harness)
    except CannotRun as error:
        harness.send({"failed": {"what": error.what, "cure": error.cure}})
    except BadInput as error:
        harness.send({"failed": {"what": str(error), "cure": None}})
    except OSError as error:
        harness.send({"failed": {"what": str(error), "cure": "run `bench doctor`, then try again"}})
    return 0


def _run(spec: GeneratorSpec, harness: Harness) -> None:
    if spec.cpu is not None:
        os.sched_setaffinity(0, {spec.cpu})
    stop: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, _frame: stop.append(number))
    duration_ns = round(spec.duration_s * NS_PER_S)
    schedule = None if spec.rate is None else make_schedule(spec.rate, duration_ns, spec.shape, spec.seed)
    with _open_sender(spec, harness) as sender:
        drop_all_but()  # to send through what is open takes none
        # A collection in the middle of a burst would be lateness of our own making.
        gc.disable()
        harness.send({"ready": {}})
        start_ns = harness.receive()["go"]
        offered = offer(sender, schedule, start_ns=start_ns, duration_ns=duration_ns, stop=lambda: bool(stop))
        times = os.times()
        harness.send({"done": {**offered.to_json(), "cpu_s": times.user + times.system}})


def _open_sender(spec: GeneratorSpec, harness: Harness) -> PacketSender | XdpSender | SyntheticSender:
    """Open the sender; one of synthetic records waits to hear which program emits them."""
    if spec.sender != "synthetic":
        return open_sender(spec.sender, spec.outlet, spec.frames)
    return SyntheticSender(harness.receive()["emitter"], spec.frames)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
