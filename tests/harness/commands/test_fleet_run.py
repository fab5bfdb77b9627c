"""What `bench fleet run` and `bench fleet worker` refuse before a plan is read or Dask is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.bench import bench_here


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (
            ("run", "plan", "--on", "tls://host:8786"),
            "no certificate: name a folder that holds ca.pem, cert.pem, key",
        ),
        (("run", "plan", "--on", "tls://host:8786", "--tls", "tls"), "no certificate: there is no tls/ca.pem"),
        (("run", "plan", "--on", "tcp://host:8786"), "--on tcp://host:8786: it is local, ssh:"),
        (("run", "plan", "--on", "ssh:alone"), "--on ssh:alone: it is local, ssh:"),
        (("run", "plan", "--on", "ssh:a,,b"), "--on ssh:a,,b: it is local, ssh:"),
        (("run", "plan", "--patience", "9"), "--patience: with --on local there is no host to wait for"),
        (
            ("run", "plan", "--on", "ssh:a,b", "--folder", "f"),
            "--folder: only for --on local, where this machine is the host",
        ),
        (("run", "plan", "--tls", "t"), "--tls: certificates are for --on tls://"),
        (("worker", "tls://host:8786"), "no certificate: name a folder"),
        (("worker", "tcp://host:8786"), "tcp://host:8786: name it as tls://HOST:PORT"),
        (("worker",), "the scheduler: name it as tls://HOST:PORT"),
    ],
)
def test_an_engine_without_a_certificate_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], what: str
) -> None:
    """By name, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    refused = bench_here("fleet", *words, *(("--out", "fleet.jsonl") if words[0] == "run" else ()))
    assert (refused.returncode, what in refused.stderr) == (2, True), refused.stderr
    assert not [*tmp_path.iterdir()]


def test_a_certificate_without_its_key_is_none(tmp_path: Path) -> None:
    """Each of the three is looked for."""
    for name in ("ca.pem", "cert.pem"):
        (tmp_path / name).write_text("")
    refused = bench_here("fleet", "worker", "tls://host:8786", "--tls", tmp_path)
    assert (refused.returncode, f"there is no {tmp_path}/key.pem" in refused.stderr) == (2, True)


def test_how_python_is_started_with_dask_is_said_in_one_line() -> None:
    """As a shell reads it: ssh runs what stands there."""
    told = bench_here("fleet", "worker", "--python")
    assert (told.returncode, told.stdout.split()[0], told.stdout.count("\n")) == (0, "env", 1)
