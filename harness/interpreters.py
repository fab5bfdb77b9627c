"""Other interpreters that consumers run with: each has an environment beside ours, which ./bench makes (setup.sh)."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bpf.errors import CannotRun
from bpf.own_code import read_source
from harness.machine.checkout import checkout, launcher
from results.errors import BadInput

# A build without the lock (PEP 703) allocates and collects in ways of its own.
_VERSION = (
    "import platform, sysconfig; "
    "print(platform.python_version() + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
)


def environment_of(name: str) -> Path:
    """Name the folder of the environment for an interpreter that was so named, as harness/setup.sh does."""
    return checkout() / f".venv-python-{name.replace('/', '@')}"


def interpreters(names: Sequence[str]) -> Mapping[str, Path]:
    """Find the environments' interpreters, by version.

    Raises BadInput for one that others could have written, and for two of one version; CannotRun where there is no
    environment for one.
    """
    found: dict[str, Path] = {}
    named: dict[str, str] = {}
    for name in names:
        python = environment_of(name) / "bin" / "python"
        if not python.exists():
            raise CannotRun(
                f"there is no environment for --python {name}", f"start bench by {launcher()}, which makes it"
            )
        read_source(python.resolve(), "interpreter")
        version = subprocess.run(
            [python, "-I", "-c", _VERSION], capture_output=True, text=True, check=True
        ).stdout.strip()
        if version in found:
            raise BadInput(f"--python {named[version]} and {name} are both Python {version}: name one of them")
        found[version], named[version] = python, name
    return found
