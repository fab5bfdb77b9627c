"""The generator process of one trial: enters the testbed, waits for `go`, offers the load, and says what it sent.

It is told to go once for each window of a pair, and ends when nobody is left to tell it.

What it hears and says is in harness/messages.py. SIGUSR1 ends it early.
"""

import gc
import os
import signal
import sys
import time
from dataclasses import replace

from bpf.errors import CannotRun
from harness.control import Parent
from harness.machine.privileges import drop_all_but
from harness.messages import Failed, GeneratorSpec, Go, Maps, Ready, Sent
from harness.probes.process import SCHEDSTAT, no_run_delay
from results.errors import BadInput
from traffic.offer import offer
from traffic.schedule import NS_PER_S, make_schedule
from traffic.senders import open_sender
from traffic.senders.packet import PacketSender
from traffic.senders.synthetic import SyntheticSender
from traffic.senders.xdp import XdpSender


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    try:
        _run(parent.receive(GeneratorSpec), parent)
    except CannotRun as error:
        parent.send(Failed(what=error.what, cure=error.cure))
    except BadInput as error:
        parent.send(Failed(what=str(error)))
    except OSError as error:
        parent.send(Failed(what=str(error), cure="run `bench doctor`, then try again"))
    return 0


def _run(spec: GeneratorSpec, parent: Parent) -> None:
    if spec.cpu is not None:
        os.sched_setaffinity(0, {spec.cpu})
    stop: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, _frame: stop.append(number))
    duration_ns = round(spec.duration_s * NS_PER_S)
    schedule = None if spec.rate is None else make_schedule(spec.rate, duration_ns, spec.shape, spec.seed)
    with _open_sender(spec, parent) as sender:
        drop_all_but()  # to send through what is open takes none
        # A collection in the middle of a burst would be lateness of our own making.
        gc.disable()
        parent.send(Ready())
        while True:
            start_ns = parent.receive(Go).at_ns
            stop.clear()
            began_ns = _busy_at_start_ns()
            offered = offer(
                sender, schedule, start_ns=start_ns, duration_ns=duration_ns, stop=lambda: bool(stop), spins=spec.spins
            )
            busy_ns = _busy_at_end_ns() - began_ns
            times = os.times()
            sent = Sent(offered=offered, cpu_s=times.user + times.system, busy_ns=busy_ns)
            if isinstance(sender, SyntheticSender):
                sent = replace(sent, emitted=sender.emitter.emitted, emitting_ns=sender.emitter.spent_ns)
            parent.send(sent)


def _busy_at_start_ns() -> int:
    """Read the clock less what was waited for a CPU. What comes between two readings only ever adds to the time."""
    now_ns = time.monotonic_ns()
    return now_ns - _waited_ns()


def _busy_at_end_ns() -> int:
    waited_ns = _waited_ns()
    return time.monotonic_ns() - waited_ns


def _waited_ns() -> int:
    return 0 if no_run_delay() else int(SCHEDSTAT.read_text(encoding="utf-8").split()[1])


def _open_sender(spec: GeneratorSpec, parent: Parent) -> PacketSender | XdpSender | SyntheticSender:
    """Open the sender; one of synthetic records waits to hear which program emits them."""
    if spec.sender != "synthetic":
        return open_sender(spec.sender, spec.outlet, spec.frames)
    emitter = parent.receive(Maps).emitter
    assert emitter is not None
    return SyntheticSender(emitter, spec.frames, spec.slot)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
