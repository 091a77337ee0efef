package io.bivouac.engine.warden;

import java.util.Map;

/** Error numbers of Linux, the same on x86-64 and aarch64, see errno(3). */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int E2BIG = 7;
    public static final int ENOEXEC = 8;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ETXTBSY = 26;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ELOOP = 40;
    public static final int EADDRINUSE = 98;
    public static final int ECONNRESET = 104;
    public static final int EDQUOT = 122;

    private static final Map<Integer, String> TEXTS = Map.ofEntries(
            Map.entry(EPERM, "operation not permitted (EPERM)"),
            Map.entry(ENOENT, "no such file or directory (ENOENT)"),
            Map.entry(ESRCH, "no such process (ESRCH)"),
            Map.entry(4, "interrupted (EINTR)"),
            Map.entry(5, "input/output error (EIO)"),
            Map.entry(E2BIG, "argument list too long (E2BIG)"),
            Map.entry(ENOEXEC, "not an executable format (ENOEXEC)"),
            Map.entry(6, "no such device or address (ENXIO)"),
            Map.entry(9, "bad file descriptor (EBADF)"),
            Map.entry(10, "no child process (ECHILD)"),
            Map.entry(EAGAIN, "resource temporarily unavailable (EAGAIN)"),
            Map.entry(ENOMEM, "out of memory (ENOMEM)"),
            Map.entry(EACCES, "permission denied (EACCES)"),
            Map.entry(EBUSY, "busy (EBUSY)"),
            Map.entry(EEXIST, "exists already (EEXIST)"),
            Map.entry(ENODEV, "no such device (ENODEV)"),
            Map.entry(ENOTDIR, "not a directory (ENOTDIR)"),
            Map.entry(EISDIR, "is a directory (EISDIR)"),
            Map.entry(EINVAL, "invalid argument (EINVAL)"),
            Map.entry(EMFILE, "too many open files (EMFILE)"),
            Map.entry(ENFILE, "too many open files on this host (ENFILE)"),
            Map.entry(25, "not a terminal (ENOTTY)"),
            Map.entry(26, "text file busy (ETXTBSY)"),
            Map.entry(27, "file too large (EFBIG)"),
            Map.entry(ENOSPC, "no space left on device (ENOSPC)"),
            Map.entry(31, "too many links (EMLINK)"),
            Map.entry(EROFS, "read-only file system (EROFS)"),
            Map.entry(EPIPE, "broken pipe (EPIPE)"),
            Map.entry(ENAMETOOLONG, "name too long (ENAMETOOLONG)"),
            Map.entry(ENOSYS, "not implemented (ENOSYS)"),
            Map.entry(39, "directory not empty (ENOTEMPTY)"),
            Map.entry(ELOOP, "too many levels of symbolic links (ELOOP)"),
            Map.entry(61, "no data (ENODATA)"),
            Map.entry(71, "protocol error (EPROTO)"),
            Map.entry(75, "value too large (EOVERFLOW)"),
            Map.entry(87, "too many users (EUSERS)"),
            Map.entry(95, "not supported (EOPNOTSUPP)"),
            Map.entry(EADDRINUSE, "address in use (EADDRINUSE)"),
            Map.entry(99, "address not available (EADDRNOTAVAIL)"),
            Map.entry(101, "network unreachable (ENETUNREACH)"),
            Map.entry(104, "connection reset (ECONNRESET)"),
            Map.entry(105, "no buffer space (ENOBUFS)"),
            Map.entry(107, "not connected (ENOTCONN)"),
            Map.entry(110, "timed out (ETIMEDOUT)"),
            Map.entry(111, "connection refused (ECONNREFUSED)"),
            Map.entry(EDQUOT, "disk quota exceeded (EDQUOT)"),
            Map.entry(125, "given up (ECANCELED)"));

    private Errno() {}

    /** What people call it. */
    public static String text(int errno) {
        return TEXTS.getOrDefault(errno, "error " + errno);
    }
}
