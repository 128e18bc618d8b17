/* A workspace of its own, and agentd-history serving it behind its walls. */
#ifndef TEST_HISTORY_CHILD_H
#define TEST_HISTORY_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

#define NOON 1795262400 /* 2026-11-21T12:00:00Z */

struct child {
	char root[64]; /* holds home/, out/ and ws/ */
	char workspace[80];
	int dir; /* the workspace */
	struct process process;
	struct rpc *rpc;
	struct buffer output;
};

/* Makes the workspace with `agents` agents a0, a1, … and starts the process. */
void child_setup(struct child *child, int agents);
void child_teardown(struct child *child);

/* Starts agentd-history with AGENTD_FAILPOINTS=points (NULL: none). */
void child_start(struct child *child, const char *points);
struct process_end child_stop(struct child *child);

/* A call; the result is a new reference, or NULL and *ret_error. */
json_t *call(struct child *child, const char *method, json_t *params, struct error *ret_error);

json_t *edits_params(const char *repository);

/* A splice of `insert` at `offset` into what the file holds now. */
json_t *write_params(struct child *child, const char *repository, const char *path, size_t offset,
		     size_t remove, const char *insert);

void put(struct child *child, const char *path, const char *text);
char *file_text(struct child *child, const char *path); /* the caller frees it */
int sh(struct child *child, const char *format, ...) __attribute__((format(printf, 2, 3)));
void assert_sh(struct child *child, const char *expect, const char *command);

#endif
