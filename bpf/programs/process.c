/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Counts what the kernel does for one process (PROCESS, its number), for the kernel pass. Raw tracepoints again, one
 * program each, so that a kernel that lacks one still counts the rest.
 *
 *   OFFSET_...            of fields, from the running kernel's BTF
 *   EPOLL_CALLS           tests `id` against this architecture's numbers of epoll_wait and its relatives
 */

#include "numbers.h"

/* In the order of Counts in process.py. */
struct counts {
    u64 wakeups;       /* the process, or a thread of it, was made runnable */
    u64 syscalls;      /* it entered the kernel */
    u64 epoll_calls;   /* of these, to wait by epoll */
    u64 epoll_ready;   /* returns from that with something to do: no timeout, no signal */
    u64 irq_works;     /* deferred interrupts, by which the ring notifies; anyone's */
};

BPF_PERCPU_ARRAY(counts, struct counts, 1);
/* Whether the process is inside epoll_wait: sys_exit does not say which call it leaves. It has one thread that waits. */
BPF_ARRAY(inside, u32, 1);

static __always_inline bool ours(void)
{
    return current_process() == PROCESS;
}

/* Whether a task is of the process: one that was started here, and so is numbered here last. */
static __always_inline bool is_of(void *task)
{
#ifdef PID_NAMESPACE
    void *leader = 0, *pid = 0, *namespace = 0;
    u32 level = 0, number = 0, inode = 0;
    bpf_probe_read_kernel(&leader, sizeof(leader), task + OFFSET_GROUP_LEADER);
    bpf_probe_read_kernel(&pid, sizeof(pid), leader + OFFSET_THREAD_PID);
    bpf_probe_read_kernel(&level, sizeof(level), pid + OFFSET_LEVEL);
    void *last = pid + OFFSET_NUMBERS + level * 16; /* struct upid: nr, ns */
    bpf_probe_read_kernel(&number, sizeof(number), last);
    if (number != PROCESS)
        return false;
    bpf_probe_read_kernel(&namespace, sizeof(namespace), last + 8);
    bpf_probe_read_kernel(&inode, sizeof(inode), namespace + OFFSET_NAMESPACE + OFFSET_INODE);
    return inode == PID_NAMESPACE;
#else
    u32 tgid = 0;
    bpf_probe_read_kernel(&tgid, sizeof(tgid), task + OFFSET_TGID);
    return tgid == PROCESS;
#endif
}

int on_sched_wakeup(struct bpf_raw_tracepoint_args *ctx)
{
    int first = 0;
    struct counts *count = counts.lookup(&first);
    if (count && is_of((void *)ctx->args[0]))
        count->wakeups++;
    return 0;
}

int on_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
    int first = 0;
    u64 id = ctx->args[1];
    if (!ours())
        return 0;
    struct counts *count = counts.lookup(&first);
    u32 *waiting = inside.lookup(&first);
    if (!count || !waiting)
        return 0;
    count->syscalls++;
    if (EPOLL_CALLS) {
        count->epoll_calls++;
        *waiting = 1;
    }
    return 0;
}

int on_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
    int first = 0;
    if (!ours())
        return 0;
    struct counts *count = counts.lookup(&first);
    u32 *waiting = inside.lookup(&first);
    if (!count || !waiting || !*waiting)
        return 0;
    *waiting = 0;
    if ((long)ctx->args[1] > 0)
        count->epoll_ready++;
    return 0;
}

int on_irq_work_entry(struct bpf_raw_tracepoint_args *ctx)
{
    int first = 0;
    struct counts *count = counts.lookup(&first);
    if (count)
        count->irq_works++;
    return 0;
}
