#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Count the files that each process opens, until Ctrl-C."""

from collections import Counter

from bcc import BPF

b = BPF(
    text="""
struct event {
    u32 pid;
    char comm[16];
};
BPF_RINGBUF_OUTPUT(events, 1024);

TRACEPOINT_PROBE(raw_syscalls, sys_enter)
{
    struct event event = {.pid = bpf_get_current_pid_tgid() >> 32};
    if (args->id != 257) /* openat on x86-64 */
        return 0;
    bpf_get_current_comm(event.comm, sizeof(event.comm));
    events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
"""
)
opens: Counter[tuple[int, bytes]] = Counter()


def on_event(_ctx, data, _size):
    event = b["events"].event(data)
    opens[event.pid, event.comm] += 1


b["events"].open_ring_buffer(on_event)
print("counting; Ctrl-C ends it", flush=True)
try:
    while True:
        b.ring_buffer_poll()
except KeyboardInterrupt:
    pass
for (pid, comm), count in opens.most_common():
    print(f"{count:>9}  {pid:>7}  {comm.decode(errors='backslashreplace')}")
