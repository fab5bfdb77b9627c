"""Put bench where `bench` and `sudo bench` find it from any folder: a link in /usr/local/bin to this checkout."""

from __future__ import annotations

import argparse
import shutil
import sys

from bpf.errors import CannotRun
from harness.cli import DONE
from harness.link import LINK, launcher, points_here
from harness.privileges import to_type

NEEDS = "root"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(arguments: argparse.Namespace) -> int:
    del arguments
    if points_here():
        print(f"{LINK} is already {launcher()}")
        return DONE
    try:
        LINK.symlink_to(launcher())
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
    print(f"{LINK} is now {launcher()}: `bench` runs as root what that folder holds")
    return DONE
