/* A folder with a repository for one test, and the real git beside us in it. */
#ifndef TEST_HISTORY_FOLDER_H
#define TEST_HISTORY_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history/history.h"

#define NOON 1795262400 /* 2026-11-21T12:00:00Z */

struct folder {
	char root[64]; /* holds home/ and kira/ */
	char path[80]; /* the repository's folder */
	int dir;
	struct history *history;
	struct buffer output; /* of the last command */
};

int folder_setup(void **state); /* SOUL.md and MEMORY.md, one commit */
int folder_setup_empty(void **state);
int folder_teardown(void **state);

/* Runs a shell command in the folder; returns its exit status. The output (both) is in
 * folder->output. */
int sh(struct folder *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs it and compares the output. */
void assert_sh(struct folder *f, const char *expect, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void put(struct folder *f, const char *path, const char *text);
void assert_file(struct folder *f, const char *path, const char *expect);

/* Commits edits; returns how many entries were merged back. Fails the test on an error. */
size_t edits(struct folder *f);
char *edits_commit_id(struct folder *f); /* static; "" when there was none */

/* The agent's write of `text` over what the file holds now, with a Session: trailer. */
int agent_write(struct folder *f, const char *path, const char *text, struct error *error);
void agent_append(struct folder *f, const char *path, const char *line);

/* status clean, fsck silent, nothing of ours left in .git. */
void assert_tidy(struct folder *f);

int edits_tests(void);
int writes_tests(void);
int rescues_tests(void);
int visitors_tests(void);
int crashes_tests(void);
int reboots_tests(void);
int reading_tests(void);

#endif
