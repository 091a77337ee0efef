package io.bivouac.it;

import java.util.List;
import java.util.regex.Pattern;

/** What a message for people is made of. */
final class FaultMessages {
    /** How they begin: what was tried. */
    private static final List<String> ATTEMPTS = List.of(
            "Starting a session failed: ",
            "Looking at this host failed: ",
            "Starting the container c (image ",
            "Unpacking the image ",
            "Running [",
            "Copying ",
            "Writing ",
            "Comparing the container c (image ",
            "Taking a snapshot of the container c (image ",
            "Signalling the container c (image ",
            "Pausing the container c (image ",
            "Resuming the container c (image ",
            "Discarding the container c (image ",
            "Waiting for the container c (image ",
            "The container c (image faults:1) exited before it was ready, with ",
            "The command [");

    /** What a program says that has no words: nothing, or a bare number. */
    private static final Pattern WORDLESS = Pattern.compile("(?<!/dev/)\\bnull\\b|\\berror \\d|: [.:]|\\(\\)[^.]");

    private FaultMessages() {}

    static boolean isSentence(String message) {
        return ATTEMPTS.stream().anyMatch(message::startsWith)
                && !WORDLESS.matcher(message).find()
                && (message.endsWith(".") || message.contains("\n"));
    }
}
