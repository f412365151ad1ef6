/*
 * Load for the benchmarks: one small program in C, so that what it measures is the tunnel and not itself.
 *
 *   load echo PORT                        answers every byte with itself, IPv4 and IPv6, until killed
 *   load send PORT BYTES                  sends so many bytes to everybody who connects, until killed
 *   load download ADDRESS PORT BYTES      reads as many from there
 *   load requests ADDRESS PORT SECONDS    64 bytes there and back on one connection, again and again
 *   load paced ADDRESS PORT RATE          RATE HTTP requests a second, evenly, for three seconds, on 32 connections
 *   load connects ADDRESS PORT SECONDS    connect, one request, close, again and again
 *   load open ADDRESS PORT COUNT          opens COUNT connections at once with one request on each, holds them until its
 *                                         standard input ends
 *
 * Each prints one line of name=value pairs; times are microseconds. Build: cc -O2 -Wall -Wextra -o load load.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_BYTES = 64,
    ECHO_BUFFER_BYTES = 65536,
    TRANSFER_BUFFER_BYTES = 1 << 20,
    EVENTS = 512,
    BACKLOG = 8192,
    MOST_SAMPLES = 4000000,
    /* Of the connections that "open" is making: as many as a burst of a busy program, and less than the backlog. */
    MOST_PENDING = 1000,
    PATIENCE_SECONDS = 60,
    PACED_CONNECTIONS = 32,
    PACED_SECONDS = 3,
};

struct target {
    struct sockaddr_storage address;
    socklen_t size;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_samples(double *seconds, size_t count, double elapsed, size_t errors)
{
    if (count == 0) {
        fprintf(stderr, "no request was answered\n");
        exit(1);
    }
    qsort(seconds, count, sizeof *seconds, compare);
    printf("count=%zu errors=%zu rate=%.0f p50=%.1f p99=%.1f\n", count, errors, (double)count / elapsed,
        seconds[count / 2] * 1e6, seconds[count * 99 / 100] * 1e6);
}

static struct target parse_target(const char *address, const char *port)
{
    struct target target = { 0 };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&target.address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&target.address;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)atoi(port));
        target.size = sizeof *v4;
    } else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)atoi(port));
        target.size = sizeof *v6;
    } else {
        fprintf(stderr, "%s is not an address\n", address);
        exit(2);
    }
    return target;
}

static void send_at_once(int connection)
{
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Returns -1 when the connection was refused or failed. */
static int connect_to(const struct target *target, int flags)
{
    int connection = socket(target->address.ss_family, SOCK_STREAM | flags, 0);
    if (connection < 0) {
        fail("socket");
    }
    if (connect(connection, (const struct sockaddr *)&target->address, target->size) < 0 && errno != EINPROGRESS) {
        close(connection);
        return -1;
    }
    send_at_once(connection);
    return connection;
}

/* One request and its whole answer; 0 = failed. */
static int ask(int connection)
{
    char message[REQUEST_BYTES] = { 0 };
    if (write(connection, message, sizeof message) != sizeof message) {
        return 0;
    }
    for (size_t got = 0; got < sizeof message;) {
        ssize_t size = read(connection, message, sizeof message - got);
        if (size <= 0) {
            return 0;
        }
        got += (size_t)size;
    }
    return 1;
}

static void watch(int poller, int operation, int connection, uint32_t events, uint32_t tag)
{
    struct epoll_event event = { .events = events, .data.u32 = tag };
    if (epoll_ctl(poller, operation, connection, &event) < 0) {
        fail("epoll_ctl");
    }
}

static int listen_on(const char *port)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port)) };
    int listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1, off = 0;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(listener, (struct sockaddr *)&any, sizeof any) < 0 || listen(listener, BACKLOG) < 0) {
        fail("listen");
    }
    return listener;
}

static void echo_once(int connection)
{
    static char buffer[ECHO_BUFFER_BYTES];
    ssize_t size = read(connection, buffer, sizeof buffer);
    if (size < 0 && errno == EAGAIN) {
        return;
    }
    /* A sender that does not read its own echo is cut off: that is not what this is for. */
    if (size <= 0 || write(connection, buffer, (size_t)size) != size) {
        close(connection);
    }
}

static void echo(const char *port)
{
    int listener = listen_on(port), poller = epoll_create1(0);
    watch(poller, EPOLL_CTL_ADD, listener, EPOLLIN, (uint32_t)listener);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int ready = (int)events[i].data.u32, accepted;
            if (ready != listener) {
                echo_once(ready);
                continue;
            }
            while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                send_at_once(accepted);
                watch(poller, EPOLL_CTL_ADD, accepted, EPOLLIN, (uint32_t)accepted);
            }
        }
    }
}

/* A process for each connection, since one that waits must not hold up the others. */
static void send_to_all(const char *port, long long bytes)
{
    static char buffer[TRANSFER_BUFFER_BYTES];
    int listener = listen_on(port), poller = epoll_create1(0);
    watch(poller, EPOLL_CTL_ADD, listener, EPOLLIN, 0);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        struct epoll_event event;
        int connection = epoll_wait(poller, &event, 1, -1) > 0 ? accept(listener, NULL, NULL) : -1;
        if (connection >= 0 && fork() == 0) {
            while (bytes > 0) {
                size_t wanted = bytes < (long long)sizeof buffer ? (size_t)bytes : sizeof buffer;
                ssize_t size = write(connection, buffer, wanted);
                if (size <= 0) {
                    _exit(1);
                }
                bytes -= size;
            }
            _exit(0);
        }
        close(connection);
    }
}

static void download(const struct target *target, long long wanted)
{
    static char buffer[TRANSFER_BUFFER_BYTES];
    double start = now(), first = 0;
    long long got = 0;
    int connection = connect_to(target, 0);
    if (connection < 0) {
        fail("connect");
    }
    for (ssize_t size; got < wanted && (size = read(connection, buffer, sizeof buffer)) > 0; got += size) {
        first = first > 0 ? first : now();
    }
    if (got < wanted) {
        fprintf(stderr, "the download ended after %lld bytes\n", got);
        exit(1);
    }
    printf("bytes=%lld errors=0 first=%.1f elapsed=%.0f\n", got, (first - start) * 1e6, (now() - start) * 1e6);
}

static void requests(const struct target *target, double seconds)
{
    double *samples = malloc(MOST_SAMPLES * sizeof *samples), start = now(), begin = start;
    size_t count = 0;
    int connection = connect_to(target, 0);
    if (connection < 0) {
        fail("connect");
    }
    while (begin - start < seconds && count < MOST_SAMPLES) {
        if (!ask(connection)) {
            fail("request");
        }
        double end = now();
        samples[count++] = end - begin;
        begin = end;
    }
    print_samples(samples, count, begin - start, 0);
}

/* A request is timed from when it is due, so that one that has to wait for a free connection counts as slow. */
static void paced(const struct target *target, double rate)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: load\r\n\r\n";
    static char answer[TRANSFER_BUFFER_BYTES];
    int connections[PACED_CONNECTIONS], idle[PACED_CONNECTIONS], idles = 0, poller = epoll_create1(0);
    double due[PACED_CONNECTIONS], *samples = malloc(MOST_SAMPLES * sizeof *samples), start, next;
    size_t count = 0, wanted = (size_t)(rate * PACED_SECONDS), begun = 0;
    for (int i = 0; i < PACED_CONNECTIONS; i++) {
        connections[i] = connect_to(target, 0);
        if (connections[i] < 0) {
            fail("connect");
        }
        watch(poller, EPOLL_CTL_ADD, connections[i], EPOLLIN, (uint32_t)i);
        idle[idles++] = i;
    }
    for (start = next = now(); count < wanted && now() - start < PATIENCE_SECONDS;) {
        for (; begun < wanted && idles > 0 && next <= now(); begun++, next += 1 / rate) {
            int which = idle[--idles];
            due[which] = next;
            if (write(connections[which], request, sizeof request - 1) < 0) {
                fail("request");
            }
        }
        double left = begun < wanted && idles > 0 ? next - now() : 1;
        struct timespec pause = { 0, left > 0 && left < 1 ? (long)(left * 1e9) : left > 0 ? 999999999 : 0 };
        struct epoll_event events[EVENTS];
        int ready = epoll_pwait2(poller, events, EVENTS, &pause, NULL);
        for (int i = 0; i < ready; i++) {
            int which = (int)events[i].data.u32;
            if (read(connections[which], answer, sizeof answer) <= 0) {
                fail("answer");
            }
            samples[count++] = now() - due[which];
            idle[idles++] = which;
        }
    }
    print_samples(samples, count, now() - start, wanted - count);
}

static void connects(const struct target *target, double seconds)
{
    double *samples = malloc(MOST_SAMPLES * sizeof *samples), start = now(), begin = start;
    size_t count = 0, errors = 0;
    while (begin - start < seconds && count < MOST_SAMPLES) {
        int connection = connect_to(target, 0);
        int answered = connection >= 0 && ask(connection);
        if (connection >= 0) {
            close(connection);
        }
        double end = now();
        if (answered) {
            samples[count++] = end - begin;
        } else {
            errors++;
        }
        begin = end;
    }
    print_samples(samples, count, begin - start, errors);
}

/* What becomes of one of the many: connecting, then asked, then answered or failed. */
enum phase { CONNECTING, ASKED, DONE };

static void open_many(const struct target *target, uint32_t count)
{
    int *connections = calloc(count, sizeof *connections), poller = epoll_create1(0);
    enum phase *phases = calloc(count, sizeof *phases);
    double start = now();
    uint32_t begun = 0, done = 0, errors = 0;
    while (done < count && now() - start < PATIENCE_SECONDS) {
        for (; begun < count && begun - done < MOST_PENDING; begun++) {
            connections[begun] = connect_to(target, SOCK_NONBLOCK);
            if (connections[begun] < 0) {
                errors++;
                done++;
                continue;
            }
            watch(poller, EPOLL_CTL_ADD, connections[begun], EPOLLOUT, begun);
        }
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poller, events, EVENTS, 1000);
        for (int i = 0; i < ready; i++) {
            uint32_t which = events[i].data.u32;
            char message[REQUEST_BYTES] = { 0 };
            int works = phases[which] == CONNECTING ? write(connections[which], message, sizeof message) == sizeof message
                                                    : read(connections[which], message, sizeof message) > 0;
            if (works && phases[which]++ == CONNECTING) {
                watch(poller, EPOLL_CTL_MOD, connections[which], EPOLLIN, which);
                continue;
            }
            errors += !works;
            done++;
            epoll_ctl(poller, EPOLL_CTL_DEL, connections[which], NULL);
        }
    }
    printf("count=%u errors=%u unanswered=%u elapsed=%.0f\n", count, errors, count - done, (now() - start) * 1e6);
    fflush(stdout);
    while (getchar() != EOF) {
    }
}

int main(int argc, char **argv)
{
    struct rlimit files = { 200000, 200000 };
    setrlimit(RLIMIT_NOFILE, &files);
    if (argc == 3 && strcmp(argv[1], "echo") == 0) {
        echo(argv[2]);
    }
    if (argc == 4 && strcmp(argv[1], "send") == 0) {
        send_to_all(argv[2], atoll(argv[3]));
    }
    if (argc != 5) {
        fprintf(stderr, "usage: load echo PORT | load send PORT BYTES | load requests|connects ADDRESS PORT SECONDS |"
                        " load paced ADDRESS PORT RATE |"
                        " load open ADDRESS PORT COUNT | load download ADDRESS PORT BYTES\n");
        return 2;
    }
    struct target target = parse_target(argv[2], argv[3]);
    if (strcmp(argv[1], "requests") == 0) {
        requests(&target, atof(argv[4]));
    } else if (strcmp(argv[1], "paced") == 0) {
        paced(&target, atof(argv[4]));
    } else if (strcmp(argv[1], "connects") == 0) {
        connects(&target, atof(argv[4]));
    } else if (strcmp(argv[1], "open") == 0) {
        open_many(&target, (uint32_t)atoi(argv[4]));
    } else if (strcmp(argv[1], "download") == 0) {
        download(&target, atoll(argv[4]));
    }
    return 0;
}
