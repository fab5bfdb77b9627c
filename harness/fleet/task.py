"""What the engine asks of a host's worker. The scheduler reads it too, which may have Dask and nothing else of ours."""

from distributed import get_worker

TOPIC = "bench-fleet"
PLUGIN = "bench-fleet-host"
# A worker says by these what it is; the labels of a task choose by them, whatever its address is after a new start.
HOST, CLASS = "host:", "class:"
# How a session ends whose trials are all made: passed, regressed, inconclusive, or with an invalid one.
WHOLE, BAD_INPUT = (0, 1, 3, 5), 2


def carry_out(name: str, shard: bytes, signature: bytes | None) -> None:
    """Run a shard on the host that this is called on (harness/fleet/worker.py)."""
    get_worker().plugins[PLUGIN].carry_out(name, shard, signature)
