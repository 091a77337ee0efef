/* Tests of the proxy: it runs in a process of its own, between clients and services of this program on the loopback
 * address. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"
#include "proxy.h"
#include "testing.h"

enum { PATIENCE = 20000, BLOCK = 64 << 10 };

struct setting {
    pid_t proxy;
    int service;         /* a listener the proxy dials */
    uint32_t port;       /* where it accepts */
    uint32_t closed_port; /* where it accepts for a service that does not exist */
};

static int listen_anywhere(uint32_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    expect(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0
               && listen(listener, SOMAXCONN) == 0 && getsockname(listener, (struct sockaddr *)&address, &length) == 0,
           "preparing a listener");
    *port = ntohs(address.sin_port);
    return listener;
}

static struct publication publication_of(uint32_t service_port) {
    return (struct publication){
        .source_address = "127.0.0.1", .target_address = "127.0.0.1", .container_port = service_port};
}

static struct setting begin(void) {
    uint32_t service_port;
    uint32_t free_port;
    struct setting setting = {.service = listen_anywhere(&service_port)};
    int listeners[] = {listen_anywhere(&setting.port), listen_anywhere(&setting.closed_port)};
    close(listen_anywhere(&free_port));
    for (int i = 0; i < 2; i++) {
        fcntl(listeners[i], F_SETFL, O_NONBLOCK);
    }
    int ready[2];
    char byte;
    expect(pipe2(ready, O_CLOEXEC) == 0, "preparing a pipe");
    setting.proxy = fork();
    if (setting.proxy == 0) {
        struct publication publications[] = {publication_of(service_port), publication_of(free_port)};
        struct launch launch = {.publications = publications, .publication_count = 2};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(setting.service);
        proxy_main(&launch, listeners, ready[1]);
        _exit(1);
    }
    close(ready[1]);
    expect(read(ready[0], &byte, 1) == 1, "the proxy says when it serves");
    close(ready[0]);
    close(listeners[0]);
    close(listeners[1]);
    return setting;
}

static int dial(uint32_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    expect(client >= 0 && connect(client, (struct sockaddr *)&address, sizeof address) == 0, "the proxy accepts");
    return client;
}

static bool readable(int fd) {
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    return poll(&waiting, 1, PATIENCE) == 1;
}

/* A client and the service's end of its connection. */
struct ends {
    int client;
    int service;
};

static struct ends connect_through(const struct setting *setting) {
    struct ends ends = {.client = dial(setting->port)};
    ends.service = readable(setting->service) ? accept4(setting->service, NULL, NULL, SOCK_CLOEXEC) : -1;
    expect(ends.service >= 0, "the proxy dials the service");
    return ends;
}

static void hang_up(struct ends *ends) {
    fd_close(&ends->client);
    fd_close(&ends->service);
}

/* True when exactly this arrives next. */
static bool arrives(int fd, const char *text) {
    char received[64] = "";
    size_t length = strlen(text);
    for (size_t done = 0; done < length;) {
        ssize_t count = readable(fd) ? read(fd, received + done, length - done) : -1;
        if (count <= 0) {
            return false;
        }
        done += (size_t)count;
    }
    return memcmp(received, text, length) == 0;
}

static bool ends_cleanly(int fd) {
    char byte;
    return readable(fd) && read(fd, &byte, 1) == 0;
}

static bool is_reset(int fd) {
    char byte;
    return readable(fd) && read(fd, &byte, 1) < 0 && errno == ECONNRESET;
}

static void test_both_ways(const struct setting *setting) {
    struct ends ends = connect_through(setting);
    expect(write_all(ends.client, "question", 8) == 0 && arrives(ends.service, "question"), "a question arrives");
    expect(write_all(ends.service, "answer", 6) == 0 && arrives(ends.client, "answer"), "so does the answer");
    hang_up(&ends);
}

static void test_half_close(const struct setting *setting) {
    struct ends ends = connect_through(setting);
    expect(write_all(ends.client, "all", 3) == 0 && shutdown(ends.client, SHUT_WR) == 0 && arrives(ends.service, "all")
               && ends_cleanly(ends.service),
           "the service sees the end of what the client sends");
    expect(write_all(ends.service, "late", 4) == 0 && arrives(ends.client, "late"), "and can answer still");
    expect(shutdown(ends.service, SHUT_WR) == 0 && ends_cleanly(ends.client), "until it ends too");
    hang_up(&ends);

    ends = connect_through(setting);
    expect(shutdown(ends.service, SHUT_WR) == 0 && ends_cleanly(ends.client), "a service may end first");
    expect(write_all(ends.client, "more", 4) == 0 && arrives(ends.service, "more"), "and listen on");
    hang_up(&ends);
}

static void reset(int *fd) {
    struct linger linger = {.l_onoff = 1};
    setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    fd_close(fd);
}

static void test_resets(const struct setting *setting) {
    struct ends ends = connect_through(setting);
    reset(&ends.service);
    expect(is_reset(ends.client), "a client is told that the service broke off");
    hang_up(&ends);

    ends = connect_through(setting);
    reset(&ends.client);
    expect(is_reset(ends.service), "a service is told that the client broke off");
    hang_up(&ends);

    int client = dial(setting->closed_port);
    expect(is_reset(client), "nobody listens");
    close(client);
}

/* A byte that tells where in the stream it belongs. */
static uint8_t pattern(uint64_t offset) {
    return (uint8_t)(offset * 2654435761U >> 24);
}

/* Sends until the receiving end takes no more for a while: how much was sent. */
static uint64_t fill(int fd) {
    static uint8_t block[BLOCK];
    uint64_t sent = 0;
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    while (poll(&writable, 1, 200) == 1) {
        for (size_t i = 0; i < sizeof block; i++) {
            block[i] = pattern(sent + i);
        }
        ssize_t count = send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += count > 0 ? (uint64_t)count : 0;
    }
    return sent;
}

/* Receives to the end of the stream: how much, 0 when a byte is not what was sent. */
static uint64_t drain(int fd) {
    static uint8_t block[BLOCK];
    uint64_t received = 0;
    for (;;) {
        ssize_t count = readable(fd) ? read(fd, block, sizeof block) : -1;
        if (count <= 0) {
            return count == 0 ? received : 0;
        }
        for (ssize_t i = 0; i < count; i++) {
            if (block[i] != pattern(received + (uint64_t)i)) {
                return 0;
            }
        }
        received += (uint64_t)count;
    }
}

static int64_t processor_time(pid_t pid) {
    clockid_t clock;
    struct timespec used = {0};
    expect(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0, "the proxy's use of time");
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void test_back_pressure(const struct setting *setting) {
    for (int direction = 0; direction < 2; direction++) {
        struct ends ends = connect_through(setting);
        int from = direction == 0 ? ends.client : ends.service;
        int to = direction == 0 ? ends.service : ends.client;
        uint64_t sent = fill(from);
        expect(sent > BLOCK && sent < 64 << 20, "a slow reader slows down who writes");
        int64_t before = processor_time(setting->proxy);
        poll(NULL, 0, 200);
        expect(processor_time(setting->proxy) - before < 100, "waiting takes no time of the processor");
        expect(shutdown(from, SHUT_WR) == 0 && drain(to) == sent, "everything arrives, in order, before the end");
        hang_up(&ends);
    }
}

/* Broken off while bytes wait for the reader. */
static void test_reset_under_pressure(const struct setting *setting) {
    struct ends ends = connect_through(setting);
    fill(ends.client);
    reset(&ends.service);
    char byte = 0;
    while (send(ends.client, &byte, 1, MSG_NOSIGNAL) == 1) {
    }
    expect(errno == ECONNRESET || errno == EPIPE, "who writes is told");
    hang_up(&ends);
}

static int count_descriptors(pid_t proxy) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", proxy);
    OWNED_FD folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_LIST names = folder_open_list(folder);
    while (names != NULL && folder_next(names) != NULL) {
        count++;
    }
    return count;
}

static void test_many(const struct setting *setting) {
    enum { MANY = 100 };
    struct ends ends[MANY];
    for (int i = 0; i < MANY; i++) {
        ends[i] = connect_through(setting);
    }
    for (int i = 0; i < MANY; i++) {
        char text[32];
        snprintf(text, sizeof text, "hello %d", i);
        expect(write_all(ends[i].client, text, strlen(text)) == 0 && arrives(ends[i].service, text),
               "connections are not mixed up");
    }
    for (int i = 0; i < MANY; i++) {
        hang_up(&ends[i]);
    }
}

static bool descriptors_become(pid_t proxy, int expected) {
    for (int i = 0; i < PATIENCE / 10; i++) {
        if (count_descriptors(proxy) == expected) {
            return true;
        }
        poll(NULL, 0, 10);
    }
    return false;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    struct setting setting = begin();
    struct ends idle = connect_through(&setting);
    int before = count_descriptors(setting.proxy);
    test_both_ways(&setting);
    test_half_close(&setting);
    test_resets(&setting);
    test_back_pressure(&setting);
    test_reset_under_pressure(&setting);
    test_many(&setting);
    expect(descriptors_become(setting.proxy, before), "every connection that has ended is closed");
    hang_up(&idle);
    int status = 0;
    expect(waitpid(setting.proxy, &status, WNOHANG) == 0, "the proxy runs until it is killed");
    kill(setting.proxy, SIGKILL);
    waitpid(setting.proxy, &status, 0);
    close(setting.service);
    return testing_end();
}
