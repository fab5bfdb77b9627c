/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Turns each dropped packet into an event: a record in the ring, or a count in the aggregation map.
 *
 * The loader (program.py) chooses by -D, so that no mode pays for another's branch:
 *   RING_PAGES            the ring's size in pages; or
 *   RINGS                 rings for so many CPUs, which the loader makes; or
 *   LOG_CPUS, LOG_BYTES, LOG_OVERWRITE   a log for each CPU (log.h); or
 *   PERF                  the perf buffers that the loader opens; or
 *   AGGREGATE_ENTRIES     room for so many (pid, reason, location) in the aggregation map
 *   TAG, OFFSET_HEAD, OFFSET_MAC_HEADER   count only packets of this session (tag.h)
 *   PROTOCOL, OFFSET_PROTOCOL   count only packets of this protocol (skb->protocol, as it lies in memory)
 *   ARG_SKB, ARG_LOCATION, ARG_REASON   places of the tracepoint's arguments, from BTF too
 *   WAKEUP_FLAGS          of bpf_ringbuf_submit; or WAKEUP_BYTES: wake the consumer when so much waits
 *   NORMALS               leave out drops of so many sorts that are no loss, which the loader lists (packet.h)
 *   SYNTHETIC             adds the program that emits records without packets, of so many kinds at the most
 *   SYNTHETIC_PLANS       for so many who emit at once
 *   BASELINES             adds programs that do a part of the work, to tell what each part costs
 */

#include "numbers.h"

struct record {
    u64 timestamp; /* CLOCK_MONOTONIC, ns */
    u64 location;  /* address in the kernel that dropped the packet */
    u32 pid;       /* process on whose CPU time it happened (numbers.h); 0 is the idle task */
    u32 reason;    /* enum skb_drop_reason, the subsystem in the upper 16 bits */
};

/* In the order of Counters in program.py. */
struct counters {
    u64 observed;
    u64 submitted;
    u64 reserve_failed;
    u64 aggregated;
    u64 map_full;
    u64 checksum; /* sum of the timestamps submitted */
};

#ifdef RING_PAGES
/* The first map of this file: WAKEUP_BYTES names it by that place. */
BPF_RINGBUF_OUTPUT(events, RING_PAGES);
#elif defined(RINGS)
BPF_RINGBUF_OUTPUT(events, 1); /* what each of them is like; it stays empty */
BPF_ARRAY_OF_MAPS(rings, "events", RINGS);
#elif defined(LOG_BYTES)
#include "log.h"
#elif defined(PERF)
BPF_PERF_OUTPUT(events);
#else
struct key {
    u64 location;
    u32 pid;
    u32 reason;
};
BPF_TABLE("percpu_hash", struct key, u64, counts, AGGREGATE_ENTRIES);
#endif

/* Per CPU and without atomics: a raw tracepoint's program does not nest in itself on one CPU. */
BPF_PERCPU_ARRAY(counters, struct counters, 1);

#include "tag.h"

#ifdef NORMALS
#include "packet.h"

/* By packet of this sort (packet.h), for this reason, from code between these addresses. */
struct normal {
    u64 begin;
    u64 end;
    u32 reason;
    u32 packet;
};
BPF_ARRAY(normals, struct normal, NORMALS);
BPF_PERCPU_ARRAY(hidden, u64, NORMALS); /* of each, how many were left out */

static __always_inline bool is_normal(u64 skb, u64 location, u32 reason)
{
    u32 packet = packet_of(skb);
    for (int i = 0; i < NORMALS; i++) {
        int place = i;
        struct normal *normal = normals.lookup(&place);
        if (!normal || normal->reason != reason || normal->packet != packet || location < normal->begin ||
            location >= normal->end)
            continue;
        u64 *count = hidden.lookup(&place);
        if (count)
            *count += 1;
        return true;
    }
    return false;
}
#endif

static __always_inline void handle(void *ctx, struct counters *count, u32 pid, u64 location, u32 reason)
{
    count->observed++;
#if defined(RING_PAGES) || defined(RINGS)
#ifdef RINGS
    int cpu = bpf_get_smp_processor_id();
    void *ring = rings.lookup(&cpu); /* none for a CPU that came after the load */
    struct record *record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : 0;
#else
    struct record *record = events.ringbuf_reserve(sizeof(*record));
#endif
    if (!record) {
        count->reserve_failed++;
        return;
    }
    u64 now = bpf_ktime_get_ns();
    record->timestamp = now;
    record->location = location;
    record->pid = pid;
    record->reason = reason;
    count->submitted++;
    count->checksum += now;
#ifdef WAKEUP_BYTES
#ifndef RINGS
    void *ring = (void *)bpf_pseudo_fd(1, -1); /* bcc 0.26's own ringbuf_query() does not compile */
#endif
    /*
     * What waits counts this record already: AVAIL_DATA is what lies between the two positions, and the producer's has
     * moved at the reserve (kernel/bpf/ringbuf.c).
     */
    u64 waiting = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
    events.ringbuf_submit(record, waiting >= WAKEUP_BYTES ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
#else
    events.ringbuf_submit(record, WAKEUP_FLAGS);
#endif
#elif defined(LOG_BYTES)
    struct record record = {.timestamp = bpf_ktime_get_ns(), .location = location, .pid = pid, .reason = reason};
    if (!log_write(record)) {
        count->reserve_failed++;
        return;
    }
    count->submitted++;
    count->checksum += record.timestamp;
#elif defined(PERF)
    struct record record = {.timestamp = bpf_ktime_get_ns(), .location = location, .pid = pid, .reason = reason};
    if (events.perf_submit(ctx, &record, sizeof(record))) { /* full, or the CPU came online after the load */
        count->reserve_failed++;
        return;
    }
    count->submitted++;
    count->checksum += record.timestamp;
#else
    struct key key = {.location = location, .pid = pid, .reason = reason};
    /* bcc 0.26's increment() counts nothing on a per-CPU hash of newer kernels. */
    u64 zero = 0, *seen = counts.lookup_or_try_init(&key, &zero);
    if (!seen) {
        count->map_full++;
        return;
    }
    *seen += 1;
    count->aggregated++;
#endif
}

int on_drop(struct bpf_raw_tracepoint_args *ctx)
{
#ifdef TAG
    if (!tagged(ctx->args[ARG_SKB]))
        return 0;
#endif
#ifdef NORMALS
    if (is_normal(ctx->args[ARG_SKB], ctx->args[ARG_LOCATION], ctx->args[ARG_REASON]))
        return 0;
#endif
#ifdef PROTOCOL
    u16 protocol = 0;
    bpf_probe_read_kernel(&protocol, sizeof(protocol), (void *)(ctx->args[ARG_SKB] + OFFSET_PROTOCOL));
    if (protocol != PROTOCOL)
        return 0;
#endif
    int first = 0;
    struct counters *count = counters.lookup(&first);
    if (!count)
        return 0;
    handle(ctx, count, current_process(), ctx->args[ARG_LOCATION], ctx->args[ARG_REASON]);
    return 0;
}

#ifdef SYNTHETIC
#define EMITS_PER_RUN 256

/* What to emit: `keys` drops, taken in turn, `emits` of them a run. */
struct synthetic_plan {
    u32 emits;
    u32 keys;
    u32 next;
    u32 unused[29]; /* who emits at once shares no cache line */
};
struct synthetic_key {
    u64 location;
    u32 pid;
    u32 reason;
};
BPF_ARRAY(synthetic_plan, struct synthetic_plan, SYNTHETIC_PLANS); /* by skb->mark: one each who emits */
BPF_ARRAY(synthetic_keys, struct synthetic_key, SYNTHETIC);

/* The same path as a real drop takes, without the packet. Run by BPF_PROG_TEST_RUN, never attached. */
int emit(struct __sk_buff *skb)
{
    int first = 0;
    struct counters *count = counters.lookup(&first);
    int mark = skb->mark;
    struct synthetic_plan *plan = synthetic_plan.lookup(&mark);
    if (!count || !plan)
        return 0;
    for (int i = 0; i < EMITS_PER_RUN; i++) {
        if (i >= plan->emits)
            break;
        /* Kept in the map, where the verifier does not follow its value through 256 rounds. */
        u32 next = plan->next;
        struct synthetic_key *key = synthetic_keys.lookup(&next);
        if (!key)
            return 0;
        handle(skb, count, key->pid, key->location, key->reason);
        next++;
        plan->next = next < plan->keys ? next : 0;
    }
    return 0;
}
#endif

#ifdef BASELINES
/* What the kernel takes for running any program at all, and for counting that. */
int only_return(struct bpf_raw_tracepoint_args *ctx)
{
    return 0;
}

#ifdef TAG
int only_filter(struct bpf_raw_tracepoint_args *ctx)
{
    /* The result decides about a write, or the compiler would leave the filter out. */
    int first = 0;
    if (tagged(ctx->args[ARG_SKB]))
        return 0;
    struct counters *count = counters.lookup(&first);
    if (count)
        count->observed++;
    return 0;
}
#endif

#ifdef AGGREGATE_ENTRIES
/* The least with which a tool counts drops by cause: look up, increment. */
int only_hash(struct bpf_raw_tracepoint_args *ctx)
{
    struct key key = {
        .location = ctx->args[ARG_LOCATION],
        .pid = current_process(),
        .reason = ctx->args[ARG_REASON],
    };
    u64 one = 1, *seen = counts.lookup(&key);
    if (seen)
        *seen += 1;
    else
        counts.update(&key, &one);
    return 0;
}
#endif
#endif
