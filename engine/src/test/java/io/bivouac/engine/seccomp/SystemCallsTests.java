package io.bivouac.engine.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table against the headers this machine compiles with, which are of another kernel than the table is. */
class SystemCallsTests {
    private static final Pattern LINE = Pattern.compile("@([a-z0-9_]+)@ (.+)");

    /** Every call the preprocessor knows, by name. */
    private static Map<String, Long> numbers(String... options) throws IOException, InterruptedException {
        StringBuilder source = new StringBuilder("#include <asm/unistd.h>\n");
        for (ReferenceFilter.Call call : ReferenceFilter.CALLS) {
            source.append("#ifdef __NR_%1$s%n@%1$s@ __NR_%1$s%n#endif%n".formatted(call.name()));
        }
        List<String> command = new ArrayList<>(List.of("cc", "-E", "-P"));
        command.addAll(List.of(options));
        command.add("-");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var out = process.getOutputStream()) {
            out.write(source.toString().getBytes(StandardCharsets.US_ASCII));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        Map<String, Long> numbers = new HashMap<>();
        for (String line : output.lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                numbers.put(matcher.group(1), sum(matcher.group(2)));
            }
        }
        return numbers;
    }

    /** Of an expression such as {@code (0x40000000 + 1)}. */
    private static long sum(String expression) {
        long sum = 0;
        for (String term : expression.replaceAll("[() ]", "").split("\\+", -1)) {
            sum += Long.decode(term);
        }
        return sum;
    }

    private static void assertAgree(CallingConvention convention, Map<String, Long> numbers) {
        assertThat(numbers).hasSizeGreaterThan(300);
        numbers.forEach((name, number) ->
                assertThat(SystemCalls.number(convention, name)).as(name).hasValue((int) (number - convention.base())));
    }

    @Test
    void tableAgreesWithTheKernelsHeaders() throws Exception {
        CallingConvention own = Architecture.host().own();
        assertAgree(own, numbers());
        if (own == CallingConvention.X86_64) {
            assertAgree(CallingConvention.X86, numbers("-m32", "-isystem", "/usr/include/x86_64-linux-gnu"));
            assertAgree(CallingConvention.X32, numbers("-mx32", "-isystem", "/usr/include/x86_64-linux-gnu"));
        }
    }

    @Test
    void genericTableIsThatOfAarch64() throws Exception {
        assertAgree(
                CallingConvention.AARCH64,
                numbers(
                        "-include",
                        "asm-generic/unistd.h",
                        "-D__ARCH_WANT_RENAMEAT",
                        "-D__ARCH_WANT_NEW_STAT",
                        "-D__ARCH_WANT_SET_GET_RLIMIT",
                        "-D__ARCH_WANT_TIME32_SYSCALLS",
                        "-D__ARCH_WANT_SYS_CLONE3",
                        "-D__ARCH_WANT_MEMFD_SECRET",
                        "-D_ASM_X86_UNISTD_H"));
    }

    @Test
    void eachNumberOfAConventionIsOneCall() {
        for (CallingConvention convention : CallingConvention.values()) {
            List<Integer> numbers = new ArrayList<>(SystemCalls.all(convention).values());
            // Its own name and the one other processors give it.
            boolean hasAlias = numbers.remove(SystemCalls.all(convention).get("sync_file_range2"));
            assertThat(hasAlias).isEqualTo(convention == CallingConvention.ARM);
            assertThat(numbers).doesNotHaveDuplicates();
        }
    }

    @Test
    void errorsOfProfilesHaveTheirNumbers() throws Exception {
        String header = Files.readString(Path.of("/usr/include/asm-generic/errno.h"))
                + Files.readString(Path.of("/usr/include/asm-generic/errno-base.h"));
        ProfileFields fields = new ProfileFields("", Map.of(), List.of());
        Matcher matcher = Pattern.compile("#define\\s+(E[A-Z0-9]+)\\s+(\\d+)").matcher(header);
        int count = 0;
        while (matcher.find()) {
            assertThat(ProfileWords.error(fields, matcher.group(1)))
                    .as(matcher.group(1))
                    .isEqualTo(Integer.parseInt(matcher.group(2)));
            count++;
        }
        assertThat(count).isGreaterThan(120);
    }

    @Test
    void capabilitiesOfProfilesHaveTheirNumbers() throws Exception {
        String header = Files.readString(Path.of("/usr/include/linux/capability.h"));
        ProfileFields fields = new ProfileFields("", Map.of(), List.of());
        Matcher matcher =
                Pattern.compile("(?m)^#define\\s+(CAP_[A-Z_]+)\\s+(\\d+)$").matcher(header);
        int count = 0;
        while (matcher.find()) {
            assertThat(ProfileWords.capability(fields, matcher.group(1)))
                    .as(matcher.group(1))
                    .isEqualTo(1L << Integer.parseInt(matcher.group(2)));
            count++;
        }
        assertThat(count).isGreaterThanOrEqualTo(41);
    }
}
