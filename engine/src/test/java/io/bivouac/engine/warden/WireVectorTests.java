package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What Java encodes is what {@code vectors.c} decodes: both are held to the files in {@code src/test/resources/wire}. */
class WireVectorTests {
    private static final CgroupPath GROUP = new CgroupPath(2, "/sys/fs/cgroup/bivouac-s1/c1");
    private static final CgroupPlan PLAN = CgroupPlan.of(GROUP)
            .countingKills()
            .withOuter(List.of(new CgroupPlan.Setting("cgroup.subtree_control", "+memory")))
            .withInner(List.of(
                    new CgroupPlan.Setting("memory.max", "67108864"), new CgroupPlan.Setting("pids.max", "2048")))
            .withDevices(new byte[] {(byte) 0xb7, 0, 0, 0, 1, 0, 0, 0, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0});

    private static final LaunchPlan.Root ROOT =
            new LaunchPlan.Root("c1", "root", "lowerdir=b:a,upperdir=/session/c1/upper", "b");
    private static final List<LaunchOp> DEVICES = List.of(
            new LaunchOp.Context("system_u:object_r:container_file_t:s0:c1,c2"),
            new LaunchOp.Mount("tmpfs", "/dev", LaunchOp.NO_SUID, List.of("mode=755", "nr_inodes=0")),
            new LaunchOp.Device("/dev/null", false, 0666, 1, 3),
            new LaunchOp.Symlink("/dev/fd", "/proc/self/fd"));

    private static Map<String, WireWriter> vectors() {
        Map<String, WireWriter> vectors = new LinkedHashMap<>();
        vectors.put(
                "session-root", Requests.session(session(new IdMapping(IdMapping.Kind.NONE, List.of(), List.of()))));
        vectors.put(
                "session-rootless",
                Requests.session(session(new IdMapping(
                        IdMapping.Kind.HELPER,
                        List.of(new IdMapping.Range(0, 1000, 1), new IdMapping.Range(1, 100000, 65536)),
                        List.of(new IdMapping.Range(0, 4294967294L, 1))))));
        vectors.put("launch", launch().encode());
        vectors.put(
                "exec",
                Requests.exec(new ExecPlan(
                        "c1",
                        List.of(PLAN, CgroupPlan.of(new CgroupPath(1, "/v1/x")).asShared()),
                        true,
                        80,
                        24,
                        process())));
        vectors.put("signal", Requests.signal("c1", 15));
        vectors.put("discard", Requests.discard("c1", List.of("/store/sessions/s1/c1"), List.of(PLAN)));
        vectors.put(
                "announcement",
                Requests.announcement(new Announcement(
                        "id",
                        "c1",
                        Optional.of(ROOT),
                        DEVICES.subList(1, DEVICES.size()),
                        List.of("169.254.77.2"),
                        List.of(PLAN))));
        vectors.put(
                "announcement-of-nothing",
                Requests.announcement(
                        new Announcement("id", "c1", Optional.empty(), List.of(), List.of(), List.of(PLAN))));
        vectors.put("remove", Requests.remove(List.of("/a", "/b/c")));
        vectors.put("await-port", Requests.awaitPort("c1", 5432, "169.254.77.2"));
        vectors.put(
                "freeze",
                Requests.freeze(
                        true, List.of(new Freezing("c1", Optional.of(GROUP)), new Freezing("c2", Optional.empty()))));
        vectors.put(
                "tree-read",
                Requests.tree(
                        FrameType.TREE_READ,
                        TreePlan.ofFolder(Path.of("/s/upper"), TreePlan.UPPER | TreePlan.CONTENT)
                                .withBelow("root", "lowerdir=b:a")
                                .withOutput(Path.of("/s/record"))));
        vectors.put(
                "tree-write",
                Requests.tree(
                        FrameType.TREE_WRITE,
                        TreePlan.ofContainer("c1", "/etc/größe", 0)
                                .withName("größe")
                                .withLabel("system_u:object_r:container_ro_file_t:s0")));
        vectors.put("entry", entry());
        return vectors;
    }

    private static SessionPlan session(IdMapping mapping) {
        return new SessionPlan(
                Path.of("/store/sessions"),
                Path.of("/store/layers"),
                "s1",
                Path.of("/tmp/bivouac-s1/s"),
                mapping,
                List.of(CgroupPlan.of(new CgroupPath(2, "/sys/fs/cgroup/bivouac-s1"))));
    }

    private static LaunchPlan launch() {
        return new LaunchPlan(
                "c1",
                true,
                false,
                true,
                ROOT,
                new LaunchPlan.Network(
                        true,
                        List.of("169.254.77.2"),
                        List.of(new LaunchPlan.Publication("127.0.0.1", 0, "169.254.77.1", "169.254.77.2", 5432))),
                List.of(PLAN),
                1L << 33,
                "host",
                DEVICES,
                List.of(
                        new LaunchOp.Mount("mqueue", "/dev/mqueue", LaunchOp.NO_EXEC, List.of()),
                        new LaunchOp.Bind("/host/data", "/data", true),
                        new LaunchOp.ProvidedFile("/etc/hosts", 0644, "127.0.0.1\n".getBytes(StandardCharsets.UTF_8)),
                        new LaunchOp.Folder("/var/data", 0755),
                        new LaunchOp.Console("/dev/console", 80, 65535),
                        new LaunchOp.Mask("/proc/kcore"),
                        new LaunchOp.ReadOnly("/proc/sys"),
                        new LaunchOp.Sysctl("net/ipv4/ping_group_range", "0 65536", true)),
                process());
    }

    private static ProcessPlan process() {
        return new ProcessPlan(
                List.of("/usr/bin/sh", "/bin/sh"),
                List.of("sh", "-c", "echo ä"),
                List.of("PATH=/bin", "EMPTY="),
                "/work",
                new ProcessPlan.Identity(4294967294L, 1000, true, List.of(4L, 27L)),
                new ProcessPlan.Capabilities(0xa80425fbL, 1L << 40, 0),
                true,
                new ProcessPlan.Label(ProcessPlan.Module.APPARMOR, "bivouac-default"),
                new byte[] {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f},
                List.of(new ProcessPlan.Limit(7, 1024, -1)),
                200);
    }

    private static WireWriter entry() {
        WireWriter out = new WireWriter();
        TreeEntry.of(EntryType.FILE, new byte[] {'d', '/', (byte) 0xff, 'x'})
                .mode(04755)
                .owner(1, 4294967295L)
                .modified(-1, 999_999_999)
                .size(1L << 40)
                .attribute("security.capability", new byte[] {1, 0, (byte) 0x80})
                .build()
                .encode(out);
        return out;
    }

    @TestFactory
    List<DynamicTest> javaEncodesEveryVector() {
        return vectors().entrySet().stream()
                .map(vector -> DynamicTest.dynamicTest(vector.getKey(), () -> {
                    String hex = HexFormat.of().formatHex(vector.getValue().toBytes());
                    assertThat(hex).isEqualTo(resource(vector.getKey() + ".hex").strip());
                }))
                .toList();
    }

    private static String resource(String name) {
        try (InputStream in = WireVectorTests.class.getResourceAsStream("/wire/" + name)) {
            return in == null ? "(no such vector)" : new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
