#!/bin/bash
# Guess: what scapy makes with no field given, IP(dst=…)/ICMP(), is the plainest ping there is; Linux answers it, and the
#   answer is a valid packet.
# Really: it has id 0, seq 0 and no data, so that the reply is zeros but for its checksum, which must be 0xffff (the
#   complement of a sum of 0). Linux sends 0x0000. The pinging host's own kernel finds that wrong: IcmpInCsumErrors, and a
#   drop at icmp_rcv, ICMP_CSUM. scapy reads before the kernel does and shows the answer all the same. With any field
#   that is not zero (seq=1) the reply is right; the kernel folds a sum that is congruent to 0 and is 0xffff, not 0.
# Seen with: scapy 2.8.0, Linux 6.18.44.
# Bites: monitors of ICMP_CSUM and InCsumErrors beside health checks made with scapy; strict receivers that drop the
#   reply, such as a NAT or a firewall that checks; tests that compare a reply's checksum with a computed one.
# Source: scapy/layers/inet.py, class ICMP (id and seq default to 0); net/ipv4/icmp.c icmp_reply and icmp_push_reply.
set -eu
if [ "${1-}" != inside ]; then
    dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check scapy==2.8.0
    unshare -m -n --propagation private bash "$0" inside "$dir/bin/python"
    exit
fi
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
unshare -n sleep 100 & far=$!
trap 'kill $far; echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
uname -sr
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add near type veth peer name far netns "$far"
ip address add 10.0.0.1/24 dev near
ip link set near up
nsenter -t "$far" -n sh -c 'ip address add 10.0.0.2/24 dev far; ip link set far up'
echo $$ >"$trace/set_event_pid"
echo 1 >"$trace/options/event-fork"
echo 1 >"$trace/events/skb/kfree_skb/enable"
"$2" - <<'PYTHON'
import logging
logging.getLogger("scapy").setLevel(logging.ERROR)
import scapy
from scapy.all import ICMP, IP, Raw, conf, sr1
print("scapy", scapy.__version__)
conf.verb = 0

def checksum_errors():
    names, values = [line.split() for line in open("/proc/net/snmp") if line.startswith("Icmp:")]
    return int(values[names.index("InCsumErrors")])

def ping(packet):
    before = checksum_errors()
    reply = sr1(IP(dst="10.0.0.2") / packet, timeout=5)[ICMP]
    sent = reply.chksum
    del reply.chksum
    right = ICMP(bytes(reply)).chksum
    print(f"{packet!r}: reply's checksum {sent:#06x}, computed {right:#06x}; IcmpInCsumErrors {checksum_errors() - before}")
    return sent, right, checksum_errors() - before

assert ping(ICMP()) == (0, 0xFFFF, 1)
assert ping(ICMP() / Raw(bytes(56))) == (0, 0xFFFF, 1)
for usual in (ICMP(seq=1), ICMP(id=7), ICMP() / Raw(b"\x00\x01")):
    sent, right, errors = ping(usual)
    assert sent == right and errors == 0
PYTHON
events=$(grep -c 'reason: ICMP_CSUM' "$trace/trace" || true)
echo "$events events ICMP_CSUM"
[ "$events" = 2 ]
echo "as described"
