"""The Debian package and the container recipe hold what a checkout has and set-up installs.

tests/distros/run builds and tries both: --package, --container.
"""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from harness.machine.checkout import VERSION

CHECKOUT = Path(__file__).resolve().parents[1]
SETUP = """
here=$1
. "$here/harness/setup.sh"
any_exists() { false; }
command() { [ "$2" = apt-get ]; }
ready=
missing_packages kernel
"""


def test_the_package_is_of_this_version() -> None:
    """dpkg takes the version from debian/changelog; the command says its own."""
    first = (CHECKOUT / "debian/changelog").read_text().splitlines()[0]
    assert first.startswith(f"bench ({VERSION}) ")


def test_the_package_holds_what_a_checkout_is_run_from() -> None:
    """All but what is for tests, for CI and for who works on it."""
    patterns = [line.split()[0] for line in (CHECKOUT / "debian/bench.install").read_text().splitlines()]
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    top = {name.split("/")[0] for name in listed.splitlines() if not name.startswith((".", "debian/"))}
    left_out = {name for name in top if not any(fnmatch(name, pattern) for pattern in patterns)}
    assert left_out == {"action.sh", "action.yml", "findings", "test", "tests"}
    assert [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in top)] == []


@pytest.mark.parametrize(
    ("file", "besides"),
    [("debian/control", {"python3-venv"}), ("docs/examples/Containerfile", set())],
    ids=["package", "container"],
)
def test_what_set_up_installs_is_in_it(file: str, besides: set[str]) -> None:
    """On a Debian that has none of it; the package brings its environment, and so needs nothing to make one."""
    told = subprocess.run(["sh", "-c", SETUP, "sh", CHECKOUT], capture_output=True, text=True, check=True).stdout
    wanted = set(told.split()) - {"python3"}
    assert wanted >= {"python3-bpfcc", "nftables", "python3-venv"}
    text = (CHECKOUT / file).read_text()
    named = re.search(r"^Depends: (.*)$|install --no-install-recommends (.*) ", text, re.MULTILINE)
    assert named is not None
    assert wanted - besides <= set(re.findall(r"[\w.+-]+", named[0]))
