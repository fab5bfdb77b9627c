#!/bin/bash
# Guess: a full capture socket drops each frame with an event (skb:kfree_skb, PACKET_SOCK_ERROR), and "ss -0
#   -m" shows the number as d, whichever way the capturing program reads.
# Really: only the plain packet socket does. A memory-mapped ring (TPACKET_V2 and V3: tcpdump, dumpcap and
#   every libpcap program, Suricata) that is full gives its frames up before the place that knows a reason:
#   they end as consumed, without an event (but for a few at the moment the ring fills); ss shows d0 and
#   /proc/net/packet nothing. Only PACKET_STATISTICS counts them, which the capturing program alone can ask
#   for, and which is zero again once it was read.
# Seen with: Linux 6.18.44, iproute2 6.1.0 (ss).
# Bites: a drop monitor beside a capture, and whoever asks from outside whether a capture is lossy.
# Source: net/packet/af_packet.c, tpacket_rcv ("If we are flooded, just give up": tp_drops only, drop_reason
#   still SKB_CONSUMED) against packet_rcv (also sk_drops, PACKET_SOCK_ERROR).
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
uname -sr; ss -V
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add name near address 02:00:00:00:00:01 type veth peer name far address 02:00:00:00:00:02
ip link set near up; ip link set far up
watch() { echo >"$trace/trace"; echo 1 >"$trace/options/event-fork"; echo $$ >"$trace/set_event_pid"; echo 1 >"$trace/events/skb/kfree_skb/enable"; }
events() { grep -c "reason: $1" "$trace/trace" || true; }
capture() { # KIND: 200 frames into a small capture socket that nobody reads; prints what its owner and ss say
    python3 -c "
import mmap, re, socket, struct, subprocess
PACKET, RING, STATISTICS, VERSION = 263, 5, 6, 10
kind, protocol = '$1', 0x88b5
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
if kind == 'plain':
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
elif kind == 'V2':
    s.setsockopt(PACKET, VERSION, 1)
    s.setsockopt(PACKET, RING, struct.pack('4I', 4096, 1, 2048, 2))
else:
    s.setsockopt(PACKET, VERSION, 2)
    s.setsockopt(PACKET, RING, struct.pack('7I', 4096, 2, 2048, 4, 60000, 0, 0))
ring = None if kind == 'plain' else mmap.mmap(s.fileno(), 8192 if kind == 'V3' else 4096)
s.bind(('far', protocol))
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
out.bind(('near', 0))
for _ in range(200):
    out.send(bytes.fromhex('020000000002020000000001') + protocol.to_bytes(2, 'big') + bytes(500))
told = re.search(r':far .*?,d(\d+)', subprocess.check_output(['ss', '-0nm'], text=True))[1]
dropped = lambda: struct.unpack('3I', s.getsockopt(PACKET, STATISTICS, 12).ljust(12, bytes(1)))[1]
first = dropped()
print(first, told, dropped())"
}
for kind in plain V2 V3; do
    watch
    read -r dropped told again < <(capture $kind)
    seen=$(events PACKET_SOCK_ERROR)
    echo "$kind: 200 frames, PACKET_STATISTICS $dropped dropped (asked again: $again), ss d$told, $seen events"
    [ "$dropped" -gt 100 ]
    [ "$again" = 0 ]
    if [ "$kind" = plain ]; then
        [ "$told" = "$dropped" ]
        [ "$seen" -ge "$dropped" ]
    else
        [ "$told" = 0 ]
        [ "$seen" -lt 20 ]
    fi
done
echo "as described"
