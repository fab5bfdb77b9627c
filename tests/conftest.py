"""What holds for every test."""

from __future__ import annotations

import os

# No test may ask whoever runs it for a password, or become root because they need none.
os.environ["BENCH_NO_SUDO"] = "1"
