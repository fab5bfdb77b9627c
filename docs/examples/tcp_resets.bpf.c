/* SPDX-License-Identifier: MIT */
/* Each TCP reset that this machine sends: the packet that it answers, by addresses and ports. Kernels before 6.10 trace
 * those alone that a socket sends, so not those of a closed port. */
struct event {
    u64 timestamp;
    u32 source; /* of the packet that is answered, as they stand in it */
    u32 destination;
    u16 source_port;
    u16 destination_port;
    u8 syn : 1, ack : 1;
} __attribute__((packed));
#define BENCH_EVENT struct event
#include "bench.h"

BENCH_SEES(frames) /* with a kind whose every frame is answered by a reset, such as tcp-closed-port */

RAW_TRACEPOINT_PROBE(tcp_send_reset)
{
    u64 skb = ctx->args[1];
    if (!bench_ours(skb))
        return 0;
    bench_observed();

    struct event event = {.timestamp = bpf_ktime_get_ns()};
    u64 head = 0;
    u16 network = 0, transport = 0;
    u8 flags = 0;
    BENCH_READ(head, skb, sk_buff, head);
    BENCH_READ(network, skb, sk_buff, network_header);
    BENCH_READ(transport, skb, sk_buff, transport_header);
    bpf_probe_read_kernel(&event.source, 8, (void *)(head + network + 12));
    bpf_probe_read_kernel(&event.source_port, 4, (void *)(head + transport));
    bpf_probe_read_kernel(&flags, 1, (void *)(head + transport + 13));
    event.syn = flags >> 1 & 1;
    event.ack = flags >> 4 & 1;
    bench_output(ctx, &event);
    return 0;
}
