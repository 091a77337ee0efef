package io.bivouac.engine.seccomp;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The first two numbers of a kernel's release. */
record KernelVersion(int major, int minor) implements Comparable<KernelVersion> {
    private static final Pattern RELEASE = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})(?!\\d).*");
    private static final Pattern EXACT = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})");

    /** Of a release such as {@code 6.1.0-28-amd64}. */
    static KernelVersion ofRelease(String release) {
        return match(RELEASE, release)
                .orElseThrow(() -> new IllegalArgumentException("'" + release + "' is not the release of a kernel"));
    }

    /** Of two numbers such as {@code 4.8}. */
    static Optional<KernelVersion> parse(String text) {
        return match(EXACT, text);
    }

    private static Optional<KernelVersion> match(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.matches()
                ? Optional.of(new KernelVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    @Override
    public int compareTo(KernelVersion other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
