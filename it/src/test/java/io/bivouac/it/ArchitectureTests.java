package io.bivouac.it;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The house as it is drawn: which package may use which, and how large its files may be. */
class ArchitectureTests {
    private static final String ENGINE = "io.bivouac.engine";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // Libraries of others that the engine's jar carries.
            .withImportOption(location -> !location.contains("/io/bivouac/relocated/"))
            .importPackages("io.bivouac");

    /** What every package may use beside itself: the public API and the basic values and codecs. */
    private static final Set<String> COMMON = Set.of("", "oci", "io", "json", "tree");

    /** What a package may use; "" is the public API. A package that is not listed here may use nothing. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("", Set.of("oci")),
            Map.entry("oci", Set.of()),
            Map.entry("json", Set.of()),
            Map.entry("io", Set.of("", "oci")),
            // The binary codec is shared by requests to the warden and tree records, so it is a package of its own.
            Map.entry("wire", Set.of("")),
            Map.entry("tree", Set.of("", "wire")),
            // The format alone, which archives of images have as layers do.
            Map.entry("tar", Set.of()),
            Map.entry("zstd", Set.of()),
            Map.entry("layer", plus("tar", "zstd")),
            Map.entry("store", COMMON),
            Map.entry("registry", COMMON),
            Map.entry("warden", plus("wire")),
            Map.entry("seccomp", COMMON),
            Map.entry("lsm", COMMON),
            Map.entry("wait", COMMON),
            Map.entry("health", COMMON),
            Map.entry("cgroup", plus("warden")),
            Map.entry("network", plus("warden")),
            Map.entry("rootfs", plus("store", "layer", "warden")),
            Map.entry("capsule", plus("layer")),
            Map.entry("doctor", plus("store", "warden", "cgroup", "lsm")),
            Map.entry(
                    "core",
                    plus(
                            "store",
                            "registry",
                            "layer",
                            "warden",
                            "cgroup",
                            "seccomp",
                            "lsm",
                            "network",
                            "rootfs",
                            "wait",
                            "health",
                            "doctor",
                            "capsule")));

    private static Set<String> plus(String... more) {
        Set<String> all = new LinkedHashSet<>(COMMON);
        all.addAll(List.of(more));
        return all;
    }

    private static String packageName(String name) {
        return name.isEmpty() ? ENGINE : ENGINE + "." + name;
    }

    private static Set<String> allowed(String name) {
        return ARROWS.getOrDefault(name, Set.of());
    }

    static Stream<String> packages() {
        return ARROWS.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("packages")
    void packageOfTheEngineUsesOnlyWhatItIsAllowedTo(String name) {
        List<String> forbidden = new ArrayList<>();
        for (String other : ARROWS.keySet()) {
            if (!other.equals(name) && !allowed(name).contains(other)) {
                forbidden.add(packageName(other));
            }
        }
        if (!forbidden.isEmpty()) {
            noClasses()
                    .that()
                    .resideInAPackage(packageName(name))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(forbidden.toArray(String[]::new)))
                    .check(CLASSES);
        }
    }

    @Test
    void everyPackageOfTheEngineIsDrawn() {
        Set<String> drawn = new LinkedHashSet<>();
        ARROWS.keySet().forEach(name -> drawn.add(packageName(name)));
        assertThat(CLASSES.stream()
                        .map(JavaClass::getPackageName)
                        .filter(name -> name.startsWith(ENGINE))
                        .distinct())
                .isSubsetOf(drawn);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.bivouac.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void noPackageIsCalledUtil() {
        noClasses().should().resideInAPackage("..util..").check(CLASSES);
    }

    @Test
    void extensionAndPluginUseThePublicApiOnly() {
        noClasses()
                .that()
                .resideInAnyPackage("io.bivouac.junit..", "io.bivouac.maven..")
                .should()
                .dependOnClassesThat(resideInAPackage(ENGINE + ".(*)..")
                        .and(alwaysTrue())
                        .and(com.tngtech.archunit.base.DescribedPredicate.not(resideInAPackage(ENGINE + ".oci"))))
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("io.bivouac.junit..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.bivouac.maven..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("io.bivouac.maven..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.bivouac.junit..")
                .check(CLASSES);
    }

    @Test
    void publicApiSpeaksInTypesOfTheJdkAndItsOwn() {
        methods()
                .that()
                .areDeclaredInClassesThat()
                .resideInAnyPackage(ENGINE, ENGINE + ".oci", "io.bivouac.junit")
                .and()
                .arePublic()
                .should()
                .haveRawReturnType(com.tngtech.archunit.base.DescribedPredicate.describe(
                        "a type of the JDK or of Bivouac's API",
                        type -> type.isPrimitive()
                                || type.isArray()
                                || type.getPackageName().startsWith("java.")
                                || type.getPackageName().equals(ENGINE)
                                || type.getPackageName().equals(ENGINE + ".oci")
                                || type.getPackageName().equals("io.bivouac.junit")))
                .check(CLASSES);
    }

    @Test
    void publicTypesCarryTheirStatus() {
        classes()
                .that()
                .resideInAnyPackage(ENGINE, "io.bivouac.junit")
                .and()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should()
                .beAnnotatedWith("org.apiguardian.api.API")
                .check(CLASSES);
    }

    @Test
    void filesStaySmall() throws IOException {
        Path root = Path.of("..").toAbsolutePath().normalize();
        List<String> tooLong = new ArrayList<>();
        for (String module : List.of("engine", "extension", "maven-plugin", "fixtures", "it")) {
            try (Stream<Path> files = Files.walk(root.resolve(module).resolve("src"))) {
                for (Path file : files.filter(ArchitectureTests::isSource).toList()) {
                    long lines;
                    try (Stream<String> content = Files.lines(file)) {
                        lines = content.count();
                    }
                    if (lines > (file.toString().endsWith(".java") ? 500 : 600)) {
                        tooLong.add(root.relativize(file) + ": " + lines + " lines");
                    }
                }
            }
        }
        assertThat(tooLong).isEmpty();
    }

    private static boolean isSource(Path file) {
        String path = file.toString();
        return path.endsWith(".java") || path.endsWith(".c") || path.endsWith(".h");
    }
}
