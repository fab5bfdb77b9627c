/* SPDX-License-Identifier: MIT */
/* Each dropped IPv4 packet: whose CPU time it was, why and where it was dropped, and between which addresses it went. */
struct event {
    u64 timestamp; /* CLOCK_MONOTONIC, ns */
    u64 location;  /* address in the kernel that dropped the packet */
    u32 reason;    /* enum skb_drop_reason */
    u32 pid;
    u32 source; /* IPv4 addresses as they stand in the packet; 0 where it is none of IPv4 */
    u32 destination;
    char comm[16];
};
#define BENCH_EVENT struct event
#include "bench.h"

RAW_TRACEPOINT_PROBE(kfree_skb)
{
    u64 skb = ctx->args[0];
    if (!bench_ours(skb))
        return 0;
    bench_observed();

    struct event event = {
        .timestamp = bpf_ktime_get_ns(),
        .location = ctx->args[1],
        .reason = ctx->args[2],
        .pid = bpf_get_current_pid_tgid() >> 32,
    };
    bpf_get_current_comm(event.comm, sizeof(event.comm));

    u64 head = 0;
    u16 protocol = 0, network = 0;
    BENCH_READ(protocol, skb, sk_buff, protocol);
    if (protocol == 0x0008) { /* ETH_P_IP, in the network's order */
        BENCH_READ(head, skb, sk_buff, head);
        BENCH_READ(network, skb, sk_buff, network_header);
        bpf_probe_read_kernel(&event.source, 8, (void *)(head + network + 12));
    }
    bench_output(ctx, &event);
    return 0;
}
