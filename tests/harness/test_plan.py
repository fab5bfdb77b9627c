"""A plan settles every choice, and refuses what makes no sense before anything is set up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bpf.channel import record_channels
from harness.plan import drain_setting, foreign_setting, in_passes, load_setting
from harness.wishes import Wishes, consumers, expand_modes
from results.errors import BadInput
from results.foreign import Foreign
from results.plan import in_blocks
from results.run import RunPlan


@pytest.fixture(autouse=True)
def two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.wishes.os.sched_getaffinity", lambda _process: {0, 1})
    for module in ("percpu", "channels.log"):
        monkeypatch.setattr(f"bpf.{module}.online_cpus", lambda: (0, 1))


def setting_of(mode: str = "null", **wishes: Any) -> Any:
    return load_setting(mode, "udp-closed-port", Wishes(**{"intended_load": 1000.0, **wishes}))


def test_settles_what_was_left_open() -> None:
    """A mode's own way of waiting, the batch reader, adaptive wakeups."""
    setting = setting_of("null")
    assert (setting.reader, setting.wait, setting.wakeup) == ("batch", "epoll", "adaptive")


@pytest.mark.parametrize(("wait", "interval_ns"), [("paced", 5_000_000), ("busy", None), ("backoff", None)])
def test_only_epoll_needs_wakeups(wait: str, interval_ns: int | None) -> None:
    """Whoever spins, or sleeps by the clock: notifications would cost the producer and wake nobody."""
    setting = setting_of("null", wait=wait)
    assert (setting.wakeup, setting.interval_ns) == ("none", interval_ns)


def test_aggregate_uses_no_ring() -> None:
    """It has neither reader nor ring nor wakeup."""
    setting = setting_of("aggregate")
    assert (setting.reader, setting.ring_size_bytes, setting.wakeup, setting.wait) == (None, None, None, "interval")


@pytest.mark.parametrize(
    ("mode", "wishes", "says"),
    [
        pytest.param("nul", {}, "did you mean null", id="unknown mode"),
        pytest.param("null", {"intended_load": 0.0}, "--rate", id="rate of zero"),
        pytest.param("null", {"intended_load": float("nan")}, "--rate", id="rate that is no number"),
        pytest.param("null", {"intended_load": -5.0}, "--rate", id="negative rate"),
        pytest.param("null", {"intended_load": 1e-7}, "less than one drop", id="rate below one drop"),
        pytest.param("null", {"intended_load": 1.9, "duration_s": 0.5}, "less than one drop", id="time below one drop"),
        pytest.param("null", {"duration_s": 0.0}, "--duration", id="no time"),
        pytest.param("null", {"duration_s": float("inf")}, "--duration", id="endless"),
        pytest.param("null", {"ring_size_bytes": 5000}, "the next is 8192", id="ring that is no power of two"),
        pytest.param("null", {"ring_size_bytes": 2048}, "page", id="ring below a page"),
        pytest.param("null", {"object_kinds": ("dict",)}, "--object is not for mode null", id="no objects"),
        pytest.param("null", {"window_events": 5}, "--window is not for mode null", id="no window"),
        pytest.param("aggregate", {"window_events": 5}, "--window is not for mode aggregate", id="no window either"),
        pytest.param("objects", {"object_kinds": ("set",)}, "it makes dataclass or tuple or dict", id="other object"),
        pytest.param("objects", {"object_kinds": ("dict", "tuple")}, "name one here", id="two kinds of objects"),
        pytest.param("objects", {"window_events": 0}, "--window keeps 1 to", id="empty window"),
        pytest.param("null", {"gc": ("on", "off")}, "name one here", id="two settings of the collector"),
        pytest.param("null", {"gc": ("sometimes",)}, "--gc takes on, off, freeze or all", id="other collector"),
        pytest.param("null", {"ring_size_bytes": 1 << 31}, "1 GiB", id="ring above 1 GiB"),
        pytest.param("epoll", {"wakeup": "none"}, "never wake", id="epoll that nobody wakes"),
        pytest.param("busy", {"wait": "epoll"}, "waits by busy", id="busy that sleeps"),
        pytest.param("null", {"wakeup": "often"}, "--wakeup", id="unknown wakeup"),
        pytest.param("null", {"wakeup": "0"}, "--wakeup", id="wakeup every 0 bytes"),
        pytest.param("null", {"wakeup": "4065", "ring_size_bytes": 4096}, "at most the 4064", id="more than can wait"),
        pytest.param("null", {"wakeup": "²"}, "--wakeup", id="wakeup of no number"),
        pytest.param("null", {"wakeup": str(1 << 20)}, "at most the", id="wakeup beyond the ring"),
        pytest.param("null", {"decode": "ctypes"}, "callback", id="decoding a batch one by one"),
        pytest.param("null", {"format": "text"}, "makes none", id="format of a mode without lines"),
        pytest.param("paced", {"interval_ns": 0}, "--interval", id="no interval"),
        pytest.param("aggregate", {"reader": "batch"}, "--reader", id="reader without a ring"),
        pytest.param("aggregate", {"channel": "ring"}, "--channel", id="channel of records without any"),
        pytest.param("null", {"channel": "rings"}, "percpu-ring", id="unknown channel"),
        pytest.param("null", {"channel": "map"}, "percpu-ring", id="channel of no records"),
        pytest.param("null", {"channel": " , "}, "names none", id="no channel"),
        pytest.param("null", {"channel": "log", "wait": "epoll"}, "--wait paced or busy", id="sleep that nobody ends"),
        pytest.param("epoll", {"channel": "log"}, "another channel", id="mode that only sleeps"),
        pytest.param("null", {"channel": "log", "wakeup": "force"}, "leave it out", id="wakeup by nobody"),
        pytest.param("null", {"producers": (3,)}, "1 to 2 CPUs", id="more producers than CPUs"),
        pytest.param("null", {"producers": (0,)}, "--producers 0", id="no producer"),
        pytest.param("null", {"producers": (1, 2)}, "name one", id="several numbers of them"),
        pytest.param("null", {"when_full": "overwrite"}, "--channel log", id="ring that overwrites"),
        pytest.param("null", {"when_full": "overwrite", "channel": "percpu-ring"}, "--channel log", id="rings that do"),
        pytest.param("null", {"when_full": "overwrite", "channel": "perf"}, "--channel log", id="perf buffers that do"),
        pytest.param("null", {"channel": "perf", "ring_size_bytes": 4096}, "8192 are", id="below a page per buffer"),
        pytest.param("null", {"channel": "perf", "wakeup": "524288"}, "at most", id="more than a buffer holds"),
        pytest.param("null", {"channel": "perf", "wakeup": "none", "wait": "epoll"}, "never wake", id="perf unwoken"),
        pytest.param("aggregate", {"when_full": "drop"}, "--when-full", id="a full map of records"),
        pytest.param(
            "null",
            {"channel": "log", "ring_size_bytes": 4096, "decode": "event", "reader": "callback"},
            "ctypes",
            id="bcc's log",
        ),
        pytest.param(
            "null", {"channel": "percpu-ring", "ring_size_bytes": 4096}, "8192 are", id="below a page per CPU"
        ),
        pytest.param("aggregate", {"wakeup": "force"}, "--wakeup", id="wakeup without a ring"),
        pytest.param("aggregate", {"wait": "epoll"}, "interval", id="epoll on a map"),
    ],
)
def test_refuses(mode: str, wishes: dict[str, Any], says: str) -> None:
    """What makes no sense is refused with the option, and the cure where there is one."""
    with pytest.raises(ValueError, match=says):
        setting_of(mode, **wishes)


@pytest.mark.parametrize("channels", ["ring,percpu-ring", "percpu-ring,,ring,ring", "all"])
def test_channels_are_settings_of_each_mode_that_reads_records(channels: str) -> None:
    """They are compared in one run; aggregate, which reads none, stands once."""
    wanted = consumers("null,aggregate", Wishes(channel=channels))
    settings = {load_setting(name, "udp-closed-port", wishes) for name, wishes in wanted}
    channels_of = Counter((setting.mode, setting.channel) for setting in settings)
    assert channels_of["null", "ring"] == channels_of["null", "percpu-ring"] == channels_of["aggregate", "map"] == 1
    assert len(wanted) == len(settings) == (1 + len(record_channels()) if channels == "all" else 3)


def test_producers_are_compared_in_one_run() -> None:
    """Each number with each channel; a drain is filled by one."""
    wanted = consumers("null", Wishes(channel="ring,percpu-ring", producers=(1, 2, 1)))
    settings = [load_setting(name, "synthetic", wishes) for name, wishes in wanted]
    assert Counter((each.channel, each.producers) for each in settings) == dict.fromkeys(
        [("ring", 1), ("ring", 2), ("percpu-ring", 1), ("percpu-ring", 2)], 1
    )
    assert {drain_setting("null", 1000, wishes).producers for _name, wishes in wanted} == {1}


def test_a_log_is_waited_for_by_the_clock() -> None:
    """Nobody is woken: the first way to wait that is not epoll, and no wakeups; full, it refuses by default."""
    setting = setting_of("null", channel="log")
    assert (setting.wait, setting.wakeup, setting.when_full) == ("paced", "none", "drop")
    assert setting_of("null", channel="log", when_full="overwrite").when_full == "overwrite"
    assert setting_of("null", when_full="drop").when_full is None


@pytest.mark.parametrize(
    ("modes", "wishes", "channels"),
    [
        ("epoll", {"channel": "all"}, {"ring", "percpu-ring", "perf"}),
        ("null", {"channel": "all", "wait": "epoll"}, {"ring", "percpu-ring", "perf"}),
        ("null", {"channel": "all", "wakeup": "force", "when_full": "overwrite"}, {*record_channels()}),
    ],
)
def test_all_leaves_out_what_makes_no_sense(modes: str, wishes: dict[str, Any], channels: set[str]) -> None:
    """What was named in person is refused instead."""
    wanted = consumers(modes, Wishes(**wishes))
    settings = [load_setting(name, "synthetic", each) for name, each in wanted]
    assert {setting.channel for setting in settings if setting.channel in {*record_channels()}} == channels
    assert {setting.when_full for setting in settings} <= {None, wishes.get("when_full")}
    with pytest.raises(ValueError, match="--channel log"):
        [load_setting(name, "synthetic", each) for name, each in consumers("epoll,null", Wishes(channel="ring,log"))]


def test_a_drain_gets_so_much_that_one_cpu_can_fill_it() -> None:
    """Of a ring for each CPU, all but one stay empty in a drain trial."""
    shared, apart = (drain_setting("null", 100_000, Wishes(channel=name)) for name in ("ring", "percpu-ring"))
    assert shared.ring_size_bytes == 4 << 20
    assert drain_setting("null", 1 << 17, Wishes(channel="log")).ring_size_bytes == (4 << 20) * 2  # to the last byte
    assert apart.ring_size_bytes == (4 << 20) * 2
    with pytest.raises(ValueError, match="1 GiB"):
        drain_setting("null", 1 << 24, Wishes(channel="percpu-ring"))


def test_a_drain_trial_gets_a_ring_that_holds_its_records() -> None:
    """The ring keeps one record free: 65,535 fit into 2 MiB, and one more does not."""
    assert drain_setting("null", 65_535, Wishes()).ring_size_bytes == 1 << 21
    assert drain_setting("null", 65_536, Wishes()).ring_size_bytes == 1 << 22


@pytest.mark.parametrize("records", [0, -1, 1 << 25], ids=["none", "negative", "more than 1 GiB holds"])
def test_a_drain_trial_needs_a_number_of_records(records: int) -> None:
    """Nothing to drain, or more than any ring holds, is refused."""
    with pytest.raises(ValueError, match="--drain"):
        drain_setting("null", records, Wishes())


def test_each_block_holds_every_setting_once_in_an_order_of_its_own() -> None:
    """Blocks of eight settings: complete each, and not all in one order."""
    settings = [setting_of("null", intended_load=float(load)) for load in range(1, 9)]
    order = list(in_blocks(settings, trials=5, seed=1))
    blocks = [[setting for number, setting in order if number == block] for block in range(5)]
    assert all(
        Counter(s.intended_load for s in block) == Counter(s.intended_load for s in settings) for block in blocks
    )
    assert len({tuple(s.intended_load for s in block) for block in blocks}) > 1


def test_the_order_follows_from_the_seed() -> None:
    """A recorded seed repeats the order."""
    settings = [setting_of("null", intended_load=float(load)) for load in range(1, 9)]
    assert list(in_blocks(settings, 3, seed=7)) == list(in_blocks(settings, 3, seed=7))


def test_no_trials_is_refused() -> None:
    """A run of nothing is a mistake."""
    with pytest.raises(ValueError, match="--trials"):
        RunPlan(settings=(setting_of(),), trials=0)


def test_all_is_every_mode() -> None:
    """`all` names the nine modes of the folder."""
    assert expand_modes("all") == ["aggregate", "busy", "epoll", "file", "null", "objects", "paced", "terminal", "work"]


def test_a_mode_of_objects_makes_dataclasses_and_keeps_many() -> None:
    """Its own choices where nothing is asked; others have neither objects nor a window."""
    assert (setting_of("objects").object_kind, setting_of("objects").window_events) == ("dataclass", 100_000)
    assert (setting_of("null").object_kind, setting_of("null").window_events) == (None, None)
    asked = setting_of("objects", object_kinds=("dict",), window_events=7, gc=("off",))
    assert (asked.object_kind, asked.window_events, asked.gc) == ("dict", 7, "off")


def chosen(modes: str, **wishes: Any) -> list[tuple[str, str | None, str]]:
    settings = [load_setting(name, "udp-closed-port", its) for name, its in consumers(modes, Wishes(**wishes))]
    return [(each.mode, each.object_kind, each.gc) for each in settings]


def test_several_collectors_and_objects_are_settings_of_each_mode() -> None:
    """Each with each, of a mode that has them; of `all` modes, those that make no objects are there once."""
    gc: tuple[Any, ...] = ("on", "off", "freeze")
    kinds: tuple[Any, ...] = ("tuple", "dict", "tuple")
    assert chosen("objects", gc=gc, object_kinds=kinds) == [
        ("objects", kind, setting) for setting in gc for kind in ("tuple", "dict")
    ]
    assert chosen("null", gc=("off", "on")) == [("null", None, "off"), ("null", None, "on")]
    of_all = chosen("all", object_kinds=kinds)
    assert of_all.count(("null", None, "on")) == of_all.count(("aggregate", None, "on")) == 1
    assert [kind for mode, kind, _ in of_all if mode == "objects"] == ["tuple", "dict"]


def test_both_readers_are_two_settings_of_each_mode_that_has_them() -> None:
    """Readers are compared in one run; aggregate, which reads no ring, stands once."""
    wanted = [(name, wishes.reader) for name, wishes in consumers("null,aggregate", Wishes(reader="both"))]
    assert wanted == [("null", "batch"), ("null", "callback"), ("aggregate", None)]


def test_all_forgives_aggregate_what_is_wished_of_the_ring() -> None:
    """`all` names it without knowing; naming it in person does not."""
    assert ("aggregate", Wishes()) in consumers("all", Wishes(reader="callback", wakeup="force"))
    assert consumers("aggregate", Wishes(reader="callback")) == [("aggregate", Wishes(reader="callback"))]


@pytest.mark.parametrize(
    ("wishes", "stay", "left_out"),
    [
        ({"reader": "compiled"}, {"null", "file", "aggregate"}, {"objects"}),
        ({"wait": "busy"}, {"null", "busy"}, {"epoll", "aggregate"}),
        ({"format": "raw"}, {"file"}, {"null", "aggregate"}),
        ({"program": "own.bpf.c"}, {"null", "file"}, {"objects", "aggregate"}),
    ],
)
def test_all_leaves_out_the_modes_that_have_not_what_was_named(
    wishes: dict[str, Any], stay: set[str], left_out: set[str]
) -> None:
    """Each that stays can be settled; a mode named in person is refused instead."""
    wanted = consumers("all", Wishes(**wishes))
    names = {name for name, _ in wanted}
    assert stay <= names
    assert not left_out & names
    if not {"program", "reader"} & {*wishes}:  # which take a compiler, and numba
        for name, each in wanted:
            load_setting(name, "udp-closed-port", each)


def test_a_path_may_hold_commas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is a file as a whole is one name, alone and among others; what is none is split."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b").mkdir()
    for name in ("a,b/one.py", "two,three.py"):
        (tmp_path / name).touch()
    assert expand_modes("a,b/one.py") == ["a,b/one.py"]
    assert expand_modes("null, a,b/one.py,file,two,three.py") == ["null", "a,b/one.py", "file", "two,three.py"]
    assert expand_modes("a,b/none.py") == ["a", "b/none.py"]


@pytest.mark.parametrize(("stall_s", "lasts"), [(None, 1.0), (0.5, 1.0), (2.0, 2.3), (4.7, 5.0)])
def test_a_short_pass_is_as_long_as_a_stall_in_it_takes(stall_s: float | None, lasts: float) -> None:
    """The allocation pass lasts a second; a stall of two in it would not have begun to end by then."""
    setting = replace(setting_of("null", duration_s=5.0), stall_s=stall_s)
    timed, short = in_passes(setting, ["timed", "allocation"], Wishes())
    assert timed.duration_s == 5.0
    assert short.duration_s == pytest.approx(lasts)
    tailed, short = in_passes(replace(setting, shape="tail"), ["timed", "allocation"], Wishes())
    assert (tailed.duration_s, short.duration_s) == pytest.approx((5.0, min(5.0, lasts + 1)))


@pytest.mark.parametrize("duration_s", [0.5, 1.0])
def test_a_tail_has_a_load_before_it(duration_s: float) -> None:
    """Of ours as of others'; any other shape may be so short."""
    wishes = Wishes(sender="packet", shape="tail", duration_s=duration_s)
    for settle in (partial(load_setting, "null"), partial(foreign_setting, "exec:true", Foreign())):
        with pytest.raises(BadInput, match="--duration must be above 1 s, the last of which is slow"):
            settle("udp-closed-port", wishes)
        assert settle("udp-closed-port", replace(wishes, duration_s=1.1)).shape == "tail"
        assert settle("udp-closed-port", replace(wishes, shape="ramp")).duration_s == duration_s
