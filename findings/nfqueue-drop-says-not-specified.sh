#!/bin/bash
# Guess: a packet that a program drops by a verdict (NFQUEUE: Suricata, OpenSnitch) is lost like one that a
#   rule drops: reason NETFILTER_DROP, on the sender's time, sendto() raises EPERM and nothing was sent.
# Really: the event says NOT_SPECIFIED, and is on the time of the deciding program; the sender has none.
#   sendto() succeeds and OutDatagrams counts the packet. The same if no program listens, but on the sender's
#   time. A full queue makes two events for each packet that it loses: one is the netlink message that
#   should have carried it (protocol 0), the other the packet. So no filter on NETFILTER_DROP, or on a
#   program's pid, finds what such a firewall drops.
# Seen with: Linux 6.18.44, iptables 1.8.9, nftables 1.0.6, iproute2 6.1.0.
# Bites: drop monitors beside an IPS, and whoever counts firewall drops by their reason.
# Source: net/netfilter/nf_queue.c nf_queue (kfree_skb(skb)); net/netfilter/nfnetlink_queue.c nfqnl_reinject
#   (NF_DROP: kfree_skb), __nfqnl_enqueue_packet (kfree_skb(nskb)); net/netfilter/core.c nf_hook_slow against
#   it (kfree_skb_reason, NF_DROP_GETERR).
set -eu
if [ "${1-}" != inside ]; then
    dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
    (cd "$dir" && apt-get download iptables libip4tc2 libip6tc2 libxtables12 >/dev/null 2>&1 && for package in *.deb; do dpkg -x "$package" .; done)
    unshare -m -n --propagation private bash "$0" inside "$dir"
    exit
fi
dir=$2
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
libraries=$(echo "$dir"/usr/lib/*-linux-gnu)
iptables() { LD_LIBRARY_PATH=$libraries XTABLES_LIBDIR=$libraries/xtables XTABLES_LOCKFILE=$dir/lock "$dir/usr/sbin/iptables-legacy" "$@"; }
uname -sr; iptables -V; nft -v; ip -V
ip link set lo up
nft 'add table ip t; add chain ip t c { type filter hook output priority 0; }; add rule ip t c udp dport 10 drop'
iptables -I OUTPUT -p udp --dport 9 -j NFQUEUE --queue-num 0
echo 1 >"$trace/events/skb/kfree_skb/enable"
python3 - "$trace" <<'END'
import collections, multiprocessing, os, re, socket, struct, subprocess, sys
trace = sys.argv[1]

def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)

def message(kind, flags, data):
    return struct.pack("IHHIIBBH", 20 + len(data), 3 << 8 | kind, flags, 1, 0, 0, 0, 0) + data

def queue(length):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
    for kind, data in ((1, struct.pack(">BBH", 1, 0, 2)), (2, struct.pack(">IB", 100, 2)), (3, struct.pack(">I", length))):
        s.send(message(2, 5, attribute(kind, data)))  # NFQNL_MSG_CONFIG: bind, copy 100 bytes, queue length
        assert struct.unpack("i", s.recv(9999)[16:20])[0] == 0
    return s

def decide(pipe):
    s = queue(100)
    pipe.send("ready")
    pipe.recv()
    for _ in range(20):
        packet = s.recv(9999)[24:28]
        s.send(message(1, 1, attribute(2, struct.pack(">I", 0) + packet)))  # NFQNL_MSG_VERDICT: NF_DROP
    pipe.send("done")
    pipe.recv()  # the queue ends with its socket

def out():
    return int(re.search(r"^UdpOutDatagrams +(\d+)", subprocess.check_output(["nstat", "-asz"], text=True), re.M)[1])

def write(name, text):
    with open(f"{trace}/{name}", "w") as f:
        f.write(text)

def send(what, port, then=lambda: None, pids=()):
    before = out()
    write("set_event_pid", " ".join(map(str, [os.getpid(), *pids])))
    write("trace", "")
    got = collections.Counter()
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(20):
        try:
            s.sendto(bytes(100), ("127.0.0.1", port))
            got["sent"] += 1
        except PermissionError:
            got["EPERM"] += 1
    then()
    events = collections.Counter()
    for pid, place, reason in re.findall(r"-(\d+) .* location=(nft?_\w+|(?:__)?nfqnl_\w+).* reason: (\w+)", open(f"{trace}/trace").read()):
        events[("sender" if int(pid) == os.getpid() else "decider") + " " + reason + " " + place] += 1
    results = [f"{n} {what}" for what, n in got.items()] + [f"OutDatagrams {out() - before}"]
    told = "; ".join(results + [f"{n} events of {who}" for who, n in sorted(events.items())])
    print(what + ":", told, flush=True)
    return told

assert send("rule", 10) == "20 EPERM; OutDatagrams 0; 20 events of sender NETFILTER_DROP nft_do_chain"
assert send("nobody listens", 9) == "20 sent; OutDatagrams 20; 20 events of sender NOT_SPECIFIED nf_queue"
here, pipe = multiprocessing.Pipe()
decider = multiprocessing.Process(target=decide, args=(pipe,), daemon=True)
decider.start()
assert here.recv() == "ready"
def verdicts():
    here.send("go")
    assert here.recv() == "done"
assert send("verdict", 9, verdicts, [decider.pid]) == "20 sent; OutDatagrams 20; 20 events of decider NOT_SPECIFIED nfqnl_reinject"
here.send("end")
decider.join()
short = queue(5)
told = send("full queue", 9)
dropped = int(open("/proc/net/netfilter/nfnetlink_queue").read().split()[5])
print("queue_dropped", dropped)
assert dropped == 15 and "15 events of sender NOT_SPECIFIED nf_queue" in told
assert sum(int(n) for n in re.findall(r"(\d+) events of sender NOT_SPECIFIED __nfqnl_enqueue_packet", told)) == 15
END
echo "as described"
