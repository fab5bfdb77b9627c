"""What a fleet's engine needs: Dask, an extra in an environment of its own (harness/setup.sh), and certificates."""

import importlib.util
import sys
import sysconfig
from pathlib import Path

from bpf.errors import CannotRun
from harness.machine.checkout import checkout
from results.errors import BadInput

ENVIRONMENT = ".venv-fleet"
SIZE_MB = 60
CERTIFICATES = ("ca.pem", "cert.pem", "key.pem")


def packages() -> Path:
    """Return the folder from which Python imports it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return checkout() / ENVIRONMENT / "lib" / version / "site-packages"


def find_dask() -> None:
    """Have Python find Dask. Raises CannotRun with what is to be typed where it is not installed.

    Behind bench's own packages, and before the distribution's, of which some are older (cryptography).
    """
    if str(packages()) not in sys.path:
        sys.path.insert(sys.path.index(sysconfig.get_path("purelib")) + 1, str(packages()))
        importlib.invalidate_caches()
    if importlib.util.find_spec("distributed") is None:
        raise CannotRun(
            "a fleet's engine, Dask, is not installed",
            f"start bench by {checkout() / 'bench'}, which installs it (about {SIZE_MB} MB)",
        )


def certificates_in(folder: Path | None) -> tuple[Path, ...]:
    """Find the authority, the certificate and its key in a folder. Raises BadInput where one is not there."""
    if folder is None:
        raise BadInput(f"no certificate: name a folder that holds {', '.join(CERTIFICATES)} with --tls DIR")
    found = tuple(folder / name for name in CERTIFICATES)
    for file in found:
        if not file.is_file():
            raise BadInput(f"no certificate: there is no {file}")
    return found
