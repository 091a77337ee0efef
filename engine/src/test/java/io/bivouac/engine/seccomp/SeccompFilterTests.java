package io.bivouac.engine.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program, run by an interpreter of the machine it is for. */
class SeccompFilterTests {
    private static final int X86_64 = 0xc000003e;
    private static final int I386 = 0x40000003;
    private static final int ALLOW = 0x7fff0000;
    private static final int EPERM = 0x00050001;
    private static final int ENOSYS = 0x00050026;

    /** What a call looks like to the filter: {@code struct seccomp_data}. */
    private static int run(int number, int architecture, long firstArgument) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
        data.putInt(number).putInt(architecture).putLong(0).putLong(firstArgument);
        ByteBuffer program = ByteBuffer.wrap(SeccompFilter.defaultFilter()).order(ByteOrder.nativeOrder());
        int accumulator = 0;
        for (int at = 0; ; at++) {
            int code = program.getShort(at * 8);
            int ifTrue = program.get(at * 8 + 2) & 0xff;
            int ifFalse = program.get(at * 8 + 3) & 0xff;
            int value = program.getInt(at * 8 + 4);
            switch (code) {
                case 0x20 -> accumulator = data.getInt(value);
                case 0x05 -> at += value;
                case 0x15 -> at += accumulator == value ? ifTrue : ifFalse;
                case 0x35 -> at += Integer.compareUnsigned(accumulator, value) >= 0 ? ifTrue : ifFalse;
                case 0x45 -> at += (accumulator & value) != 0 ? ifTrue : ifFalse;
                case 0x06 -> {
                    return value;
                }
                default -> throw new AssertionError("instruction 0x" + Integer.toHexString(code) + " at " + at);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "165", "166", "272", "308", "175", "313", "246", "321", "298", "323", "250", "425", "428", "442", "103", "155"
    })
    void callsThatReachBeyondAContainerAreRefused(int number) {
        assertThat(run(number, X86_64, 0)).isEqualTo(EPERM);
    }

    @Test
    void everythingElsePasses() {
        Set<Integer> decided = Set.of(
                41, 56, 103, 134, 136, 139, 153, 155, 156, 163, 164, 165, 166, 167, 168, 169, 172, 173, 174, 175, 176,
                177, 178, 179, 180, 212, 227, 246, 248, 249, 250, 272, 279, 298, 300, 304, 305, 308, 313, 320, 321, 323,
                425, 426, 427, 428, 429, 430, 431, 432, 433, 435, 442, 443);
        for (int number = 0; number < 600; number++) {
            if (!decided.contains(number)) {
                assertThat(run(number, X86_64, 0)).as("call " + number).isEqualTo(ALLOW);
            }
        }
    }

    @Test
    void newNamespacesAreRefusedAndForksAreNot() {
        assertThat(run(56, X86_64, 0x01200011)).isEqualTo(ALLOW);
        for (int flag :
                new int[] {0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000}) {
            assertThat(run(56, X86_64, flag | 17)).as("flag " + flag).isEqualTo(EPERM);
        }
        // Its flags lie in memory: a library falls back to clone.
        assertThat(run(435, X86_64, 0)).isEqualTo(ENOSYS);
    }

    @Test
    void socketsOfKernelCryptographyAndOfTheHypervisorAreRefused() {
        assertThat(run(41, X86_64, 2)).isEqualTo(ALLOW);
        assertThat(run(41, X86_64, 38)).isEqualTo(EPERM);
        assertThat(run(41, X86_64, 40)).isEqualTo(EPERM);
        // The kernel looks at the low half only, and so does the filter.
        assertThat(run(41, X86_64, 0x1_0000_0026L)).isEqualTo(EPERM);
    }

    @Test
    void otherCallingConventionsDoNotGetAround() {
        assertThat(run(165, I386, 0)).isEqualTo(ENOSYS);
        assertThat(run(1, I386, 0)).isEqualTo(ENOSYS);
        assertThat(run(0x40000000 | 165, X86_64, 0)).isEqualTo(ENOSYS);
        assertThat(run(-1, X86_64, 0)).isEqualTo(ENOSYS);
    }
}
