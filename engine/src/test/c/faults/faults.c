/* Makes system calls of the warden fail. Every call of the C library in the warden's objects is renamed to a function here,
 * which counts the call site in a table, and lets the call fail where the table says so.
 *
 * A call site is the call and the return addresses on the stack, so that a helper called from two places is two sites. The
 * table is a file that all processes of a session map: a mapping survives fork, close_range and every change of namespaces,
 * and is made anew after an execve. It lies beside the warden's program in the store; without it nothing is counted and
 * nothing fails. Its reader and writer is io.bivouac.it.FaultTable. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DEPTH = 20, SITES = 4096, NAME = 24 };

struct site {
    uint64_t key; /* 0: none */
    uint32_t hits;
    uint32_t depth;
    char call[NAME];
    uint64_t frames[DEPTH]; /* return addresses, the innermost first */
};

struct table {
    uint64_t key;  /* of the site that fails */
    int32_t error; /* what it fails with */
    int32_t left;  /* how many of its next calls fail */
    uint32_t failed;
    uint32_t lost;     /* sites there was no room for */
    uint32_t releases; /* every call that gives something back fails */
    uint32_t unused;
    struct site sites[SITES];
};

/* One frame of the chain that -fno-omit-frame-pointer keeps. */
struct frame {
    const struct frame *next;
    uint64_t return_address;
};

static struct table *table;
static const struct frame *outermost;

static bool table_path(int count, char **arguments, char *path, size_t size) {
    if (count == 2) { /* guardian, or probe */
        ssize_t length = readlink("/proc/self/exe", path, size - 1);
        path[length > 0 ? length : 0] = '\0';
    } else if (count == 5) { /* session */
        snprintf(path, size, "%s", arguments[2]); /* STORE/layers */
        char *slash = strrchr(path, '/');
        size_t length = slash == NULL ? 0 : (size_t)(slash - path);
        snprintf(path + length, size - length, "/bin/warden");
    }
    char *slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash - path) + sizeof "/faults" > size) {
        return false;
    }
    strcpy(slash, "/faults");
    return true;
}

static void open_table(int count, char **arguments) {
    char path[4096] = "";
    int file = table_path(count, arguments, path, sizeof path) ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *mapped = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        table = mapped == MAP_FAILED ? NULL : mapped;
        close(file);
    }
}

/* The warden's own main function is renamed too. */
int warden_main(int count, char **arguments);

int main(int count, char **arguments) {
    outermost = __builtin_frame_address(0);
    open_table(count, arguments);
    return warden_main(count, arguments);
}

static uint64_t mix(uint64_t hash, uint64_t value) {
    return (hash ^ value) * 1099511628211U;
}

/* The site's entry, made when it is new; several processes may do so at once. */
static struct site *find(const struct site *here) {
    for (uint32_t probe = 0; probe < SITES; probe++) {
        struct site *site = &table->sites[(here->key + probe) % SITES];
        uint64_t none = 0;
        if (__atomic_compare_exchange_n(&site->key, &none, here->key, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            memcpy(site->call, here->call, sizeof site->call);
            memcpy(site->frames, here->frames, sizeof site->frames);
            site->depth = here->depth;
            return site;
        }
        if (none == here->key) {
            return site;
        }
    }
    __atomic_add_fetch(&table->lost, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static struct site this_site(const char *call, const struct frame *frame) {
    struct site here = {.key = 14695981039346656037U};
    snprintf(here.call, sizeof here.call, "%s", call);
    for (const char *at = call; *at != '\0'; at++) {
        here.key = mix(here.key, (uint64_t)*at);
    }
    while (here.depth < DEPTH && frame < outermost) {
        here.frames[here.depth++] = frame->return_address;
        here.key = mix(here.key, frame->return_address);
        if (frame->next <= frame) {
            break;
        }
        frame = frame->next;
    }
    here.key |= here.key == 0;
    return here;
}

/* Whether this call is to fail; errno is set then. */
static bool fails(const char *call, const struct frame *frame) {
    if (table == NULL) {
        return false;
    }
    int error = errno;
    struct site here = this_site(call, frame);
    struct site *site = find(&here);
    if (site != NULL) {
        __atomic_add_fetch(&site->hits, 1, __ATOMIC_SEQ_CST);
    }
    errno = error;
    if (here.key != __atomic_load_n(&table->key, __ATOMIC_SEQ_CST)
        || __atomic_fetch_sub(&table->left, 1, __ATOMIC_SEQ_CST) <= 0) {
        return false;
    }
    __atomic_add_fetch(&table->failed, 1, __ATOMIC_SEQ_CST);
    errno = table->error;
    return true;
}

static const char *system_call(long number) {
    switch (number) {
    case SYS_capset:
        return "capset";
    case SYS_clone3:
        return "clone3";
    case SYS_getcwd:
        return "getcwd";
    case SYS_keyctl:
        return "keyctl";
    case SYS_openat2:
        return "openat2";
    case SYS_pidfd_open:
        return "pidfd_open";
    case SYS_pidfd_send_signal:
        return "pidfd_send_signal";
    case SYS_pivot_root:
        return "pivot_root";
    case SYS_seccomp:
        return "seccomp";
    default:
        return "syscall";
    }
}

/* Arguments and results pass through registers whatever their types are, as long as there are no more than six arguments:
 * true of every call in the warden, on x86-64 and aarch64. The old style of declaration keeps variadic functions content. */
#define WRAPPER(call, name, value)                                                                                        \
    extern long real_##call() __asm__(#call);                                                                            \
    long fault_##call(long a, long b, long c, long d, long e, long f);                                                    \
    long fault_##call(long a, long b, long c, long d, long e, long f) {                                                   \
        if (fails(name, __builtin_frame_address(0))) {                                                                    \
            return value;                                                                                                 \
        }                                                                                                                 \
        return real_##call(a, b, c, d, e, f);                                                                             \
    }
#define CALL(call) WRAPPER(call, #call, -1)
#define POINTER(call) WRAPPER(call, #call, 0)
/* What is given back is gone, whatever the call says. Nobody could do anything about it: these fail all at once. */
#define RELEASE(call)                                                                                                     \
    extern long real_##call() __asm__(#call);                                                                            \
    long fault_##call(long a, long b, long c, long d, long e, long f);                                                    \
    long fault_##call(long a, long b, long c, long d, long e, long f) {                                                   \
        long result = real_##call(a, b, c, d, e, f);                                                                      \
        if (table != NULL && table->releases != 0) {                                                                      \
            __atomic_add_fetch(&table->failed, 1, __ATOMIC_SEQ_CST);                                                      \
            errno = EIO;                                                                                                  \
            return -1;                                                                                                    \
        }                                                                                                                 \
        return result;                                                                                                    \
    }

CALL(accept4)
CALL(access)
CALL(bind)
POINTER(calloc)
CALL(chdir)
WRAPPER(clone_sharing, "clone3", -1) /* the warden's own, see sharing.c */
RELEASE(close)
CALL(close_range)
RELEASE(closedir)
CALL(connect)
CALL(dprintf)
CALL(dup2)
CALL(dup3)
CALL(epoll_create1)
CALL(epoll_ctl)
CALL(epoll_wait)
CALL(execv)
CALL(execve)
CALL(execveat)
CALL(faccessat)
CALL(fchdir)
CALL(fchmod)
CALL(fchmodat)
CALL(fchown)
CALL(fchownat)
RELEASE(fclose)
CALL(fcntl)
POINTER(fdopen)
POINTER(fdopendir)
POINTER(fgets)
CALL(fgetxattr)
CALL(flistxattr)
CALL(fork)
CALL(fsconfig)
CALL(fsetxattr)
CALL(fsmount)
CALL(fsopen)
CALL(fstat)
CALL(fstatat)
CALL(fstatfs)
CALL(ftruncate)
CALL(futimens)
CALL(getsockname)
CALL(getsockopt)
CALL(ioctl)
CALL(kill)
CALL(lgetxattr)
CALL(linkat)
CALL(listen)
CALL(llistxattr)
CALL(lseek)
CALL(lsetxattr)
POINTER(malloc)
CALL(memfd_create)
CALL(mkdir)
CALL(mkdirat)
CALL(mknodat)
CALL(mmap)
CALL(mount)
CALL(mount_setattr)
CALL(move_mount)
CALL(open)
CALL(open_tree)
CALL(openat)
POINTER(opendir)
CALL(pipe2)
CALL(poll)
CALL(prctl)
CALL(pread)
CALL(read)
POINTER(readdir)
CALL(readlink)
CALL(readlinkat)
POINTER(realloc)
CALL(recv)
CALL(recvmsg)
CALL(renameat2)
CALL(rmdir)
CALL(scandirat)
CALL(send)
CALL(sendfile)
CALL(sendmsg)
CALL(setgroups)
CALL(sethostname)
CALL(setns)
CALL(setresgid)
CALL(setresuid)
CALL(setrlimit)
CALL(setsid)
CALL(setsockopt)
CALL(shutdown)
CALL(signalfd)
CALL(sigwaitinfo)
CALL(socket)
CALL(socketpair)
CALL(stat)
CALL(statfs)
POINTER(strdup)
CALL(symlinkat)
WRAPPER(syscall, system_call(a), -1)
CALL(umount2)
CALL(unlink)
CALL(unlinkat)
CALL(unshare)
CALL(utimensat)
CALL(waitpid)
CALL(write)
CALL(writev)
