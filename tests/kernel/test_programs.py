"""A user's own program: its ledger, its events' fields, and the examples, on real packets."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bpf.btf import KernelTypes
from bpf.channels.log import LogChannel
from bpf.channels.percpu_ring import PercpuRingChannel
from bpf.channels.perf import PerfChannel
from bpf.channels.ring import RingChannel
from bpf.hooks import Devices
from bpf.own import PROGRAMS, OwnProgram
from bpf.program import LoadOptions, Program
from bpf.reader import reader_named
from modes import Kit, Mode, load_mode
from tests.kernel.bench import CHECKOUT, OWN_MOUNTS, bench, bench_here, command, trials
from tests.kernel.harness.refuse import wrapper
from tests.kernel.plain_program import PLAIN, QUIET, RECORDED
from traffic.discovery import load_kind
from traffic.offer import offer
from traffic.schedule import NS_PER_S
from traffic.senders import open_sender, side_of
from traffic.testbed import RECEIVER_IPV4, Testbed

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
KINDS = {"drop_names": "udp-closed-port", "tcp_resets": "tcp-closed-port", "packet_sizes": "udp-closed-port"}
QUICK = ("drop_names", "ring")


def ledgers(ended, *, status: int = 0) -> list[dict]:
    assert (ended.returncode, "Traceback" in ended.stderr) == (status, False), ended.stderr
    return trials(ended.stdout)


@pytest.mark.parametrize(
    ("example", "channel"),
    [
        pytest.param(example, channel, marks=[] if (example, channel) == QUICK else [pytest.mark.slow])
        for example in KINDS
        for channel in ("ring", "percpu-ring", "log", "perf")
    ],
)
def test_the_ledgers_of_the_examples_are_exact_with_losses_in_thousands(
    tmp_path: Path, example: str, channel: str
) -> None:
    """What a stopped consumer cannot take is counted, one by one, whichever channel carries the events."""
    ended = bench_here(
        "run", "--program", EXAMPLES / f"{example}.bpf.c", "--mode", EXAMPLES / f"{example}.py", "--wait", "paced",
        "--traffic", KINDS[example], "--channel", channel, "--ring-size", "32K", "--rate", "40000", "--duration", "1",
        "--stall", "600", "--pass", "timed", *QUIET, "--out", tmp_path / "out",
    )  # fmt: skip
    (row,) = ledgers(ended)
    assert row["valid"], row["invalid_because"]
    assert row["sent"] - row["refused"] == row["observed"] == row["submitted"] + row["reserve_failed"]
    assert row["submitted"] == row["consumed"]
    assert row["lost"] == row["reserve_failed"] > 2_000
    assert row["missed"] == 0
    if example == "drop_names":
        assert [name for name, _, _ in row["series"]["top_drops"]] == ["NO_SOCKET"]
        assert sum(count for _, _, count in row["series"]["top_drops"]) == row["consumed"]


@pytest.fixture(scope="module")
def bed() -> Iterator[Testbed]:
    with Testbed() as testbed:
        yield testbed


@pytest.fixture
def consume(bed: Testbed) -> Iterator[Callable[..., tuple[Mode, Program]]]:
    """Return what loads a program, sends frames of a kind, and has a mode consume what comes of them."""

    def run(program: Path, mode: Path | type[Mode], kind: str, frames: int, *, channel=None, reader="batch"):
        devices = Devices(receivers=[bed.receiver.outlet], senders=[bed.sender.outlet])
        own = OwnProgram.read(program)
        options = LoadOptions(channel=channel or RingChannel(), tag=bed.tag, own=own, devices=devices)
        with load_kind(kind).installed(bed) as built, Program(options) as loaded:
            made = load_mode(str(mode)) if isinstance(mode, Path) else mode
            opened = made(Kit(record=loaded.record))
            reading = reader_named(reader).open(loaded, opened)
            loaded.attach()
            side = side_of(bed, "packet")

            def send() -> int:
                with open_sender("packet", side.outlet, built) as sender:
                    return offer(
                        sender, None, start_ns=time.monotonic_ns(), duration_ns=5 * NS_PER_S, limit=frames
                    ).sent

            assert side.run(send) == frames
            loaded.detach()
            reading.consume()
            return opened, loaded

    return run


def test_an_example_names_who_lost_what_where(consume) -> None:
    """Process, addresses, reason and function stand in its rows."""
    mode, _ = consume(EXAMPLES / "drop_names.bpf.c", EXAMPLES / "drop_names.py", "udp-closed-port", 200)
    rows = mode.rows()
    assert sum(int(row.split()[0]) for row in rows) == mode.consumed == 200
    assert all(f" > {RECEIVER_IPV4}  NO_SOCKET in " in row for row in rows), rows


@pytest.mark.may_skip("before 6.10 the tracepoint is passed by where there is no socket")
def test_an_example_counts_refused_connections_by_port(consume) -> None:
    """Its bit-fields and its packed fields are read where they lie."""
    with KernelTypes() as types:
        if not any("rst_reason" in each for each in types.tracepoint_arguments("tcp_send_reset")):
            pytest.skip("resets that no socket sends are not traced here")
    mode, _ = consume(EXAMPLES / "tcp_resets.bpf.c", EXAMPLES / "tcp_resets.py", "tcp-closed-port", 200)
    assert (mode.refused, sum(mode.ports.values()), len(mode.ports)) == (200, 200, 1)


@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_an_example_sorts_sizes(consume, reader: str) -> None:
    """XDP on the testbed's device sees each frame once, whichever reader hands its event over."""
    program, mode = EXAMPLES / "packet_sizes.bpf.c", EXAMPLES / "packet_sizes.py"
    mode, _ = consume(program, mode, "udp-closed-port", 200, reader=reader)
    assert mode.consumed == mode.histogram.sum() == mode.histogram[6] == 200  # of 32 bytes and more


def test_the_guides_program_is_what_it_shows(consume, bed: Testbed, tmp_path: Path) -> None:
    """The very texts of the guide are compiled, loaded and fed."""
    guide = (EXAMPLES.parent / "writing-a-program.md").read_text()
    program, mode = tmp_path / "lengths.bpf.c", tmp_path / "lengths.py"
    for path, language in ((program, "c"), (mode, "python")):
        path.write_text(re.search(rf"```{language}\n(.*?)```", guide, re.DOTALL)[1])
    opened, _ = consume(program, mode, "udp-closed-port", 200)
    (frame,) = load_kind("udp-closed-port").frames(bed)
    # The kernel has taken the Ethernet header off, and the IP header, when UDP finds no socket.
    assert 0 < opened.dropped_bytes <= 200 * len(frame)
    assert opened.consumed == 200


@pytest.mark.own_mounts
@pytest.mark.parametrize("shared", ["source", pytest.param("build", marks=pytest.mark.slow)])
def test_a_header_that_bench_lacks_is_the_running_kernels(tmp_path: Path, shared: str) -> None:
    """Where linux-headers is installed, what the few headers and linux-libc-dev lack is found there.

    Debian keeps what the builds of a kernel share apart from what is of one (`source`); others have all in one folder.
    """
    headers = tmp_path / "lib" / "modules" / os.uname().release
    shutil.copytree(PROGRAMS / "include", headers / shared)
    (headers / "build" / "include" / "generated").mkdir(parents=True, exist_ok=True)
    there = headers / shared / "include" / "linux" / "only_there.h"
    there.write_text("struct event { u64 timestamp; u16 tcp; };\n")
    program = tmp_path / "included.bpf.c"
    program.write_text(
        "#include <linux/tcp.h>\n#include <linux/only_there.h>\n"
        + PLAIN.replace("struct event { u64 timestamp; u32 pid; char comm[16]; };", "")
        .replace("event->pid = 7", "event->tcp = sizeof(struct tcphdr)")
        .replace("bpf_get_current_comm(event->comm, sizeof(event->comm));", "")
    )
    bench = command(
        "run", "--program", program, "--mode", "file", "--format", "json", "--trace", tmp_path / "trace",
        "--rate", "1000", "--duration", "0.5", "--pass", "timed", *QUIET, "--out", tmp_path / "out",
    )  # fmt: skip
    laid = f"mount -t overlay -o lowerdir='{tmp_path}/lib':/usr/lib none /usr/lib && exec {shlex.join(bench)}"
    ended = subprocess.run([*OWN_MOUNTS, "sh", "-c", laid], capture_output=True, text=True, check=False, cwd=CHECKOUT)
    (row,) = ledgers(ended)
    assert row["valid"], row["invalid_because"]
    assert {json.loads(line)["tcp"] for line in (tmp_path / "trace").read_text().splitlines()} == {20}


class Keeps(Mode):
    """Keeps copies of all fields."""

    def take(self, samples: np.ndarray) -> None:
        record = self.kit.record
        self.rows = [record.column(samples, name).copy() for name in record.names]
        self.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        record = self.kit.record
        rows = [record.column(record.at(data), name).copy() for name in record.names]
        self.rows = rows if not self.consumed else [np.concatenate(pair) for pair in zip(self.rows, rows, strict=True)]
        self.consumed += 1
        return 0


FIELDS = """
struct inner { u16 x; char y[3]; } __attribute__((packed));
struct event {
    u8 first;
    u64 timestamp;
    u32 three : 3, five : 5;
    int minus : 7;
    struct inner in;
    union { u32 whole; u16 halves[2]; };
    bool yes;
    enum { NONE, ONE } which;
    char text[8];
    s64 below;
} __attribute__((packed));
#define BENCH_EVENT struct event
#include "bench.h"
RAW_TRACEPOINT_PROBE(kfree_skb)
{
    if (!bench_ours(ctx->args[0]))
        return 0;
    bench_observed();
    struct event event = {.first = 1, .timestamp = bpf_ktime_get_ns(), .three = 5, .five = 17, .minus = -3,
                          .in = {.x = 0x1234, .y = "ab"}, .whole = 0x00020001, .yes = 1, .which = ONE,
                          .text = "bench", .below = -7};
    bench_output(ctx, &event);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("channel", "reader"),
    [
        pytest.param(
            kind(size_bytes=1 << 16),
            reader,
            id=f"{kind.name} {reader}",
            marks=[] if (kind is RingChannel) == (reader == "batch") else [pytest.mark.slow],
        )
        for kind in (RingChannel, PercpuRingChannel, LogChannel, PerfChannel)
        for reader in ("batch", "callback")
    ],
)
def test_every_field_is_read_to_the_bit(consume, tmp_path: Path, channel, reader: str) -> None:
    """Packed, nested, bit-fields, a union, an enum: as BTF describes them, in every channel."""
    program = tmp_path / "fields.bpf.c"
    program.write_text(FIELDS)
    mode, loaded = consume(program, Keeps, "udp-closed-port", 50, channel=channel, reader=reader)
    found = dict(zip(loaded.record.names, mode.rows, strict=True))
    assert mode.consumed == 50
    assert (found.pop("timestamp") > 0).all()
    expected = {
        "first": 1, "in": (0x1234, b"ab"), "whole": 0x20001, "halves": [1, 2], "yes": True, "which": 1,
        "text": b"bench", "below": -7, "three": 5, "five": 17, "minus": -3,
    }  # fmt: skip
    assert {name: column.tolist() for name, column in found.items()} == {
        name: [value] * 50 for name, value in expected.items()
    }


BY_PERF = (
    PLAIN.replace("BPF_RINGBUF_OUTPUT(mine, 8)", "BPF_PERF_OUTPUT(mine)")
    .replace("*event = mine.ringbuf_reserve(sizeof(*event));\n    if (!event)\n        return 0;", "event = {};")
    .replace("event->", "event.")
    .replace("mine.ringbuf_submit(event, 0)", "mine.perf_submit(ctx, &event, sizeof(event))")
)


@pytest.mark.parametrize(
    ("text", "channel", "size"),
    [
        pytest.param(PLAIN, "ring", 32768, id="a ring", marks=pytest.mark.slow),
        pytest.param(BY_PERF, "perf", 1 << 20, id="perf buffers"),
    ],
)
def test_a_program_as_bcc_has_them_is_a_black_box(tmp_path: Path, text: str, channel: str, size: int) -> None:
    """Its map and its fields are found; what it does not count is null, and said."""
    program = tmp_path / "plain.bpf.c"
    program.write_text(text)
    words = ("--program", program, "--mode", "file", "--trace", tmp_path / "trace", "--format", "json")
    load = ("--rate", "5000", "--duration", "0.3", "--pass", "timed")
    (row,) = ledgers(bench_here("run", *words, *load, *QUIET, "--out", tmp_path / "out"))
    assert row["valid"], row["invalid_because"]
    assert row["consumed"] >= row["sent"] > 0  # there may be drops of others
    unknown = ("observed", "offered", "submitted", "reserve_failed", "missed", "lost", "loss_ratio", "offered_load")
    assert {row[name] for name in unknown} == {None}
    assert (row["channel"], row["ring_size_bytes"], row["program"]) == (channel, size, str(program))
    written = [json.loads(line) for line in (tmp_path / "trace").read_text().splitlines()]
    assert len(written) == row["consumed"]
    assert {(*event, event["pid"]) for event in written} == {("timestamp", "pid", "comm", 7)}
    report = bench_here("report", tmp_path / "out").stdout
    assert "is a black box: only what was sent and consumed is known" in " ".join(report.split())
    assert "nothing was lost" not in report


HOOKS_WITHOUT_A_PACKET = """
enum skb_drop_reason { NONE }; /* bcc's TRACEPOINT_PROBE takes the fields as the kernel states them */
struct event { u64 timestamp; u32 pid; };
#define BENCH_EVENT struct event
#include "bench.h"
TRACEPOINT_PROBE(skb, kfree_skb)
{
    bench_observed();
    struct event event = {.timestamp = bpf_ktime_get_ns()};
    bench_output(args, &event);
    return 0;
}
"""


def test_hooks_without_a_packet_begin_at_observed(tmp_path: Path) -> None:
    """Whose packets they were is not asked: what was missed is not known, and the rest is exact."""
    program = tmp_path / "any.bpf.c"
    program.write_text(HOOKS_WITHOUT_A_PACKET)
    load = ("--rate", "5000", "--duration", "0.3", "--pass", "timed")
    (row,) = ledgers(
        bench_here("run", "--program", program, "--mode", "null", *load, *QUIET, "--out", tmp_path / "out")
    )
    assert row["valid"], row["invalid_because"]
    assert row["missed"] is None
    assert row["offered"] == row["observed"] == row["submitted"] + row["reserve_failed"] >= row["sent"]


# Where nobody mounted tracefs: what is run is told whether anything is there when it has ended.
NOT_MOUNTED = (
    *OWN_MOUNTS, "sh", "-c",
    'for place in debug tracing; do mount -t tmpfs none /sys/kernel/$place || exit 99; done; "$@"; ended=$?; '
    "ls /sys/kernel/tracing/events >&2; exit $ended", "sh",
)  # fmt: skip


@pytest.mark.own_mounts
@pytest.mark.parametrize(
    ("refused", "status"), [((), 0), (wrapper(f"unshare:{0x20000}", "EPERM"), 4)], ids=["mounted by bench", "refused"]
)
def test_tracefs_that_nobody_mounted(tmp_path: Path, refused: tuple[str, ...], status: int) -> None:
    """bench mounts it for itself; where it may not, doctor names the cure. Either way none is there afterwards."""
    program = tmp_path / "any.bpf.c"
    program.write_text(HOOKS_WITHOUT_A_PACKET)
    words = ("--mode", "null", "--rate", "5000", "--duration", "0.3", "--pass", "timed", *QUIET)
    around = (*NOT_MOUNTED, *refused)
    ran = subprocess.run(
        [*around, *command("run", "--program", program, *words, "--out", tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [row["valid"] for row in ledgers(ran, status=status)] == ([] if status else [True])
    assert "events" in ran.stderr.splitlines()[-1]
    said = subprocess.run(
        [*around, *command("doctor", "--no-spin", "--json")], capture_output=True, text=True, check=True
    )
    (found,) = (each for each in json.loads(said.stdout) if "tracefs" in each["what"])
    assert found["level"] == ("warning" if status else "fine")
    assert not status or "mount -t tracefs" in found["cure"]


TC = """
struct event { u32 length; };
#define BENCH_EVENT struct event
#include "bench.h"
BENCH_TC_%s(length)
{
    if (!bench_our_frame((void *)(long)skb->data, (void *)(long)skb->data_end))
        return -1;
    bench_observed();
    struct event event = {.length = skb->len};
    bench_output(skb, &event);
    return -1;
}
"""


@pytest.mark.parametrize("way", ["INGRESS", pytest.param("EGRESS", marks=pytest.mark.slow)])
@pytest.mark.may_skip("TCX came with 6.6")
def test_traffic_control_of_the_testbeds_device(consume, bed: Testbed, tmp_path: Path, way: str) -> None:
    """A program on the way in or out sees each frame, and lets it go on."""
    program = tmp_path / "tc.bpf.c"
    program.write_text(TC % way)
    with KernelTypes() as types:
        if "BPF_TCX_INGRESS" not in types.enum_values("bpf_attach_type"):
            pytest.skip("this kernel has no TCX")
    mode, _ = consume(program, Keeps, "udp-closed-port", 100)
    (frame,) = load_kind("udp-closed-port").frames(bed)
    assert mode.rows[0].tolist() == [len(frame)] * 100


def commit(folder: Path, message: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@x")
    for words in (("add", "-A"), (*who, "commit", "-q", "-m", message)):
        subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)


@pytest.mark.slow
def test_a_check_compiles_each_state_of_a_program(tmp_path: Path) -> None:
    """Each arm loads its own: the one of the commit writes other events, and the session says which they were."""
    folder, out = tmp_path / "repository", tmp_path / "out"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", folder], check=True)
    program = folder / "sized.bpf.c"
    program.write_text(SIZED % "u64 more[3];")
    commit(folder, "first")
    program.write_text(SIZED % "")
    ended = bench(
        "check", "--program", program, "--mode", "null", "--against", "HEAD", "--metrics", "loss_ratio",
        "--alpha", "0.3", "--blocks", "2", "--duration", "0.2", "--rate", "5000", *QUIET[:6], "--quiet", "--out", out,
    )  # fmt: skip
    assert ended.returncode in (0, 3), ended.stderr
    session, *rows = [json.loads(line) for line in out.read_text().splitlines()]
    sources = {source["arm"]: source for source in session["modes"]}
    assert [sources[arm]["mode"] for arm in "AB"] == [str(program)] * 2
    assert sources["A"]["sha256"] != sources["B"]["sha256"] == hashlib.sha256(program.read_bytes()).hexdigest()
    assert (sources["A"]["dirty"], sources["B"]["dirty"]) == (False, True)
    assert all(row["valid"] for row in rows), [row["invalid_because"] for row in rows]
    assert {row["arm"] for row in rows} == {"A", "B"}


SIZED = """
struct event { u64 timestamp; %s };
#define BENCH_EVENT struct event
#include "bench.h"
RAW_TRACEPOINT_PROBE(kfree_skb)
{
    if (!bench_ours(ctx->args[0]))
        return 0;
    bench_observed();
    struct event event = {.timestamp = bpf_ktime_get_ns()};
    bench_output(ctx, &event);
    return 0;
}
"""


@pytest.mark.slow
def test_another_content_of_a_program_is_another_variant(tmp_path: Path) -> None:
    """A session cannot go on with it, a report keeps the two apart, and a comparison tells it."""
    program, out, other = tmp_path / "sized.bpf.c", tmp_path / "out", tmp_path / "other"
    program.write_text(SIZED % "")
    words = ("run", "--program", program, "--mode", "null", "--rate", "2000", "--duration", "0.1", "--pass", "timed")
    ledgers(bench(*words, *QUIET, "--out", out))
    program.write_text(SIZED % "u64 more;")
    resumed = bench(*words, *QUIET, "--out", out, "--resume")
    assert resumed.returncode == 2
    assert f"program {program} " in resumed.stderr
    ledgers(bench(*words, *QUIET, "--out", other))
    assert f"program {program}" in bench_here("compare", out, other, "--markdown").stdout.replace("\\", "")
    report = bench_here("report", out, other).stdout
    assert len([line for line in report.splitlines() if line.startswith("null")]) >= 2


def test_a_map_of_ones_own_with_its_record_named(consume, tmp_path: Path) -> None:
    """What bcc's list of fields cannot tell, BENCH_RECORD has BTF tell."""
    program = tmp_path / "recorded.bpf.c"
    program.write_text(RECORDED)
    mode, loaded = consume(program, Keeps, "udp-closed-port", 50)
    assert loaded.record.names == ("timestamp", "of", "kind", "more")
    assert [column.tolist() for column in mode.rows[1:]] == [[[3, 4]] * 50, [9] * 50, [1] * 50]


PLAIN_TRAFFIC = """
from scapy.layers.inet import ICMP
from traffic.recipe import DropKind, Testbed, ipv4

class Asked(DropKind):
    summary = "ICMP information requests, which are no drop"
    reasons = ()
    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / ICMP(type=15))]
"""


@pytest.mark.slow
def test_a_program_on_the_device_sees_frames_that_nobody_drops(tmp_path: Path) -> None:
    """What it must have seen are the frames that arrived, whatever became of them."""
    traffic = tmp_path / "asked.py"
    traffic.write_text(PLAIN_TRAFFIC)
    load = ("--traffic", traffic, "--rate", "5000", "--duration", "0.3", "--pass", "timed", "--producers", "2")
    words = ("--program", EXAMPLES / "packet_sizes.bpf.c", "--mode", "null")
    (row,) = ledgers(bench("run", *words, *load, *QUIET, "--out", tmp_path / "out"))
    assert row["valid"], row["invalid_because"]
    assert row["sent"] == row["observed"] == row["consumed"] == row["offered"] > 0
    assert row["missed"] == 0
