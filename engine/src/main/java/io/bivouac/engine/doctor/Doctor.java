package io.bivouac.engine.doctor;

import static io.bivouac.engine.Diagnosis.Level.LIMITED;
import static io.bivouac.engine.Diagnosis.Level.MISSING;
import static io.bivouac.engine.Diagnosis.Level.WORKS;

import io.bivouac.engine.Diagnosis;
import io.bivouac.engine.Diagnosis.Finding;
import io.bivouac.engine.Diagnosis.Level;
import io.bivouac.engine.HostException;
import io.bivouac.engine.UnsupportedHostException;
import io.bivouac.engine.cgroup.CgroupHost;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.io.RandomNames;
import io.bivouac.engine.lsm.Labeller;
import io.bivouac.engine.store.StoreLayout;
import io.bivouac.engine.warden.HostProbe;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.Remedies;
import io.bivouac.engine.warden.SessionPlan;
import io.bivouac.engine.warden.WardenBinary;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Looks at a host as a start would meet it: whatever can be tried is tried, the rest is read from the kernel. */
public final class Doctor {
    private static final int ID_BYTES = 6;
    private static final List<String> NAMESPACES = List.of(
            "mount namespace",
            "private mounts",
            "UTS namespace",
            "IPC namespace",
            "network namespace",
            "cgroup namespace",
            "PID namespace");

    private final StoreLayout layout;
    private final IdMapping mapping;
    private final CgroupHost cgroups;
    private final Labeller labeller;
    private final List<Finding> findings = new ArrayList<>();

    private Doctor(StoreLayout layout, IdMapping mapping, CgroupHost cgroups, Labeller labeller) {
        this.layout = layout;
        this.mapping = mapping;
        this.cgroups = cgroups;
        this.labeller = labeller;
    }

    /** Examines this host for engines that use this store. */
    public static Diagnosis examine(StoreLayout layout, IdMapping mapping, CgroupHost cgroups, Labeller labeller)
            throws IOException, WardenException {
        Doctor doctor = new Doctor(layout, mapping, cgroups, labeller);
        doctor.examine();
        return new HostDiagnosis(doctor.findings);
    }

    private void add(String subject, Level level, String found, String evidence, String remedy) {
        findings.add(new Finding(subject, level, found, evidence, level == WORKS ? "" : remedy));
    }

    private void examine() throws IOException, WardenException {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.version") + " on "
                + System.getProperty("os.arch");
        try {
            WardenBinary.requireSupportedHost();
            add("system", WORKS, system + ".", "os.name, os.version and os.arch", "");
        } catch (UnsupportedHostException e) {
            add("system", MISSING, system + ".", "os.name, os.version and os.arch", String.valueOf(e.getMessage()));
            return;
        }
        HostFacts facts = HostFacts.read();
        lookAtUser(facts);
        lookAtStore();
        try {
            HostProbe probe = tryOut();
            add("program", WORKS, "The warden can be executed.", "executed " + layout.binaries(), "");
            lookAtIds(probe);
            lookAtKernel(probe);
        } catch (HostException e) {
            add(
                    "program",
                    MISSING,
                    "The warden cannot be executed.",
                    String.valueOf(e.getMessage()),
                    Remedies.EXECUTION);
        }
        lookAtGroups();
        add(
                "labels",
                WORKS,
                "Security modules that label containers: " + labeller.describe() + ".",
                "/sys/module/apparmor, /sys/fs/selinux",
                "");
    }

    private HostProbe tryOut() throws IOException, WardenException {
        String id = RandomNames.hex(ID_BYTES);
        Files.createDirectories(layout.sessions());
        Files.createDirectories(layout.layers());
        Path nowhere = layout.sessions().resolve(id).resolve("s");
        return HostProbe.run(
                WardenBinary.unpack(layout.binaries()),
                new SessionPlan(layout.sessions(), layout.layers(), id, nowhere, mapping, List.of()));
    }

    private void lookAtUser(HostFacts facts) {
        if (facts.root()) {
            add(
                    "user",
                    facts.administers() ? WORKS : MISSING,
                    "Root, " + (facts.administers() ? "with" : "without") + " CAP_SYS_ADMIN.",
                    "CapEff in /proc/self/status",
                    Remedies.NAMESPACES);
        } else {
            add(
                    "user",
                    WORKS,
                    "The ordinary user " + facts.user() + ": containers run rootless.",
                    "Uid in /proc/self/status",
                    "");
        }
    }

    private void lookAtStore() throws IOException {
        FileStore files = Files.getFileStore(layout.root());
        long free = files.getUsableSpace() >> 20;
        add("store", WORKS, layout.root() + ", on " + files.type() + ", " + free + " MiB free.", "statfs", "");
    }

    private void lookAtIds(HostProbe probe) {
        switch (mapping.kind()) {
            case NONE -> {}
            case HELPER -> {
                lookAtUserNamespace(probe);
                add(
                        "ids",
                        probe.works("ids") ? WORKS : MISSING,
                        "Containers have " + ids() + " ids.",
                        probe.works("ids") ? "ran newuidmap and newgidmap" : probe.tell("ids"),
                        Remedies.MAPPING);
            }
            case SINGLE -> {
                lookAtUserNamespace(probe);
                add(
                        "ids",
                        probe.works("ids") ? LIMITED : MISSING,
                        "Containers have one id: what switches to another user cannot run.",
                        probe.works("ids") ? "wrote the maps" : probe.tell("ids"),
                        mapping.remedy());
            }
        }
    }

    private long ids() {
        return mapping.uids().stream().mapToLong(IdMapping.Range::count).sum();
    }

    private void lookAtUserNamespace(HostProbe probe) {
        // Where a security module leaves them without capabilities, nothing can be mounted inside.
        boolean useful = probe.works("user namespace") && probe.works("private mounts");
        add(
                "user namespaces",
                useful ? WORKS : MISSING,
                useful ? "Ordinary users may make user namespaces." : "Ordinary users get no user namespaces of use.",
                probe.tell(probe.works("user namespace") ? "private mounts" : "user namespace"),
                Remedies.userNamespaces());
    }

    private void lookAtKernel(HostProbe probe) {
        String process = mapping.rootless() ? "user namespace" : "process";
        List<String> failed =
                NAMESPACES.stream().filter(name -> !probe.works(name)).toList();
        add(
                "namespaces",
                failed.isEmpty() ? WORKS : MISSING,
                failed.isEmpty() ? "All that a container needs." : "Not all that a container needs.",
                failed.isEmpty() ? "made one of each" : probe.tell(probe.works(process) ? failed.get(0) : process),
                mapping.rootless() ? Remedies.userNamespaces() : Remedies.NAMESPACES);
        if (probe.tried("procfs")) {
            lookAtProc(probe);
            lookAtOverlay(probe);
        }
        if (probe.tried("seccomp")) {
            boolean seccomp = probe.works("seccomp");
            add(
                    "seccomp",
                    seccomp ? WORKS : MISSING,
                    seccomp ? "System calls are filtered." : "System calls cannot be filtered.",
                    seccomp ? "loaded a filter" : probe.tell("seccomp"),
                    Remedies.SECCOMP);
        }
    }

    private void lookAtProc(HostProbe probe) {
        boolean own = probe.works("procfs");
        boolean apart = probe.works("processes apart");
        String found = "No new /proc can be mounted";
        if (own) {
            found = "Containers have a /proc of their own.";
        } else if (apart) {
            found +=
                    ": containers share this host's, read-only, and in it see what the kernel tells all of its processes.";
        } else if (probe.tried("processes apart")) {
            found +=
                    ", and without Landlock (Linux 5.19) containers would look into each other's processes in this host's.";
        } else {
            found += ".";
        }
        add(
                "procfs",
                own ? WORKS : apart ? LIMITED : MISSING,
                found,
                own ? "mounted one" : probe.tell("procfs"),
                Remedies.PROCFS);
    }

    private void lookAtOverlay(HostProbe probe) {
        boolean fit = probe.works("fit for writing");
        boolean works = probe.works(fit ? "overlay" : "overlay on tmpfs");
        if (works && !fit) {
            add(
                    "overlay",
                    LIMITED,
                    "The store's file system takes no upper directories: what containers write is kept in memory.",
                    probe.tell("fit for writing"),
                    Remedies.OVERLAY);
        } else {
            add(
                    "overlay",
                    works ? WORKS : MISSING,
                    works ? "Containers write on the store." : "The store's file system takes no overlay.",
                    works ? "mounted one there" : probe.tell("overlay"),
                    Remedies.OVERLAY);
        }
    }

    private void lookAtGroups() throws IOException {
        Cgroups.Offer offer = Cgroups.of(cgroups, "doctor").offer();
        String hierarchies = offer.hierarchies().isEmpty()
                ? "no hierarchy that this process may write to"
                : String.join("; ", offer.hierarchies());
        add(
                "control groups",
                offer.missing().isEmpty() && offer.freezes() ? WORKS : LIMITED,
                (offer.missing().isEmpty() ? "All limits" : "No limits of " + String.join(", ", offer.missing()))
                        + (offer.freezes() ? "." : "; pausing stops processes one by one."),
                hierarchies,
                offer.hierarchies().isEmpty() && !mapping.rootless()
                        ? Remedies.HIERARCHIES
                        : Remedies.groups(mapping.rootless()));
    }
}
