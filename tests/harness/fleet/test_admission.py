"""A host refuses by name what it may not run of a plan: with real signatures, in real repositories."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.fleet.shard import admit, lock, read_plan, this_host
from harness.fleet.signing import sign
from harness.machine.fingerprint import fingerprint
from harness.machine.git import Repository
from results.errors import BadInput
from results.fleet.shard import Shard, class_of
from results.run import RunPlan
from tests.repository import commit, git
from tests.results.fleet.made_up import shards
from tests.results.made_up import setting

MODE = "from modes import Mode\n\n\nclass Mine(Mode):\n    def take(self, batch):\n        pass\n"


def key(folder: Path, name: str) -> Path:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path], check=True)
    return path


class Host:
    """A host with a repository at a commit, keys of two people, and a list that names one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.top = folder / "a repository"
        self.commit = commit(self.top, **{"mine_py": MODE, "tools/tool": "#!/bin/sh\n", "drops.bpf.c": "int x;\n"})
        (self.top / "tools/tool").chmod(0o755)
        self.commit = commit(self.top)
        self.ours, self.theirs = key(folder, "ours"), key(folder, "theirs")
        self.allowed = folder / "allowed_signers"
        self.allowed.write_text(
            f'ops@example.org,b@example.org namespaces="shard@bench" {Path(f"{self.ours}.pub").read_text()}'
        )

    def shard(self, **changes: Any) -> Shard:
        made = replace(shards("web-1")[0], commit=self.commit, lock=lock())
        return replace(made, **changes)

    def running(self, **changes: Any) -> Shard:
        """Make a shard of a run of one setting."""
        plan = RunPlan(settings=(setting(**changes),), trials=1)
        return self.shard(plan=json.loads(json.dumps(plan.to_json())))

    def write(self, shard: Shard | bytes, by: Path | None = None) -> Path:
        content = shard if isinstance(shard, bytes) else json.dumps(shard.to_json()).encode()
        path = self.folder / "1.json"
        path.write_bytes(content)
        signature = path.with_name("1.json.sig")
        signature.unlink(missing_ok=True)
        if by is not None:
            signature.write_bytes(sign(content, by))
        return path

    def admit(self, path: Path, *, host: str = "web-1", listed: bool = True) -> Shard:
        top = Repository.holding(self.top)
        assert top is not None
        return admit(path, top, host=host, allowed=self.allowed if listed else None)[0]

    def refuses(self, path: Path, says: str, **how: Any) -> None:
        with pytest.raises(BadInput) as error:
            self.admit(path, **how)
        assert str(error.value).startswith(f"shard {path} is refused: ")
        assert says in str(error.value)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path)
    monkeypatch.chdir(made.top)
    return made


def test_a_shard_that_is_signed_is_run(host: Host) -> None:
    """With any of the names that the list has for its key; where there is no list, an unsigned one too."""
    shard = host.shard()
    assert host.admit(host.write(shard, by=host.ours)) == shard
    assert host.admit(host.write(shard), listed=False) == shard
    own = host.shard(host=None, host_class=class_of(fingerprint()))
    assert host.admit(host.write(own), listed=False, host="whatever") == own


def altered(shard: Shard) -> bytes:
    return json.dumps(shard.to_json()).replace('"trials": 2', '"trials": 20').encode()


UNSIGNED: dict[str, tuple[Callable[[Host], Path], str]] = {
    "altered": (lambda host: host.write(altered(host.shard())), "it was altered: its id is not that of what it holds"),
    "expired": (
        lambda host: host.write(host.shard(expires_at=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())),
        "it expired at",
    ),
    "another host": (lambda host: host.write(host.shard(host="web-2")), "it is for host web-2, and this is web-1"),
    "another class": (
        lambda host: host.write(host.shard(host=None, host_class="6.1.0-64cpu-12345678")),
        "it is for a host of class 6.1.0-64cpu-12345678, and this one is of class",
    ),
    "another commit": (lambda host: host.write(host.shard(commit="a" * 40)), "it is for commit aaaaaaaaaaaa"),
    "another lock": (lambda host: host.write(host.shard(lock="b" * 64)), "another lock (bbbbbbbbbbbb"),
    "no plan of a fleet": (lambda host: host.write(host.shard(plan={"capacity": {}})), "that no fleet carries out"),
    "a damaged plan": (lambda host: host.write(host.shard(plan={"settings": [{}], "trials": 1})), "is damaged"),
    "no JSON": (lambda host: host.write(b"{"), "not JSON"),
    "not there": (lambda host: host.folder / "2.json", "No such file"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSIGNED)
def test_what_is_not_for_this_host_is_refused(host: Host, name: str) -> None:
    """Signed or not, since who signs plans for many hosts does not know this one."""
    make, says = UNSIGNED[name]
    path = make(host)
    if name == "not there":
        with pytest.raises(BadInput, match=says):
            host.admit(path, listed=False)
        return
    host.refuses(path, says, listed=False)
    path.with_name("1.json.sig").write_bytes(sign(path.read_bytes(), host.ours))
    host.refuses(path, says)


def test_a_dirty_tree_is_refused(host: Host) -> None:
    """What would run is then no commit's."""
    path = host.write(host.shard(), by=host.ours)
    (host.top / "mine.py").write_text(f"{MODE}\n# more\n")
    host.refuses(path, "is dirty: files differ from its commit")
    git(host.top, "checkout", "-q", "mine.py")
    assert host.admit(path)
    commit(host.top, "another")
    host.refuses(path, f"checkout {host.commit}")


def test_a_submodule_that_is_dirty_makes_the_tree_dirty(host: Host, tmp_path: Path) -> None:
    """As is bench itself, in a repository of modes around it."""
    commit(tmp_path / "inner", **{"a": "1"})
    git(host.top, "submodule", "add", "-q", str(tmp_path / "inner"), "inner")
    host.commit = commit(host.top)
    path = host.write(host.shard(), by=host.ours)
    assert host.admit(path)
    (host.top / "inner/a").write_text("2")
    host.refuses(path, "is dirty")


SIGNATURES: dict[str, tuple[Callable[[Host], Path], str]] = {
    "none": (lambda host: host.write(host.shard()), "it is not signed, and"),
    "a stranger's": (lambda host: host.write(host.shard(), by=host.theirs), "it is signed by nobody whom"),
    "no signature": (lambda host: with_signature(host, b"junk\n"), "it is signed by nobody whom"),
    "an empty one": (lambda host: with_signature(host, b""), "it is signed by nobody whom"),
    "of another content": (
        lambda host: with_signature(host, sign(json.dumps(host.shard(seed=1).to_json()).encode(), host.ours)),
        "it was altered since ops@example.org or b@example.org signed it",
    ),
    "for another purpose": (
        lambda host: with_signature(host, signed_for(host, "file")),
        "or was not signed as a shard",
    ),
}  # fmt: skip


def with_signature(host: Host, signature: bytes) -> Path:
    path = host.write(host.shard())
    path.with_name("1.json.sig").write_bytes(signature)
    return path


def signed_for(host: Host, namespace: str) -> bytes:
    words = ["ssh-keygen", "-Y", "sign", "-f", str(host.ours), "-n", namespace]
    content = json.dumps(host.shard().to_json()).encode()
    return subprocess.run(words, input=content, capture_output=True, check=True).stdout


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_is_not_signed_by_one_of_the_list_is_refused(host: Host, name: str) -> None:
    """Before anything of it is looked at: an expired one is not told to be expired."""
    make, says = SIGNATURES[name]
    host.refuses(make(host), says)


def test_a_list_that_others_could_have_written_is_none(host: Host) -> None:
    """Who could add a key could run what they like."""
    path = host.write(host.shard(), by=host.ours)
    host.allowed.chmod(0o666)
    host.refuses(path, "says whose shards run as root, but everybody may write it")


def test_a_list_that_leads_nowhere_names_nobody(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own, that is: who removes what it leads to has not opened the machine to everybody."""
    link = host.folder / "list"
    monkeypatch.setattr("harness.fleet.shard.ALLOWED_SIGNERS", link)
    unsigned = host.write(host.shard())
    assert host.admit(unsigned, listed=False)
    link.symlink_to("nowhere")
    host.refuses(unsigned, f"{link}", listed=False)
    link.unlink()
    link.symlink_to(host.allowed)
    host.refuses(unsigned, f"it is not signed, and {link} is there", listed=False)
    assert host.admit(host.write(host.shard(), by=host.ours), listed=False)


def test_what_is_too_large_to_be_a_shard_is_not_looked_into(host: Host) -> None:
    """Root reads no file without an end."""
    path = host.write(host.shard())
    with path.open("r+b") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(BadInput, match="is no shard: it is larger than 16 MiB"):
        host.admit(path, listed=False)


CODE: dict[str, tuple[dict[str, Any], str]] = {
    "a mode file": ({"mode": "./mine.py"}, ""),
    "a mode file that no commit holds": ({"mode": "./new.py"}, "--mode ./new.py is no file of the commit"),
    "a mode file elsewhere": ({"mode": "/etc/mine.py"}, "--mode /etc/mine.py is no file of the commit"),
    "a mode file by its place on one host": ({"mode": "TOP/mine.py"}, "/mine.py is no file of the commit"),
    "a mode file above": ({"mode": "../new.py"}, "--mode ../new.py is no file of the commit"),
    "a link that leads elsewhere": ({"mode": "./link.py"}, "--mode ./link.py is no file of the commit"),
    "a module": ({"mode": "package.module"}, "--mode package.module is no file"),
    "no mode": ({"mode": "nothing"}, "--mode nothing is no file"),
    "traffic": ({"traffic": "./new.py"}, "--traffic ./new.py is no file of the commit"),
    "traffic in a mix": (
        {"traffic": "mix:udp-closed-port=1+./new.py=1"},
        "--traffic ./new.py is no file of the commit",
    ),
    "another Python": ({"python": "3.13.1"}, "not with 3.13.1"),
}


@pytest.mark.parametrize("name", CODE)
def test_code_is_the_commit_s(host: Host, name: str) -> None:
    """Named from the top of its tree; a list of signers makes no difference."""
    settings, says = CODE[name]
    settings = {field: value.replace("TOP", str(host.top)) for field, value in settings.items()}
    (host.top / "new.py").write_text(MODE)
    (host.folder / "new.py").write_text(MODE)
    (host.top / "link.py").symlink_to("../new.py")
    git(host.top, "add", "link.py")
    git(host.top, "commit", "-q", "-m", "a link")
    host.commit = git(host.top, "rev-parse", "HEAD")
    path = host.write(host.running(**settings), by=host.ours)
    if not says:
        assert host.admit(path)
        assert host.admit(path, listed=False)
        return
    host.refuses(path, says)
    host.refuses(path, says, listed=False)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"mode": "exec:./tools/tool --fast"}, ""),
        ({"mode": "exec:sh -c 'id'"}, "--mode exec:sh is no file of the commit"),
        ({"mode": "exec:/bin/sh -c 'id'"}, "--mode exec:/bin/sh is no file of the commit"),
        ({"mode": "exec:./tools/new"}, "--mode exec:./tools/new is no file of the commit"),
        ({"program": "drops.bpf.c"}, ""),
        ({"program": "/etc/drops.bpf.c"}, "--program /etc/drops.bpf.c is no file of the commit"),
    ],
)
def test_commands_and_programs_are_run_from_signed_plans_alone(host: Host, settings: dict[str, Any], says: str) -> None:
    """And are files of the commit that was signed with them."""
    (host.top / "tools/new").write_text("#!/bin/sh\n")
    (host.top / "tools/new").chmod(0o755)
    path = host.write(host.running(**settings), by=host.ours)
    if says:
        host.refuses(path, says)
    else:
        assert host.admit(path)
    host.refuses(path, "runs only from a signed plan", listed=False)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"producers": 4096}, "it sends from 4096 CPUs at once, and here are "),
        ({"channel": "nope"}, "channel 'nope' is none of ring, "),
        ({"duration_s": None}, "a load trial has a duration"),
        ({"trial_kind": "drain"}, "a drain trial a number of records"),
        ({"trial_kind": "drain", "duration_s": None}, "a drain trial a number of records"),
        ({"drain_records": 9}, "a drain trial a number of records"),
        ({"trial_kind": "drain", "drain_records": 9, "duration_s": None, "pass_": "latency"}, "has no latency pass"),
        ({"mode": "a\0b"}, "'--mode a\\x00b' names no file"),
        ({"mode": "\ud800"}, "'--mode \\ud800' names no file"),
    ],
)
def test_what_this_machine_cannot_do_is_refused(host: Host, settings: dict[str, Any], says: str) -> None:
    """Though the one on which it was planned could, or it was made by hand."""
    host.refuses(host.write(host.running(**settings), by=host.ours), says)


@pytest.mark.parametrize("pass_", ["timed", "kernel", "allocation", "instructions"])
def test_a_drain_has_all_passes_but_one(host: Host, pass_: str) -> None:
    drains = host.running(trial_kind="drain", drain_records=9, duration_s=None, pass_=pass_)
    assert host.admit(host.write(drains, by=host.ours)) == drains


def test_files_are_named_from_the_top_of_their_tree(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(host.top / "tools")
    host.refuses(host.write(host.running(mode="./mine.py"), by=host.ours), "type the command there")


def test_shards_of_a_plan_come_in_their_order(tmp_path: Path) -> None:
    """By their numbers, and not by how their files' names are sorted."""
    planned = shards(*"abcdefghijk")
    for shard in planned:
        (tmp_path / f"{shard.number}.json").write_text(json.dumps(shard.to_json()))
    assert [file.shard for file in read_plan(tmp_path)] == list(planned)


def test_a_plan_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    """A shard that was lost on the way, one of another plan, or that stands there twice."""
    planned = shards("a", "b", "c")
    for shard in planned:
        (tmp_path / f"{shard.number}.json").write_text(json.dumps(shard.to_json()))
    assert [file.shard for file in read_plan(tmp_path)] == list(planned)
    text = (tmp_path / "2.json").read_text()
    for broken, says in (
        (None, "3 shards, each once; here are 1, 3"),
        (json.dumps(replace(planned[1], plan_id="other").to_json()), "several plans"),
        (json.dumps(planned[0].to_json()), "here are 1, 1, 3"),
        (text.replace('"seed"', '"need"'), "2.json: it is a shard without seed"),
    ):
        (tmp_path / "2.json").unlink()
        if broken is not None:
            (tmp_path / "2.json").write_text(broken)
        with pytest.raises(BadInput, match=says):
            read_plan(tmp_path)
        (tmp_path / "2.json").write_text(text)
    with pytest.raises(BadInput, match="no folder of a fleet's plan"):
        read_plan(tmp_path / "none")


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ("bench-1.example.org", "bench-1"),
        ("", "localhost"),
        ("(none)", "localhost"),  # Linux, where nobody has set one
        ("_ci runner", "localhost"),
        ("zürich", "localhost"),
    ],
)
def test_a_machine_without_a_name_that_a_plan_can_hold_has_one(
    monkeypatch: pytest.MonkeyPatch, node: str, name: str
) -> None:
    """What plans for it is what runs there."""
    monkeypatch.setattr("platform.node", lambda: node)
    assert this_host() == name
