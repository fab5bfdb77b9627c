"""Put bench where `bench` and `sudo bench` find it from any folder: a link in /usr/local/bin to this checkout."""

import argparse
import shutil
import sys

from bpf.errors import CannotRun
from harness.commands.parts.status import DONE
from harness.machine.checkout import LINK, points_here, script
from harness.machine.privileges import to_type

NEEDS = "root"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(_arguments: argparse.Namespace) -> int:
    if points_here():
        print(f"{LINK} is already {script()}")
        return DONE
    try:
        LINK.symlink_to(script())
    except FileExistsError as error:
        raise CannotRun(
            f"{LINK} is there and is not this checkout's", f"if it is not needed, {to_type(f'rm {LINK}')}"
        ) from error
    except OSError as error:
        raise CannotRun(
            f"{LINK} could not be made ({error.strerror})", f"make {LINK.parent} a writable folder"
        ) from error
    if shutil.which("bench") != str(LINK):
        print(
            f"bench: {LINK.parent} is not on this PATH; for sudo, add it to secure_path in /etc/sudoers (visudo)",
            file=sys.stderr,
        )
    print(f"{LINK} is now {script()}: `bench` runs as root what that folder holds")
    return DONE
