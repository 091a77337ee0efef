package io.bivouac.engine.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Users and groups of an image, from its {@code /etc/passwd} and {@code /etc/group}. Lines that are malformed are left out, as
 * every libc does.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/passwd.5.html">passwd(5)</a>, group(5)
 */
record Accounts(List<User> users, List<Group> groups) {
    private static final long LARGEST_ID = 0xffffffffL - 1;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,10}");

    /** A line {@code name:password:uid:gid:gecos:home:shell}. */
    record User(String name, long uid, long gid, String home) {}

    /** A line {@code name:password:gid:member,member}. */
    record Group(String name, long gid, List<String> members) {}

    static Accounts parse(String passwd, String group) {
        List<User> users = new ArrayList<>();
        for (String[] fields : lines(passwd)) {
            Optional<Long> uid = fields.length >= 6 ? id(fields[2]) : Optional.empty();
            Optional<Long> gid = fields.length >= 6 ? id(fields[3]) : Optional.empty();
            if (uid.isPresent() && gid.isPresent()) {
                users.add(new User(fields[0], uid.get(), gid.get(), fields[5]));
            }
        }
        List<Group> groups = new ArrayList<>();
        for (String[] fields : lines(group)) {
            Optional<Long> gid = fields.length >= 3 ? id(fields[2]) : Optional.empty();
            if (gid.isPresent()) {
                String members = fields.length >= 4 ? fields[3] : "";
                groups.add(
                        new Group(fields[0], gid.get(), members.isEmpty() ? List.of() : List.of(members.split(","))));
            }
        }
        return new Accounts(List.copyOf(users), List.copyOf(groups));
    }

    private static List<String[]> lines(String file) {
        return file.lines().map(line -> line.split(":", -1)).toList();
    }

    /** A decimal number that is an id; the largest value means "unchanged" to the kernel and is none. */
    static Optional<Long> id(String text) {
        if (!NUMBER.matcher(text).matches() || Long.parseLong(text) > LARGEST_ID) {
            return Optional.empty();
        }
        return Optional.of(Long.parseLong(text));
    }

    Optional<User> user(String name) {
        return users.stream().filter(user -> user.name().equals(name)).findFirst();
    }

    Optional<User> user(long uid) {
        return users.stream().filter(user -> user.uid() == uid).findFirst();
    }

    Optional<Group> group(String name) {
        return groups.stream().filter(group -> group.name().equals(name)).findFirst();
    }

    /** The groups a user is a member of, beside the primary one. */
    List<Long> supplementary(String userName, long primary) {
        return groups.stream()
                .filter(group -> group.members().contains(userName) && group.gid() != primary)
                .map(Group::gid)
                .distinct()
                .toList();
    }
}
