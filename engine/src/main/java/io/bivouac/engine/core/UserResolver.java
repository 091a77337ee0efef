package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.core.Accounts.Group;
import io.bivouac.engine.core.Accounts.User;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.ProcessPlan;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Turns {@code user[:group]} into ids, strictly: a number out of range is an error, never a name (CVE-2022-29162 and kin). */
final class UserResolver {
    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d+");

    private final Accounts accounts;
    private final IdMapping mapping;

    UserResolver(Accounts accounts, IdMapping mapping) {
        this.accounts = accounts;
        this.mapping = mapping;
    }

    /**
     * @param identity ids and groups
     * @param home the user's folder
     */
    record Resolved(ProcessPlan.Identity identity, String home) {}

    /**
     * @param text names or numbers; empty for root
     */
    Resolved resolve(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length > 2 || (parts.length == 2 && parts[1].isEmpty())) {
            throw new ConfigurationException(
                    "'" + text + "' is not a user: write user or user:group, names or numbers.");
        }
        String name = parts[0].isEmpty() ? "0" : parts[0];
        Optional<Long> number = isNumber(name) ? Optional.of(requiredId(name, text)) : Optional.empty();
        Optional<User> user = number.isPresent() ? accounts.user(number.get()) : accounts.user(name);
        if (user.isEmpty() && number.isEmpty()) {
            throw new ConfigurationException(
                    "The user '" + name + "' is not in the container's /etc/passwd. Use its number.");
        }
        long uid = number.orElseGet(() -> user.get().uid());
        boolean groupGiven = parts.length == 2;
        long gid = groupGiven ? group(parts[1], text) : user.map(User::gid).orElse(0L);
        List<Long> others = groupGiven
                ? List.of()
                : user.map(known -> accounts.supplementary(known.name(), gid)).orElse(List.of());
        requireMapped(uid, gid, text);
        boolean setGroups = mapping.kind() != IdMapping.Kind.SINGLE;
        ProcessPlan.Identity identity = new ProcessPlan.Identity(
                uid, gid, setGroups, others.stream().filter(mapping::mapsGid).toList());
        return new Resolved(
                identity, user.map(User::home).filter(home -> !home.isEmpty()).orElse("/"));
    }

    /** The same in these groups too, names or numbers. */
    Resolved withGroups(Resolved user, List<String> names) {
        if (names.isEmpty()) {
            return user;
        }
        ProcessPlan.Identity identity = user.identity();
        Set<Long> groups = new LinkedHashSet<>(identity.groups());
        for (String name : names) {
            long gid = group(name, name);
            if (!identity.setGroups() || !mapping.mapsGid(gid)) {
                throw new ConfigurationException("The group '" + name + "' (" + gid
                        + ") does not exist in this rootless session. " + mapping.remedy());
            }
            groups.add(gid);
        }
        return new Resolved(
                new ProcessPlan.Identity(identity.uid(), identity.gid(), true, List.copyOf(groups)), user.home());
    }

    private static boolean isNumber(String text) {
        return NUMBER.matcher(text).matches();
    }

    private static long requiredId(String text, String whole) {
        return Accounts.id(text)
                .orElseThrow(() -> new ConfigurationException(
                        "'" + whole + "' is not a user: " + text + " is out of the range of ids, 0 to 4294967294."));
    }

    private long group(String text, String whole) {
        if (isNumber(text)) {
            return requiredId(text, whole);
        }
        return accounts.group(text)
                .map(Group::gid)
                .orElseThrow(() -> new ConfigurationException(
                        "The group '" + text + "' is not in the container's /etc/group. Use its number."));
    }

    private void requireMapped(long uid, long gid, String text) {
        if (!mapping.mapsUid(uid) || !mapping.mapsGid(gid)) {
            throw new ConfigurationException("The user '" + text + "' (" + uid + ":" + gid
                    + ") does not exist in this rootless session, which maps "
                    + (mapping.kind() == IdMapping.Kind.SINGLE ? "one id" : "65536 ids")
                    + ". " + mapping.remedy());
        }
    }
}
