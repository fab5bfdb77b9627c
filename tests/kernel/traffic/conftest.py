from __future__ import annotations

from collections.abc import Iterator

import pytest

from traffic.testbed import Testbed


@pytest.fixture
def bed() -> Iterator[Testbed]:
    with Testbed() as testbed:
        yield testbed
