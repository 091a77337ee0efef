/* The protections that hostile containers run up against, by name. In the product every one of them stands, and the compiler
 * drops the question. A build for tests leaves some out, -DWITHOUT='1ULL << WALL_…', to show that the attack on them would
 * succeed: see io.bivouac.it.WallTests, which has an attack for each. */
#ifndef BIVOUAC_PROTECT_H
#define BIVOUAC_PROTECT_H

enum wall {
    WALL_IN_ROOT,             /* paths inside a user space are resolved beneath its root */
    WALL_NO_MOUNT_ON_PROC,    /* no mount target leads onto procfs */
    WALL_PRIVATE_PROC,        /* procfs is written to by descriptor, not by a path inside the container */
    WALL_REAL_NULL,           /* what masks files is the null device */
    WALL_REAL_INPUT,          /* what is read where there is no input is the null device */
    WALL_REAL_CONSOLE,        /* what a terminal is mounted onto is no link */
    WALL_OWN_PEER,            /* terminals are opened by their other end, not by a path inside the container */
    WALL_ROOT_ENTERED,        /* files of a running container are reached from its own mount namespace */
    WALL_REACHABLE_DIRECTORY, /* the working directory lies beneath the root */
    WALL_CLOSED_ON_EXEC,      /* descriptors are opened with O_CLOEXEC: here the one of the container's folder on the host */
    WALL_CLOSE_RANGE,         /* whatever is open all the same is closed before a program is executed */
    WALL_INIT_CLOSED,         /* our own first process of a container holds nothing of the host's */
    WALL_NOT_DUMPABLE,        /* processes of ours cannot be looked into */
    WALL_SEALED,              /* what we execute in containers is a sealed copy, not the host's file */
    WALL_EMPTY_INHERITABLE,   /* no capability is inheritable */
    WALL_BOUNDING,            /* no program gains more capabilities than the container was given */
    WALL_NO_NEW_PRIVILEGES,   /* setuid programs lose their power where that was asked for */
    WALL_GUARDIAN_SESSION,    /* the engine's processes have no terminal */
    WALL_OWN_SESSION,         /* nor have the container's */
    WALL_KEYRING,             /* the user's keys stay behind */
    WALL_SECCOMP,             /* system calls are filtered */
    WALL_NO_DEVICES,          /* devices that a container makes mean nothing */
    WALL_DEVICE_RULES,        /* nor where it may mount */
    WALL_LIMITS,              /* what a container uses is limited */
    WALL_MOUNT_FLAGS,         /* file systems are mounted with the flags of the plan */
    WALL_READ_ONLY,           /* paths are read-only */
    WALL_MASKS,               /* paths are covered */
    WALL_OWN_NETWORK,         /* the network is the container's own */
    WALL_APART,               /* processes that containers see in the surroundings' procfs cannot be looked into */
};

#ifndef WITHOUT
#define WITHOUT 0ULL
#endif

#define STANDS(wall) (((WITHOUT) >> WALL_##wall & 1) == 0)

#endif
