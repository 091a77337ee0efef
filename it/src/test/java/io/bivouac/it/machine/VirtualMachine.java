package io.bivouac.it.machine;

import io.bivouac.fixtures.VirtualHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A virtual machine that boots, carries out one job and switches itself off. It has no network and changes no file of its host. */
final class VirtualMachine {
    private final VirtualHost host;
    private final String options;
    private final Path folder;

    /**
     * One that was not begun.
     *
     * @param options for the kernel
     * @param folder where its two serial ports are written to
     */
    VirtualMachine(VirtualHost host, String options, Path folder) {
        this.host = host;
        this.options = options;
        this.folder = folder;
    }

    /**
     * Runs to its end: what the job said.
     *
     * @param job the second disk
     * @throws IOException when it does not end by itself; the message has what its kernel said last
     */
    String run(Path job, Duration limit) throws IOException, InterruptedException {
        Path console = folder.resolve("console");
        Path said = folder.resolve("said");
        Path own = folder.resolve("qemu");
        Process process = new ProcessBuilder(command(job, console, said))
                .redirectErrorStream(true)
                .redirectOutput(own.toFile())
                .start();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(
                        "The virtual machine did not end within " + limit.toMinutes() + " minutes, or failed:\n"
                                + read(own) + "\nIts console:\n" + read(console) + "\nIts job:\n" + read(said));
            }
            return read(said);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private List<String> command(Path job, Path console, Path said) {
        // It ends with this JVM, should that be killed.
        List<String> command = new ArrayList<>(List.of("setpriv", "--pdeathsig=KILL", "qemu-system-x86_64"));
        command.addAll(List.of("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"));
        // One thread for both processors: with two, one may run code that the other is just patching, and JVMs die of
        // SIGILL.
        command.addAll(List.of("-accel", "tcg,thread=single", "-cpu", "max", "-smp", "2", "-m", "3072"));
        command.addAll(List.of(
                "-kernel", host.kernel().toString(), "-initrd", host.initrd().toString()));
        command.addAll(
                List.of("-append", "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 panic=-1 " + options));
        for (Path disk : List.of(host.disk(), job)) {
            // What is written goes to a file that has no name, and never has to survive a power cut.
            command.addAll(List.of("-drive", "file=" + disk + ",format=raw,if=virtio,snapshot=on,cache=unsafe"));
        }
        command.addAll(List.of("-serial", "file:" + console, "-serial", "file:" + said));
        return command;
    }

    private static String read(Path file) throws IOException {
        return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace("\r", "") : "";
    }
}
