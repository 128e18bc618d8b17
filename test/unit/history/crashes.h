/* The child's half of the crash tests. */
#ifndef TEST_HISTORY_CRASHES_H
#define TEST_HISTORY_CRASHES_H

/* Does what `name` says in the repository at `path`; the exit status. */
int crash_act(const char *name, const char *path);

#endif
