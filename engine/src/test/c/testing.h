/* What the test programs share: expectations that are counted, and a folder of their own. */
#ifndef BIVOUAC_TESTING_H
#define BIVOUAC_TESTING_H

#include <stdbool.h>

/* Says what did not hold, and goes on. */
void expect_at(const char *file, int line, bool holds, const char *what);
#define expect(holds, what) expect_at(__FILE__, __LINE__, holds, what)

/* A new folder beneath the system's for temporary files, open for reading; it is removed at the end of the program. */
int testing_folder(void);

/* The exit code of main(): whether everything held. */
int testing_end(void);

#endif
