/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Tells what a dropped packet was, as far as it decides whether anybody misses it: an acknowledgement whose work is
 * done is freed like a drop is. What is not wholly there, or is none of these, is 0.
 *
 *   OFFSET_HEAD, OFFSET_TAIL, OFFSET_NETWORK_HEADER   of struct sk_buff, from the running kernel's BTF
 */

/* In the order of PACKETS in packets.py. */
#define PACKET_OTHER 0
#define PACKET_TCP_DATA 1
#define PACKET_TCP_SYN 2  /* asks for a connection */
#define PACKET_TCP_BARE 3 /* acknowledges, ends or probes; carries no data */
#define PACKET_ECHO_REPLY 4
#define PACKET_UDP 5

#define TCP_SYN_ACK 0x12
#define TCP_SYN 0x02

static __always_inline u32 packet_of(u64 skb)
{
    u64 head = 0;
    u32 tail = 0;
    u16 network = 0;
    u8 ip[40];
    bpf_probe_read_kernel(&head, sizeof(head), (void *)(skb + OFFSET_HEAD));
    bpf_probe_read_kernel(&tail, sizeof(tail), (void *)(skb + OFFSET_TAIL));
    bpf_probe_read_kernel(&network, sizeof(network), (void *)(skb + OFFSET_NETWORK_HEADER));
    if (!network || bpf_probe_read_kernel(ip, sizeof(ip), (void *)(head + network)))
        return PACKET_OTHER;
    u32 header, length, protocol;
    if (ip[0] >> 4 == 4) {
        header = (ip[0] & 0xf) * 4;
        length = ip[2] << 8 | ip[3];
        protocol = ip[9];
        if (header < 20 || (ip[6] & 0x1f) || ip[7]) /* a later fragment begins with no header */
            return PACKET_OTHER;
    } else if (ip[0] >> 4 == 6) {
        header = 40;
        length = 40 + (ip[4] << 8 | ip[5]);
        protocol = ip[6];
    } else {
        return PACKET_OTHER;
    }
    u32 there = protocol == 6 ? 20 : 8;
    u8 next[20] = {};
    if (length < header + there || network + header + there > tail ||
        bpf_probe_read_kernel(next, sizeof(next), (void *)(head + network + header)))
        return PACKET_OTHER;
    if (protocol == 6) {
        u32 begin = header + (next[12] >> 4) * 4;
        if (begin < header + 20 || begin > length)
            return PACKET_OTHER;
        if ((next[13] & TCP_SYN_ACK) == TCP_SYN)
            return PACKET_TCP_SYN;
        return begin == length ? PACKET_TCP_BARE : PACKET_TCP_DATA;
    }
    if (protocol == 17)
        return PACKET_UDP;
    if ((protocol == 1 && next[0] == 0) || (protocol == 58 && next[0] == 129))
        return PACKET_ECHO_REPLY;
    return PACKET_OTHER;
}
