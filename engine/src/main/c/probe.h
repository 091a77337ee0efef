/* What this host allows, found out by doing it: each thing by itself, in processes and namespaces that end at once. */
#ifndef BIVOUAC_PROBE_H
#define BIVOUAC_PROBE_H

/* The request of a session comes on stdin; of everything a session needs, a FRAME_PROBED goes to stdout. Returns the exit
 * code. */
int probe_main(void);

#endif
