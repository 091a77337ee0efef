package io.bivouac.engine.seccomp;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Calls that 32-bit x86 programs make through another one, which takes their number as its first argument: what a profile says
 * about {@code socket} must hold for {@code socketcall} too.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/socketcall.2.html">socketcall(2)</a>, ipc(2)
 */
final class MultiplexedCalls {
    private static final String SOCKET_CALL = "socketcall";
    private static final String IPC = "ipc";

    private static final Map<String, Integer> SOCKET_CALLS = Map.ofEntries(
            Map.entry("socket", 1),
            Map.entry("bind", 2),
            Map.entry("connect", 3),
            Map.entry("listen", 4),
            Map.entry("accept", 5),
            Map.entry("getsockname", 6),
            Map.entry("getpeername", 7),
            Map.entry("socketpair", 8),
            Map.entry("send", 9),
            Map.entry("recv", 10),
            Map.entry("sendto", 11),
            Map.entry("recvfrom", 12),
            Map.entry("shutdown", 13),
            Map.entry("setsockopt", 14),
            Map.entry("getsockopt", 15),
            Map.entry("sendmsg", 16),
            Map.entry("recvmsg", 17),
            Map.entry("accept4", 18),
            Map.entry("recvmmsg", 19),
            Map.entry("sendmmsg", 20));

    private static final Map<String, Integer> IPC_CALLS = Map.ofEntries(
            Map.entry("semop", 1),
            Map.entry("semget", 2),
            Map.entry("semctl", 3),
            Map.entry("semtimedop", 4),
            Map.entry("msgsnd", 11),
            Map.entry("msgrcv", 12),
            Map.entry("msgget", 13),
            Map.entry("msgctl", 14),
            Map.entry("shmat", 21),
            Map.entry("shmdt", 22),
            Map.entry("shmget", 23),
            Map.entry("shmctl", 24));

    /** The kernel takes a version from the other half. */
    private static final int IPC_NUMBER = 0xffff;

    private MultiplexedCalls() {}

    /**
     * The same call made through another.
     *
     * @param name of the other call
     */
    record Passage(String name, Condition condition) {}

    static Optional<Passage> of(CallingConvention convention, String name) {
        if (convention != CallingConvention.X86) {
            return Optional.empty();
        }
        Integer socketCall = SOCKET_CALLS.get(name);
        if (socketCall != null) {
            return Optional.of(new Passage(SOCKET_CALL, new Condition(0, Operator.EQ, socketCall, 0)));
        }
        return Optional.ofNullable(IPC_CALLS.get(name))
                .map(number -> new Passage(IPC, new Condition(0, Operator.MASKED_EQ, IPC_NUMBER, number)));
    }

    /**
     * What a rule means for the passage, where the call's arguments lie in memory and conditions cannot be checked: a stricter
     * action than the profile's default is taken in any case, any other in none.
     */
    static boolean concerns(Rule rule, Action defaultAction) {
        return rule.isUnconditional() || rule.action().verdict().isStricterThan(defaultAction.verdict());
    }

    static List<List<Condition>> alternatives(Passage passage) {
        return List.of(List.of(passage.condition()));
    }
}
