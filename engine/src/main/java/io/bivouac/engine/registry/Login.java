package io.bivouac.engine.registry;

import java.nio.file.Path;
import java.util.List;

/**
 * As whom a registry was asked.
 *
 * @param credentials that were found
 * @param remarks why others could not be had
 * @param files that were looked into
 */
record Login(Credentials credentials, List<String> remarks, List<String> files) {
    /** Nobody, and nothing was looked for. */
    static final Login NONE = new Login(new Credentials.Anonymous(), List.of(), List.of());

    Login {
        remarks = List.copyOf(remarks);
        files = List.copyOf(files);
    }

    static Login of(Credentials credentials, List<String> remarks, List<Path> files) {
        return new Login(
                credentials, remarks, files.stream().map(Path::toString).toList());
    }

    boolean isAnonymous() {
        return credentials instanceof Credentials.Anonymous;
    }

    String describe() {
        if (!isAnonymous()) {
            return credentials.toString();
        }
        String nothing = "there are no credentials for it in " + String.join(", ", files);
        return remarks.isEmpty() ? nothing : nothing + " (" + String.join("; ", remarks) + ")";
    }
}
