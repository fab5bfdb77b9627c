/* SPDX-License-Identifier: MIT */
/*
 * What the machine can do: one frame, 64 per call of sendmmsg, as fast as it goes. The yardstick for the senders in Python.
 *
 * usage: bare_loop INTERFACE CPU MILLISECONDS FRAME_IN_HEX
 * Prints the frames sent and the nanoseconds of CPU time that took. Runs inside the testbed's namespace (bench traffic --speed).
 */
#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BURST 64

static long long now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    unsigned char frame[2048];
    size_t length = strlen(argv[4]) / 2;
    if (length > sizeof(frame))
        return 2;
    for (size_t i = 0; i < length; i++)
        if (sscanf(argv[4] + 2 * i, "%2hhx", &frame[i]) != 1)
            return 2;

    cpu_set_t cpu;
    CPU_ZERO(&cpu);
    CPU_SET(atoi(argv[2]), &cpu);
    sched_setaffinity(0, sizeof(cpu), &cpu);

    int out = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
    if (out < 0 || where.sll_ifindex == 0 || bind(out, (struct sockaddr *)&where, sizeof(where)) != 0) {
        perror("bare_loop");
        return 1;
    }
    struct iovec part = {.iov_base = frame, .iov_len = length};
    struct mmsghdr burst[BURST];
    memset(burst, 0, sizeof(burst));
    for (int i = 0; i < BURST; i++) {
        burst[i].msg_hdr.msg_iov = &part;
        burst[i].msg_hdr.msg_iovlen = 1;
    }

    long long sent = 0, end = now(CLOCK_MONOTONIC) + atoll(argv[3]) * 1000000LL;
    long long start = now(CLOCK_PROCESS_CPUTIME_ID);
    while (now(CLOCK_MONOTONIC) < end) {
        int taken = sendmmsg(out, burst, BURST, 0);
        if (taken < 0) {
            perror("sendmmsg");
            return 1;
        }
        sent += taken;
    }
    printf("%lld %lld\n", sent, now(CLOCK_PROCESS_CPUTIME_ID) - start);
    return 0;
}
