#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Count the files that each process opens, until Ctrl-C."""

import select
from collections import Counter

import numpy as np
from bcc import BPF

from bpf.own_ring import open_ring_batches

b = BPF(
    text="""
struct event {
    u32 pid;
    char comm[16];
};
BPF_RINGBUF_OUTPUT(events, 1024);
BPF_ARRAY(described, struct event, 1);

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


def on_events(events):
    for event, count in zip(*np.unique(events[["pid", "comm"]], return_counts=True), strict=True):
        opens[event["pid"], event["comm"]] += int(count)


ring = open_ring_batches(b["events"].map_fd, b["described"].map_fd, on_events)
print("counting; Ctrl-C ends it", flush=True)
try:
    while True:
        select.select([b["events"].map_fd], [], [])
        ring.consume()
except KeyboardInterrupt:
    pass
for (pid, comm), count in opens.most_common():
    print(f"{count:>9}  {pid:>7}  {comm.decode(errors='backslashreplace')}")
