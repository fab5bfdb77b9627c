"""A laboratory of hosts on one machine: each in a network namespace of its own, joined to a scheduler's by a link."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

import psutil
from pyroute2 import IPRoute

from harness.fleet.environment import CERTIFICATES, ENVIRONMENT, packages
from tests.kernel.bench import CHECKOUT, OWN_MOUNTS, PATIENCE
from tests.repository import git
from traffic.testbed import LOOPBACK, Side

PORT = 8786
# A connection that is silent for so long is taken for broken: the shortest that Dask allows.
TCP_TIMEOUT_S = 11
WAIT_S = 120.0 * PATIENCE
# By Dask's own Python: its environment holds other versions of what tests import.
_MAKE_CERTIFICATES = """
import pathlib, sys
from distributed import Security
made = Security.temporary()
for file, text in zip(sys.argv[1:], (made.tls_ca_file, made.tls_client_cert, made.tls_client_key), strict=True):
    pathlib.Path(file).write_text(text)
"""
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")


def clean_checkout(folder: Path) -> Path:
    """Make a repository of what this checkout holds, committed or not, with environments that are this checkout's."""
    listed = git(CHECKOUT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it is")
    for name, locks in ((".venv", "requirements.txt requirements-dev.txt"), (ENVIRONMENT, "requirements-fleet.txt")):
        _environment(folder, name, locks)
    return folder


def _environment(folder: Path, name: str, locks: str) -> None:
    """Make an environment that holds the packages of the one of this checkout, and imports bench from the folder."""
    subprocess.run(
        ["/usr/bin/python3", "-m", "venv", "--without-pip", "--system-site-packages", folder / name], check=True
    )
    (packages,) = (folder / name).glob("lib/python3*/site-packages")
    own = CHECKOUT / name / packages.relative_to(folder / name)
    (packages / "bench.pth").write_text(f"{folder}\n{own}\n")
    if name == ENVIRONMENT:  # found by its packages alone
        packages.rmdir() if not any(packages.iterdir()) else shutil.rmtree(packages)
        packages.symlink_to(own)
    made_for = (CHECKOUT / name / "made-from").read_text().split()[0]
    key = f'here=$1 locks="{locks}" system_python=/usr/bin/python3; ' + _function("environment_key")
    told = subprocess.run(
        ["sh", "-c", f"{key}; environment_key", "sh", folder], check=True, capture_output=True, text=True
    )
    (folder / name / "made-from").write_text(f"{made_for} {told.stdout}\n")


def _function(name: str) -> str:
    """Take a function out of the launcher's set-up."""
    text = (CHECKOUT / "harness/setup.sh").read_text()
    return text[text.index(f"{name}() {{") :].split("\n}\n")[0] + "\n}"


class Lab(ExitStack):
    """Hosts, and a centre for a scheduler and whoever runs a plan; what is started ends with the context."""

    def __init__(self, folder: Path, hosts: tuple[str, ...], *, tcp_timeout_s: float = TCP_TIMEOUT_S) -> None:
        super().__init__()
        self.folder = folder
        self._surroundings = _surroundings(tcp_timeout_s)
        self._names = hosts
        self._started: list[subprocess.Popen[str]] = []
        self._scheduler: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.checkout = clean_checkout(self.folder / "check out")
        self.tls = certificates(self.folder / "tls")
        self.centre = self._side("centre")
        self.hosts = {name: self._side(name, number) for number, name in enumerate(self._names, start=1)}
        self.callback(self._end_all)
        return self

    def _side(self, name: str, number: int = 0) -> Side:
        """Make a namespace, and a link between it and the centre, of which the centre has the first address."""
        side = Side(name, f"10.77.{number}.2", "")
        self.callback(side.close)
        side.netlink(lambda route: route.link("set", index=LOOPBACK, state="up"))
        if number:
            peer = {"ifname": side.ifname, "net_ns_fd": side.namespace}
            self.centre.netlink(lambda route: route.link("add", ifname=name, kind="veth", peer=peer))
            self.centre.netlink(partial(_bring_up, ifname=name, address=f"10.77.{number}.1"))
            side.netlink(partial(_bring_up, ifname=side.ifname, address=side.ipv4))
            side.netlink(lambda route: route.route("add", dst="default", gateway=f"10.77.{number}.1"))
        else:
            side.write_sysctl("net/ipv4/ip_forward", 1)
        return side

    def scheduler_of(self, host: str) -> str:
        """Return the address of the scheduler as a host sees it."""
        return f"tls://{self.hosts[host].ipv4.removesuffix('2')}1:{PORT}"

    def cut(self, host: str, *, cut: bool) -> None:
        """Cut a host's link, or join it again."""
        index = self.centre.netlink(lambda route: route.link_lookup(ifname=host)[0])
        self.centre.netlink(lambda route: route.link("set", index=index, state="down" if cut else "up"))

    def start(self, side: Side, *words: object, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a namespace; what it says goes to a file beside its folder's others, for whoever asks."""
        said = (self.folder / f"said-{len(self._started)}").open("w+")
        self.callback(said.close)
        process = side.run(
            subprocess.Popen,
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
            env={**self._surroundings, **environment},
            cwd=self.checkout,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def said(self, process: subprocess.Popen[str]) -> str:
        return (self.folder / f"said-{self._started.index(process)}").read_text()

    def scheduler(self) -> subprocess.Popen[str]:
        """Start a scheduler as docs/fleet.md says, in the place of the one before."""
        if self._scheduler is not None:
            self._scheduler.kill()
            self._scheduler.wait()
        authority, certificate, key = (self.tls / name for name in CERTIFICATES)
        self._scheduler = self.start(
            self.centre,
            *(self.checkout / ENVIRONMENT / "bin/python", "-m", "distributed.cli.dask_scheduler"),
            *("--protocol", "tls", "--port", PORT, "--dashboard-address", "127.0.0.1:0"),
            *("--tls-ca-file", authority, "--tls-cert", certificate, "--tls-key", key),
            DASK_CONFIG=str(self.checkout / "harness/fleet/dask.yaml"),
        )
        return self._scheduler

    def worker(self, host: str, *, room: str = "", **environment: str) -> subprocess.Popen[str]:
        """Start a host's worker, which keeps what is the host's in a folder of its own, or on a disk of some room."""
        folder = self.folder / f"of-{host}"
        words = ("fleet", "worker", self.scheduler_of(host), "--host", host, "--tls", self.tls, "--folder", folder)
        folder.mkdir()
        mounted = f'mount -t tmpfs -o size={room} tmpfs "$0" && exec "$@"'
        disk = (*OWN_MOUNTS, "sh", "-c", mounted, folder) if room else ()
        return self.start(self.hosts[host], *disk, self.checkout / "bench", *words, **environment)

    def sshd(self, host: str, home: Path) -> None:
        """Start a host's ssh server, which knows the key of a home, and is known there."""
        folder = self.folder / f"of-{host}"
        (folder / "home").mkdir(parents=True)
        _keygen(folder / "key")
        public = (folder / "key.pub").read_text()
        with (home / ".ssh/known_hosts").open("a") as known:
            known.write(f"{self.hosts[host].ipv4} {public}")
        (folder / "sshd").write_text(
            f"HostKey {folder}/key\nPidFile none\nStrictModes no\nAuthorizedKeysFile {home}/.ssh/id_ed25519.pub\n"
            f"SetEnv HOME={folder}/home BENCH_NO_INSTALL=1\n"
        )
        own = f"mount -t tmpfs tmpfs /run && mkdir /run/sshd && hostname {host} && exec {SSHD} -D -e -f {folder}/sshd"
        self.start(self.hosts[host], *OWN_MOUNTS, "--uts", "sh", "-c", own)

    def plan(self, name: str, *words: object) -> Path:
        """Write a plan for all hosts."""
        told = self.start(self.centre, self.checkout / "bench", "fleet", "plan", *words, "--out", self.folder / name)
        assert told.wait(60) == 0, self.said(told)
        return self.folder / name

    def run(
        self, plan: Path, *words: object, on: str = f"tls://127.0.0.1:{PORT}", **more: str
    ) -> subprocess.Popen[str]:
        """Begin to carry a plan out."""
        known = (
            "--on",
            on,
            "--out",
            plan.with_suffix(".jsonl"),
            *(("--tls", self.tls) if on.startswith("tls") else ()),
        )
        return self.start(self.centre, self.checkout / "bench", "fleet", "run", plan, *known, *words, **more)

    def _end_all(self) -> None:
        for process in self._started:
            if process.poll() is None:
                for child in family(process):
                    child.kill()
                process.wait()


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """List a process and all below it, the lowest last."""
    try:
        first = psutil.Process(process.pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def worker_in(process: subprocess.Popen[str]) -> psutil.Process:
    """Find the worker itself below what starts it again when it ends."""

    def is_worker(each: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            words = each.cmdline()
            return words[-1:] == ["--once"] and "harness" in words
        return False

    return next(each for each in family(process) if is_worker(each))


def wait_for(what: str, done: Callable[[], bool], *processes: subprocess.Popen[str]) -> None:
    """Wait for something; none of these processes may end before."""
    deadline = time.monotonic() + WAIT_S
    while not done():
        assert all(process.poll() is None for process in processes), f"one ended before: {what}"
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


def home_with_key(folder: Path) -> Path:
    """Make a home with a key of ssh's."""
    (folder / ".ssh").mkdir(mode=0o700, parents=True)
    _keygen(folder / ".ssh/id_ed25519")
    return folder


def _keygen(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)


def certificates(folder: Path) -> Path:
    """Make an authority whose one certificate is everybody's."""
    folder.mkdir(mode=0o700)
    python = packages().parents[2] / "bin/python"
    subprocess.run([python, "-c", _MAKE_CERTIFICATES, *(folder / name for name in CERTIFICATES)], check=True)
    return folder


def _bring_up(route: IPRoute, *, ifname: str, address: str) -> None:
    index = route.link_lookup(ifname=ifname)[0]
    route.addr("add", index=index, address=address, prefixlen=24)
    route.link("set", index=index, state="up")


def _surroundings(tcp_timeout_s: float) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "PYTHON", "DASK_"))}
    return {
        **kept,
        "BENCH_NO_INSTALL": "1",
        "NO_COLOR": "1",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": f"{tcp_timeout_s}s",
    }
