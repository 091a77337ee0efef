package io.bivouac.engine.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Profiles that people write, some of them wrong. */
class ProfileParserTests {
    private static Profile parse(String document) {
        return ProfileParser.parse("p.json", document.replace('\'', '"'));
    }

    private static Profile parseRule(String rule) {
        return parse(
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['read'], 'action': 'SCMP_ACT_ALLOW'}, "
                        + rule + "]}");
    }

    private static void assertRefused(String document, String problem) {
        assertThatThrownBy(() -> parse(document))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile p.json" + problem + ".");
    }

    private static void assertRuleRefused(String rule, String problem) {
        assertThatThrownBy(() -> parseRule(rule))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile p.json, rule 2" + problem + ".");
    }

    @Test
    void readsEverythingARuleMaySay() {
        Profile profile = parse(
                "{'defaultAction': 'SCMP_ACT_KILL', 'defaultErrnoRet': null, 'flags': ['SECCOMP_FILTER_FLAG_TSYNC'],"
                        + " 'archMap': [{'architecture': 'SCMP_ARCH_AARCH64', 'subArchitectures': null}], 'syscalls': [{'names': ['clone',"
                        + " 'clone'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 4095, 'comment': 'x', 'args': [{'index': 5, 'value':"
                        + " 18446744073709551615, 'valueTwo': 3, 'op': 'SCMP_CMP_MASKED_EQ'}], 'includes': {'caps': ['CAP_BPF'], 'arches':"
                        + " ['amd64'], 'minKernel': '4.8'}, 'excludes': {}}, {'name': 'read', 'action': 'SCMP_ACT_ALLOW', 'args': null}]}");

        assertThat(profile.defaultAction()).isEqualTo(new Action(Verdict.KILL_THREAD, 0));
        assertThat(profile.conventions(Architecture.ARM64)).containsExactly(CallingConvention.AARCH64);
        assertThat(profile.rules())
                .containsExactly(
                        new Rule(
                                List.of("clone"),
                                new Action(Verdict.ERRNO, 4095),
                                List.of(List.of(new Condition(5, Operator.MASKED_EQ, -1, 3))),
                                new Rule.Where(1L << 39, Set.of("amd64"), Optional.of(new KernelVersion(4, 8))),
                                Rule.Where.ANYWHERE),
                        new Rule(
                                List.of("read"),
                                Action.ALLOW,
                                List.of(List.of()),
                                Rule.Where.ANYWHERE,
                                Rule.Where.ANYWHERE));
    }

    @Test
    void whatIsNoJsonIsSaid() {
        assertRefused("{'defaultAction'", " is not JSON: the document ends too early");
        assertRefused("[]", ": this is not an object");
        assertRefused("", " is not JSON: the document ends too early");
        assertRefused("{'syscalls': [], 'syscalls': []}", " is not JSON: the key 'syscalls' occurs twice");
    }

    @Test
    void misspeltFieldsAreNamed() {
        assertRefused(
                "{'defaultActon': 'SCMP_ACT_ERRNO'}",
                ": the field 'defaultActon' is unknown; known are defaultAction, defaultErrnoRet, defaultErrno, architectures,"
                        + " archMap, flags, listenerPath, listenerMetadata, syscalls");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', 'argss': []}",
                ": the field 'argss' is unknown; known are names, name, action, errnoRet, errno, args, comment, includes,"
                        + " excludes");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', 'includes': {'capabilities': []}}",
                " (mount), field 'includes': the field 'capabilities' is unknown; known are caps, arches, minKernel");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'idx': 0}]}",
                " (mount), argument 1: the field 'idx' is unknown; known are index, value, valueTwo, op");
    }

    @Test
    void unknownWordsAreNamedWithThoseThatAreKnown() {
        assertRuleRefused(
                "{'names': ['mount', 'umount2'], 'action': 'SCMP_ACT_DENY'}",
                " (mount): 'SCMP_ACT_DENY' is not an action; allowed are SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL,"
                        + " SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_TRACE, SCMP_ACT_TRAP");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_NOTIFY'}",
                " (mount): SCMP_ACT_NOTIFY is not supported, nothing would answer; allowed are SCMP_ACT_ALLOW, SCMP_ACT_ERRNO,"
                        + " SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_TRACE,"
                        + " SCMP_ACT_TRAP");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQUAL', 'value': 1}]}",
                " (mount), argument 1: 'SCMP_CMP_EQUAL' is not an operator; allowed are SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT,"
                        + " SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_MASKED_EQ, SCMP_CMP_NE");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_ERRNO', 'errno': 'EPREM'}",
                " (mount): 'EPREM' is not an error; allowed are names such as EPERM, see errno(3)");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', 'excludes': {'minKernel': '5'}}",
                " (mount), field 'excludes': '5' is not a kernel version; allowed are two numbers such as 4.8");
        assertRefused(
                "{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_LOG']}",
                ": the flag 'SECCOMP_FILTER_FLAG_LOG' is unknown or not supported; allowed are SECCOMP_FILTER_FLAG_SPEC_ALLOW,"
                        + " SECCOMP_FILTER_FLAG_TSYNC");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'includes': {'caps': ['SYS_ADMIN']}|field 'includes': 'SYS_ADMIN' is not a capability; allowed are CAP_CHOWN, ",
                "'includes': {'arches': ['x86_64']}|field 'includes': 'x86_64' is not an architecture; allowed are amd64, arm, "
            },
            quoteCharacter = '`')
    void conditionsThatCannotHoldAreRefused(String field, String problem) {
        assertThatThrownBy(() -> parseRule("{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', " + field + "}"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("The seccomp profile p.json, rule 2 (mount), " + problem);
    }

    @Test
    void missingFieldsAreNamed() {
        assertRefused("{}", ": the field 'defaultAction' is missing");
        assertRuleRefused("{'names': ['mount']}", " (mount): the field 'action' is missing");
        assertRuleRefused("{'action': 'SCMP_ACT_ALLOW'}", ": it names no system call; list at least one in 'names'");
        assertRuleRefused(
                "{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'op': 'SCMP_CMP_EQ', 'value': 0}]}",
                " (mount), argument 1: the field 'index' is missing");
    }

    @Test
    void fieldsOfTheWrongKindAreNamed() {
        assertRefused("{'defaultAction': 7}", ": the field 'defaultAction' is not a text");
        assertRefused("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': {}}", ": the field 'syscalls' is not a list");
        assertRuleRefused("7", ": this is not an object");
        assertRuleRefused("null", ": this is not an object");
        assertRuleRefused("{'names': 'mount', 'action': 'SCMP_ACT_ALLOW'}", ": the field 'names' is not a list");
        assertRuleRefused("{'names': [7], 'action': 'SCMP_ACT_ALLOW'}", ": the field 'names' is not a list of texts");
        assertRuleRefused(
                "{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'includes': []}",
                " (a), field 'includes': this is not an object");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1.5", "18446744073709551616", "1e3", "'7'", "99999999999999999999999999", "true"})
    void valuesAreNumbersOf64BitsWithoutSign(String value) {
        assertThatThrownBy(
                        () -> parseRule("{'names': ['mount'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'op':"
                                + " 'SCMP_CMP_EQ', 'value': " + value + "}]}"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("The seccomp profile p.json, rule 2 (mount), argument 1: the field 'value' is ")
                .hasMessageEndingWith("; allowed are whole numbers from 0 to 18446744073709551615.");
    }

    @Test
    void numbersOutOfRangeAreNamed() {
        assertRuleRefused(
                "{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 6, 'op': 'SCMP_CMP_EQ', 'value': 0}]}",
                " (a), argument 1: the field 'index' is 6; allowed are whole numbers from 0 to 5");
        assertRuleRefused(
                "{'names': ['a'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 4096}",
                " (a): the field 'errnoRet' is 4096; allowed are whole numbers from 0 to 4095");
    }

    @Test
    void contradictionsAreRefused() {
        assertRefused(
                "{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_X86'], 'archMap': [{'architecture':"
                        + " 'SCMP_ARCH_X86_64'}]}",
                ": it has both 'architectures' and 'archMap'; one of them is allowed");
        assertRuleRefused(
                "{'names': ['a'], 'name': 'b', 'action': 'SCMP_ACT_ALLOW'}",
                ": it has both 'name' and 'names'; one of them is allowed");
        assertRuleRefused(
                "{'names': ['a'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 1, 'errno': 'ENOSYS'}",
                " (a): 'errnoRet' is 1, but 'errno' is ENOSYS, which is 38");
        assertRuleRefused(
                "{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'errnoRet': 1}",
                " (a): only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an error");
        assertRefused(
                "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/x'}",
                ": a listener is not supported; leave out listenerPath and listenerMetadata");
    }

    @Test
    void namesThatNoSystemCallCanHaveAreRefused() {
        for (String name : List.of("", "Mount", "sys mount", "x".repeat(65), "../mount")) {
            assertRuleRefused(
                    "{'names': ['" + name + "'], 'action': 'SCMP_ACT_ALLOW'}",
                    ": '" + name
                            + "' is not the name of a system call; allowed are lower-case letters, digits and '_', at most 64");
        }
    }

    @Test
    void boundsKeepProfilesHandy() {
        String rule = "{'names': ['a'], 'action': 'SCMP_ACT_ALLOW'},".repeat(1024);
        assertRefused(
                "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [" + rule
                        + "{'names': ['a'], 'action': 'SCMP_ACT_ALLOW'}]}",
                ": the field 'syscalls' has 1025 elements; 1024 are allowed");
        assertRuleRefused(
                "{'action': 'SCMP_ACT_ALLOW', 'names': [" + "'a',".repeat(1024) + "'a']}",
                ": the field 'names' has 1025 elements; 1024 are allowed");
        String argument = "{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 0},";
        String half = "{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'args': [" + argument.repeat(2048)
                + argument.replace("},", "}") + "]}";
        assertThatThrownBy(() -> parseRule(half + "," + half))
                .hasMessage(
                        "The seccomp profile p.json, rule 3 (a): with it the rules have 4098 conditions of arguments; 4096"
                                + " are allowed.");
    }

    @Test
    void kernelsAreComparedByTheirFirstTwoNumbers() {
        assertThat(KernelVersion.ofRelease("6.18.44-fc-v657")).isEqualTo(new KernelVersion(6, 18));
        assertThat(KernelVersion.ofRelease("5.4-rc1")).isEqualTo(new KernelVersion(5, 4));
        assertThat(new KernelVersion(5, 10)).isGreaterThan(new KernelVersion(5, 9));
        assertThat(new KernelVersion(6, 0)).isGreaterThan(new KernelVersion(5, 99));
    }
}
