#!/bin/bash
# Guess: a raw socket whose reader is slow loses packets in silence, as a UDP socket does; whoever sends learns nothing.
# Really: once its buffer is full the kernel goes on as if nobody had opened the protocol: it answers each further packet
#   that the host has no such protocol (ICMP protocol unreachable; ICMPv6 parameter problem, unrecognized next header),
#   counts it as InUnknownProtos, and the drop's reason is IP_NOPROTO. The socket's own "drops" counts too, so that one
#   packet stands in two counters, and one of them sends you looking for a daemon that does not run.
# Seen with: Linux 6.18.44 (protocol 89, OSPF's; of ICMP, UDP and TCP, which the kernel has itself, only the socket's
#   copy is lost).
# Bites: drop monitors and alerts on IP_NOPROTO or InUnknownProtos beside routing daemons (OSPF, VRRP, PIM, EIGRP) and
#   tunnels in user space, at the very moment that they are overloaded; peers that give a neighbour up for the answer.
# Source: net/ipv4/raw.c raw_v4_input and net/ipv6/raw.c: a full socket counts the drop and leaves the packet undelivered;
#   net/ipv4/ip_input.c ip_protocol_deliver_rcu and net/ipv6/ip6_input.c answer what nobody took.
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
uname -sr
ip link set lo up
ip address add fd00::1/128 dev lo nodad
ip address add fd00::2/128 dev lo nodad
sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
echo $$ >"$trace/set_event_pid"
echo 1 >"$trace/options/event-fork"
echo 1 >"$trace/events/skb/kfree_skb/enable"
send() { # VERSION: 100 packets to a raw socket that holds seven or so and is not read
    python3 - "$1" <<'PYTHON'
import socket, sys
four = sys.argv[1] == "4"
family, here, there = (socket.AF_INET, "127.0.0.1", "127.0.0.2") if four else (socket.AF_INET6, "fd00::1", "fd00::2")

def counters():
    if not four:
        return {name: int(count) for name, count in map(str.split, open("/proc/net/snmp6"))}
    lines = [line.split() for line in open("/proc/net/snmp")]
    return {key[0][:-1] + name: int(count) for key, values in zip(lines[::2], lines[1::2]) for name, count in zip(key[1:], values[1:])}

reader = socket.socket(family, socket.SOCK_RAW, 89)
reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
reader.bind((here, 0))
sender = socket.socket(family, socket.SOCK_RAW, 89)
sender.bind((there, 0))
before = counters()
for _ in range(100):
    sender.sendto(bytes(500), (here, 0))
after = counters()
names = ("IpInUnknownProtos", "IcmpInDestUnreachs") if four else ("Ip6InUnknownProtos", "Icmp6InParmProblems")
unknown, answered = (after[name] - before.get(name, 0) for name in names)
(drops,) = {int(line.split()[-1]) for line in open("/proc/net/raw" if four else "/proc/net/raw6") if line.split()[-1] not in ("0", "drops")}
print(f"IPv{sys.argv[1]}: of 100, {drops} dropped by the socket; {names[0]} {unknown}, {names[1]} {answered}")
assert drops == unknown == answered > 80
PYTHON
}
send 4
send 6
events=$(grep -c 'reason: IP_NOPROTO' "$trace/trace" || true)
echo "$events events IP_NOPROTO"
[ "$events" -gt 80 ]
echo "as described"
