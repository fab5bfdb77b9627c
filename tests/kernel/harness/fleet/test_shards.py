"""A plan, its shards run one by one, and what they bring back: the whole way that needs no engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from results.fleet.file import read_fleet
from results.fleet.shard import read_shard
from tests.kernel.bench import CHECKOUT, OWN_MOUNTS, PATIENCE, bench_here, surroundings
from tests.nobody import NOBODY
from tests.repository import commit, git

SMALL = ("--rate", "5000", "--duration", "0.3", "--trials", "1", "--pass", "timed", "--retries", "0")
QUIET = ("--foreign-limit", "1", "--steal-limit", "1", "--run-delay-limit", "1")
MARKED = """
import os
from pathlib import Path
from modes import Mode

Path(os.environ["BENCH_TEST_MARK"]).touch()


class Marked(Mode):
    def take(self, batch):
        self.consumed += len(batch)
"""


class Place:
    """A repository of this very tree, all of it committed, with a mode that leaves a mark wherever it is imported."""

    def __init__(self, folder: Path) -> None:
        self.top, self.mark, self.key = folder / "bench", folder / "mark", folder / "key"
        self.top.mkdir()
        for name in ("bpf", "harness", "modes", "results", "traffic"):
            shutil.copytree(CHECKOUT / name, self.top / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("bench", "requirements.txt", "requirements-dev.txt", ".gitignore"):
            shutil.copy2(CHECKOUT / name, self.top / name)
        commit(self.top, marked_py=MARKED)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        self.allowed = folder / "allowed_signers"
        self.allowed.write_text(f"ops@example.org {Path(f'{self.key}.pub').read_text()}")

    def bench(self, *words: object, before: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
        typed = [*before, sys.executable, "-m", "harness", *map(str, words)]
        # Here, bytecode is nobody's but ours; without it each start takes seconds.
        kept = {"PYTHONDONTWRITEBYTECODE": "", "BENCH_TEST_MARK": str(self.mark), **more}
        surrounded = surroundings(PYTHONPATH=str(self.top), **kept)
        return subprocess.run(
            typed, cwd=self.top, env=surrounded, capture_output=True, text=True, timeout=120 * PATIENCE, check=False
        )

    def plan(self, out: Path, *words: object) -> None:
        planned = self.bench("fleet", "plan", *SMALL, *QUIET, *words, "--out", out)
        assert planned.returncode == 0, planned.stderr
        assert re.search(r"plan \S+: .* of commit \w{12}, seed \d+, (not )?signed, good until 20", planned.stderr)
        self.mark.unlink(missing_ok=True)

    def refuses(self, shard: Path, says: str, *words: object, before: tuple[str, ...] = ()) -> None:
        """See that a shard is refused by name, and that nothing of it was run."""
        out = shard.with_name("refused.jsonl")
        ended = self.bench("fleet", "shard", shard, "--host", "a", "--out", out, *words, before=before)
        assert ended.returncode == 2, ended.stderr
        assert ended.stderr.startswith(f"bench: shard {shard} is refused: ")
        assert says in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
        assert not out.exists()
        assert not self.mark.exists()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("a fleet"))


def test_shards_are_run_by_themselves_and_merged(place: Place, tmp_path: Path) -> None:
    """Planned for two hosts and signed; one is run, then the other; each planned trial is there once."""
    folder, out = tmp_path / "plan", tmp_path / "fleet.jsonl"
    place.plan(folder, "--mode", "./marked.py", "--hosts", "a,b", "--seed", "5", "--sign", place.key)
    schema = Draft202012Validator(json.loads((CHECKOUT / "results/fleet/shard.schema.json").read_text()))
    for number in (1, 2):
        schema.validate(json.loads((folder / f"{number}.json").read_text()))
    signed = ("--allowed-signers", place.allowed, "--quiet")
    own = {host: tmp_path / f"{host}.jsonl" for host in "ab"}
    for number, host in enumerate("ab", start=1):
        ran = place.bench("fleet", "shard", folder / f"{number}.json", "--host", host, "--out", own[host], *signed)
        assert ran.returncode == 0, ran.stderr
        assert place.mark.exists()
        if host == "a":
            merged = place.bench("fleet", "merge", folder, own["a"], "--out", out)
            assert merged.returncode == 5
            assert "shard 2 for host b is lost" in merged.stderr
            out.unlink()
    again = place.bench(
        "fleet", "shard", folder / "1.json", "--host", "a", "--out", own["a"], "--resume", "--json", *signed
    )
    assert (again.returncode, again.stdout) == (0, ""), again.stderr
    merged = place.bench("fleet", "merge", folder, own["b"], own["a"], "--out", out)
    assert merged.returncode == 0, merged.stderr
    fleet = read_fleet(out)
    assert [each.host for each in fleet.hosts] == ["a", "b"]
    for each in fleet.hosts:
        assert each.session is not None
        (session,), trials = each.session.sessions, each.session.trials
        assert [trial.number for trial in trials] == [0]
        assert all(trial.valid for trial in trials)
        assert session.seed == each.shard.seed
        assert [source.mode for source in session.modes] == ["./marked.py"]
    assert place.bench("verify", out).returncode == 0


def test_what_is_refused_is_refused_by_name_and_nothing_is_run(place: Place, tmp_path: Path) -> None:
    """Altered, expired, unsigned where the machine has a list, of another commit, in a dirty tree: never imported."""
    folder = tmp_path / "plan"
    place.plan(folder, "--mode", "./marked.py", "--hosts", "a")
    shard = folder / "1.json"
    text = shard.read_text()
    expired = replace(read_shard(text.encode()), expires_at="2026-11-28T00:00:00+00:00")
    shard.write_text(json.dumps(expired.to_json()))
    place.refuses(shard, "it expired at")
    shard.write_text(text.replace('"trials": 1', '"trials": 100'))
    place.refuses(shard, "it was altered")
    shard.write_text(text)
    place.refuses(shard, f"it is not signed, and {place.allowed} is there", "--allowed-signers", place.allowed)
    # The list of the machine itself, in a namespace that has one.
    etc = tmp_path / "etc"
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    (etc / "bench").mkdir()
    shutil.copy2(place.allowed, etc / "bench/allowed_signers")
    listed = (*OWN_MOUNTS, "sh", "-c", 'mount --bind "$1" /etc && shift && exec "$@"', "sh", str(etc))
    place.refuses(shard, "it is not signed, and /etc/bench/allowed_signers is there", before=listed)
    changed = place.top / "modes/null.py"
    before = changed.read_text()
    changed.write_text(f"{before}\n# more\n")
    place.refuses(shard, "is dirty: files differ from its commit")
    dirty = place.bench("fleet", "plan", "--mode", "null", "--out", tmp_path / "dirty")
    assert dirty.returncode == 2
    assert "is dirty" in dirty.stderr
    changed.write_text(before)
    old = git(place.top, "rev-parse", "HEAD")
    commit(place.top, "another", more="1")
    try:
        place.refuses(shard, f"it is for commit {old[:12]}, and")
    finally:
        git(place.top, "reset", "-q", "--hard", old)


@pytest.mark.slow
def test_a_repository_around_bench_holds_the_modes(place: Place, tmp_path: Path) -> None:
    """One commit pins both: it is the shard's, and a mode is named from its top."""
    top, out = tmp_path / "around", tmp_path / "plan"
    commit(top, mine_py="from modes.null import Null\n\n\nclass Mine(Null):\n    pass\n")
    git(top, "submodule", "add", "-q", str(place.top), "bench")
    around = commit(top)
    words = [sys.executable, "-m", "harness", "fleet", "plan", "--mode", "./mine.py", *SMALL, "--out", str(out)]
    planned = subprocess.run(
        words, cwd=top, env=surroundings(PYTHONPATH=str(top / "bench")), capture_output=True, text=True, check=False
    )
    assert planned.returncode == 0, planned.stderr
    assert json.loads((out / "1.json").read_text())["commit"] == around


@pytest.mark.slow
def test_who_may_have_root_run_shards_chooses_no_file_of_root_s(place: Place, tmp_path: Path) -> None:
    """An engine that is nobody, and may call sudo for signed shards: what it may not write, is not written for it."""
    plan, sudo = tmp_path / "plan", {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
    place.plan(plan, "--mode", "null", "--hosts", "a")
    words = ("fleet", "shard", plan / "1.json", "--host", "a", "--quiet", "--out")
    with tempfile.TemporaryDirectory() as folder:
        roots, theirs = Path(folder) / "root's", Path(folder) / "theirs"
        for each in (Path(folder), roots, theirs):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        os.chown(theirs, NOBODY, NOBODY)
        (theirs / "link").symlink_to(roots)
        os.chown(theirs / "link", NOBODY, NOBODY, follow_symlinks=False)
        for out in (roots / "out", theirs / "link/out"):
            refused = place.bench(*words, out, **sudo)
            assert (refused.returncode, refused.stderr) == (2, f"bench: cannot write {out}: Permission denied\n")
        assert not [*roots.iterdir()]
        ran = place.bench(*words, theirs / "out", **sudo)
        assert ran.returncode == 0, ran.stderr
        assert (theirs / "out").stat().st_uid == NOBODY


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--mode", "exec:./bench"], "--mode exec:./bench runs only from a signed plan"),
        (["--mode", "null", "--sign", "nokey"], "--sign nokey cannot sign"),
    ],
    ids=str,
)
def test_what_no_host_would_take_is_not_planned(place: Place, tmp_path: Path, words: list[str], says: str) -> None:
    """And no folder is left of it."""
    refused = place.bench("fleet", "plan", *words, "--out", tmp_path / "plan")
    assert refused.returncode == 2
    assert says in refused.stderr
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--mode", "null", "--hosts", "a,a"], "host a is named twice"),
        (["--mode", "null", "--hosts", "a;b"], "a name has letters"),
        (["--mode", "null", "--classes", "k:0"], "1 to 100000 shards"),
        (["--mode", "null", "--classes", "k"], "a name has letters"),
        (["--mode", "null", "--expires", "0s"], "good for a time above 0"),
        (["--mode", "null", "--trials", "0"], "--trials must be at least 1"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, words: list[str], says: str) -> None:
    """Whatever the tree is like."""
    refused = bench_here("fleet", "plan", *words, "--out", tmp_path / "plan")
    assert refused.returncode == 2
    assert says in refused.stderr
    assert not (tmp_path / "plan").exists()
