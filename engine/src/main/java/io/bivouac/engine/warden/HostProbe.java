package io.bivouac.engine.warden;

import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireReader;
import io.bivouac.engine.wire.WireWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a throw-away process found when it tried what a session needs, each thing by itself. The peer is {@code probe.c}. */
public final class HostProbe {
    /** By what was tried; an error number of 0 where it worked. */
    private final Map<String, WardenFailure> results;

    private HostProbe(Map<String, WardenFailure> results) {
        this.results = results;
    }

    /**
     * Tries.
     *
     * @param plan of a session that will not be
     */
    public static HostProbe run(Path binary, SessionPlan plan) throws IOException, WardenException {
        Map<String, WardenFailure> results = new LinkedHashMap<>();
        Process process = WardenProcess.spawn(binary, "probe");
        try (OutputStream stdin = process.getOutputStream();
                InputStream stdout = process.getInputStream()) {
            WireWriter request = Requests.session(plan);
            stdin.write(request.buffer(), 0, request.length());
            stdin.flush();
            Optional<Frame> frame = Frame.read(stdout);
            while (frame.isPresent()) {
                if (frame.get().type() == FrameType.PROBED) {
                    WireReader in = frame.get().reader();
                    results.put(in.takeText(), WardenFailure.take(in));
                    in.finish();
                }
                frame = Frame.read(stdout);
            }
        } finally {
            process.destroyForcibly();
        }
        WardenFailure end = results.remove("probe");
        if (end == null) {
            throw new WardenLostException("The probe ended before it had looked at everything.");
        }
        if (end.errno() != 0) {
            throw new WardenException(end);
        }
        return new HostProbe(results);
    }

    /** What needs something else that did not work was not tried. */
    public boolean tried(String what) {
        return results.containsKey(what);
    }

    /** Whether it was tried and worked. */
    public boolean works(String what) {
        WardenFailure result = results.get(what);
        return result != null && result.errno() == 0;
    }

    /** How it went, in words. */
    public String tell(String what) {
        WardenFailure result = results.get(what);
        if (result == null) {
            return what + ": not tried";
        }
        return result.errno() == 0 ? what + ": made one" : result.toString();
    }
}
