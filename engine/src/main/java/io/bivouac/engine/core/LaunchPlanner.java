package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.network.ContainerNetwork;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.rootfs.OverlayStacks;
import io.bivouac.engine.seccomp.SeccompFilter;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.CgroupPath;
import io.bivouac.engine.warden.ExecPlan;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.LaunchPlan;
import io.bivouac.engine.warden.ProcessPlan;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Decides everything about a start; nothing here touches the system but to look at the store. */
final class LaunchPlanner {
    private static final int SHORT_ID = 12;

    private final IdMapping mapping;
    private final OverlayStacks stacks;
    private final long logLimit;

    LaunchPlanner(IdMapping mapping, OverlayStacks stacks, long logLimit) {
        this.mapping = mapping;
        this.stacks = stacks;
        this.logLimit = logLimit;
    }

    /** The name of a container's folder and control group. */
    static String folder(String id) {
        return id.substring(0, SHORT_ID);
    }

    static String hostname(ContainerSpec spec, String id) {
        return spec.hostname().orElse(folder(id));
    }

    LaunchPlan launch(
            String id, ContainerSpec spec, StoredImage image, Accounts accounts, Cgroups cgroups, boolean create)
            throws IOException {
        ImageConfig config = image.config();
        String hostname = hostname(spec, id);
        UserResolver.Resolved user =
                new UserResolver(accounts, mapping).resolve(spec.user().orElse(config.user()));
        List<String> arguments = CommandLine.arguments(spec, config);
        Map<String, String> environment = CommandLine.environment(spec, config, hostname, user.home());
        ProcessPlan process = process(
                arguments, environment, absolute(spec.workingDir().orElse(config.workingDirectory())), user.identity());
        return new LaunchPlan(
                id,
                create,
                stacks.root(image.chain(), folder(id)),
                ContainerNetwork.plan(spec.ports()),
                groups(id, cgroups),
                logLimit,
                hostname,
                new Isolation(mapping).ops(spec, config.volumes(), hostname),
                process);
    }

    static List<CgroupPath> groups(String id, Cgroups cgroups) {
        return cgroups.container(folder(id)).stream().toList();
    }

    ExecPlan exec(String id, ContainerSpec spec, StoredImage image, Accounts accounts, Cgroups cgroups, ExecSpec exec) {
        ImageConfig config = image.config();
        String userText = exec.user().orElse(spec.user().orElse(config.user()));
        UserResolver.Resolved user = new UserResolver(accounts, mapping).resolve(userText);
        Map<String, String> environment =
                new LinkedHashMap<>(CommandLine.environment(spec, config, hostname(spec, id), user.home()));
        if (exec.terminal().isPresent()) {
            environment.put("TERM", "xterm");
        }
        environment.putAll(exec.env());
        String directory = absolute(exec.workingDir().orElse(spec.workingDir().orElse(config.workingDirectory())));
        return new ExecPlan(
                id,
                groups(id, cgroups),
                exec.stdin().isPresent(),
                exec.terminal().map(ExecSpec.TerminalSize::columns).orElse(0),
                exec.terminal().map(ExecSpec.TerminalSize::rows).orElse(0),
                process(exec.command(), environment, directory, user.identity()));
    }

    /** Whether ids and home can only be told by looking into the container's files. */
    static boolean needsAccounts(String user, Map<String, String> environment) {
        return !user.matches("\\d+:\\d+") || !environment.containsKey("HOME");
    }

    private static String absolute(String directory) {
        return directory.startsWith("/") ? directory : "/" + directory;
    }

    private static ProcessPlan process(
            List<String> arguments, Map<String, String> environment, String directory, ProcessPlan.Identity user) {
        long powers = user.uid() == 0 ? Isolation.CAPABILITIES : 0;
        if (arguments.isEmpty()) {
            throw new ConfigurationException("There is no command to run.");
        }
        return new ProcessPlan(
                CommandLine.candidates(arguments.get(0), environment),
                arguments,
                CommandLine.format(environment),
                directory,
                user,
                new ProcessPlan.Capabilities(Isolation.CAPABILITIES, powers, powers),
                false,
                SeccompFilter.defaultFilter(),
                Isolation.LIMITS,
                Isolation.OOM_SCORE_ADJUSTMENT);
    }
}
