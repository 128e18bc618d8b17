/* A REHEARSAL.md as a value. */
#ifndef MODEL_SCRIPT_H
#define MODEL_SCRIPT_H

#include "base/diagnostic.h"
#include "base/error.h"
#include "base/span.h"

#define SCRIPT_MAX (1024 * 1024)
#define SCRIPT_SECTIONS_MAX 200
#define SCRIPT_TITLE_MAX 200
#define SCRIPT_LINES_MAX 10000

struct script_line {
	char *tool; /* of a `call`; NULL: a `say` */
	char *text; /* what is said, or the argument */
};

struct script_section {
	char *title; /* TEXT of `## When TEXT`; empty: never played */
	unsigned line, column;
	struct script_line *lines;
	size_t count, capacity;
};

struct script {
	struct script_section *sections;
	size_t count, capacity;
};

/* Understands what it can; what it cannot goes to `found` (may be NULL). Fails only over the
 * limits. */
int script_parse(struct span text, struct script *ret_script, struct diagnostics *found,
		 struct error *error);
void script_clear(struct script *script);

/* The first section whose title is in `text`; NULL: none. */
const struct script_section *script_find(const struct script *script, struct span text);

CLEANUP_DEFINE_VALUE(struct script, script_clear)

#endif
