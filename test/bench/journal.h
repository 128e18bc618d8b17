/* The journal of a workspace that was being served when its daemon was killed: one real session in
 * the middle of its work, and as many more like it as are wanted. */
#ifndef BENCH_JOURNAL_H
#define BENCH_JOURNAL_H

#include "farm.h"

/* Leaves `count` open sessions in state.db, in turn of all agents; each has had one answer of its
 * model with a tool call, and waits for the next. The daemon must not run. */
int journal_fill(struct bench *bench, struct farm *farm, size_t count, struct error *error);

/* state.db as it was filled, whatever became of it. */
int journal_reset(const struct farm *farm, struct error *error);

#endif
