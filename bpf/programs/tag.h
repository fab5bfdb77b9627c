/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Tells the traffic of a session from anybody else's, by its source MAC address.
 *
 *   TAG   that address: 48 bits, as a little-endian number; without it, everything is ours
 *   OFFSET_HEAD, OFFSET_MAC_HEADER   of struct sk_buff, from the running kernel's BTF (with TAG)
 */

#ifdef TAG
#define SPAN_START ((OFFSET_HEAD < OFFSET_MAC_HEADER ? OFFSET_HEAD : OFFSET_MAC_HEADER) & ~7)
#define SPAN_END (OFFSET_HEAD < OFFSET_MAC_HEADER ? OFFSET_MAC_HEADER + 2 : OFFSET_HEAD + 8)

/* Tell whether the packet's source MAC is the tag. The two fields lie close together: one read fetches both. */
static __always_inline bool tagged(u64 skb)
{
    u8 span[(SPAN_END - SPAN_START + 7) & ~7] __attribute__((aligned(8)));
    bpf_probe_read_kernel(span, sizeof(span), (void *)(skb + SPAN_START));
    u64 head = *(u64 *)(span + (OFFSET_HEAD - SPAN_START));
    u16 mac_header = *(u16 *)(span + (OFFSET_MAC_HEADER - SPAN_START));
    if (mac_header == 0xffff) /* not set: this packet never had one */
        return false;
    u64 source = 0; /* six bytes of it; the upper two stay zero */
    bpf_probe_read_kernel(&source, 6, (void *)(head + mac_header + 6));
    return source == TAG;
}
#endif
