package io.bivouac.engine.seccomp;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.json.Json;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads profiles in the format of Docker, Podman and the OCI runtime specification. Strictly: a word that has no meaning would
 * leave a container less confined than its user believes. Only names of system calls may be unknown: profiles name calls of
 * kernels to come.
 *
 * @see <a href="https://docs.docker.com/engine/security/seccomp/">Seccomp security profiles for Docker</a>
 */
final class ProfileParser {
    private static final int MOST_RULES = 1024;
    private static final int MOST_NAMES = 1024;
    /** Each takes at least one instruction of the kernel's 4096. */
    private static final int MOST_CONDITIONS = BpfProgram.LIMIT;

    private static final int MOST_ARCHITECTURES = 64;
    private static final int LAST_ARGUMENT = 5;
    /** The largest error number a system call can return, MAX_ERRNO. */
    private static final int LAST_ERROR = 4095;

    private static final Pattern CALL_NAME = Pattern.compile("[a-z_][a-z0-9_]{0,63}");

    private static final List<String> PROFILE_FIELDS = List.of(
            "defaultAction",
            "defaultErrnoRet",
            "defaultErrno",
            "architectures",
            "archMap",
            "flags",
            "listenerPath",
            "listenerMetadata",
            "syscalls");
    private static final List<String> RULE_FIELDS =
            List.of("names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes");
    private static final List<String> CONDITION_FIELDS = List.of("index", "value", "valueTwo", "op");
    private static final List<String> WHERE_FIELDS = List.of("caps", "arches", "minKernel");
    private static final List<String> ARCHITECTURE_FIELDS = List.of("architecture", "subArchitectures");

    private final String place;
    private int conditions;

    private ProfileParser(String place) {
        this.place = place;
    }

    /** Throws {@link ConfigurationException}, which says what is wrong and where. */
    static Profile parse(String name, String document) {
        return new ProfileParser("The seccomp profile " + name).parseDocument(name, document);
    }

    private Profile parseDocument(String name, String document) {
        ProfileFields fields;
        try {
            fields = new ProfileFields(place, Json.parse(document), PROFILE_FIELDS);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(place + " is " + e.getMessage() + ".", e);
        }
        if (fields.has("listenerPath") || fields.has("listenerMetadata")) {
            throw fields.wrong("a listener is not supported; leave out listenerPath and listenerMetadata");
        }
        fields.texts("flags", MOST_ARCHITECTURES).forEach(flag -> ProfileWords.checkFlag(fields, flag));
        Action action = action(fields, "defaultAction", "defaultErrnoRet", "defaultErrno");
        List<Rule> rules = new ArrayList<>();
        for (Object rule : fields.list("syscalls", MOST_RULES)) {
            rules.add(rule(rules.size() + 1, rule));
        }
        return new Profile(name, action, conventions(fields), rules);
    }

    private static Action action(ProfileFields fields, String name, String number, String word) {
        Action action = ProfileWords.action(fields, name);
        Optional<String> error = fields.text(word);
        if (!fields.has(number) && error.isEmpty()) {
            return action;
        }
        if (!action.verdict().hasData()) {
            throw fields.wrong("only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an error");
        }
        int data = fields.number(number, LAST_ERROR);
        if (error.isPresent()) {
            int named = ProfileWords.error(fields, error.get());
            if (fields.has(number) && named != data) {
                throw fields.wrong("'" + number + "' is " + data + ", but '" + word + "' is " + error.get()
                        + ", which is " + named);
            }
            data = named;
        }
        return new Action(action.verdict(), data);
    }

    private static Map<Architecture, Set<CallingConvention>> conventions(ProfileFields fields) {
        Map<Architecture, Set<CallingConvention>> all = new EnumMap<>(Architecture.class);
        List<?> entries = fields.list("archMap", MOST_ARCHITECTURES);
        List<String> listed = fields.texts("architectures", MOST_ARCHITECTURES);
        if (!entries.isEmpty() && !listed.isEmpty()) {
            throw fields.wrong("it has both 'architectures' and 'archMap'; one of them is allowed");
        }
        for (Object value : entries) {
            ProfileFields entry = new ProfileFields(fields.place() + ", field 'archMap'", value, ARCHITECTURE_FIELDS);
            Optional<CallingConvention> main = ProfileWords.convention(entry, entry.requiredText("architecture"));
            Set<CallingConvention> others = conventions(entry, entry.texts("subArchitectures", MOST_ARCHITECTURES));
            for (Architecture architecture : Architecture.values()) {
                if (main.equals(Optional.of(architecture.own()))) {
                    all.put(architecture, others);
                }
            }
        }
        if (!listed.isEmpty()) {
            Set<CallingConvention> set = conventions(fields, listed);
            for (Architecture architecture : Architecture.values()) {
                all.put(architecture, set);
            }
        }
        return all;
    }

    private static Set<CallingConvention> conventions(ProfileFields fields, List<String> words) {
        Set<CallingConvention> set = EnumSet.noneOf(CallingConvention.class);
        for (String word : words) {
            ProfileWords.convention(fields, word).ifPresent(set::add);
        }
        return set;
    }

    private Rule rule(int number, @Nullable Object value) {
        ProfileFields fields = new ProfileFields(place + ", rule " + number, value, RULE_FIELDS);
        List<String> names = names(fields);
        ProfileFields named = new ProfileFields(
                fields.place() + " ("
                        + fields.texts("names", MOST_NAMES).stream()
                                .findFirst()
                                .orElse(fields.text("name").orElse("")) + ")",
                value,
                RULE_FIELDS);
        named.text("comment");
        return new Rule(
                names,
                action(named, "action", "errnoRet", "errno"),
                alternatives(named),
                where(named.object("includes", WHERE_FIELDS)),
                where(named.object("excludes", WHERE_FIELDS)));
    }

    private static List<String> names(ProfileFields fields) {
        List<String> names = new ArrayList<>(fields.texts("names", MOST_NAMES));
        Optional<String> single = fields.text("name").filter(name -> !name.isEmpty());
        if (single.isPresent() && !names.isEmpty()) {
            throw fields.wrong("it has both 'name' and 'names'; one of them is allowed");
        }
        single.ifPresent(names::add);
        if (names.isEmpty()) {
            throw fields.wrong("it names no system call; list at least one in 'names'");
        }
        for (String name : names) {
            if (!CALL_NAME.matcher(name).matches()) {
                throw fields.wrong(
                        "'" + name
                                + "' is not the name of a system call; allowed are lower-case letters, digits and '_', at most 64");
            }
        }
        return names.stream().distinct().toList();
    }

    /**
     * All conditions together, unless two are about one argument: then each alone. So say runc and crun, and Docker's profiles
     * count on it.
     */
    private List<List<Condition>> alternatives(ProfileFields fields) {
        List<Condition> all = new ArrayList<>();
        Set<Integer> arguments = new HashSet<>();
        boolean repeated = false;
        for (Object value : fields.list("args", MOST_CONDITIONS)) {
            Condition condition = condition(fields, all.size() + 1, value);
            all.add(condition);
            repeated |= !arguments.add(condition.argument());
        }
        conditions += all.size();
        if (conditions > MOST_CONDITIONS) {
            throw fields.wrong("with it the rules have " + conditions + " conditions of arguments; " + MOST_CONDITIONS
                    + " are allowed");
        }
        return repeated ? all.stream().map(List::of).toList() : List.of(List.copyOf(all));
    }

    private static Condition condition(ProfileFields rule, int number, @Nullable Object value) {
        ProfileFields fields = new ProfileFields(rule.place() + ", argument " + number, value, CONDITION_FIELDS);
        if (!fields.has("index")) {
            throw fields.wrong("the field 'index' is missing");
        }
        return new Condition(
                fields.number("index", LAST_ARGUMENT),
                ProfileWords.operator(fields, "op"),
                fields.unsigned("value"),
                fields.unsigned("valueTwo"));
    }

    private static Rule.Where where(ProfileFields fields) {
        long capabilities = 0;
        for (String capability : fields.texts("caps", MOST_NAMES)) {
            capabilities |= ProfileWords.capability(fields, capability);
        }
        List<String> architectures = fields.texts("arches", MOST_ARCHITECTURES);
        architectures.forEach(word -> ProfileWords.checkConditionArchitecture(fields, word));
        Optional<String> kernel = fields.text("minKernel").filter(text -> !text.isEmpty());
        Optional<KernelVersion> minimum = kernel.flatMap(KernelVersion::parse);
        if (kernel.isPresent() && minimum.isEmpty()) {
            throw fields.wrong("'" + kernel.get() + "' is not a kernel version; allowed are two numbers such as 4.8");
        }
        return new Rule.Where(capabilities, Set.copyOf(architectures), minimum);
    }
}
