package io.bivouac.engine.warden;

import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.wire.WireReader;
import java.util.Optional;

/**
 * How a process ended.
 *
 * @param code the exit code, or 128 plus the signal's number
 * @param signalNumber 0 when it exited by itself
 */
public record ExitReport(int code, int signalNumber, boolean outOfMemory) implements ExitStatus {
    static ExitReport decode(WireReader in) {
        ExitReport report = new ExitReport(in.takeInt(), in.takeInt(), in.takeBoolean());
        in.finish();
        return report;
    }

    @Override
    public Optional<String> signal() {
        return Signals.name(signalNumber);
    }
}
