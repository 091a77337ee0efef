/* Tests of what reads and builds texts: no system call is made here. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mapping.h"
#include "net.h"
#include "report.h"
#include "testing.h"

static bool listens(const char *line, const char *dialed, unsigned *port) {
    struct in_addr address = {0};
    inet_pton(AF_INET, dialed, &address);
    return net_listens(line, address.s_addr, port);
}

static bool listens_at(const char *address, const char *state, unsigned expected) {
    char line[256];
    unsigned port = 0;
    snprintf(line, sizeof line,
             "   0: %s %s:0000 %s 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0\n",
             address, strlen(address) > 20 ? "00000000000000000000000000000000" : "00000000", state);
    return listens(line, "169.254.77.2", &port) && port == expected;
}

static void test_listeners(void) {
    unsigned port;
    expect(listens_at("00000000:1538", "0A", 5432), "a socket on every address");
    expect(listens_at("024DFEA9:0050", "0A", 80), "a socket on the address that is dialed");
    expect(!listens_at("0100007F:0050", "0A", 80), "the container's own loopback address is not reached");
    expect(!listens_at("00000000:1538", "01", 5432), "an established connection does not listen");
    expect(listens_at("00000000000000000000000000000000:FFFF", "0A", 65535), "a socket on every address of both kinds");
    expect(listens_at("0000000000000000FFFF0000024DFEA9:0050", "0A", 80), "an address mapped into IPv6");
    expect(listens_at("0000000000000000FFFF000000000000:0050", "0A", 80), "every address, mapped into IPv6");
    expect(!listens_at("0000000000000000FFFF00000100007F:0050", "0A", 80), "another address mapped into IPv6");
    expect(!listens_at("B80D01200000000000000000024DFEA9:0050", "0A", 80), "an IPv6 address that ends alike");
    expect(!listens_at("00000000000000000000000001000000:0050", "0A", 80), "the loopback address of IPv6");
    expect(!listens("  sl  local_address rem_address   st tx_queue rx_queue\n", "169.254.77.2", &port), "the header");
    expect(!listens("", "169.254.77.2", &port), "an empty line");
}

static bool same(const char *const *arguments, const char *const *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (arguments[i] == NULL || strcmp(arguments[i], expected[i]) != 0) {
            return false;
        }
    }
    return arguments[count] == NULL;
}

static void test_helper_arguments(void) {
    struct helper_arguments call;
    const struct id_range ranges[MAPPING_RANGES + 1] = {{0, 1000, 1}, {1, 100000, 65536}, {4294967294, 4294967293, 4294967295}};
    static const char *const expected[] = {"newuidmap", "4711", "0",          "1000",       "1",         "1",
                                           "100000",    "65536", "4294967294", "4294967293", "4294967295"};
    expect(mapping_arguments("newuidmap", 4711, ranges, 3, &call) == 0 && same(call.arguments, expected, 11),
           "each range is three arguments");
    expect(mapping_arguments("newuidmap", 4711, ranges, 0, &call) == 0 && same(call.arguments, expected, 2),
           "no range, no argument");
    expect(mapping_arguments("newuidmap", 4711, ranges, MAPPING_RANGES, &call) == 0
               && call.arguments[2 + 3 * MAPPING_RANGES] == NULL && call.arguments[1 + 3 * MAPPING_RANGES] != NULL,
           "as many ranges as there is room for");
    expect(mapping_arguments("newuidmap", 4711, ranges, MAPPING_RANGES + 1, &call) != 0 && errno == E2BIG,
           "more are refused");
}

static void test_report(void) {
    struct failure failure = {0};
    char long_text[FAILURE_OBJECT_SIZE * 2];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    expect(fail_with(&failure, ENOSPC, "write the tree", "write", long_text) == -1 && failure.error == ENOSPC,
           "a failure is kept");
    expect(strlen(failure.object) == FAILURE_OBJECT_SIZE - 1, "what does not fit is cut");
    fail_with(&failure, EPERM, "undo", "kill", "other");
    expect(failure.error == ENOSPC && strcmp(failure.operation, "write the tree") == 0, "the first failure wins");

    struct failure unknown = {0};
    errno = 0;
    fail(&unknown, "write the tree", "write", NULL);
    expect(unknown.error == EIO && strcmp(unknown.object, "") == 0, "a failure always has a number");

    struct failure joined = {0};
    fail_in(&joined, "make the container's folder", "mkdir", "c1", "upper");
    expect(strcmp(joined.object, "c1/upper") == 0, "an object is named with its folder");
    struct failure absolute = {0};
    fail_in(&absolute, "mount a file system", "fsopen", "tmpfs", "/dev");
    expect(strcmp(absolute.object, "tmpfs/dev") == 0, "without a second slash");
}

static void test_names(void) {
    expect(is_component("a") && is_component("...") && is_component(" "), "names");
    expect(!is_component("") && !is_component(".") && !is_component("..") && !is_component("a/b"), "no names");
}

int main(void) {
    test_listeners();
    test_helper_arguments();
    test_report();
    test_names();
    return testing_end();
}
