/* The requests of the JVM, decoded without side effects: every function fills a struct whose texts and spans point into
 * the frame, and returns -1 when the payload is malformed or names something the warden would never do. The peer is
 * io.bivouac.engine.warden; the meaning of each field is documented there, on the records. */
#ifndef BIVOUAC_REQUEST_H
#define BIVOUAC_REQUEST_H

#include "label.h"
#include "wire.h"

enum { CONTAINER_ID_SIZE = 65 };

enum op_kind {
    OP_MOUNT = 1,
    OP_BIND = 2,
    OP_FILE = 3,
    OP_NODE = 4,
    OP_SYMLINK = 5,
    OP_FOLDER = 6,
    OP_MASK = 7,
    OP_READ_ONLY = 8,
    OP_SYSCTL = 9,
    OP_CONTEXT = 10,
    OP_CONSOLE = 11,
};

enum { BIND_READ_ONLY = 1, BIND_RECURSIVE = 2 };

/* One step of building a container's file system, done in the order given. */
struct op {
    enum op_kind kind;
    const char *target;   /* path inside the container; a sysctl's path below /proc/sys */
    const char *source;   /* MOUNT: file system type, BIND: host path, SYMLINK: content, SYSCTL: value, CONTEXT: label */
    const char **options; /* MOUNT: key or key=value */
    uint32_t option_count;
    bool required;       /* SYSCTL: false where the container does without it if the host's /proc/sys is read-only */
    struct span content; /* FILE */
    uint32_t mode;       /* FILE, FOLDER; NODE, with S_IFBLK for a block device */
    uint32_t flags;      /* MOUNT: MOUNT_ATTR_*, BIND: BIND_* */
    uint32_t major;      /* NODE */
    uint32_t minor;
    uint32_t columns;    /* CONSOLE: of the first process's terminal, which is mounted there */
    uint32_t rows;
    int fd; /* BIND: the cloned source, -1 until opened */
};

struct ops {
    struct op *items;
    uint32_t count;
    struct span encoded; /* what they were decoded from: equal bytes ask for the same */
};

struct limit {
    uint32_t resource;
    uint64_t soft;
    uint64_t hard;
};

struct process {
    const char **candidates; /* paths to try in order, the result of the PATH search */
    uint32_t candidate_count;
    const char **arguments;
    const char **environment;
    const char *directory;
    uint32_t uid;
    uint32_t gid;
    bool set_groups; /* false where the user namespace denies setgroups(2) */
    uint32_t *groups;
    uint32_t group_count;
    uint64_t bounding;
    uint64_t permitted;
    uint64_t effective;
    bool no_new_privileges;
    enum label_module label_module;
    const char *label; /* of the program, where there is a module */
    struct span seccomp; /* an array of struct sock_filter, empty: unconfined */
    struct limit *limits;
    uint32_t limit_count;
    int32_t oom_score_adjustment;
    bool apart; /* never decoded: it sees the surroundings' procfs, see apart.h */
};

/* A file of a group and what is written to it. */
struct group_setting {
    const char *file; /* its name */
    const char *value;
};

struct group_settings {
    struct group_setting *items;
    uint32_t count;
};

struct cgroup {
    uint8_t version; /* 1 or 2 */
    const char *path;
    bool shared; /* of all containers of the session: joined, never made or removed with a container */
    bool counts_kills;     /* tells how often its processes ran out of memory */
    struct group_settings outer; /* written to the group it lies in, before it is made */
    struct group_settings inner; /* written to itself, once it is made */
    struct span devices;   /* an eBPF program that decides about devices, attached to it; empty: none */
};

struct cgroups {
    struct cgroup *items;
    uint32_t count;
};

struct publication {
    const char *host_address;
    uint32_t host_port; /* 0: any free one */
    const char *source_address;
    const char *target_address;
    uint32_t container_port;
};

/* The file system a container writes to. */
struct rootfs {
    const char *folder;  /* name of the container's own in the session's, made by the warden: upper, work, logs */
    const char *layers;  /* folder beneath the store's layers from which the overlay's options name its layers */
    const char *options; /* of the overlay; the session's folder is /session */
    const char *top_layer; /* gives the root folder its mode and owner */
};

struct launch {
    const char *id;
    bool create;        /* false: start again on the file system and network the container has */
    bool trace;         /* tell when each phase was over */
    bool init;          /* a first process of ours before the command */
    struct rootfs root;
    bool isolated_network;
    const char **addresses; /* IPv4, added to the loopback device */
    uint32_t address_count;
    struct publication *publications;
    uint32_t publication_count;
    struct cgroups cgroups;
    uint64_t log_limit; /* bytes on disk */
    const char *hostname;
    struct ops devices; /* of /dev, before all others */
    struct ops ops;
    bool terminal; /* one of the operations gives the first process a terminal */
    struct process process;
};

struct exec {
    const char *id;
    struct cgroups cgroups;
    bool input;
    bool terminal;
    uint32_t columns;
    uint32_t rows;
    struct process process;
};

struct signal_request {
    const char *id;
    uint32_t signal;
};

struct discard {
    const char *id;
    const char **folders;
    uint32_t folder_count;
    struct cgroups cgroups;
};

enum tree_root { TREE_CONTAINER = 0, TREE_FOLDER = 1 };
enum tree_flag {
    TREE_CONTENT = 1,        /* read: send file contents */
    TREE_RECURSE = 2,        /* read: enter folders */
    TREE_UPPER = 4,          /* read: the root is an overlay upper directory; compare with what lies below */

    TREE_KEEP_FOLDERS = 16,  /* write: folders that exist keep their attributes */
    TREE_INTO_FOLDER = 32,   /* write: a base path that is a folder receives the file under its own name */
    TREE_USER_XATTRS = 64,   /* overlay's own marks are user.overlay.*, not trusted.overlay.* */
};

struct tree {
    enum tree_root root_kind;
    const char *root; /* a container's id or a host path */
    const char *path; /* where to start beneath the root */
    const char *name; /* write, with TREE_INTO_FOLDER */
    uint32_t flags;
    const char *layers; /* folder beneath the store's layers, empty when nothing lies below */
    const char *below;  /* overlay options of what lies below, or the name of a single layer */
    const char *output; /* read: records go to this new file instead of the connection */
    const char *label;  /* write: SELinux's context of the root, which whatever is made in it takes on; empty: none */
};

/* What the next container is expected to have; a launch may ask for more or for something else. */
struct announcement {
    struct rootfs root; /* only its folder is certain: with empty layers nothing else is expected */
    struct ops devices; /* may be none */
    const char **addresses;
    uint32_t address_count;
    struct cgroups cgroups;
};

struct await_ports {
    const char *id;
    uint32_t *ports;
    uint32_t port_count;
    const char *address; /* beside the wildcard addresses, the one that published connections are dialed to */
};

struct remove_request {
    const char **folders;
    uint32_t folder_count;
};

struct freeze_item {
    const char *id;
    struct cgroup cgroup; /* version 0: no freezer, stop every process by SIGSTOP */
};

struct freeze {
    bool freeze;
    struct freeze_item *items;
    uint32_t item_count;
};

struct id_range {
    uint32_t inside;
    uint32_t outside;
    uint32_t count;
};

enum id_mapping { MAPPING_NONE = 0, MAPPING_HELPER = 1, MAPPING_SINGLE = 2 };

struct session_request {
    const char *sessions; /* folder of all sessions of the store */
    const char *layers;   /* folder of all unpacked layers of the store */
    const char *id;
    const char *socket; /* in a folder of its own, made and removed by the guardian */
    enum id_mapping mapping;
    struct id_range *uids;
    uint32_t uid_count;
    struct id_range *gids;
    uint32_t gid_count;
    struct cgroups cgroups; /* the session's own groups, one in each hierarchy, parents of the containers' */
};

int decode_session(struct reader *reader, struct session_request *request);
/* Receives one frame, of a session; it and the arena keep what the request points to. */
int receive_session(int fd, struct frame *frame, struct arena *arena, struct session_request *request,
                    struct failure *failure);
int decode_announcement(struct reader *reader, struct announcement *request);
int decode_launch(struct reader *reader, struct launch *request);
int decode_exec(struct reader *reader, struct exec *request);
int decode_signal(struct reader *reader, struct signal_request *request);
int decode_discard(struct reader *reader, struct discard *request);
int decode_tree(struct reader *reader, struct tree *request);
int decode_await_ports(struct reader *reader, struct await_ports *request);
int decode_remove(struct reader *reader, struct remove_request *request);
int decode_freeze(struct reader *reader, struct freeze *request);

/* A single path component that is neither "." nor "..". */
bool is_component(const char *name);

#endif
