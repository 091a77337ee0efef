#include "show.h"

#include "request.h"
#include "wire.h"

static void print_texts(FILE *out, const char *name, const char **texts, uint32_t count) {
    fprintf(out, "%s:", name);
    for (uint32_t i = 0; texts != NULL && i < count; i++) {
        fprintf(out, " [%s]", texts[i]);
    }
    fprintf(out, "\n");
}

static uint32_t length_of(const char **texts) {
    uint32_t count = 0;
    while (texts != NULL && texts[count] != NULL) {
        count++;
    }
    return count;
}

static void print_settings(FILE *out, const char *name, const struct group_settings *settings) {
    for (uint32_t i = 0; i < settings->count; i++) {
        fprintf(out, "  %s: %s = %s\n", name, settings->items[i].file, settings->items[i].value);
    }
}

static void print_cgroups(FILE *out, const struct cgroups *groups) {
    for (uint32_t i = 0; i < groups->count; i++) {
        const struct cgroup *group = &groups->items[i];
        fprintf(out, "cgroup: v%u %s shared %d kills %d devices %u bytes\n", group->version, group->path, group->shared,
                group->counts_kills, group->devices.length);
        print_settings(out, "outer", &group->outer);
        print_settings(out, "inner", &group->inner);
    }
}

static void print_process(FILE *out, const struct process *process) {
    print_texts(out, "candidates", process->candidates, process->candidate_count);
    print_texts(out, "arguments", process->arguments, length_of(process->arguments));
    print_texts(out, "environment", process->environment, length_of(process->environment));
    fprintf(out, "directory: %s\nuser: %u:%u groups %d", process->directory, process->uid, process->gid,
            process->set_groups);
    for (uint32_t i = 0; i < process->group_count; i++) {
        fprintf(out, " %u", process->groups[i]);
    }
    fprintf(out, "\ncapabilities: %llx %llx %llx\n", (unsigned long long)process->bounding,
            (unsigned long long)process->permitted, (unsigned long long)process->effective);
    fprintf(out, "no new privileges: %d\nlabel: %d %s\nseccomp: %u bytes\n", process->no_new_privileges,
            process->label_module, process->label, process->seccomp.length);
    for (uint32_t i = 0; i < process->limit_count; i++) {
        fprintf(out, "limit: %u %lld %lld\n", process->limits[i].resource, (long long)process->limits[i].soft,
                (long long)process->limits[i].hard);
    }
    fprintf(out, "oom: %d\n", process->oom_score_adjustment);
}

static void print_op(FILE *out, const struct op *op) {
    fprintf(out, "op %d: %s", op->kind, op->target);
    switch (op->kind) {
    case OP_MOUNT:
        fprintf(out, " %s flags %x\n", op->source, op->flags);
        print_texts(out, "  options", op->options, op->option_count);
        return;
    case OP_BIND:
        fprintf(out, " from %s flags %x\n", op->source, op->flags);
        return;
    case OP_FILE:
        fprintf(out, " %o %u bytes\n", op->mode, op->content.length);
        return;
    case OP_NODE:
        fprintf(out, " %o %u:%u\n", op->mode, op->major, op->minor);
        return;
    case OP_CONSOLE:
        fprintf(out, " %ux%u\n", op->columns, op->rows);
        return;
    case OP_FOLDER:
        fprintf(out, " %o\n", op->mode);
        return;
    case OP_SYSCTL:
        fprintf(out, " = %s required %d\n", op->source, op->required);
        return;
    case OP_SYMLINK:
    case OP_CONTEXT:
        fprintf(out, " = %s\n", op->source);
        return;
    default:
        fprintf(out, "\n");
    }
}

static void print_root(FILE *out, const struct rootfs *root) {
    fprintf(out, "folder: %s\nlayers: %s\noptions: %s\ntop: %s\n", root->folder, root->layers, root->options, root->top_layer);
}

static void print_ops(FILE *out, const char *name, const struct ops *ops) {
    fprintf(out, "%s: %u bytes\n", name, ops->encoded.length);
    for (uint32_t i = 0; i < ops->count; i++) {
        print_op(out, &ops->items[i]);
    }
}

static int show_launch(FILE *out, struct reader *reader) {
    struct launch launch;
    if (decode_launch(reader, &launch) != 0) {
        return -1;
    }
    fprintf(out, "launch %s create %d trace %d init %d\n", launch.id, launch.create, launch.trace, launch.init);
    print_root(out, &launch.root);
    fprintf(out, "isolated: %d\n", launch.isolated_network);
    print_texts(out, "addresses", launch.addresses, launch.address_count);
    for (uint32_t i = 0; i < launch.publication_count; i++) {
        const struct publication *publication = &launch.publications[i];
        fprintf(out, "publish: %s:%u from %s to %s:%u\n", publication->host_address, publication->host_port,
                publication->source_address, publication->target_address, publication->container_port);
    }
    print_cgroups(out, &launch.cgroups);
    fprintf(out, "log limit: %llu\nhost name: %s\n", (unsigned long long)launch.log_limit, launch.hostname);
    print_ops(out, "devices", &launch.devices);
    print_ops(out, "ops", &launch.ops);
    fprintf(out, "terminal: %d\n", launch.terminal);
    print_process(out, &launch.process);
    return 0;
}

static int show_session(FILE *out, struct reader *reader) {
    struct session_request request;
    if (decode_session(reader, &request) != 0) {
        return -1;
    }
    fprintf(out, "session %s\nsessions: %s\nlayers: %s\nsocket: %s\nmapping: %d\n", request.id, request.sessions,
            request.layers, request.socket, request.mapping);
    for (uint32_t i = 0; i < request.uid_count; i++) {
        fprintf(out, "uid: %u %u %u\n", request.uids[i].inside, request.uids[i].outside, request.uids[i].count);
    }
    for (uint32_t i = 0; i < request.gid_count; i++) {
        fprintf(out, "gid: %u %u %u\n", request.gids[i].inside, request.gids[i].outside, request.gids[i].count);
    }
    print_cgroups(out, &request.cgroups);
    return 0;
}

static int show_exec(FILE *out, struct reader *reader) {
    struct exec exec;
    if (decode_exec(reader, &exec) != 0) {
        return -1;
    }
    fprintf(out, "exec %s\n", exec.id);
    print_cgroups(out, &exec.cgroups);
    fprintf(out, "input: %d\nterminal: %d %ux%u\n", exec.input, exec.terminal, exec.columns, exec.rows);
    print_process(out, &exec.process);
    return 0;
}

static int show_tree(FILE *out, struct reader *reader) {
    struct tree tree;
    if (decode_tree(reader, &tree) != 0) {
        return -1;
    }
    fprintf(out, "tree %d %s\npath: %s\nname: %s\nflags: %x\nlayers: %s\nbelow: %s\noutput: %s\nlabel: %s\n", tree.root_kind,
            tree.root, tree.path, tree.name, tree.flags, tree.layers, tree.below, tree.output, tree.label);
    return 0;
}

static int show_small(FILE *out, enum frame_type type, struct reader *reader) {
    union {
        struct announcement announcement;
        struct signal_request signal;
        struct discard discard;
        struct remove_request remove;
        struct await_ports ports;
        struct freeze freeze;
    } request;
    switch (type) {
    case FRAME_ANNOUNCE:
        if (decode_announcement(reader, &request.announcement) != 0) {
            return -1;
        }
        fprintf(out, "announcement\n");
        print_root(out, &request.announcement.root);
        print_ops(out, "devices", &request.announcement.devices);
        print_texts(out, "addresses", request.announcement.addresses, request.announcement.address_count);
        print_cgroups(out, &request.announcement.cgroups);
        return 0;
    case FRAME_SIGNAL:
        if (decode_signal(reader, &request.signal) != 0) {
            return -1;
        }
        fprintf(out, "signal %s %u\n", request.signal.id, request.signal.signal);
        return 0;
    case FRAME_DISCARD:
        if (decode_discard(reader, &request.discard) != 0) {
            return -1;
        }
        fprintf(out, "discard %s\n", request.discard.id);
        print_texts(out, "folders", request.discard.folders, request.discard.folder_count);
        print_cgroups(out, &request.discard.cgroups);
        return 0;
    case FRAME_REMOVE:
        if (decode_remove(reader, &request.remove) != 0) {
            return -1;
        }
        print_texts(out, "remove", request.remove.folders, request.remove.folder_count);
        return 0;
    case FRAME_AWAIT_PORTS:
        if (decode_await_ports(reader, &request.ports) != 0) {
            return -1;
        }
        fprintf(out, "await %s %s", request.ports.id, request.ports.address);
        for (uint32_t i = 0; i < request.ports.port_count; i++) {
            fprintf(out, " %u", request.ports.ports[i]);
        }
        fprintf(out, "\n");
        return 0;
    case FRAME_FREEZE:
        if (decode_freeze(reader, &request.freeze) != 0) {
            return -1;
        }
        fprintf(out, "freeze %d\n", request.freeze.freeze);
        for (uint32_t i = 0; i < request.freeze.item_count; i++) {
            const struct freeze_item *item = &request.freeze.items[i];
            fprintf(out, "container: %s v%u [%s]\n", item->id, item->cgroup.version, item->cgroup.path);
        }
        return 0;
    default:
        return -1;
    }
}

static int show_entry(FILE *out, struct reader *reader) {
    fprintf(out, "entry type %u", take_u8(reader));
    fprintf(out, " opaque %u", take_u8(reader));
    const char *path = take_text(reader);
    fprintf(out, " path");
    for (const char *at = path; *at != '\0'; at++) {
        fprintf(out, " %02x", (unsigned char)*at);
    }
    fprintf(out, "\nmode %o", take_u32(reader));
    fprintf(out, " uid %u", take_u32(reader));
    fprintf(out, " gid %u", take_u32(reader));
    fprintf(out, " time %lld", (long long)take_u64(reader));
    fprintf(out, ".%u", take_u32(reader));
    fprintf(out, " size %llu", (unsigned long long)take_u64(reader));
    fprintf(out, " device %u", take_u32(reader));
    fprintf(out, ":%u", take_u32(reader));
    fprintf(out, " target [%s]\n", take_text(reader));
    uint32_t count = take_count(reader, 9);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = take_text(reader);
        struct span value = take_bytes(reader);
        fprintf(out, "attribute %s %u bytes\n", name, value.length);
    }
    return reader_done(reader) ? 0 : -1;
}

int show(FILE *out, const uint8_t *frame, size_t length) {
    struct arena arena = {0};
    struct reader reader = {.at = frame, .end = frame + length, .arena = &arena};
    uint32_t announced = take_u32(&reader);
    enum frame_type type = (enum frame_type)take_u8(&reader);
    int result;
    if (reader.bad || announced != length - 4) {
        result = -1;
    } else {
        switch (type) {
        case FRAME_SESSION:
            result = show_session(out, &reader);
            break;
        case FRAME_LAUNCH:
            result = show_launch(out, &reader);
            break;
        case FRAME_EXEC:
            result = show_exec(out, &reader);
            break;
        case FRAME_TREE_READ:
        case FRAME_TREE_WRITE:
            result = show_tree(out, &reader);
            break;
        case FRAME_ENTRY:
            result = show_entry(out, &reader);
            break;
        default:
            result = show_small(out, type, &reader);
        }
    }
    arena_free(&arena);
    return result;
}
