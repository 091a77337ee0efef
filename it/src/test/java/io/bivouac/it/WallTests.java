package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every attack is repelled by the product, and succeeds against a warden that was built without what repels it: so none is
 * empty, and no protection is there for nothing.
 */
@Tag("root")
class WallTests {
    private static final Pattern WALL = Pattern.compile("^    WALL_([A-Z_]+),", Pattern.MULTILINE);

    private static final int PT_DYNAMIC = 2;
    private static final int PT_INTERP = 3;
    private static final String KEY = "bivouac-it";
    private static final Path FOLDER = Engines.folder().resolve("attacks");

    @BeforeAll
    static void writeImages() throws Exception {
        removeFolder();
        AttackScene.writeImages(Files.createDirectories(FOLDER));
    }

    /** It is full of links that lead out of it. */
    @AfterAll
    static void removeFolder() throws Exception {
        Commands.run("rm", "-rf", FOLDER.toString());
    }

    private static List<Attack> attacksOn(List<String> walls) {
        return Attack.ALL.stream()
                .filter(attack -> attack.each().containsAll(walls))
                .toList();
    }

    /** Each wall alone, and those together that repel an attack each by itself. */
    static List<String> breaches() {
        TreeSet<String> breaches = new TreeSet<>();
        for (Attack attack : Attack.ALL) {
            breaches.addAll(attack.each());
            breaches.add(attack.walls());
        }
        return List.copyOf(breaches);
    }

    private static Map<String, String> expected(List<Attack> attacks, List<String> without) {
        Map<String, String> expected = new LinkedHashMap<>();
        attacks.forEach(attack -> expected.put(attack.name(), attack.expected(without)));
        return expected;
    }

    private static Map<String, String> carryOut(String name, List<Attack> attacks, Path... classes) throws Exception {
        return carryOut(new ChildJvm(), FOLDER, name, attacks, classes);
    }

    /** In the place of a user who has a terminal and keys. */
    private static Map<String, String> carryOut(
            ChildJvm jvm, Path folder, String name, List<Attack> attacks, Path... classes) throws Exception {
        jvm.under(folder.resolve("intruder").toString(), "victim", KEY).option("-XX:TieredStopAtLevel=1");
        for (Path before : classes) {
            jvm.before(before);
        }
        List<String> arguments = new ArrayList<>(List.of(folder.toString(), name, KEY));
        attacks.forEach(attack -> arguments.add(attack.name()));
        try (Child child = jvm.start(AttackRun.class, arguments.toArray(String[]::new))) {
            assertThat(child.join()).as(child.output()).isZero();
            return outcomes(child.output());
        }
    }

    private static Map<String, String> outcomes(String output) {
        Map<String, String> outcomes = new LinkedHashMap<>();
        for (String line : output.lines().toList()) {
            int words = line.indexOf(" came to ");
            if (words >= 0) {
                outcomes.put(line.substring(0, words), line.substring(words + " came to ".length()));
            }
        }
        return outcomes;
    }

    @Test
    void everyAttackIsRepelled() throws Exception {
        List<Attack> all = Attack.ALL;

        assertThat(carryOut("product", all)).isEqualTo(expected(all, List.of()));
    }

    /** There a program decides about devices, and no file of the group. */
    @Test
    void devicesAreRuledInVersion2Too() throws Exception {
        List<String> rules = List.of("DEVICE_RULES");
        List<Attack> attacks = attacksOn(rules);
        Path built = WardenBuild.make("walls", "WITHOUT=" + String.join(" ", breaches()));
        Path without = built.resolve("DEVICE_RULES").resolve("classes");

        assertThat(attacks).hasSize(2);
        assertThat(carryOut(inVersion2(), FOLDER, "version 2", attacks)).isEqualTo(expected(attacks, List.of()));
        assertThat(carryOut(inVersion2(), FOLDER, "version 2 without", attacks, without))
                .isEqualTo(expected(attacks, rules));
    }

    private static ChildJvm inVersion2() {
        return new ChildJvm().option("-Dbivouac.cgroup=v2");
    }

    @ParameterizedTest
    @MethodSource("breaches")
    void attackSucceedsWithout(String walls) throws Exception {
        List<String> without = List.of(walls.split("\\+", -1));
        List<Attack> attacks = attacksOn(without);
        Path built = WardenBuild.make("walls", "WITHOUT=" + String.join(" ", breaches()));

        assertThat(carryOut(walls, attacks, built.resolve(walls).resolve("classes")))
                .isEqualTo(expected(attacks, without));
    }

    @Test
    void ordinaryUsersContainersAreBehindTheSameWalls() throws Exception {
        List<Attack> all =
                Attack.ALL.stream().filter(attack -> !attack.takesRoot()).toList();
        Path built = WardenBuild.make("walls", "WITHOUT=" + String.join(" ", breaches()));
        try (OrdinaryUser user = OrdinaryUser.create()) {
            Path folder = Files.createDirectories(user.home().resolve("attacks"));
            AttackScene.writeImages(folder);
            Commands.run("cp", "-r", built.toString(), folder.resolve("built").toString());
            Commands.run("chown", "-R", user.name(), folder.toString());

            assertThat(carryOut(withGroups(user), folder, "product", all)).isEqualTo(expected(all, List.of()));
            for (String name : List.of("write to sysfs", "write to delegated cgroups")) {
                List<Attack> one = List.of(Attack.named(name));
                Path classes = folder.resolve("built/" + one.get(0).walls() + "/classes");
                assertThat(carryOut(withGroups(user), folder, name, one, classes))
                        .isEqualTo(expected(one, one.get(0).each()));
            }
        }
    }

    /** A JVM of a user who was given control groups, without the controllers that limits take. */
    private static ChildJvm withGroups(OrdinaryUser user) {
        String script = """
                for folder in /sys/fs/cgroup /sys/fs/cgroup/unified; do
                    [ -e $folder/cgroup.procs ] || continue
                    mkdir $folder/$GROUP
                    chown -R $OWNER $folder/$GROUP
                    echo 0 > $folder/$GROUP/cgroup.procs
                    groups="$groups $folder/$GROUP"
                done
                "$@"
                code=$?
                for group in $groups; do
                    echo 0 > ${group%/*}/cgroup.procs
                done
                for attempt in 1 2 3 4 5 6 7 8 9; do
                    find $groups -depth -type d -exec rmdir {} ';' 2>/dev/null && break
                    sleep 0.1
                done
                exit $code
                """;
        String group = "bivouac-it-walls-" + ProcessHandle.current().pid();
        return user.jvm(new ChildJvm().under("env", "GROUP=" + group, "OWNER=" + user.name(), "sh", "-c", script, "sh"))
                .option("-Dbivouac.limits=best-effort");
    }

    /** CVE-2019-14271: a library of the image's would be loaded by a process of ours, to look names up. */
    @Test
    void nothingOfTheImageIsLoaded() throws Exception {
        String lookup = "#include <pwd.h>\nint main(void) { return getpwnam(\"root\") == 0; }";
        Path source = Files.writeString(FOLDER.resolve("lookup.c"), lookup);

        assertThat(canLoad(Files.readAllBytes(compile(source, "-static")))).isTrue();
        assertThat(canLoad(Files.readAllBytes(compile(source, "-O1")))).isTrue();
        assertThat(canLoad(warden())).isFalse();
    }

    /** CVE-2026-30892: ids come to the warden as numbers, so that no text of a stranger can become one there. */
    @Test
    void wardenLooksUpNobody() throws Exception {
        String lookup = "#include <pwd.h>\nint main(void) { return getpwnam(\"root\") == 0; }";
        Path source = Files.writeString(FOLDER.resolve("names.c"), lookup);

        assertThat(namesAccounts(Files.readAllBytes(compile(source, "-static"))))
                .isTrue();
        assertThat(namesAccounts(warden())).isFalse();
    }

    private static boolean namesAccounts(byte[] program) {
        String text = new String(program, StandardCharsets.ISO_8859_1);
        return text.contains("/etc/passwd") || text.contains("/etc/group");
    }

    private static byte[] warden() throws IOException {
        try (InputStream in = Engine.class.getResourceAsStream("warden/warden-" + SystemCall.OWN)) {
            assertThat(in).isNotNull();
            return in.readAllBytes();
        }
    }

    private static Path compile(Path source, String option) throws Exception {
        Path program = FOLDER.resolve("lookup");
        Commands.Result made = Commands.run("cc", "-w", option, "-o", program.toString(), source.toString());
        assertThat(made.code()).as(made.output()).isZero();
        return program;
    }

    /** By a dynamic linker, see elf(5), or by the name service that a static program brings along. */
    private static boolean canLoad(byte[] program) {
        ByteBuffer elf = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) elf.getLong(32);
        boolean linked = IntStream.range(0, elf.getShort(56))
                .map(number -> elf.getInt(headers + number * elf.getShort(54)))
                .anyMatch(type -> type == PT_DYNAMIC || type == PT_INTERP);
        return linked || new String(program, StandardCharsets.ISO_8859_1).contains("nsswitch.conf");
    }

    @Test
    void everyWallIsAttacked() throws Exception {
        Matcher walls =
                WALL.matcher(Files.readString(WardenBuild.sources("main").resolve("protect.h")));
        List<String> named = walls.results().map(result -> result.group(1)).toList();

        assertThat(named).hasSizeGreaterThan(20).contains(HostLadderTests.APART);
        assertThat(breaches())
                .containsAll(named.stream()
                        .filter(wall -> !wall.equals(HostLadderTests.APART))
                        .toList());
    }
}
