"""The variants of the experiment. Beside what its name says, each is `null` by callback, in epoll, in a closed loop."""

import dataclasses
from collections.abc import Iterator, Mapping

from bpf.channel import record_channels
from bpf.cpus import online_cpus
from harness.explain.absent import ABSENT_S
from harness.plan import drain_setting, load_setting
from harness.wishes import DEFAULT_RING_BYTES, Wishes
from results.errors import BadInput
from results.trial import Setting

TRAFFIC = "udp-closed-port"
# A load that every machine can offer and every mode can take.
OPEN_LOOP = 50_000.0
DRAINED = 32_000
RARELY = str(64 << 10)
# A ring of the usual size would be looked at sooner than LONG_NS, lest it overflow.
ROOMY = 8 << 20
SHORT_NS, USUAL_NS, LONG_NS = 500_000, 5_000_000, 20_000_000


def variants(duration_s: float) -> Mapping[str, Setting]:
    """Settle the experiment's variants by name; results/explain/hypotheses.py says what each is for.

    Raises BadInput for a trial that the absent consumer would return to.
    """
    if not 0 < duration_s < ABSENT_S - 0.5:
        raise BadInput(f"--duration is above 0 and below {ABSENT_S - 0.5:g} seconds; it is {duration_s:g}")
    wishes = Wishes(reader="callback", sender="packet", intended_load=None, duration_s=duration_s)

    def variant(mode: str, **changes: object) -> Setting:
        return load_setting(mode, TRAFFIC, dataclasses.replace(wishes, **changes))  # type: ignore[arg-type]

    def paced(interval_ns: int, **changes: object) -> Setting:
        return variant("null", **{"wait": "paced", "wakeup": "none", "interval_ns": interval_ns, **changes})

    def by_channels() -> Iterator[tuple[str, Setting]]:
        """Let each CPU have as much as the usual ring, in each channel that this machine can use."""
        for name, channel in record_channels().items():
            apart: dict[str, object] = {"channel": name, "ring_size_bytes": DEFAULT_RING_BYTES * len(online_cpus())}
            if name != "ring" and channel.unsupported() is None:
                yield (
                    (f"null, {name}", variant("null", **apart))
                    if channel.wakes
                    else (f"null, paced, {name}", paced(USUAL_NS, **apart))
                )

    drained = Wishes(reader="callback")
    return {
        "null": variant("null"),
        "work": variant("work"),
        "file": variant("file"),
        "null, notified rarely": variant("null", wakeup=RARELY),
        "file, notified rarely": variant("file", wakeup=RARELY),
        "null, busy": variant("null", wait="busy", wakeup="none"),
        "null, paced": paced(USUAL_NS),
        "null, paced and forced": paced(USUAL_NS, wakeup="force"),
        "null, short batches": paced(SHORT_NS, ring_size_bytes=ROOMY),
        "null, long batches": paced(LONG_NS, ring_size_bytes=ROOMY),
        **dict(by_channels()),
        "null, pausing": variant("harness.explain.pausing"),
        "null, calling": variant("harness.explain.calling"),
        "null, flushing": variant("harness.explain.flushing"),
        "null, same CPU": variant("harness.explain.null_same_cpu"),
        "file, same CPU": variant("harness.explain.file_same_cpu"),
        "nobody reads": variant("harness.explain.absent", wait="paced", wakeup="none"),
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
