/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Counts the drops of the whole machine by whose they are: the network namespaces that the loader has numbered, or
 * others'. A packet belongs to the namespace that any of its pointers leads to. None of them always does: its device is
 * overwritten once it waits in a tree or in a UDP socket, and is gone when fragments time out; its socket is there for
 * few. So each is followed, and one counts only where it ends at the inode of a known namespace. Where none does, the
 * frame's MAC addresses tell, which are random and were listed by the loader; at last the namespace of the process on
 * whose time it happened, which is that of a socket being closed.
 *
 *   ARG_SKB, ARG_LOCATION, ARG_REASON   places of the tracepoint's arguments, from BTF
 *   OFFSET_...                          of fields, from BTF too
 *   ENTRIES                             room for so many different kinds of drops
 */

#include "packet.h"

#define UNKNOWN 0
#define FOREIGN 0xffffffff
/* fs/proc: numbers of namespaces are given out from 0xf0000000 on, those of the first ones lie right below. */
#define FIRST_INODE 0xeffff000

struct key {
    u64 location;
    u32 reason;
    u32 whose;
    u32 packet;
    u32 unused;
};
BPF_TABLE("percpu_hash", struct key, u64, counts, ENTRIES);
BPF_PERCPU_ARRAY(no_room, u64, 1);
BPF_HASH(inodes, u32, u32, 4096);    /* of our namespaces, to their numbers */
BPF_HASH(addresses, u64, u32, 4096); /* MAC addresses of our devices and frames, to the same */

static __always_inline u64 pointer_at(u64 address)
{
    u64 value = 0;
    if (address >= 4096)
        bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
    return value;
}

static __always_inline u32 of_namespace(u64 net)
{
    u32 inode = 0;
    if (net < 4096 || bpf_probe_read_kernel(&inode, sizeof(inode), (void *)(net + OFFSET_NET_INODE)))
        return UNKNOWN;
    u32 *number = inodes.lookup(&inode);
    return number ? *number : inode >= FIRST_INODE ? FOREIGN : UNKNOWN;
}

static __always_inline u32 of_address(u64 at)
{
    u64 address = 0;
    if (bpf_probe_read_kernel(&address, 6, (void *)at) || !address)
        return UNKNOWN;
    u32 *number = addresses.lookup(&address);
    return number ? *number : FOREIGN;
}

#define SETTLED(by)                                                                                                    \
    do {                                                                                                               \
        u32 found = (by);                                                                                              \
        if (found != UNKNOWN && found != FOREIGN)                                                                      \
            return found;                                                                                              \
        if (found == FOREIGN)                                                                                          \
            whose = FOREIGN;                                                                                           \
    } while (0)

static __always_inline u32 whose(u64 skb)
{
    u32 whose = UNKNOWN;
    u64 device = pointer_at(skb + OFFSET_DEV);
    SETTLED(device < 4096 ? UNKNOWN : of_namespace(pointer_at(device + OFFSET_DEVICE_NET)));
    u64 socket = pointer_at(skb + OFFSET_SK);
    SETTLED(socket < 4096 ? UNKNOWN : of_namespace(pointer_at(socket + OFFSET_SOCKET_NET)));
    u64 route = pointer_at(skb + OFFSET_DST) & ~1ULL;
    device = route < 4096 ? 0 : pointer_at(route + OFFSET_DST_DEVICE);
    SETTLED(device < 4096 ? UNKNOWN : of_namespace(pointer_at(device + OFFSET_DEVICE_NET)));
    u16 mac = 0xffff;
    bpf_probe_read_kernel(&mac, sizeof(mac), (void *)(skb + OFFSET_MAC_HEADER));
    u64 head = pointer_at(skb + OFFSET_HEAD);
    if (mac != 0xffff && mac && head) {
        SETTLED(of_address(head + mac));
        SETTLED(of_address(head + mac + 6));
    }
    if (whose == UNKNOWN) {
        u64 proxy = pointer_at(bpf_get_current_task() + OFFSET_NSPROXY);
        u32 of_task = proxy < 4096 ? UNKNOWN : of_namespace(pointer_at(proxy + OFFSET_PROXY_NET));
        if (of_task != FOREIGN) /* an interrupt's drops happen on anybody's time */
            whose = of_task;
    }
    return whose;
}

int on_drop(struct bpf_raw_tracepoint_args *ctx)
{
    u64 skb = ctx->args[ARG_SKB], zero = 0;
    struct key key = {.location = ctx->args[ARG_LOCATION], .reason = ctx->args[ARG_REASON]};
    key.whose = whose(skb);
    key.packet = packet_of(skb);
    u64 *seen = counts.lookup_or_try_init(&key, &zero);
    if (!seen) {
        int first = 0;
        seen = no_room.lookup(&first);
    }
    if (seen)
        *seen += 1;
    return 0;
}
