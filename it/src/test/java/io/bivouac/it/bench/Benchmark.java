package io.bivouac.it.bench;

/** One part of a run. */
interface Benchmark {
    /** By which {@code -Dbench.only} selects it. */
    String name();

    /** Measures, a few seconds long; several turns of all benchmarks alternate, so that what disturbs the host disturbs all. */
    void measure(Report report) throws Exception;

    /** How many turns it takes part in. */
    default int turns() {
        return 5;
    }

    /** Removes what it has made. */
    default void close() throws Exception {}
}
