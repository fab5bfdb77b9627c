"""A program as bcc's users have them: without any of our hooks."""

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
