/* SPDX-License-Identifier: MIT */
/*
 * A log for each CPU: records written in place into an array that both sides have mapped. No reserve, no submit, no
 * wakeup. log.py, beside which this file may be copied into any tool of bcc's, reads it.
 *
 * Put this text before the program's own (bcc rewrites map methods in the source alone, not in headers), and define
 *   struct record   what is logged; LOG_RECORD, if it is called otherwise
 *   LOG_CPUS        segments: the highest number of a CPU that is online, and one
 *   LOG_SLOTS       records in a segment, a power of two; or
 *   LOG_BYTES       of a segment: as many records as fit, a power of two again
 *   LOG_OVERWRITE   when it is full, overwrite the oldest; else the new record finds no room
 *
 * One program at a time may log on a CPU: a raw tracepoint's does not nest in itself; two hooks that can interrupt each
 * other need a log each.
 */

#ifndef LOG_RECORD
#define LOG_RECORD struct record
#endif

/* `opened` and `closed` are the record's number, modulo 2**32: written before the record and after it. */
struct log_slot {
    u32 opened;
    u32 closed;
    LOG_RECORD record;
};

#ifdef LOG_BYTES
/* The kernel lays an array's elements at multiples of 8 bytes. */
#define LOG_SLOTS (1u << (31 - __builtin_clz(LOG_BYTES / ((sizeof(struct log_slot) + 7) & ~7))))
#endif

/* How far a CPU is, and how far its reader: each on a cache line of its own. */
struct log_place {
    u64 next; /* records written */
    u64 of_producer[7];
    u64 taken;       /* records that the reader has done with */
    u64 overwritten; /* of these, those that it never saw */
    u64 of_reader[6];
};

BPF_F_TABLE("array", u32, struct log_place, log_places, LOG_CPUS, BPF_F_MMAPABLE);
BPF_F_TABLE("array", u32, struct log_slot, log_slots, LOG_CPUS * LOG_SLOTS, BPF_F_MMAPABLE);

/* What the processor stores in this order, the compiler must not turn round: x86-64 keeps stores in order by itself. */
#define LOG_STORE(where, what)                                                                                         \
    do {                                                                                                               \
        asm volatile("" ::: "memory");                                                                                 \
        *(volatile typeof(where) *)&(where) = (what);                                                                  \
        asm volatile("" ::: "memory");                                                                                 \
    } while (0)

/* Log a record; return 0 when there is no room: the segment is full, or the CPU came online after the load. */
static __always_inline int log_write(LOG_RECORD record)
{
    u32 cpu = bpf_get_smp_processor_id();
    struct log_place *place = log_places.lookup(&cpu);
    if (!place)
        return 0;
    u64 next = place->next;
#ifndef LOG_OVERWRITE
    if (next - *(volatile u64 *)&place->taken >= LOG_SLOTS)
        return 0;
#endif
    u32 at = cpu * LOG_SLOTS + (next & (LOG_SLOTS - 1));
    struct log_slot *slot = log_slots.lookup(&at);
    if (!slot)
        return 0;
    LOG_STORE(slot->opened, next);
    slot->record = record;
    LOG_STORE(slot->closed, next);
    LOG_STORE(place->next, next + 1);
    return 1;
}
