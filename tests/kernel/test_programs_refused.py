"""A user's own program that is wrong, or asked for what it cannot do: one message that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.bench import PATIENCE, bench_here
from tests.kernel.plain_program import PLAIN, QUIET, RECORDED

HOOK = "RAW_TRACEPOINT_PROBE(kfree_skb)\n{\n"

WRONG = {
    "does not compile": (
        HOOK + "    int x = y;\n    return 0;\n}\n",
        "{file}:3: use of undeclared identifier 'y'",
    ),
    "a method in a macro": (
        'BPF_ARRAY(seen, u64, 1);\n#define SEEN(at) seen.lookup(at)\n' + HOOK
        + "    int at = 0;\n    return SEEN(&at) != 0;\n}\n",
        "{file}:6: cannot use map function inside a macro",
    ),
    "no map": (HOOK + "    return 0;\n}\n", "{file} has no one map that carries its events, but none"),
    "two maps": (
        "BPF_RINGBUF_OUTPUT(one, 8);\nBPF_RINGBUF_OUTPUT(two, 8);\n" + HOOK + "    return 0;\n}\n",
        "{file} has no one map that carries its events, but 2 (one, two)",
    ),
    "sends nothing": ("BPF_RINGBUF_OUTPUT(one, 8);\n" + HOOK + "    return 0;\n}\n", "{file} sends no event"),
    "refused by the verifier": (
        PLAIN.replace("    if (!event)\n        return 0;\n", ""),
        "{file}:8: the kernel's verifier refuses raw_tracepoint__kfree_skb: R",
    ),
    "a wrong licence": (
        "#define BPF_LICENSE Proprietary\n"
        + PLAIN.replace("event->pid = 7", "bpf_probe_read_kernel(&event->pid, 4, ctx)"),
        "the kernel's verifier refuses raw_tracepoint__kfree_skb: cannot call GPL-restricted function",
    ),
    "records of two sizes": (
        PLAIN.replace("    mine.ringbuf_submit(event, 0);\n",
                      "    mine.ringbuf_submit(event, 0);\n    u64 more = 0;\n    mine.ringbuf_output(&more, 8, 0);\n"),
        "{file}:6, {file}:14: events are of 8 and 32 bytes",
    ),
    "a packed struct that nothing describes": (
        PLAIN.replace("char comm[16]; };", "char comm[16]; } __attribute__((packed));"),
        "an event of 28 bytes is no plain struct of timestamp, pid, comm (bit-fields, packed?); put BENCH_RECORD",
    ),
    "a header that is nowhere": (
        "#include <linux/types.h>\n#include <linux/skbuff.h>\n" + PLAIN,
        "{file}:2: header linux/skbuff.h is not available here; take fields' places from the kernel's types",
    ),
    "a field that is none": (
        '#include "bench.h"\n' + PLAIN.replace("= 7", "= BENCH_OFFSET(sk_buff, lenght)"),
        "{file}:11: BENCH_OFFSET: struct sk_buff has no field lenght",
    ),
    "part of the hooks": (
        '#include "bench.h"\n' + PLAIN.replace("event->pid = 7;", "bench_observed();"),
        "it lacks bench_submitted() and bench_lost()",
    ),
    "hooks without their header": (
        PLAIN.replace("event->pid = 7;", "bench_observed(); bench_lost(); bench_submitted();"),
        'put #include "bench.h" at its top',
    ),
    "a map before the header": (
        PLAIN.replace("RAW_TRACEPOINT_PROBE", '#include "bench.h"\nRAW_TRACEPOINT_PROBE'),
        '{file}:3: put #include "bench.h" before the first map',
    ),
    "attached nowhere": (
        PLAIN.replace("RAW_TRACEPOINT_PROBE(kfree_skb)", "int probe(void *ctx)"),
        "function probe does not say where it is attached",
    ),
}  # fmt: skip
SOME = ("does not compile", "refused by the verifier", "records of two sizes")


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[] if what in SOME else [pytest.mark.slow]) for what in WRONG]
)
def test_what_is_wrong_with_a_program_is_one_message_with_its_line(tmp_path: Path, what: str) -> None:
    """The compiler's, the verifier's and our own words name the user's file and line; nothing has begun."""
    program, (text, expected) = tmp_path / "wrong.bpf.c", WRONG[what]
    program.write_text(text)
    ended = bench_here("run", "--program", program, "--mode", "null", "--out", tmp_path / "out")
    (line,) = [line for line in ended.stderr.splitlines() if "is a bench session too" not in line]
    assert expected.format(file=program) in line
    assert (ended.returncode, (tmp_path / "out").exists()) == (2, False)


REGISTERS = "#include <uapi/linux/ptrace.h>\n"
READS_THEM = (
    "static long of(struct pt_regs *r) { return PT_REGS_PARM4(r) + PT_REGS_RC(r) + PT_REGS_IP(r) + PT_REGS_SP(r); }\n"
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("KFUNC_PROBE(ip_rcv)", "this kernel has no fentry"),
        ("int kprobe__ip_rcv(struct pt_regs *ctx)", "this kernel has no kprobes"),
        (f"{REGISTERS}int kprobe__ip_rcv(struct pt_regs *ctx, void *skb)", "this kernel has no kprobes"),
        (f"{REGISTERS}{READS_THEM}int kretprobe__ip_rcv(struct pt_regs *ctx)", "this kernel has no kprobes"),
        ("RAW_TRACEPOINT_PROBE(no_such)", "cannot attach raw_tracepoint__no_such to raw_tracepoint no_such"),
    ],
)
@pytest.mark.may_skip("where the kernel has them")
def test_what_this_kernel_has_not_is_refused_by_name(tmp_path: Path, name: str, expected: str) -> None:
    """It is not the user's mistake: status 4."""
    program = tmp_path / "traced.bpf.c"
    program.write_text(PLAIN.replace("RAW_TRACEPOINT_PROBE(kfree_skb)", name))
    ended = bench_here("run", "--program", program, "--mode", "null", "--pass", "timed", "--duration", 0.1 * PATIENCE,
                       *QUIET, "--out", tmp_path / "out")  # fmt: skip
    if ended.returncode == 0:
        pytest.skip("this kernel has them")
    assert ended.returncode == 4
    assert expected in ended.stderr


def test_a_strangers_program_is_refused(tmp_path: Path) -> None:
    """It would run in the kernel: whoever may write it is asked first, of its own headers too."""
    program, header = tmp_path / "mine.bpf.c", tmp_path / "mine.h"
    program.write_text('#include "mine.h"\n' + PLAIN)
    header.write_text("/* nothing */\n")
    header.chmod(0o666)
    ended = bench_here("run", "--program", program, "--mode", "null", "--out", tmp_path / "out")
    assert ended.returncode == 2
    assert f"header {header} would run with your rights, but everybody may write it" in ended.stderr


def test_no_ring_is_advised_for_a_program_that_brings_its_own(tmp_path: Path) -> None:
    """However well it counts: its size stands in its source; what to use instead is said."""
    program = tmp_path / "recorded.bpf.c"
    program.write_text(RECORDED)
    words = ("--advise", "--rate", "1000", "--stall", "10", "--program", program, "--out", tmp_path / "out")
    ended = bench_here("capacity", "--mode", "null", *words)
    assert (ended.returncode, (tmp_path / "out").exists()) == (2, False), ended.stderr
    assert "has a ring of its own, of 32768 bytes" in ended.stderr
    assert "send with BENCH_EVENT and bench_output()" in ended.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("run --mode aggregate", "reads the counts of bench's own program"),
        ("run --mode objects", "makes objects of bench's own record"),
        ("run --mode null --drain 1000", "--program has only load trials"),
        ("run --mode null --pass timed,drain", "--program has only load trials"),
        ("run --mode null --traffic synthetic", "is emitted by bench's own program"),
        ("run --mode null --channel log", "sends by a ring of its own"),
        ("run --mode null --ring-size 64K", "the program has a ring of its own"),
        ("run --mode null --wakeup force", "decides itself when to wake"),
        ("run --mode epoll --reader callback --decode ctypes", "--decode is only for bench's own record"),
        ("run --mode file --format raw", "--format raw is only for bench's own record"),
        ("capacity --mode null", "is a black box: without its losses there is no limit to search"),
        (
            "capacity --mode null --advise --rate 1000 --stall 10",
            "is a black box: without its losses no ring can be seen to hold",
        ),
    ],
)
def test_what_makes_no_sense_of_a_program_is_refused_before_anything_runs(
    tmp_path: Path, words: str, expected: str
) -> None:
    """Whatever its own map or its own record leaves no choice of."""
    program = tmp_path / "plain.bpf.c"
    program.write_text(PLAIN)
    ended = bench_here(*words.split(), "--program", program, "--out", tmp_path / "out")
    assert (ended.returncode, (tmp_path / "out").exists()) == (2, False), ended.stderr
    assert expected in ended.stderr
