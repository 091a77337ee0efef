package io.bivouac.engine;

import java.util.List;
import org.apiguardian.api.API;

/** What this host allows, tried out in processes that ended at once, and what mends the rest. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Diagnosis {
    /** How far something works. */
    enum Level {
        WORKS,
        /** Containers run, some of what they can ask for does not. */
        LIMITED,
        /** Without it no container runs. */
        MISSING
    }

    /**
     * One thing that was looked at.
     *
     * @param subject in one or two words
     * @param found what is there, a sentence
     * @param evidence how that is known
     * @param remedy what mends it, as exactly as it can be told; empty where nothing has to be mended
     */
    record Finding(String subject, Level level, String found, String evidence, String remedy) {}

    /** What containers need first. */
    List<Finding> findings();

    /** Whether nothing is {@link Level#MISSING}. */
    default boolean canRunContainers() {
        return findings().stream().noneMatch(finding -> finding.level() == Level.MISSING);
    }

    /** Whether everything works. */
    default boolean isComplete() {
        return findings().stream().allMatch(finding -> finding.level() == Level.WORKS);
    }

    /** An object with {@code containers}, {@code complete} and the list {@code findings}. */
    String toJson();
}
