#include "request.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

bool is_component(const char *name) {
    return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Every list is decoded into memory of the arena; a list too long for the frame was refused by take_count. */
static void *take_list(struct reader *reader, size_t wire_size, size_t memory_size, uint32_t *count) {
    *count = take_count(reader, wire_size);
    void *memory = take_memory(reader, (*count + (size_t)1) * memory_size);
    *count = memory != NULL ? *count : 0;
    return memory;
}

static uint8_t take_version(struct reader *reader) {
    uint8_t version = take_u8(reader);
    reader->bad |= version != WIRE_VERSION;
    return version;
}

static const char *take_id(struct reader *reader) {
    const char *id = take_text(reader);
    size_t length = strlen(id);
    reader->bad |= length == 0 || length >= CONTAINER_ID_SIZE || !is_component(id);
    return id;
}

static const char *take_absolute(struct reader *reader) {
    const char *path = take_text(reader);
    reader->bad |= path[0] != '/';
    return path;
}

static const char *take_component(struct reader *reader) {
    const char *name = take_text(reader);
    reader->bad |= !is_component(name);
    return name;
}

static uint8_t take_choice(struct reader *reader, uint8_t limit) {
    uint8_t value = take_u8(reader);
    reader->bad |= value > limit;
    return value;
}

static uint32_t take_port(struct reader *reader) {
    uint32_t port = take_u32(reader);
    reader->bad |= port > 65535;
    return port;
}

static struct group_settings take_settings(struct reader *reader) {
    struct group_settings settings;
    settings.items = take_list(reader, 10, sizeof *settings.items, &settings.count);
    for (uint32_t i = 0; i < settings.count; i++) {
        settings.items[i].file = take_component(reader);
        settings.items[i].value = take_text(reader);
    }
    return settings;
}

static struct cgroups take_cgroups(struct reader *reader) {
    struct cgroups groups;
    groups.items = take_list(reader, 20, sizeof *groups.items, &groups.count);
    for (uint32_t i = 0; i < groups.count && !reader->bad; i++) {
        struct cgroup *group = &groups.items[i];
        group->version = take_u8(reader);
        group->path = take_absolute(reader);
        group->shared = take_bool(reader);
        group->counts_kills = take_bool(reader);
        group->outer = take_settings(reader);
        group->inner = take_settings(reader);
        group->devices = take_bytes(reader);
        reader->bad |= (group->version != 1 && group->version != 2) || group->devices.length % 8 != 0;
    }
    return groups;
}

static void take_process(struct reader *reader, struct process *process) {
    uint32_t ignored;
    process->candidates = take_texts(reader, &process->candidate_count);
    process->arguments = take_texts(reader, &ignored);
    reader->bad |= ignored == 0 || process->candidate_count == 0;
    process->environment = take_texts(reader, &ignored);
    process->directory = take_absolute(reader);
    process->uid = take_u32(reader);
    process->gid = take_u32(reader);
    process->set_groups = take_bool(reader);
    process->groups = take_list(reader, 4, sizeof *process->groups, &process->group_count);
    for (uint32_t i = 0; i < process->group_count; i++) {
        process->groups[i] = take_u32(reader);
    }
    process->bounding = take_u64(reader);
    process->permitted = take_u64(reader);
    process->effective = take_u64(reader);
    process->no_new_privileges = take_bool(reader);
    process->label_module = (enum label_module)take_choice(reader, LABEL_SELINUX);
    process->label = take_text(reader);
    process->seccomp = take_bytes(reader);
    reader->bad |= process->seccomp.length % 8 != 0 || process->seccomp.length / 8 > 4096;
    process->limits = take_list(reader, 20, sizeof *process->limits, &process->limit_count);
    for (uint32_t i = 0; i < process->limit_count; i++) {
        process->limits[i].resource = take_u32(reader);
        process->limits[i].soft = take_u64(reader);
        process->limits[i].hard = take_u64(reader);
        reader->bad |= process->limits[i].resource >= RLIM_NLIMITS;
    }
    process->oom_score_adjustment = take_i32(reader);
    reader->bad |= process->oom_score_adjustment < -1000 || process->oom_score_adjustment > 1000;
}

static uint32_t take_dimension(struct reader *reader) {
    uint32_t value = take_u32(reader);
    reader->bad |= value == 0 || value > 65535;
    return value;
}

static void take_op(struct reader *reader, struct op *op) {
    op->fd = -1;
    op->kind = (enum op_kind)take_u8(reader);
    op->target = take_text(reader);
    reader->bad |= (op->target[0] == '/') == (op->kind == OP_SYSCTL);
    switch (op->kind) {
    case OP_MOUNT:
        op->source = take_text(reader);
        op->flags = take_u32(reader);
        op->options = take_texts(reader, &op->option_count);
        break;
    case OP_BIND:
        op->source = take_absolute(reader);
        op->flags = take_u32(reader);
        break;
    case OP_FILE:
        op->mode = take_u32(reader);
        op->content = take_bytes(reader);
        break;
    case OP_NODE:
        op->mode = take_u32(reader);
        op->major = take_u32(reader);
        op->minor = take_u32(reader);
        break;
    case OP_FOLDER:
        op->mode = take_u32(reader);
        break;
    case OP_SYMLINK:
    case OP_CONTEXT:
        op->source = take_text(reader);
        break;
    case OP_SYSCTL:
        op->source = take_text(reader);
        op->required = take_bool(reader);
        break;
    case OP_CONSOLE:
        op->columns = take_dimension(reader);
        op->rows = take_dimension(reader);
        break;
    case OP_MASK:
    case OP_READ_ONLY:
        break;
    default:
        reader->bad = true;
    }
}

static struct ops take_ops(struct reader *reader) {
    struct ops ops = {.encoded = {.data = reader->at}};
    ops.items = take_list(reader, 6, sizeof *ops.items, &ops.count);
    for (uint32_t i = 0; i < ops.count; i++) {
        take_op(reader, &ops.items[i]);
    }
    ops.encoded.length = (uint32_t)(reader->at - ops.encoded.data);
    return ops;
}

/* They are carried out where more can be seen than the container's own: at /dev and directly in it alone. */
static struct ops take_devices(struct reader *reader) {
    struct ops ops = take_ops(reader);
    for (uint32_t i = 0; i < ops.count && !reader->bad; i++) {
        const char *target = ops.items[i].target;
        bool within = strncmp(target, "/dev/", 5) == 0 && is_component(target + 5);
        reader->bad |= !within && strcmp(target, "/dev") != 0 && ops.items[i].kind != OP_CONTEXT;
        reader->bad |= ops.items[i].kind == OP_CONSOLE;
    }
    return ops;
}

static struct rootfs take_root(struct reader *reader) {
    struct rootfs root = {.folder = take_component(reader), .layers = take_text(reader)};
    root.options = take_text(reader);
    root.top_layer = take_text(reader);
    return root;
}

static void take_publication(struct reader *reader, struct publication *publication) {
    publication->host_address = take_text(reader);
    publication->host_port = take_port(reader);
    publication->source_address = take_text(reader);
    publication->target_address = take_text(reader);
    publication->container_port = take_port(reader);
}

int decode_launch(struct reader *reader, struct launch *request) {
    take_version(reader);
    request->id = take_id(reader);
    request->create = take_bool(reader);
    request->trace = take_bool(reader);
    request->init = take_bool(reader);
    request->root = take_root(reader);
    reader->bad |= !is_component(request->root.layers);
    request->isolated_network = take_bool(reader);
    request->addresses = take_texts(reader, &request->address_count);
    request->publications = take_list(reader, 23, sizeof *request->publications, &request->publication_count);
    for (uint32_t i = 0; i < request->publication_count; i++) {
        take_publication(reader, &request->publications[i]);
    }
    request->cgroups = take_cgroups(reader);
    request->log_limit = take_u64(reader);
    request->hostname = take_text(reader);
    request->devices = take_devices(reader);
    request->ops = take_ops(reader);
    uint32_t consoles = 0;
    for (uint32_t i = 0; i < request->ops.count; i++) {
        consoles += request->ops.items[i].kind == OP_CONSOLE;
    }
    request->terminal = consoles > 0;
    reader->bad |= consoles > 1;
    take_process(reader, &request->process);
    return reader_done(reader) ? 0 : -1;
}

int decode_exec(struct reader *reader, struct exec *request) {
    take_version(reader);
    request->id = take_id(reader);
    request->cgroups = take_cgroups(reader);
    request->input = take_bool(reader);
    request->terminal = take_bool(reader);
    request->columns = take_u32(reader);
    request->rows = take_u32(reader);
    take_process(reader, &request->process);
    return reader_done(reader) ? 0 : -1;
}

int decode_signal(struct reader *reader, struct signal_request *request) {
    take_version(reader);
    request->id = take_id(reader);
    request->signal = take_u32(reader);
    reader->bad |= request->signal == 0 || request->signal > 64;
    return reader_done(reader) ? 0 : -1;
}

static const char **take_absolutes(struct reader *reader, uint32_t *count) {
    const char **paths = take_texts(reader, count);
    for (uint32_t i = 0; i < *count; i++) {
        reader->bad |= paths[i][0] != '/';
    }
    return paths;
}

int decode_discard(struct reader *reader, struct discard *request) {
    take_version(reader);
    request->id = take_id(reader);
    request->folders = take_absolutes(reader, &request->folder_count);
    request->cgroups = take_cgroups(reader);
    return reader_done(reader) ? 0 : -1;
}

int decode_remove(struct reader *reader, struct remove_request *request) {
    take_version(reader);
    request->folders = take_absolutes(reader, &request->folder_count);
    return reader_done(reader) ? 0 : -1;
}

int decode_tree(struct reader *reader, struct tree *request) {
    take_version(reader);
    request->root_kind = (enum tree_root)take_choice(reader, TREE_FOLDER);
    request->root = request->root_kind == TREE_CONTAINER ? take_id(reader) : take_absolute(reader);
    request->path = take_absolute(reader);
    request->name = take_text(reader);
    request->flags = take_u32(reader);
    request->layers = take_text(reader);
    reader->bad |= request->layers[0] != '\0' && !is_component(request->layers);
    request->below = take_text(reader);
    request->output = take_text(reader);
    request->label = take_text(reader);
    reader->bad |= (request->flags & TREE_INTO_FOLDER) != 0 && !is_component(request->name);
    return reader_done(reader) ? 0 : -1;
}

int decode_await_ports(struct reader *reader, struct await_ports *request) {
    take_version(reader);
    request->id = take_id(reader);
    request->ports = take_list(reader, 4, sizeof *request->ports, &request->port_count);
    for (uint32_t i = 0; i < request->port_count; i++) {
        request->ports[i] = take_port(reader);
    }
    request->address = take_text(reader);
    return reader_done(reader) ? 0 : -1;
}

int decode_freeze(struct reader *reader, struct freeze *request) {
    take_version(reader);
    request->freeze = take_bool(reader);
    request->items = take_list(reader, 12, sizeof *request->items, &request->item_count);
    for (uint32_t i = 0; i < request->item_count; i++) {
        request->items[i].id = take_id(reader);
        request->items[i].cgroup.version = take_choice(reader, 2);
        request->items[i].cgroup.path = take_text(reader);
    }
    return reader_done(reader) ? 0 : -1;
}

static struct id_range *take_ranges(struct reader *reader, uint32_t *count) {
    struct id_range *ranges = take_list(reader, 12, sizeof *ranges, count);
    for (uint32_t i = 0; i < *count; i++) {
        ranges[i].inside = take_u32(reader);
        ranges[i].outside = take_u32(reader);
        ranges[i].count = take_u32(reader);
    }
    return ranges;
}

int decode_session(struct reader *reader, struct session_request *request) {
    take_version(reader);
    request->sessions = take_absolute(reader);
    request->layers = take_absolute(reader);
    request->id = take_id(reader);
    request->socket = take_absolute(reader);
    request->mapping = (enum id_mapping)take_choice(reader, MAPPING_SINGLE);
    request->uids = take_ranges(reader, &request->uid_count);
    request->gids = take_ranges(reader, &request->gid_count);
    request->cgroups = take_cgroups(reader);
    return reader_done(reader) ? 0 : -1;
}

int decode_announcement(struct reader *reader, struct announcement *request) {
    take_version(reader);
    request->root = take_root(reader);
    reader->bad |= request->root.layers[0] != '\0' && !is_component(request->root.layers);
    request->devices = take_devices(reader);
    for (uint32_t i = 0; i < request->devices.count; i++) {
        reader->bad |= request->devices.items[i].kind == OP_CONTEXT; /* a label is one container's */
    }
    request->addresses = take_texts(reader, &request->address_count);
    request->cgroups = take_cgroups(reader);
    return reader_done(reader) ? 0 : -1;
}

int receive_session(int fd, struct frame *frame, struct arena *arena, struct session_request *request,
                    struct failure *failure) {
    int received = frame_receive(fd, frame);
    if (received <= 0) {
        return fail_with(failure, received == 0 ? EPIPE : errno, "decode the request", "read", "session");
    }
    struct reader reader = {
        .at = frame->payload.data, .end = frame->payload.data + frame->payload.length, .arena = arena};
    return frame->type == FRAME_SESSION && decode_session(&reader, request) == 0
               ? 0
               : fail_with(failure, reader_error(&reader), "decode the request", "", "session");
}
