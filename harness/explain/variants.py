"""The variants of the experiment. Beside what its name says, each is `null` by callback, in epoll, in a closed loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from harness.plan import Wishes, drain_setting, load_setting
from results.trial import Setting

TRAFFIC = "udp-closed-port"
# A load that every machine can offer and every mode can take.
OPEN_LOOP = 50_000.0
DRAINED = 32_000
RARELY = str(64 << 10)
SHORT_NS, USUAL_NS, LONG_NS = 500_000, 5_000_000, 20_000_000


def variants(duration_s: float) -> Mapping[str, Setting]:
    """Settle the experiment's variants by name; results/explain/hypotheses.py says what each is for."""
    wishes = Wishes(reader="callback", sender="packet", intended_load=None, duration_s=duration_s)

    def variant(mode: str, **changes: object) -> Setting:
        return load_setting(mode, TRAFFIC, dataclasses.replace(wishes, **changes))  # type: ignore[arg-type]

    def paced(interval_ns: int, wakeup: str = "none") -> Setting:
        return variant("null", wait="paced", interval_ns=interval_ns, wakeup=wakeup)

    drained = Wishes(reader="callback")
    return {
        "null": variant("null"),
        "work": variant("work"),
        "file": variant("file"),
        "null, notified rarely": variant("null", wakeup=RARELY),
        "file, notified rarely": variant("file", wakeup=RARELY),
        "null, busy": variant("null", wait="busy", wakeup="none"),
        "null, paced": paced(USUAL_NS),
        "null, paced and forced": paced(USUAL_NS, "force"),
        "null, short batches": paced(SHORT_NS),
        "null, long batches": paced(LONG_NS),
        "null, pausing": variant("harness.explain.pausing"),
        "null, calling": variant("harness.explain.calling"),
        "null, flushing": variant("harness.explain.flushing"),
        "null, same CPU": variant("harness.explain.null_same_cpu"),
        "file, same CPU": variant("harness.explain.file_same_cpu"),
        # It looks once at the beginning and sleeps through the rest; what fits into the ring is read at the end.
        "nobody reads": paced(round(duration_s * 1.2e9)),
        "null, open loop": variant("null", intended_load=OPEN_LOOP),
        "file, open loop": variant("file", intended_load=OPEN_LOOP),
        "null, drain": drain_setting("null", DRAINED, drained),
        "file, drain": drain_setting("file", DRAINED, drained),
    }


# Those whose insides tell something: how often the kernel woke them, and how long the program took.
LOOKED_INTO = (
    "null", "work", "file", "null, notified rarely", "null, paced", "null, paced and forced", "null, pausing",
)  # fmt: skip


def looked_into(settled: Mapping[str, Setting]) -> Mapping[str, Setting]:
    """Return the variants that are run again with the kernel's probes on."""
    return {name: dataclasses.replace(settled[name], pass_="kernel") for name in LOOKED_INTO}
