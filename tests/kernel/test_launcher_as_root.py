"""./bench as root and beside it: whose the files are, what an ordinary user is told, and the link for sudo."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.commands.parts.beside import MANUAL, SCRIPTS
from tests.kernel.bench import ALONE, OWN_MOUNTS
from tests.test_launcher import CHECKOUT, ENVIRONMENT, make_clone, make_environment

NOBODY = 65534
AS_NOBODY = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--no-new-privs"]
ASIDE = [*OWN_MOUNTS, "sh", "-c"]

# A sudo of a test's own says what it was called with.
SUDO = '{ printf "%s|" "$@"; echo; } >>"${0%/*}/../log"'


class Tools:
    """Makes a PATH on which there is all that a user has, and the given script, or nothing, for sudo."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.log.touch()
        self.log.chmod(0o666)
        self._folder = folder / "bin"
        self._folder.mkdir()

    def __call__(self, sudo: str | None) -> str:
        if sudo is None:
            for tool in Path("/usr/bin").iterdir():
                if tool.name != "sudo":
                    (self._folder / tool.name).symlink_to(tool)
            return str(self._folder)
        place = self._folder / "sudo"
        place.write_text(f"#!/bin/sh\n{sudo}\n")
        place.chmod(0o755)
        return f"{self._folder}:/usr/bin:/bin"


@pytest.fixture
def tools() -> Iterator[Tools]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Tools(Path(folder))


@pytest.fixture
def nobodys_clone() -> Iterator[Path]:
    """A checkout of an ordinary user, with our command line and one command that needs the kernel."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        clone = make_clone(Path(folder) / "clone")
        ours = ("harness/*.py", "harness/machine/*.py", "harness/commands/parts/*.py", "results/*.py", "bpf/errors.py")
        for name in (path for pattern in ours for path in CHECKOUT.glob(pattern)):
            (clone / name.relative_to(CHECKOUT)).parent.mkdir(exist_ok=True)
            shutil.copyfile(name, clone / name.relative_to(CHECKOUT))
        command = (
            "def add_arguments(parser): parser.add_argument('words', nargs='*')\ndef run(arguments): print('ran')\n"
        )
        (clone / "harness/commands/__init__.py").write_text("")
        for needs in ("nothing", "root", "kernel"):
            (clone / f"harness/commands/{needs}.py").write_text(f'"""Do."""\nNEEDS = "{needs}"\n{command}')
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", clone], check=True)
        yield clone


def make_ready(clone: Path) -> None:
    """Make the environment that root makes for the checkout's owner."""
    make_environment(clone)
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", clone / ".venv"], check=True)


def run(*command: object, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=ENVIRONMENT | more, capture_output=True, text=True, check=False)


def test_what_root_sets_up_belongs_to_the_checkouts_owner(nobodys_clone: Path, tools: Tools) -> None:
    """Root needs no sudo, and the user can still update and delete the checkout: bytecode too is the owner's."""
    path = tools(None)
    for _ in range(2):
        assert run("./bench", "kernel", cwd=nobodys_clone, PATH=path).stdout == "ran\n"
    assert {path.lstat().st_uid for path in nobodys_clone.rglob("*")} == {NOBODY}
    assert list((nobodys_clone / "harness").rglob("*.pyc")), "the next start finds bytecode"


@pytest.mark.parametrize(
    ("sudo", "told"), [(SUDO, "type: sudo ./bench"), (None, "as root, type: ./bench")], ids=["forbidden", "missing"]
)
@pytest.mark.parametrize("command", ["root", "kernel"])
def test_an_ordinary_user_is_told_what_to_type(
    nobodys_clone: Path, tools: Tools, command: str, sudo: str | None, told: str
) -> None:
    """Where sudo is forbidden or missing: one line and status 4, before anything is set up and after it."""
    path, forbidden = tools(sudo), {"BENCH_NO_SUDO": "1"} if sudo else {}
    for environment in ("missing", "ready"):
        refused = run(*AS_NOBODY, "./bench", command, cwd=nobodys_clone, PATH=path, **forbidden)
        line = f"bench: {command} needs root; {told} {command}\n"
        assert (refused.returncode, refused.stdout, refused.stderr) == (4, "", line), environment
        make_ready(nobodys_clone)


@pytest.mark.parametrize(
    ("words", "needs"), [(["fleet", "shard", "1.json"], True), (["fleet", "plan", "shard"], False), (["fleet"], False)]
)
def test_of_a_fleet_the_shard_alone_needs_root(nobodys_clone: Path, words: list[str], needs: bool) -> None:
    """Whoever plans and merges lacks an environment at the most; a part is told from a word that stands elsewhere."""
    (nobodys_clone / "harness/commands/nothing.py").rename(nobodys_clone / "harness/commands/fleet.py")
    ran = run(*AS_NOBODY, "./bench", *words, cwd=nobodys_clone, BENCH_NO_SUDO="1", BENCH_NO_INSTALL="1")
    assert ran.returncode == 4
    assert ran.stderr.startswith("bench: fleet needs root; " if needs else "bench: missing: the Python environment")


@pytest.mark.parametrize("command", ["root", "kernel"])
def test_bench_asks_for_root_itself(nobodys_clone: Path, tools: Tools, command: str) -> None:
    """It says so, and starts over with the same words through sudo, before anything is set up and after it."""
    for environment in ("missing", "ready"):
        asked = run(*AS_NOBODY, "./bench", command, "it's", "", cwd=nobodys_clone, PATH=tools(SUDO))
        told = f"bench: {command} needs root; going on with: sudo ./bench {command} 'it'\\''s' ''\n"
        assert (asked.returncode, asked.stderr) == (0, told), environment
        words = f"--|./bench|{command}|it's||\n"
        assert re.sub(r"--preserve-env=[^|]*\|", "", tools.log.read_text()) == f"-l|{words}{words}", environment
        tools.log.write_text("")
        make_ready(nobodys_clone)


def test_sudos_refusal_is_no_verdict(nobodys_clone: Path, tools: Tools) -> None:
    """sudo fails with the status 1, which is that of a regression: ours is 4, with its words before ours."""
    refused = run(*AS_NOBODY, "./bench", "kernel", cwd=nobodys_clone, PATH=tools("echo no password >&2; exit 1"))
    assert refused.returncode == 4
    assert refused.stderr.splitlines()[1:] == [
        "no password",
        "bench: kernel needs root, and sudo refuses (see above); as root, type: ./bench kernel",
    ]


def test_a_sudo_that_makes_no_root_is_asked_once(nobodys_clone: Path, tools: Tools) -> None:
    """Images put a script of that name there, which runs the command as whoever one is."""
    shim = f'{SUDO}\nwhile [ "$1" != -- ]; do [ "$1" = -l ] && exit; shift; done; shift; exec "$@"'
    refused = run(*AS_NOBODY, "./bench", "kernel", cwd=nobodys_clone, PATH=tools(shim))
    assert refused.returncode == 4
    assert refused.stderr.endswith("bench: kernel needs root; type: sudo ./bench kernel\n")
    assert len(tools.log.read_text().splitlines()) == 2


def test_what_set_up_needs_of_the_environment_passes_sudo_by_name(nobodys_clone: Path, tools: Tools) -> None:
    """Never by value, which a list of processes shows; and nothing by which root would import a stranger's module."""
    wanted = {"PIP_INDEX_URL": "https://me:secret@example.org", "BENCH_NO_INSTALL": "1", "https_proxy": "http://p"}
    run(*AS_NOBODY, "./bench", "kernel", cwd=nobodys_clone, PATH=tools(SUDO), PYTHONPATH="/tmp", PIP="", **wanted)
    _, asked = tools.log.read_text().splitlines()
    assert set(wanted) <= set(asked.split("|")[0].removeprefix("--preserve-env=").split(","))
    assert "secret" not in asked
    assert "PYTHONPATH" not in asked
    assert "PIP," not in asked


def test_the_suite_asks_for_root_itself(nobodys_clone: Path, tools: Tools) -> None:
    """./test with its words; `sh test` must not become sudo's own `test`, which passes; BENCH_NO_SUDO asks nobody."""
    for typed, started in ((["./test", "--all"], "./test|--all"), (["sh", "test"], f"{nobodys_clone}/test")):
        assert run(*AS_NOBODY, *typed, cwd=nobodys_clone, PATH=tools(SUDO)).returncode == 0
        assert tools.log.read_text().splitlines()[-1].endswith(f"--|{started}|")
        tools.log.write_text("")
    forbidden = {"BENCH_NO_SUDO": "1", "BENCH_NO_INSTALL": "1"}
    alone = run(*AS_NOBODY, "./test", cwd=nobodys_clone, PATH=tools(SUDO), **forbidden)
    assert alone.stderr.startswith("bench: missing: the Python environment"), "it went on without root"
    assert tools.log.read_text() == ""


@pytest.mark.own_mounts
def test_a_missing_system_package_is_named(nobodys_clone: Path) -> None:
    """Where bcc is not installed, a command that needs it says which package brings it; others do not ask for it."""
    without_bcc = "mount -t tmpfs none /usr/lib/python3/dist-packages && exec ./bench"
    make_ready(nobodys_clone)
    refused = run(*ASIDE, f"{without_bcc} kernel", cwd=nobodys_clone, BENCH_NO_INSTALL="1")
    assert (refused.returncode, refused.stderr.startswith("bench: missing: python3-bpfcc;")) == (4, True)
    assert run(*ASIDE, f"{without_bcc} nothing", cwd=nobodys_clone).stdout == "ran\n"


@pytest.mark.own_mounts
def test_an_ordinary_user_is_sent_to_sudo_rather_than_to_packages(nobodys_clone: Path) -> None:
    """Root installs what is missing on the way, so that is the one thing to type; help is there for everyone."""
    make_ready(nobodys_clone)
    as_nobody = f"mount -t tmpfs none /usr/lib/python3/dist-packages && exec {' '.join(AS_NOBODY)} ./bench kernel"
    assert "kernel needs root; " in run(*ASIDE, as_nobody, cwd=nobodys_clone).stderr
    assert run(*ASIDE, f"{as_nobody} --help", cwd=nobodys_clone).stdout.startswith("usage: bench kernel")


PLACES = (MANUAL, *SCRIPTS.values())


def install(script: str, *, beside: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a script with `bench` for this checkout's command line, in an empty /usr/local/bin and share of its own.

    Making what goes beside the link takes a second: it is foreign already, unless that is what is looked at.
    """
    if not beside:
        foreign = " ".join(f"/usr/local/share/{place}" for place in PLACES)
        script = f"for each in {foreign}; do mkdir -p $(dirname $each); touch $each; done; {script}"
    bench = f'bench() {{ PYTHONPATH="{CHECKOUT}" "{sys.executable}" -m harness "$@"; }}'
    aside = f"mount -t tmpfs none /usr/local/bin && mount -t tmpfs none /usr/local/share && {bench}; {script}"
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's secure_path
    done = run(*ASIDE, aside, cwd=CHECKOUT, PATH=path)
    if not beside:
        said = [line for line in done.stderr.splitlines(keepends=True) if not line.endswith("left as it is\n")]
        done.stderr = "".join(said)
    return done


@pytest.mark.own_mounts
def test_install_puts_bench_on_sudos_path_and_uninstall_takes_it_off() -> None:
    """The link leads to this checkout's launcher; both commands can be repeated."""
    done = install(
        "bench install && bench install && readlink \"$(env sh -c 'command -v bench')\" &&"
        "bench uninstall && bench uninstall && ls -A /usr/local/bin"
    )
    assert done.returncode == 0, done.stderr
    assert f"\n{CHECKOUT}/bench\n" in done.stdout
    assert done.stdout.endswith("/usr/local/bin/bench is not there\n")


@pytest.mark.own_mounts
def test_install_puts_the_manual_and_the_completion_beside_it() -> None:
    """Where man and the shells of all users look, for all to read; what is foreign stays, and uninstall takes ours."""
    foreign = "/usr/local/share/zsh/site-functions/_bench"
    done = install(
        f"mkdir -p $(dirname {foreign}); echo mine >{foreign}; umask 077; bench install; cd /usr/local/share;"
        "find . -type f -perm 644 -user root | sort; find . -type d ! -perm 755 | grep -vx .;"
        "! command -v man >/dev/null ||"
        "MANPATH=/usr/local/share/man MANPAGER=cat man bench | grep -c 'bench capacity$';"
        f"bash -c '. bash-completion/completions/bench; complete -p bench';"
        "umask 022; bench uninstall >/dev/null; find . -type f",
        beside=True,
    )
    assert done.stderr == f"bench: {foreign} is there and is not this checkout's: it is left as it is\n"
    ours = ["bash-completion/completions/bench", "fish/vendor_completions.d/bench.fish", "man/man1/bench.1"]
    assert done.stdout.splitlines()[1:] == [
        *(f"./{place}" for place in (*ours, "zsh/site-functions/_bench")), *(["1"] if shutil.which("man") else []),
        "complete -o bashdefault -F _shtab_bench bench", "./zsh/site-functions/_bench",
    ]  # fmt: skip


@pytest.mark.own_mounts
@pytest.mark.parametrize(
    ("before", "path", "says"),
    [
        ("", "$PATH", ""),
        ("", "/usr/sbin:/usr/bin:/bin", "/usr/local/bin is not on this PATH"),
        (
            "printf '#!/bin/sh\\n' > $other; chmod +x $other", "$place:$PATH",
            "another bench comes first on this PATH, and is what `bench` runs: PLACE/bench; remove it, or put "
            "/usr/local/bin before PLACE",
        ),
        (
            "printf '#!/bin/sh\\n' > $other; chmod +x $other", "$PATH:$place",
            "a shell that has run PLACE/bench goes on with that one until it is told: hash -r",
        ),
        ("mkdir $other", "$place:$PATH", ""),
        ("ln -s /elsewhere/bench $other", "$place:$PATH", ""),
        (f"ln -s '{CHECKOUT}/bench' $other", "$place:$PATH", ""),
    ],
    ids=["found", "not on the PATH", "another before it", "another after it", "a folder", "a broken link", "the same"],
)  # fmt: skip
def test_install_says_which_bench_a_shell_finds(before: str, path: str, says: str, tmp_path: Path) -> None:
    """And what to do where that is another; each time that it is typed."""
    script = f"place='{tmp_path}'; other='{tmp_path}/bench'; {before}\nPATH={path}; bench install; bench install"
    done = install(script)
    warning = f"bench: {says.replace('PLACE', str(tmp_path))}"
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert [line.startswith(warning) for line in lines] == ([True, True] if says else []), done.stderr


@pytest.mark.own_mounts
@pytest.mark.parametrize(
    ("foreign", "cure"),
    [
        ("mkdir", "a folder; if it is not needed, type: rm -r /usr/local/bin/bench"),
        ("ln -s /elsewhere", "a link to /elsewhere, which is not there; if it is not needed, type: rm /usr"),
    ],
)
def test_what_stands_in_the_links_place_is_named(foreign: str, cure: str) -> None:
    """With what removes it."""
    refused = install(f"{foreign} /usr/local/bin/bench; bench install")
    assert refused.returncode == 4
    assert cure in refused.stderr


@pytest.mark.own_mounts
@pytest.mark.parametrize("foreign", ["echo mine >", "ln -s /elsewhere/bench"], ids=["file", "link"])
def test_a_foreign_bench_is_left_alone(foreign: str) -> None:
    """Neither install nor uninstall touches a file of that name that this checkout did not put there."""
    refused = install(
        f"{foreign} /usr/local/bin/bench; bench install; echo $?; bench uninstall; echo $?; ls -A /usr/local/bin"
    )
    assert refused.stdout == "4\n4\nbench\n"


@pytest.mark.own_mounts
def test_clean_removes_what_a_killed_session_left() -> None:
    """The command does what doctor names as the cure."""
    cleaned = run(
        *ALONE,
        "sh",
        "-c",
        f"mount -t tmpfs none /var/cache && mkdir -p /var/cache/bench/session-dead && "
        f"PYTHONPATH='{CHECKOUT}' '{sys.executable}' -m harness clean && ls -A /var/cache/bench",
        cwd=CHECKOUT,
    )
    assert cleaned.stdout.startswith("removed /var/cache/bench/session-dead (0.0 MB)\n"), cleaned.stderr


@pytest.mark.parametrize(
    "path", ["/usr/bin:/bin", pytest.param("", marks=pytest.mark.slow), None], ids=["of-a-user", "empty", "unset"]
)
def test_nft_is_found_where_the_path_lacks_roots_folders(path: str | None) -> None:
    """Set-up, doctor and traffic agree: one wanted to install what another had found."""
    only = {} if path is None else {"PATH": path}
    missing = "here=$PWD; . harness/setup.sh; ready=yes; missing_packages kernel; command -v nft >/dev/null"
    asked = [["/bin/sh", "-c", missing]]
    asked += [
        [sys.executable, "-m", "harness", *words, "--json"]
        for words in (["doctor", "--no-spin"], ["traffic", "netfilter"])
    ]
    shell, doctor, traffic = (
        subprocess.run(words, cwd=CHECKOUT, env=only, capture_output=True, text=True, check=False) for words in asked
    )
    assert (shell.returncode, shell.stdout) == (0, ""), shell.stderr
    assert '"what": "nft is there"' in doctor.stdout
    assert '"supported": true' in traffic.stdout
