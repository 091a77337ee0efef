package io.bivouac.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.apiguardian.api.API;

/**
 * Says which system calls the processes of a container may make. Immutable.
 *
 * <pre>{@code
 * ContainerSpec.of("postgres:15").withSeccomp(SeccompProfile.ofFile(Path.of("seccomp.json")))
 * }</pre>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public sealed interface SeccompProfile {
    /**
     * The profile of every container that is given no other: what Docker allows, but no sockets of the kernel's cryptography
     * (AF_ALG). Calls that need a capability are allowed where the container has it; what is refused fails with EPERM, calls
     * newer than the profile with ENOSYS.
     */
    static SeccompProfile standard() {
        return new Standard();
    }

    /** Every system call; what the kernel refuses to a process with the container's capabilities stays refused. */
    static SeccompProfile unconfined() {
        return new Unconfined();
    }

    /**
     * A profile in the format of Docker and Podman. The file is read now; what it holds is checked before the container starts.
     *
     * @throws ConfigurationException when the file cannot be read
     */
    static SeccompProfile ofFile(Path file) {
        return Custom.read(file);
    }

    /** See {@link SeccompProfile#standard()}. */
    record Standard() implements SeccompProfile {
        @Override
        public String toString() {
            return "standard";
        }
    }

    /** See {@link SeccompProfile#unconfined()}. */
    record Unconfined() implements SeccompProfile {
        @Override
        public String toString() {
            return "unconfined";
        }
    }

    /**
     * A profile of one's own. Rules beyond Docker's: of several that hold for a call the strictest decides, in whatever order
     * they stand (and of several errors the first one's); a listener and {@code SCMP_ACT_NOTIFY} are not supported.
     *
     * @param name for messages; the file's path where there is one
     * @param document JSON in the format of Docker and Podman
     */
    record Custom(String name, String document) implements SeccompProfile {
        private static final int LIMIT = 1 << 20;

        public Custom {
            if (document.length() > LIMIT) {
                throw tooLarge(name);
            }
        }

        private static Custom read(Path file) {
            try (InputStream in = Files.newInputStream(file)) {
                byte[] document = in.readNBytes(LIMIT + 1);
                if (document.length > LIMIT) {
                    throw tooLarge(file.toString());
                }
                return new Custom(file.toString(), decoded(document));
            } catch (NoSuchFileException e) {
                throw new ConfigurationException("The seccomp profile " + file + " does not exist.", e);
            } catch (CharacterCodingException e) {
                throw new ConfigurationException("The seccomp profile " + file + " is not valid UTF-8.", e);
            } catch (IOException e) {
                throw new ConfigurationException(
                        "The seccomp profile " + file + " cannot be read: " + e.getMessage() + ".", e);
            }
        }

        private static String decoded(byte[] document) throws CharacterCodingException {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(document))
                    .toString();
        }

        private static ConfigurationException tooLarge(String name) {
            return new ConfigurationException("The seccomp profile " + name + " is larger than " + LIMIT + " bytes.");
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
