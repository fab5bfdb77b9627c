"""Under which load a channel loses, and how old events are: 1 MiB in all, synthetic records from two CPUs."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LOADS = (500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000)


def measure(out: Path) -> None:
    """Run `null` by every channel under each load, a session each; `out` is made anew."""
    out.unlink(missing_ok=True)
    for load in LOADS:
        words = (
            f"--mode null --channel all --producers 2 --traffic synthetic --rate {load} --duration 0.5 "
            "--trials 3 --pass timed,latency --seed 1 --retries 0 --quiet"
        )
        subprocess.run(
            [sys.executable, "-m", "harness", "run", *words.split(), "--out", out],
            cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
