"""Which arms a check compares: refs, modes and settings are told apart, and what fits nothing is refused."""

from __future__ import annotations

import argparse

import pytest

from harness.check.arms import against, two_settings
from harness.check.configuration import wanted
from harness.check.plan import WINDOW_RECORDS, make_check, to_be_sampled
from harness.commands.parts.options import add_gate_options, flags_of
from harness.commands.parts.roles import check_roles, output
from harness.machine.git import Repository
from harness.machine.runfolder import run_folder
from harness.wishes import Wishes
from results.errors import BadInput
from tests.repository import git

CONSUMER = """
from modes import Mode


class Consumer(Mode):
    def take(self, samples):
        self.consumed += len(samples)
"""


def said(*flags):
    parser = argparse.ArgumentParser()
    add_gate_options(parser)
    return wanted(flags_of(parser.parse_args(["--config", "/dev/null", *flags])), Wishes())[0]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one consumer and two commits, the first tagged v1; the current folder is in it."""
    top = tmp_path / "project"
    top.mkdir()
    git(top, "init", "-q", "-b", "trunk")
    (top / "consumer.py").write_text(CONSUMER)
    git(top, "add", ".")
    git(top, "commit", "-qm", "one")
    git(top, "tag", "v1")
    (top / "consumer.py").write_text(CONSUMER + "\n# two\n")
    git(top, "commit", "-qam", "two")
    monkeypatch.chdir(top)
    return top


@pytest.fixture
def aside(tmp_path):
    """The folder of a session."""
    with run_folder(tmp_path / "base") as folder:
        yield folder


def test_a_ref_is_laid_out_aside_and_the_repository_is_left_alone(repository, aside):
    """Arm A runs from the commit's own files, arm B from the working tree, which is not changed by it."""
    made = against("v1", ["consumer.py"], Wishes(), aside)
    a, b = made.pairs["consumer.py"]
    assert (a.tree.folder / a.tree.mode).read_text() == CONSUMER
    assert (b.tree.folder, b.tree.mode) == (repository, "./consumer.py")
    assert made.words_a.startswith("git v1 (")
    assert not Repository(repository).changed


def test_the_words_say_that_the_working_tree_is_changed(repository, aside):
    """A verdict on uncommitted work is labelled as such."""
    (repository / "consumer.py").write_text(CONSUMER + "\n# three\n")
    assert "with changes" in against("git:v1", ["consumer.py"], Wishes(), aside).words_b


def test_another_file_is_another_mode(repository, aside):
    """A path compares two files, both from where they are."""
    (repository / "other.py").write_text(CONSUMER)
    a, b = against("other.py", ["consumer.py"], Wishes(), aside).pairs["consumer.py"]
    assert (a.mode, a.tree, b.mode, b.tree) == ("other.py", None, "consumer.py", None)


def test_a_word_that_fits_a_ref_and_a_file_must_be_told_apart(repository, aside):
    """Nothing is guessed: git: and file: decide."""
    (repository / "v1").write_text(CONSUMER)
    with pytest.raises(ValueError, match="write git:v1 or file:v1"):
        against("v1", ["consumer.py"], Wishes(), aside)
    assert "git v1" in against("git:v1", ["consumer.py"], Wishes(), aside).words_a


@pytest.mark.parametrize(
    ("target", "modes", "says"),
    [
        ("nowhere", ["consumer.py"], "neither a git ref"),
        ("git:nowhere", ["consumer.py"], "no such ref"),
        ("--upload-pack=x", ["consumer.py"], "neither a git ref"),
        ("file:nowhere.py", ["consumer.py"], "does not exist"),
        ("file:epoll", ["consumer.py", "epoll"], "one mode with another"),
        ("git:v1", ["new.py"], "new.py does not exist in v1"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_what_fits_nothing_is_refused(target, modes, says, aside, tmp_path):
    """Each with what is wrong, before anything is set up."""
    (tmp_path / "project" / "new.py").write_text(CONSUMER)
    with pytest.raises(ValueError, match=says):
        against(target, modes, Wishes(), aside)


def test_a_consumer_outside_of_any_repository_has_no_refs(tmp_path, aside):
    """The message names the consumer."""
    lone = tmp_path / "lone.py"
    lone.write_text(CONSUMER)
    with pytest.raises(ValueError, match="in no git repository"):
        against("git:v1", [str(lone)], Wishes(), aside)


BY_RECORD = """
from modes import Mode


class Consumer(Mode):
    waits = ("paced", "epoll")

    def on_record(self, context, data, size):
        self.consumed += 1
        return 0
"""


@pytest.mark.parametrize("how", ["git", "file", "settings"])
def test_each_arm_is_read_as_its_own_state_can_be(repository, aside, how, monkeypatch):
    """By the first reader and wait of each, be it a commit's, another file's or a setting's; the report says so."""
    (repository / "old.py").write_text(BY_RECORD)
    (repository / "consumer.py").write_text(BY_RECORD)
    git(repository, "commit", "-qam", "by record")
    (repository / "consumer.py").write_text(CONSUMER)
    arms = {
        "git": lambda: against("HEAD", ["consumer.py"], Wishes(), aside),
        "file": lambda: against("old.py", ["consumer.py"], Wishes(), aside),
        "settings": lambda: two_settings("mode=old.py", "mode=consumer.py", [], Wishes()),
    }[how]()
    check = make_check(arms, said("--metrics", "ns_per_event,cpu_ns_per_event"))
    assert {(each.a.reader, each.b.reader) for each in check.comparisons} == {("callback", "batch")}
    assert {(each.a.wait, each.b.wait) for each in check.comparisons} == {("paced", "epoll")}
    (drain,) = (each for each in check.comparisons if each.b.trial_kind == "drain")
    assert (drain.a.drain_records, drain.b.drain_records) == (WINDOW_RECORDS["callback"], WINDOW_RECORDS["batch"])
    monkeypatch.setattr("harness.check.plan.unsupported", lambda: None)
    sampled = to_be_sampled(arms, said("--metrics", "ns_per_event"), check)
    assert {(each.a.reader, each.b.reader) for each in sampled} == {("callback", "batch")}
    assert check.arm_a.endswith(", consumer.py read by callback")
    assert check.arm_b.endswith(", consumer.py read by batch")


@pytest.mark.parametrize(
    ("reader", "says"),
    [
        ("batch", r"^the working tree .*: mode consumer.py has no method for .*; it has callback"),
        ("callback", r"^git v1 .*: mode consumer.py has no method for .*; it has batch"),
    ],
)
def test_a_reader_that_one_state_lacks_is_refused_by_name(repository, aside, reader, says):
    """Before anything runs, with which of the two it is and what it has."""
    (repository / "consumer.py").write_text(BY_RECORD)
    arms = against("v1", ["consumer.py"], Wishes(reader=reader), aside)
    with pytest.raises(BadInput, match=says):
        make_check(arms, said("--metrics", "ns_per_event"))


def test_arms_that_are_read_alike_say_nothing_of_it(repository, aside):
    """Nor those of which it was said how they are to be read."""
    (repository / "old.py").write_text(BY_RECORD + "    def take(self, samples): ...\n")
    for arms in (
        against("v1", ["consumer.py"], Wishes(), aside),
        two_settings("mode=old.py,reader=callback", "mode=consumer.py", [], Wishes()),
    ):
        check = make_check(arms, said("--metrics", "ns_per_event"))
        assert "read by" not in check.arm_a + check.arm_b


def test_two_settings_differ_in_what_is_said():
    """Keys override the common options, in the units of the command line."""
    made = two_settings("reader=callback", "mode=file,ring-size=64K,interval=2", ["epoll"], Wishes())
    ((name, (a, b)),) = made.pairs.items()
    assert (name, a.mode, a.wishes.reader) == ("file", "epoll", "callback")
    assert (b.wishes.ring_size_bytes, b.wishes.interval_ns) == (65536, 2_000_000)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("speed=9", "keys are mode"),
        ("reader", "no setting"),
        ("gc=off", "names no mode"),
        ("mode=null,interval=x", "'interval=x'"),
        ("mode=null,interval=nan", "no number such as"),
        ("mode=null,interval=1e305", "an hour"),
        ("mode=null,ring-size=abc", "no number of bytes"),
        ("mode=aggregate,ring-size=5", "ring size 5"),
        ("mode=a,b/none.py", "'b/none.py' is no setting"),
    ],
)
def test_a_setting_that_is_none_is_refused(text, says):
    """With the keys that there are."""
    with pytest.raises(ValueError, match=says):
        two_settings(text, "mode=epoll", [], Wishes())


def test_the_path_of_a_mode_in_a_setting_may_hold_commas(tmp_path, monkeypatch):
    """As in --mode: a file as a whole is one name, first, last and between other keys; and its role is known."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "with,comma,x=y").mkdir()
    (tmp_path / "with,comma,x=y/x.py").touch()
    (tmp_path / "a,b.py").touch()
    made = two_settings("mode=with,comma,x=y/x.py, gc=off", "reader=callback,mode=a,b.py", [], Wishes())
    ((name, (a, b)),) = made.pairs.items()
    assert (name, a.mode, a.wishes.gc) == ("a,b.py", "with,comma,x=y/x.py", ("off",))
    assert b.wishes.reader == "callback"
    parser = argparse.ArgumentParser()
    parser.add_argument("--b")
    parser.add_argument("--out", type=output)
    with pytest.raises(BadInput, match=r"--out a,b\.py is the same file as --b a,b\.py"):
        check_roles(parser, parser.parse_args(["--b", "mode=a,b.py", "--out", "a,b.py"]))
