/* The suites of test-workspace. */
#ifndef WORKSPACE_SUITE_H
#define WORKSPACE_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workspace/workspace.h"

int run_open(void);
int run_agents(void);
int run_plan(void);
int run_inputs(void);
int run_saving(void);

/* A workspace in a new folder, gone with site_clear. */
struct site {
	char *path;
	int dir;
	struct workspace *workspace; /* NULL until site_open */
};

void site_make(struct site *site);
void site_open(struct site *site);
void site_clear(struct site *site);
void site_write(const struct site *site, const char *path, const char *text);
CLEANUP_DEFINE_VALUE(struct site, site_clear)

/* agents/kira with all files, and a bulletin. */
void site_add_kira(const struct site *site);

#endif
