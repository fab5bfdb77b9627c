/* SPDX-License-Identifier: MIT */
/*
 * A consumer of the same ring in C, as one would write it with libbpf: a callback for each record.
 *
 *   consumer MAP_ID WAIT WORK OUTPUT_FD REALTIME_OFFSET_NS REASONS_FILE
 *
 * WAIT    drain (what is there now), epoll (ring_buffer__poll), or the microseconds between two looks
 * WORK    count, group (by reason and location), text (search the symbol, print each line), cached (keep what is the
 *         same in all lines of a cause, write the digits by hand)
 *
 * Says "ready" on stdout; a drain begins then with a line on stdin. Ends a wait at SIGUSR1 and empties the ring; prints
 * one JSON object.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct record {
    uint64_t timestamp;
    uint64_t location;
    uint32_t pid;
    uint32_t reason;
};

struct symbol {
    uint64_t address;
    char *name;
};

struct cause {
    uint64_t location;
    uint32_t pid;
    uint32_t reason;
    uint64_t count;
    bool used;
    unsigned length;
    char tail[256];
};

#define BUFFER_BYTES (256 * 1024)
#define LONGEST_LINE 512
#define MAX_REASONS 4096
#define CAUSES 65536 /* a power of two, and never full in these trials */

static volatile sig_atomic_t stop;
static uint64_t consumed, checksum, realtime_offset;
static struct symbol *symbols;
static size_t symbol_count;
static struct { uint32_t number; char name[64]; } reasons[MAX_REASONS];
static size_t reason_count;
static struct cause causes[CAUSES];
static char buffer[BUFFER_BYTES + LONGEST_LINE];
static size_t buffered;
static int output = -1;
static uint64_t clock_second = UINT64_MAX;
static char clock_text[16];

static void fail(const char *step)
{
    fprintf(stderr, "cannot %s: %s\n", step, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void flush(void)
{
    for (size_t written = 0; written < buffered;) {
        ssize_t more = write(output, buffer + written, buffered - written);
        if (more < 0)
            fail("write");
        written += more;
    }
    buffered = 0;
}

static int by_address(const void *a, const void *b)
{
    uint64_t left = ((const struct symbol *)a)->address, right = ((const struct symbol *)b)->address;
    return left < right ? -1 : left > right;
}

static void read_symbols(void)
{
    FILE *file = fopen("/proc/kallsyms", "r");
    char line[1024], name[768], kind;
    uint64_t address;
    size_t room = 0;
    if (!file)
        fail("read /proc/kallsyms");
    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%" SCNx64 " %c %767s", &address, &kind, name) != 3 || !address || !strchr("tTwW", kind))
            continue;
        if (symbol_count == room) {
            room = room ? room * 2 : 65536;
            symbols = realloc(symbols, room * sizeof(*symbols));
        }
        symbols[symbol_count].address = address;
        symbols[symbol_count++].name = strdup(name);
    }
    fclose(file);
    qsort(symbols, symbol_count, sizeof(*symbols), by_address); /* glibc's merges: of equal ones the first stays first */
}

static void read_reasons(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail("read the names of the reasons");
    while (reason_count < MAX_REASONS &&
           fscanf(file, "%" SCNu32 " %63s", &reasons[reason_count].number, reasons[reason_count].name) == 2)
        reason_count++;
    fclose(file);
}

/* Return the greatest symbol not above the address, the first of several names for one address. */
static const struct symbol *find_symbol(uint64_t address)
{
    size_t low = 0, high = symbol_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    const struct symbol *found = &symbols[low - 1];
    while (found > symbols && found[-1].address == found->address)
        found--;
    return found;
}

static const char *find_reason(uint32_t number, char *spare)
{
    size_t low = 0, high = reason_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (reasons[middle].number == number)
            return reasons[middle].name;
        if (reasons[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    sprintf(spare, "%u:%u", number >> 16, number & 0xffff);
    return spare;
}

static int print_cause(char *to, size_t room, const struct record *record)
{
    char spare[32];
    const char *reason = find_reason(record->reason, spare);
    const struct symbol *symbol = find_symbol(record->location);
    if (!symbol)
        return snprintf(to, room, "] Drop | PID: %u | Reason: %s | Function: 0x%" PRIx64 "\n", record->pid, reason,
                        record->location);
    return snprintf(to, room, "] Drop | PID: %u | Reason: %s | Function: %s+0x%" PRIx64 "\n", record->pid, reason,
                    symbol->name, record->location - symbol->address);
}

static void set_clock(uint64_t second)
{
    time_t time = second;
    struct tm parts;
    if (second == clock_second)
        return;
    clock_second = second;
    localtime_r(&time, &parts);
    strftime(clock_text, sizeof(clock_text), "[%H:%M:%S.", &parts);
}

static struct cause *find_cause(const struct record *record)
{
    uint64_t pid_reason = (uint64_t)record->reason << 32 | record->pid;
    uint64_t hash = record->location * 0x9E3779B97F4A7C15ull + pid_reason * 0xC2B2AE3D27D4EB4Full;
    size_t slot = hash >> 48;
    for (;; slot = (slot + 1) & (CAUSES - 1)) {
        struct cause *cause = &causes[slot];
        if (!cause->used) {
            cause->used = true;
            cause->location = record->location;
            cause->pid = record->pid;
            cause->reason = record->reason;
            return cause;
        }
        if (cause->location == record->location && cause->pid == record->pid && cause->reason == record->reason)
            return cause;
    }
}

static int count(void *context, void *data, size_t size)
{
    checksum += ((struct record *)data)->timestamp;
    consumed++;
    return 0;
}

static int group(void *context, void *data, size_t size)
{
    checksum += ((struct record *)data)->timestamp;
    consumed++;
    find_cause(data)->count++;
    return 0;
}

static int text(void *context, void *data, size_t size)
{
    struct record *record = data;
    uint64_t wall = record->timestamp + realtime_offset;
    checksum += record->timestamp;
    consumed++;
    set_clock(wall / 1000000000);
    char *to = buffer + buffered;
    int length = snprintf(to, LONGEST_LINE, "%s%06" PRIu64, clock_text, wall % 1000000000 / 1000);
    buffered += length + print_cause(to + length, LONGEST_LINE - length, record);
    if (buffered >= BUFFER_BYTES)
        flush();
    return 0;
}

static int cached(void *context, void *data, size_t size)
{
    struct record *record = data;
    uint64_t wall = record->timestamp + realtime_offset;
    checksum += record->timestamp;
    consumed++;
    set_clock(wall / 1000000000);
    struct cause *cause = find_cause(record);
    if (!cause->length)
        cause->length = print_cause(cause->tail, sizeof(cause->tail), record);
    char *to = buffer + buffered;
    memcpy(to, clock_text, 10);
    uint32_t micro = wall % 1000000000 / 1000;
    for (int digit = 15; digit >= 10; digit--, micro /= 10)
        to[digit] = '0' + micro % 10;
    memcpy(to + 16, cause->tail, cause->length);
    buffered += 16 + cause->length;
    if (buffered >= BUFFER_BYTES)
        flush();
    return 0;
}

static void request_stop(int number)
{
    stop = 1;
}

int main(int argc, char **argv)
{
    static const struct { const char *name; ring_buffer_sample_fn take; } works[] = {
        {"count", count}, {"group", group}, {"text", text}, {"cached", cached}};
    ring_buffer_sample_fn take = NULL;
    if (argc != 7) {
        fprintf(stderr, "usage: consumer MAP_ID WAIT WORK OUTPUT_FD REALTIME_OFFSET_NS REASONS_FILE\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++)
        if (!strcmp(argv[3], works[i].name))
            take = works[i].take;
    if (!take) {
        fprintf(stderr, "no such work: %s\n", argv[3]);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    output = atoi(argv[4]);
    realtime_offset = strtoull(argv[5], NULL, 10);
    if (take == text || take == cached) {
        read_symbols();
        read_reasons(argv[6]);
    }
    int map = bpf_map_get_fd_by_id(atoi(argv[1]));
    if (map < 0)
        fail("open the ring by its id");
    struct ring_buffer *ring = ring_buffer__new(map, take, NULL, NULL);
    if (!ring)
        fail("map the ring");
    struct sigaction action = {.sa_handler = request_stop}; /* without SA_RESTART: it ends a wait */
    sigaction(SIGUSR1, &action, NULL);
    puts("ready");
    fflush(stdout);

    bool drain = !strcmp(argv[2], "drain"), poll = !strcmp(argv[2], "epoll");
    struct timespec pause = {.tv_nsec = atoi(argv[2]) * 1000l};
    struct rusage before, after;
    uint64_t waits = 0;
    if (drain)
        getchar();
    getrusage(RUSAGE_SELF, &before);
    uint64_t began = now();
    while (!drain && !stop) {
        int error = poll ? ring_buffer__poll(ring, 100) : ring_buffer__consume(ring);
        if (error < 0 && error != -EINTR) {
            errno = -error;
            fail("consume");
        }
        if (!poll)
            nanosleep(&pause, NULL);
        waits++;
    }
    ring_buffer__consume(ring);
    flush();
    uint64_t ended = now();
    getrusage(RUSAGE_SELF, &after);
    double cpu = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) + (after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                 (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    printf("{\"consumed\": %" PRIu64 ", \"checksum_read\": %" PRIu64 ", \"began_ns\": %" PRIu64
           ", \"last_consumed_ns\": %" PRIu64 ", \"cpu_s\": %.6f, \"waits\": %" PRIu64 "}\n",
           consumed, checksum, began, ended, cpu, waits);
    return 0;
}
