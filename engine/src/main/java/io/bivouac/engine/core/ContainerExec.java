package io.bivouac.engine.core;

import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.warden.ExecConnection;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import io.bivouac.engine.wire.ProtocolException;

/** Runs commands in one container. */
final class ContainerExec {
    private final EngineContext context;
    private final ContainerRun run;

    ContainerExec(EngineContext context, ContainerRun run) {
        this.context = context;
        this.run = run;
    }

    ExecResult run(ExecSpec exec) {
        run.requireOpen();
        String attempt = "Running " + exec.command() + " in the " + run.describe() + " failed";
        if (run.state() != ContainerState.RUNNING) {
            throw new ContainerException(attempt + ": it is " + run.state() + ".");
        }
        ExecConnection connection = Attempts.call(attempt, () -> {
            WardenClient warden = run.warden();
            String user = exec.user()
                    .orElse(run.spec().user().orElse(run.image().config().user()));
            boolean ownUser = exec.user().isEmpty() || !LaunchPlanner.needsAccounts(user, exec.env());
            // The image's accounts are known; those the container may have added meanwhile are read when they are asked
            // for.
            Accounts accounts = ownUser
                    ? context.accounts.ofImage(run.image(), warden)
                    : AccountsReader.ofContainer(run.id(), warden);
            return warden.exec(context.planner.exec(run, accounts, exec));
        });
        try (connection) {
            return new ExecRunner(exec, "the " + run.describe(), context.threads).run(connection);
        } catch (WardenException e) {
            throw Attempts.translate(attempt, e);
        } catch (ProtocolException e) {
            throw Attempts.unanswered(attempt, e);
        }
    }
}
