package io.bivouac.engine.warden;

/** Hears what a container's monitor reports. Called on the thread of {@link MonitorEvents}: it must not block. */
public interface MonitorListener {
    /**
     * Hears of new output.
     *
     * @param end bytes of log records written so far
     * @param lost bytes of output that could not be written, because the disk was full
     */
    void logged(long end, long lost);

    /** The first process has ended, and all its output is logged. */
    void exited(ExitReport report);

    /** The monitor is gone without a report: the session was killed. */
    void lost();
}
