"""Programs with a map of their own: as bcc's users have them, without any of our hooks, and one that counts."""

QUIET = ("--foreign-limit", "1", "--steal-limit", "1", "--run-delay-limit", "1", "--trials", "1", "--json", "--quiet")

PLAIN = """
struct event { u64 timestamp; u32 pid; char comm[16]; };
BPF_RINGBUF_OUTPUT(mine, 8);
RAW_TRACEPOINT_PROBE(kfree_skb)
{
    struct event *event = mine.ringbuf_reserve(sizeof(*event));
    if (!event)
        return 0;
    event->timestamp = bpf_ktime_get_ns();
    event->pid = 7;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    mine.ringbuf_submit(event, 0);
    return 0;
}
"""

RECORDED = """
#include "bench.h"
struct event { u8 kind : 4, more : 4; u64 timestamp; u16 of[2]; } __attribute__((packed));
BENCH_RECORD(struct event);
BPF_RINGBUF_OUTPUT(mine, 8);
RAW_TRACEPOINT_PROBE(kfree_skb)
{
    if (!bench_ours(ctx->args[0]))
        return 0;
    bench_observed();
    struct event *event = mine.ringbuf_reserve(sizeof(*event));
    if (!event) {
        bench_lost();
        return 0;
    }
    event->kind = 9;
    event->more = 1;
    event->timestamp = bpf_ktime_get_ns();
    event->of[0] = 3;
    event->of[1] = 4;
    mine.ringbuf_submit(event, 0);
    bench_submitted();
    return 0;
}
"""
