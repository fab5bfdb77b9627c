"""What CONTRIBUTING.md shows as an example is a change that could be made to the code as it is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
EXAMPLES = re.findall(r"^```diff\n(.*?)^```$", (CHECKOUT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.splitlines()[1].removeprefix("+++ b/"))
def test_an_example_applies(example: str) -> None:
    """Its lines stand in the files that it changes, so that it shows what a reader will find there."""
    tried = subprocess.run(
        ["git", "apply", "--check", "-"], cwd=CHECKOUT, input=example, capture_output=True, text=True, check=False
    )
    assert tried.stderr == ""
