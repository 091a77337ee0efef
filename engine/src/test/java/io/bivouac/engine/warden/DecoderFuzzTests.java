package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.bivouac.engine.layer.LayerWriter;
import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import io.bivouac.engine.tree.TreeWriter;
import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireReader;
import io.bivouac.engine.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever the warden, or whoever speaks in its place, may send: it is understood, or refused as a {@link ProtocolException} or
 * an {@link IOException}, and takes no more memory than it has bytes.
 *
 * <p>The same inputs each time; {@code -Dbivouac.fuzz.seconds=600} tries others, so long for each decoder.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class DecoderFuzzTests {
    private static final int RUNS = 5_000;
    private static final long SECONDS = Long.getLong("bivouac.fuzz.seconds", 0);
    /** What a decoder may take beside what it decodes: buffers, exceptions with their traces. */
    private static final long BASE_MEMORY = 4 << 20;

    private static final int MEMORY_FOR_A_BYTE = 100;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    /** Takes an input apart. */
    @FunctionalInterface
    private interface Decoder {
        void decode(byte[] input) throws IOException;
    }

    @TestFactory
    Stream<DynamicTest> decodersRefuseWhatTheyDoNotUnderstand() {
        List<byte[]> answers = answers();
        List<byte[]> payloads = answers.stream().map(DecoderFuzzTests::payload).toList();
        return Stream.of(
                test("frames of a stream", answers, input -> readFrames(new ByteArrayInputStream(input))),
                test("frames of a buffer", answers, DecoderFuzzTests::pollFrames),
                test("reports of monitors", answers, DecoderFuzzTests::dispatch),
                test("failures", payloads, input -> WardenFailure.decode(new WireReader(input))),
                test("exits", payloads, input -> ExitReport.decode(new WireReader(input))),
                test("starts", payloads, DecoderFuzzTests::decodeStart),
                test("trees", trees(), DecoderFuzzTests::readTree),
                test("trees as archives", trees(), DecoderFuzzTests::archive),
                test("logs", logs(), this::readLog));
    }

    private static DynamicTest test(String name, List<byte[]> seeds, Decoder decoder) {
        return DynamicTest.dynamicTest(name, () -> fuzz(seeds, decoder));
    }

    private static void fuzz(List<byte[]> seeds, Decoder decoder) {
        long seed = SECONDS == 0 ? 1 : System.nanoTime();
        long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
        Mutator mutator = new Mutator(seeds, new Random(seed));
        seeds.forEach(input -> check(input, decoder));
        for (int run = 0; SECONDS == 0 ? run < RUNS : System.nanoTime() < end; run++) {
            check(mutator.next(), decoder);
        }
    }

    private static void check(byte[] input, Decoder decoder) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            decoder.decode(input);
        } catch (IOException | ProtocolException e) {
            assertThat(e.getMessage()).isNotEmpty();
        } catch (RuntimeException | Error e) {
            throw new AssertionError("found by " + HexFormat.of().formatHex(input), e);
        }
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
        if (taken > BASE_MEMORY + (long) input.length * MEMORY_FOR_A_BYTE) {
            throw new AssertionError(taken + " bytes taken by " + HexFormat.of().formatHex(input));
        }
    }

    /** Changes inputs, and keeps what came of them to change it further. */
    private static final class Mutator {
        private static final int KEPT = 200;
        private static final int LONGEST = 4096;
        private static final int[] NUMBERS = {0, 1, -1, 4, 5, 0x7fffffff, 0x80000000, FrameType.LIMIT, 1 << 20};

        private final List<byte[]> seeds;
        private final List<byte[]> kept = new ArrayList<>();
        private final Random random;

        private Mutator(List<byte[]> seeds, Random random) {
            this.seeds = seeds;
            this.random = random;
        }

        private byte[] pick() {
            boolean old = kept.isEmpty() || random.nextBoolean();
            return old ? seeds.get(random.nextInt(seeds.size())) : kept.get(random.nextInt(kept.size()));
        }

        byte[] next() {
            byte[] input = pick();
            for (int left = 1 + random.nextInt(4); left > 0; left--) {
                input = mutate(input);
            }
            if (input.length <= LONGEST) {
                if (kept.size() < KEPT) {
                    kept.add(input);
                } else {
                    kept.set(random.nextInt(KEPT), input);
                }
            }
            return input;
        }

        private byte[] mutate(byte[] input) {
            byte[] changed = input.clone();
            int at = random.nextInt(input.length + 1);
            int other = random.nextInt(input.length + 1);
            switch (random.nextInt(7)) {
                case 0 -> set(changed, at, (byte) random.nextInt());
                case 1 -> set(changed, at, (byte) (at < changed.length ? changed[at] ^ 1 << random.nextInt(8) : 0));
                case 2 -> setNumber(changed, at, NUMBERS[random.nextInt(NUMBERS.length)]);
                case 3 -> setNumber(changed, at, random.nextInt(input.length + 1));
                case 4 -> changed = join(input, 0, Math.min(at, other), input, Math.max(at, other));
                case 5 -> changed = join(input, 0, Math.max(at, other), input, Math.min(at, other));
                default -> {
                    byte[] more = pick();
                    changed = join(input, 0, at, more, random.nextInt(more.length + 1));
                }
            }
            return changed;
        }

        private static void set(byte[] bytes, int at, byte value) {
            if (at < bytes.length) {
                bytes[at] = value;
            }
        }

        private static void setNumber(byte[] bytes, int at, int value) {
            for (int i = 0; i < Integer.BYTES; i++) {
                set(bytes, at + i, (byte) (value >>> (8 * i)));
            }
        }

        /** A part of one input, then the rest of another. */
        private static byte[] join(byte[] first, int from, int to, byte[] second, int start) {
            byte[] joined = new byte[to - from + second.length - start];
            System.arraycopy(first, from, joined, 0, to - from);
            System.arraycopy(second, start, joined, to - from, second.length - start);
            return joined;
        }
    }

    private static byte[] payload(byte[] frame) {
        return Arrays.copyOfRange(frame, WireWriter.overhead(), frame.length);
    }

    private static WireWriter frame(FrameType type) {
        return new WireWriter().begin(type);
    }

    private static List<byte[]> answers() {
        return Stream.of(
                        frame(FrameType.OK),
                        frame(FrameType.FAILED)
                                .putText("write the tree")
                                .putText("write")
                                .putInt(28)
                                .putText("/größe"),
                        frame(FrameType.LAUNCHED)
                                .putInt(17)
                                .putInt(2)
                                .putInt(40001)
                                .putInt(40002)
                                .putInt(1)
                                .putText("mounted")
                                .putLong(1L << 50),
                        frame(FrameType.OUTPUT).put(1).putBytes(new byte[300]),
                        frame(FrameType.EXITED).putInt(137).putInt(9),
                        frame(FrameType.LOGGED).putLong(1L << 40).putLong(7),
                        frame(FrameType.DRAINED))
                .map(answer -> answer.end().toBytes())
                .toList();
    }

    private static List<byte[]> trees() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        TreeWriter out = new TreeWriter(whole);
        try {
            out.write(TreeEntry.of(EntryType.FOLDER, "").mode(0755).build());
            for (EntryType type : EntryType.values()) {
                TreeEntry.Builder entry = TreeEntry.of(type, "a/" + type)
                        .owner(1, 4294967295L)
                        .modified(1_700_000_000L, 999_999_999)
                        .device(1, 3)
                        .target("target".getBytes(StandardCharsets.UTF_8))
                        .attribute("user.x", new byte[] {0, 1, -1});
                if (type == EntryType.FILE) {
                    out.write(entry.size(5).build(), new ByteArrayInputStream(new byte[5]));
                } else {
                    out.write(entry.build());
                }
            }
            out.end();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return List.of(whole.toByteArray(), vector("entry"));
    }

    private static byte[] vector(String name) {
        try (InputStream in = DecoderFuzzTests.class.getResourceAsStream("/wire/" + name + ".hex")) {
            assertThat(in).isNotNull();
            return HexFormat.of().parseHex(new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<byte[]> logs() {
        WireWriter records = new WireWriter();
        for (int source = 1; source <= 2; source++) {
            records.putLong(1_700_000_000_000_000_000L)
                    .put(source)
                    .put(0)
                    .put(0)
                    .put(0);
            records.putInt(4).put('l').put('o').put('g').put('\n');
        }
        return List.of(records.toBytes());
    }

    private static void readFrames(InputStream in) throws IOException {
        for (Optional<Frame> frame = Frame.read(in); frame.isPresent(); frame = Frame.read(in)) {
            assertThat(frame.get().payload().length).isLessThan(FrameType.LIMIT);
        }
    }

    private static void pollFrames(byte[] input) {
        ByteBuffer buffer = ByteBuffer.wrap(input);
        for (Optional<Frame> frame = Frame.poll(buffer); frame.isPresent(); frame = Frame.poll(buffer)) {
            assertThat(frame.get().payload().length).isLessThan(input.length);
        }
    }

    private static void decodeStart(byte[] input) {
        WireReader reader = new WireReader(input);
        reader.takeInt();
        assertThat(Launch.takePorts(reader)).hasSizeLessThanOrEqualTo(input.length);
        assertThat(Launch.takeMarks(reader)).hasSizeLessThanOrEqualTo(input.length);
        reader.finish();
    }

    /** In pieces, as a socket gives them. */
    private static void dispatch(byte[] input) throws IOException {
        try (SocketChannel nobody = SocketChannel.open()) {
            Monitor monitor = new Monitor(nobody, new Deaf());
            boolean ended = false;
            for (int at = 0; !ended && at < input.length; ) {
                int piece = Math.min(Math.min(monitor.buffer().remaining(), 1000), input.length - at);
                assertThat(piece).as("room for more").isPositive();
                monitor.buffer().put(input, at, piece);
                ended = monitor.dispatch();
                at += piece;
            }
        }
    }

    private static final class Deaf implements MonitorListener {
        @Override
        public void logged(long end, long lost) {}

        @Override
        public void exited(ExitReport report) {
            assertThat(report.signal()).isNotNull();
        }

        @Override
        public void lost() {}
    }

    private static void readTree(byte[] input) throws IOException {
        TreeReader reader = new TreeReader(new ByteArrayInputStream(input));
        for (Optional<TreeEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            assertThat(entry.get().modified()).isNotNull();
            assertThat(entry.get().mode()).isBetween(0, 07777);
            // Half of the files are read, the others skipped.
            if (entry.get().size() % 2 == 0) {
                reader.content().transferTo(OutputStream.nullOutputStream());
            }
        }
    }

    private static void archive(byte[] input) throws IOException {
        LayerWriter.copy(
                new TreeReader(new ByteArrayInputStream(input)), entry -> true, OutputStream.nullOutputStream());
    }

    private void readLog(byte[] input) throws IOException {
        Path log = Files.createDirectories(folder.resolve("log"));
        Files.write(log.resolve("00000000000000000000"), input);
        LogFiles files = new LogFiles(log);
        files.read(
                0,
                input.length,
                (time, source, bytes) -> assertThat(bytes.length).isLessThanOrEqualTo(input.length));
    }
}
