package io.bivouac.engine.seccomp;

import io.bivouac.engine.Capability;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The words of profiles that stand for something. */
final class ProfileWords {
    private static final Map<String, Verdict> ACTIONS = new TreeMap<>();
    private static final Map<String, Operator> OPERATORS = new TreeMap<>();

    static {
        for (Verdict verdict : Verdict.values()) {
            ACTIONS.put("SCMP_ACT_" + verdict, verdict);
        }
        ACTIONS.put("SCMP_ACT_KILL", Verdict.KILL_THREAD);
        for (Operator operator : Operator.values()) {
            OPERATORS.put("SCMP_CMP_" + operator, operator);
        }
    }

    private static final List<String> CAPABILITIES =
            Arrays.stream(Capability.values()).map(Capability::toString).toList();

    /** An error's number is its place, see errno(3); two were never given. */
    private static final List<String> ERRORS = words("E", """
            - PERM NOENT SRCH INTR IO NXIO 2BIG NOEXEC BADF CHILD AGAIN NOMEM ACCES FAULT NOTBLK BUSY EXIST XDEV NODEV NOTDIR
            ISDIR INVAL NFILE MFILE NOTTY TXTBSY FBIG NOSPC SPIPE ROFS MLINK PIPE DOM RANGE DEADLK NAMETOOLONG NOLCK NOSYS
            NOTEMPTY LOOP - NOMSG IDRM CHRNG L2NSYNC L3HLT L3RST LNRNG UNATCH NOCSI L2HLT BADE BADR XFULL NOANO BADRQC BADSLT
            - BFONT NOSTR NODATA TIME NOSR NONET NOPKG REMOTE NOLINK ADV SRMNT COMM PROTO MULTIHOP DOTDOT BADMSG OVERFLOW
            NOTUNIQ BADFD REMCHG LIBACC LIBBAD LIBSCN LIBMAX LIBEXEC ILSEQ RESTART STRPIPE USERS NOTSOCK DESTADDRREQ MSGSIZE
            PROTOTYPE NOPROTOOPT PROTONOSUPPORT SOCKTNOSUPPORT OPNOTSUPP PFNOSUPPORT AFNOSUPPORT ADDRINUSE ADDRNOTAVAIL
            NETDOWN NETUNREACH NETRESET CONNABORTED CONNRESET NOBUFS ISCONN NOTCONN SHUTDOWN TOOMANYREFS TIMEDOUT CONNREFUSED
            HOSTDOWN HOSTUNREACH ALREADY INPROGRESS STALE UCLEAN NOTNAM NAVAIL ISNAM REMOTEIO DQUOT NOMEDIUM MEDIUMTYPE
            CANCELED NOKEY KEYEXPIRED KEYREVOKED KEYREJECTED OWNERDEAD NOTRECOVERABLE RFKILL HWPOISON""");

    /** Of processors that profiles speak of. */
    private static final List<String> ARCHITECTURES = words("SCMP_ARCH_", """
            AARCH64 ARM LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PARISC PARISC64 PPC PPC64 PPC64LE
            RISCV64 S390 S390X SH SHEB X32 X86 X86_64""");

    /** The same processors in conditions of rules, where they have other names. */
    private static final List<String> CONDITION_ARCHITECTURES = words("", """
            amd64 arm arm64 loong64 loongarch64 m68k mips mips64 mips64n32 mipsel mipsel64 mipsel64n32 parisc parisc64 ppc
            ppc64 ppc64le riscv64 s390 s390x sh sheb x32 x86""");

    /** Options of loading a filter. It is loaded for one thread, with what these ask for; none beside them is carried out. */
    private static final Set<String> FLAGS = Set.of("SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC");

    private ProfileWords() {}

    private static List<String> words(String prefix, String words) {
        return Arrays.stream(words.split("\\s+")).map(word -> prefix + word).toList();
    }

    static Action action(ProfileFields fields, String name) {
        String word = fields.requiredText(name);
        Verdict verdict = ACTIONS.get(word);
        if (verdict == null) {
            String problem = word.equals("SCMP_ACT_NOTIFY")
                    ? "SCMP_ACT_NOTIFY is not supported, nothing would answer"
                    : "'" + word + "' is not an action";
            throw fields.wrong(problem + "; allowed are " + String.join(", ", ACTIONS.keySet()));
        }
        return verdict.action();
    }

    static Operator operator(ProfileFields fields, String name) {
        String word = fields.requiredText(name);
        Operator operator = OPERATORS.get(word);
        if (operator == null) {
            throw fields.wrong(
                    "'" + word + "' is not an operator; allowed are " + String.join(", ", OPERATORS.keySet()));
        }
        return operator;
    }

    static int error(ProfileFields fields, String word) {
        int number = ERRORS.indexOf(word);
        if (number <= 0) {
            throw fields.wrong("'" + word + "' is not an error; allowed are names such as EPERM, see errno(3)");
        }
        return number;
    }

    /** The bit of a capability. */
    static long capability(ProfileFields fields, String word) {
        int number = CAPABILITIES.indexOf(word);
        if (number < 0) {
            throw fields.wrong("'" + word + "' is not a capability; allowed are " + String.join(", ", CAPABILITIES));
        }
        return 1L << number;
    }

    /** Empty for a processor there is no engine for. */
    static Optional<CallingConvention> convention(ProfileFields fields, String word) {
        if (!ARCHITECTURES.contains(word)) {
            throw fields.wrong(
                    "'" + word + "' is not an architecture; allowed are " + String.join(", ", ARCHITECTURES));
        }
        return CallingConvention.ofToken(word);
    }

    static void checkConditionArchitecture(ProfileFields fields, String word) {
        if (!CONDITION_ARCHITECTURES.contains(word)) {
            throw fields.wrong(
                    "'" + word + "' is not an architecture; allowed are " + String.join(", ", CONDITION_ARCHITECTURES));
        }
    }

    static void checkFlag(ProfileFields fields, String word) {
        if (!FLAGS.contains(word)) {
            throw fields.wrong("the flag '" + word + "' is unknown or not supported; allowed are "
                    + String.join(", ", FLAGS.stream().sorted().toList()));
        }
    }
}
