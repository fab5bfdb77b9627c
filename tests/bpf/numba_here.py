"""Whether numba is installed beside bench (./test --all does it, and bench run --reader compiled)."""

import pytest

from bpf.errors import CannotRun
from bpf.machine_code import find_numba


def _lacking() -> str | None:
    try:
        find_numba()
    except CannotRun as error:
        return str(error)
    return None


LACKING = _lacking()
needs_numba = pytest.mark.skipif(LACKING is not None, reason=str(LACKING))
