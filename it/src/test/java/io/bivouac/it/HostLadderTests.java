package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Hosts that lack something, each made here for real: what still works, and that the doctor says before a start what the start
 * says.
 */
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostLadderTests {
    private static final String IDS =
            "Add subordinate ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER.";
    private static final String ON_OVERLAY = """
            mkdir -p $HOSTS/lower $HOSTS/upper $HOSTS/work $HOSTS/merged
            mount -t overlay none -o lowerdir=$HOSTS/lower,upperdir=$HOSTS/upper,workdir=$HOSTS/work $HOSTS/merged
            chmod 777 $HOSTS/merged
            """;
    private static final String MEMORY =
            "The store's file system takes no upper directories: what containers write is kept in memory.";

    /** As Docker and Podman leave them to a container that is not privileged. */
    private static final String COVERED = """
            for folder in /proc/acpi /proc/scsi /sys/firmware; do
                ! test -d $folder || mount -t tmpfs -o ro none $folder
            done
            for file in /proc/kcore /proc/keys /proc/timer_list; do
                ! test -f $file || mount --bind /dev/null $file
            done
            for path in /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger /sys; do
                ! test -e $path || { mount --rbind $path $path; mount -o remount,bind,ro $path; }
            done
            """;

    /** Of a host that is made here: {@link WallTests} has the others. */
    static final String APART = "APART";

    /** The number of the system call, the same for all processors. */
    private static final int LANDLOCK_CREATE_RULESET = 444;

    private static final String UNCOVER = "Inside a container whose /proc is covered in parts, uncover it: Docker:";

    @SuppressWarnings("NullAway.Init") // made before all tests
    private OrdinaryUser user;

    private int stores;

    @BeforeAll
    void makeUser() throws Exception {
        user = OrdinaryUser.create();
        Files.createDirectories(user.home().resolve("hosts"));
        Commands.run(
                "cp",
                "-r",
                FixtureImages.busybox().toString(),
                user.home().resolve("busybox").toString());
        Commands.run("chmod", "-R", "a+rX,a+w", user.home().resolve("hosts").toString());
        Commands.run("chmod", "-R", "a+rX", user.home().resolve("busybox").toString());
    }

    @AfterAll
    void removeUser() throws IOException {
        user.close();
    }

    private Path freshFolder() throws Exception {
        Path folder = user.home().resolve("hosts/" + stores++);
        Files.createDirectories(folder);
        Commands.run("chmod", "777", folder.toString());
        return folder;
    }

    /** What is said on a host that a script makes, by root or, after the words that make it one, by somebody else. */
    private String look(String script, boolean ordinary, Path store, String... words) throws Exception {
        return said(jvm(script, ordinary).under(words), HostLadder.class, store);
    }

    private ChildJvm jvm(String script, boolean ordinary) throws Exception {
        String mounts = "set -e\nHOSTS=" + freshFolder() + "\nmount --bind $HOSTS $HOSTS\n" + script + "exec \"$@\"\n";
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", mounts, "sh"));
        ChildJvm jvm = new ChildJvm().under(command.toArray(String[]::new));
        return ordinary ? user.jvm(jvm) : jvm;
    }

    private String said(ChildJvm jvm, Class<?> main, Path store) throws Exception {
        Child child =
                jvm.start(main, store.toString(), user.home().resolve("busybox").toString());
        child.join();
        return child.output();
    }

    private Path store() throws Exception {
        return freshFolder().resolve("store");
    }

    @Test
    void rootHasEverything() throws Exception {
        assertThat(look("", false, store()))
                .contains(
                        "WORKS user: Root, with CAP_SYS_ADMIN.",
                        "WORKS namespaces: ",
                        "WORKS overlay: ",
                        "containers true")
                .doesNotContain("MISSING", "WORKS ids")
                .endsWith("\nran\n");
    }

    @Test
    void ordinaryUserHasManyIds() throws Exception {
        assertThat(look("", true, store()))
                .contains(
                        "WORKS user: The ordinary user " + user.name(),
                        "WORKS ids: Containers have 65537 ids.",
                        "containers true")
                .doesNotContain("MISSING")
                .endsWith("\nran\n");
    }

    @Test
    void withoutSubordinateIdsOneIsLeft() throws Exception {
        // A mount over the file alone would go when somebody else replaces the file, as useradd does.
        // A copy of the folder would meet its locks and drafts.
        String hidden = """
                mount -t tmpfs none /mnt
                mkdir /mnt/upper /mnt/work
                : > /mnt/upper/subuid
                mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work none /etc
                """;

        assertThat(look(hidden, true, store()))
                .contains("LIMITED ids: Containers have one id: what switches to another user cannot run. -> " + IDS)
                .endsWith("\nran\n");
    }

    @Test
    void underNoNewPrivilegesOneIsLeft() throws Exception {
        assertThat(look("", true, store(), "setpriv", "--no-new-privs"))
                .contains("LIMITED ids: Containers have one id", " -> newuidmap has no effect under no_new_privs: ")
                .endsWith("\nran\n");
    }

    @Test
    void coveredProcfsIsSharedWithoutALookAtOthers() throws Exception {
        assertThat(look(COVERED, true, store()))
                .contains(
                        "LIMITED procfs: No new /proc can be mounted: containers share this host's, read-only, and in it"
                                + " see what the kernel tells all of its processes. -> " + UNCOVER,
                        "containers true")
                .doesNotContain("MISSING")
                .endsWith("\nran\n");
        assertThat(said(jvm(COVERED, true), CoveredProc.class, store()).lines())
                .containsExactly("exec denied", "first process denied", "behind an init denied", "done");
    }

    /** So that is the wall, and the look would else succeed. */
    @Test
    void withoutItsWallCoveredProcfsWouldShowOthers() throws Exception {
        Path built = WardenBuild.make("walls", "WITHOUT=" + APART).resolve(APART + "/classes");
        Path classes = user.home().resolve("apart");
        Commands.run("cp", "-r", built.toString(), classes.toString());
        Commands.run("chmod", "-R", "a+rX", classes.toString());

        assertThat(said(jvm(COVERED, true).before(classes), CoveredProc.class, store())
                        .lines())
                .containsExactly("exec seen", "first process seen", "behind an init seen", "done");
    }

    @Test
    void coveredSysfsIsShared() throws Exception {
        String covered = "mount -t tmpfs -o ro none /sys/firmware\n";

        assertThat(look(covered, true, store()))
                .contains("WORKS procfs: Containers have a /proc of their own.", "containers true")
                .endsWith("\nran\n");
        assertThat(said(jvm(covered, true), CoveredSys.class, store()).lines()).containsExactly("covered");
    }

    /** A kernel without it, as a filter says: no container may look into another's processes. */
    @Test
    void coveredProcfsIsNotSharedWithoutLandlock() throws Exception {
        Path deny = WardenBuild.make("deny");
        String said = look(COVERED + "set -- " + deny + " " + LANDLOCK_CREATE_RULESET + " \"$@\"\n", true, store());

        assertThat(said)
                .contains(
                        "MISSING procfs: No new /proc can be mounted, and without Landlock (Linux 5.19) containers would look"
                                + " into each other's processes in this host's. -> " + UNCOVER,
                        "containers false");
        assertThat(said.substring(said.indexOf("failed ")))
                .contains("this host lets no new procfs be mounted (")
                .contains(UNCOVER);
    }

    /** The setting is one of each user namespace: here, of one that has nothing else of its own. */
    @Test
    void deniedUserNamespacesAreSaid() throws Exception {
        String setting = "echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --ambient-caps=-all \"$@\"";
        String said = look(
                "", true, store(), "unshare", "--user", "--map-user=1000", "--keep-caps", "sh", "-c", setting, "sh");

        String remedy = "Allow them: sudo sysctl -w user.max_user_namespaces=15000. Or run as root.";
        assertThat(said)
                .contains("MISSING user namespaces: Ordinary users get no user namespaces of use. -> " + remedy)
                .contains("containers false", "failed Starting a session failed: this host denies user namespaces")
                .endsWith(remedy + "\n");
    }

    @Test
    void rootWithoutCapabilitiesIsTold() throws Exception {
        String said = look("", false, store(), "setpriv", "--bounding-set", "-sys_admin");

        String remedy = "Root needs CAP_SYS_ADMIN; inside a container, start that container privileged.";
        assertThat(said)
                .contains("MISSING user: Root, without CAP_SYS_ADMIN. -> " + remedy, "containers false")
                .contains("failed Starting a session failed: this host denies namespaces (")
                .endsWith(remedy + "\n");
    }

    @Test
    void programThatCannotBeExecutedIsSaid() throws Exception {
        Path folder = freshFolder();
        String said = look("mount -t tmpfs -o noexec none " + folder + "\n", false, folder.resolve("store"));

        String remedy = "If the file system there is mounted noexec, move the store with -Dbivouac.store=FOLDER.";
        assertThat(said)
                .contains("MISSING program: The warden cannot be executed. -> " + remedy, "containers false")
                .endsWith(remedy + "\n");
    }

    @Test
    void onAnOverlayContainersWriteInMemory() throws Exception {
        for (boolean ordinary : List.of(false, true)) {
            Path merged = user.home().resolve("hosts/" + stores + "/merged");

            assertThat(look(ON_OVERLAY, ordinary, merged.resolve("store")))
                    .contains("LIMITED overlay: " + MEMORY, "containers true")
                    .endsWith("\nran\n");
        }
    }

    /** Older than 6.8, as this one says that it is: setarch(8). */
    @Test
    void onAnOverlayOldKernelsLetNoLayerRemoveAnything() throws Exception {
        Path merged = user.home().resolve("hosts/" + stores + "/merged");

        assertThat(look(ON_OVERLAY, false, merged.resolve("store"), "setarch", "--uname-2.6"))
                .contains("containers true", "failed Unpacking the image ladder:1 failed: a layer removes ")
                .endsWith(
                        ", which the store's file system has no means for before Linux 6.8 (mknodat: operation not permitted"
                                + " (EPERM)). Move the store to a file system that overlayfs can write on, such as ext4, XFS or tmpfs:"
                                + " -Dbivouac.store=FOLDER.\n");
    }

    @Test
    void withoutControlGroupsThereAreNoLimits() throws Exception {
        assertThat(look("umount --recursive --lazy /sys/fs/cgroup\n", false, store()))
                .contains(
                        "LIMITED control groups: No limits of memory, processors, a set of processors",
                        "pausing stops processes one by one.")
                .endsWith("\nran\n");
    }
}
