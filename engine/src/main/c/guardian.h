/* The guardian: a process in the host's namespaces that starts the warden, opens listeners on the host for it, watches
 * the JVM, and tidies up when either is gone. */
#ifndef BIVOUAC_GUARDIAN_H
#define BIVOUAC_GUARDIAN_H

/* The request comes on stdin, the answer (FRAME_STARTED or FRAME_FAILED) goes to stdout; the end of stdin, or of the
 * JVM, ends the session. Returns the exit code. */
int guardian_main(void);

#endif
