/* SPDX-License-Identifier: MIT */
/* The size of each frame that arrives, by XDP. */
struct event {
    u64 timestamp;
    u32 length;
};
#define BENCH_EVENT struct event
#include "bench.h"

BENCH_XDP(size)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    if (!bench_our_frame(data, end))
        return XDP_PASS;
    bench_observed();
    struct event event = {.timestamp = bpf_ktime_get_ns(), .length = end - data};
    bench_output(ctx, &event);
    return XDP_PASS;
}
