#!/bin/bash
# Guess: a datagram that a socket's own filter (SO_ATTACH_FILTER) refuses was not wanted: no error, nothing
#   lost. One that a program on the control group refuses (IPAddressDeny= of systemd) is a firewall's drop,
#   with a reason of its own, as the one of the way out (BPF_CGROUP_EGRESS), and counted as for TCP.
# Really: both are the same. The event says SOCKET_FILTER, though the process has no filter; and each is
#   UdpInErrors, ss's d, the drops of /proc/net/udp and the program's own SO_RXQ_OVFL, like a datagram that
#   found the buffer full. Only RcvbufErrors stays 0. For a SYN that the same program refuses no SNMP
#   counter moves, neither TcpInErrs nor ListenDrops: the listener's d in ss alone has it.
# Seen with: Linux 6.18.44, iproute2 6.1.0.
# Bites: programs that raise SO_RCVBUF by SO_RXQ_OVFL, alarms on UdpInErrors, and whoever takes SOCKET_FILTER
#   for the application's doing.
# Source: net/ipv4/udp.c udp_queue_rcv_one_skb (sk_filter_trim_cap, "drop:" UDP_MIB_INERRORS, sk_drops);
#   net/core/filter.c sk_filter_trim_cap (BPF_CGROUP_RUN_PROG_INET_INGRESS); net/ipv4/tcp_ipv4.c tcp_filter.
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
groups=$(mktemp -d)
mount -t cgroup2 none "$groups"
mkdir "$groups/finding-$$"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace" "$groups/finding-$$"; umount "$groups"; rmdir "$groups"' EXIT
uname -sr; ss -V
ip link set lo up
# The machine's events of this reason are looked at, since softirqs run on anybody's time; foreign ones only add.
event=$trace/events/skb/kfree_skb
number=$(grep -o '{ [0-9a-fx]*, "SOCKET_FILTER" }' "$event/format" | grep -o '[0-9][0-9a-fx]*' | head -1)
echo "reason == $number" >"$event/filter"
echo 1 >"$event/enable"
python3 - "$trace/trace" "$groups/finding-$$" <<'END'
import ctypes, os, re, socket, struct, subprocess, sys, time
trace, group = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)

def bpf(command, attributes):
    result = libc.syscall({"x86_64": 321}.get(os.uname().machine, 280), command, ctypes.create_string_buffer(attributes, 144), 144)
    if result < 0:
        raise OSError(ctypes.get_errno(), "bpf")
    return result

def counters():
    told = subprocess.check_output(["nstat", "-asz"], text=True)
    return {name: int(re.search(rf"^{name} +(\d+)", told, re.M)[1]) for name in ("UdpInErrors", "UdpRcvbufErrors", "TcpInErrs", "TcpExtListenDrops")}

def dropped(kind, port):
    return int(re.search(rf":{port} .*\n.*,d(\d+)\)", subprocess.check_output(["ss", f"-{kind}anm"], text=True))[1])

def show(what, before, d):
    time.sleep(0.3)
    moved = [f"{name} {now - before[name]}" for name, now in counters().items() if now != before[name]]
    events = re.findall(r"location=(\w+)", open(trace).read())
    places = {place: events.count(place) for place in sorted(set(events))}
    print(f"{what}: {', '.join(moved) or 'no counter'} and d {d} in ss, events SOCKET_FILTER {places}", flush=True)
    open(trace, "w").close()
    return moved, events

def read(s):  # what is there, and what the kernel says was lost
    data, extra, _, _ = s.recvmsg(99, 99)
    return data, struct.unpack("I", extra[0][2])[0] if extra else 0

reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
reader.bind(("127.0.0.1", 10))
reader.setsockopt(socket.SOL_SOCKET, 40, 1)  # SO_RXQ_OVFL
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
refuse = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # return 0
before = counters()
reader.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", 1, ctypes.addressof(refuse)))  # SO_ATTACH_FILTER
for _ in range(20):
    sender.sendto(b"unwanted", ("127.0.0.1", 10))
moved, events = show("20 datagrams, the socket's filter", before, dropped("u", 10))
assert moved == ["UdpInErrors 20"] and dropped("u", 10) == 20 and events.count("udp_queue_rcv_one_skb") >= 20
reader.setsockopt(socket.SOL_SOCKET, 27, 0)  # SO_DETACH_FILTER
sender.sendto(b"wanted", ("127.0.0.1", 10))
told = read(reader)
print("the next datagram says that", told[1], "were lost")
assert told == (b"wanted", 20)

with open(group + "/cgroup.procs", "w") as procs:
    procs.write("0")
reader.close()
reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
reader.bind(("127.0.0.1", 10))
reader.setsockopt(socket.SOL_SOCKET, 40, 1)
server = socket.create_server(("127.0.0.1", 5000))
code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xB7, 0, 0, 0, 0x95, 0, 0, 0))  # return 0
license = ctypes.create_string_buffer(b"GPL")
program = bpf(5, struct.pack("IIQQ", 8, 2, ctypes.addressof(code), ctypes.addressof(license)))  # BPF_PROG_LOAD, of type cgroup_skb
target = os.open(group, os.O_RDONLY)
bpf(8, struct.pack("IIII", target, program, 0, 0))  # BPF_CGROUP_INET_INGRESS
before = counters()
for _ in range(20):
    sender.sendto(b"unwanted", ("127.0.0.1", 10))
moved, events = show("20 datagrams, the control group's program", before, dropped("u", 10))
assert moved == ["UdpInErrors 20"] and dropped("u", 10) == 20 and events.count("udp_queue_rcv_one_skb") >= 20
before = counters()
clients = [socket.socket() for _ in range(20)]
for client in clients:
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", 5000))
moved, events = show("20 SYNs, the control group's program", before, dropped("t", 5000))
assert moved == [] and dropped("t", 5000) >= 20 and events.count("tcp_v4_rcv") >= 20
END
echo "as described"
