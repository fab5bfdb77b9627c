/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * What a program of your own may call; docs/writing-a-program.md says how. The loader puts this text in place of its
 * include line: bcc rewrites the use of maps in the program's own text alone, and in nothing included.
 *
 *   BENCH_EVENT   your event's type, defined before the include line: events leave by the channel that --channel names
 */

#include "tag.h"

/* In the order of Counters in counters.py. */
struct bench_counters {
    u64 observed;
    u64 submitted;
    u64 reserve_failed;
    u64 aggregated;
    u64 map_full;
    u64 checksum;
};

#ifdef BENCH_EVENT
#ifdef RING_PAGES
/* The first map of the program: WAKEUP_BYTES names it by that place. */
BPF_RINGBUF_OUTPUT(events, RING_PAGES);
#elif defined(RINGS)
BPF_RINGBUF_OUTPUT(events, 1); /* what each of them is like; it stays empty */
BPF_ARRAY_OF_MAPS(rings, "events", RINGS);
#elif defined(PERF)
BPF_PERF_OUTPUT(events);
#else
#define LOG_RECORD BENCH_EVENT
#include "log.h"
#endif
BPF_ARRAY(bench_record, BENCH_EVENT, 1); /* stays empty: its value's type tells what an event holds */
#define BENCH_RECORD(type)
#else
#define BENCH_RECORD(type) BPF_ARRAY(bench_record, type, 1)
#endif

BPF_PERCPU_ARRAY(bench_counters, struct bench_counters, 1);

/* With atomics: two hooks on one CPU can interrupt each other. */
#define BENCH_COUNTING(name, counter)                                                                                  \
    static __always_inline void name(void)                                                                             \
    {                                                                                                                  \
        struct bench_counters *count = bench_counts();                                                                 \
        if (count)                                                                                                     \
            __sync_fetch_and_add(&count->counter, 1);                                                                  \
    }

static __always_inline struct bench_counters *bench_counts(void)
{
    int first = 0;
    return bench_counters.lookup(&first);
}

/* The hook has seen one of ours. */
BENCH_COUNTING(bench_observed, observed)
/* An event of it is on its way out. */
BENCH_COUNTING(bench_submitted, submitted)
/* There was no room for it. */
BENCH_COUNTING(bench_lost, reserve_failed)

/* Tell whether a packet of the kernel's (struct sk_buff *) belongs to this session. */
#ifdef TAG
#define bench_ours(skb) tagged((u64)(skb))
#else
#define bench_ours(skb) 1
#endif

/* Tell it of a frame as XDP and traffic control have it, from data to data_end. */
static __always_inline int bench_our_frame(void *data, void *data_end)
{
    if (data + 14 > data_end)
        return 0;
#ifdef TAG
    u64 source = 0;
    __builtin_memcpy(&source, data + 6, 6);
    return source == TAG;
#else
    return 1;
#endif
}

/* A field's place in a struct of the running kernel, and what it holds: no kernel header is needed. */
#define BENCH_OFFSET(type, field) BENCH_OFFSET_##type##__##field
#define BENCH_READ(into, pointer, type, field)                                                                         \
    bpf_probe_read_kernel(&(into), sizeof(into), (void *)(pointer) + BENCH_OFFSET(type, field))

/* What the hook sees of the traffic: each of its `frames` that arrives, once, or each of its `drops`. */
#define BENCH_SEES(what)

/* Functions that are attached to the testbed's device. */
#define BENCH_XDP(name) int xdp__##name(struct xdp_md *ctx)
#define BENCH_TC_INGRESS(name) int tc_ingress__##name(struct __sk_buff *skb)
#define BENCH_TC_EGRESS(name) int tc_egress__##name(struct __sk_buff *skb)

#ifdef BENCH_EVENT
/* Send an event out, and count what became of it: returns 0, or another number when there was no room. */
static __always_inline int bench_output(void *ctx, BENCH_EVENT *event)
{
#ifdef LOG_BYTES
    int failed = !log_write(*event);
#elif defined(PERF)
    int failed = events.perf_submit(ctx, event, sizeof(*event));
#else
    u64 flags = 0;
#ifdef RINGS
    int cpu = bpf_get_smp_processor_id();
    void *ring = rings.lookup(&cpu); /* none for a CPU that came after the load */
    if (!ring) {
        bench_lost();
        return 1;
    }
#else
    void *ring = (void *)bpf_pseudo_fd(1, -1);
#endif
#ifdef WAKEUP_BYTES
    u64 waiting = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) + 8 + sizeof(*event);
    flags = waiting >= WAKEUP_BYTES ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
#else
    flags = WAKEUP_FLAGS;
#endif
    int failed = bpf_ringbuf_output(ring, event, sizeof(*event), flags);
#endif
    if (failed)
        bench_lost();
    else
        bench_submitted();
    return failed;
}
#endif
