/* What a checker found in a person's files: a list of compiler-style messages.
 *
 * Parsers of people's text never fail as a whole; they understand what they can and say the rest
 * here. `code` is a stable word ("schedule-weekday") that tools may match on. */
#ifndef BASE_DIAGNOSTIC_H
#define BASE_DIAGNOSTIC_H

#include "alloc.h"

#include <stdbool.h>
#include <stddef.h>

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

struct diagnostic {
	enum severity severity;
	const char *code;      /* static */
	char *file;            /* relative to the workspace */
	unsigned line, column; /* from 1, a whole line has column 1; 0: the file as a whole */
	char *message;         /* what is wrong and what to write instead */
};

#define DIAGNOSTICS_MAX 1000

struct diagnostics {
	struct diagnostic *items;
	size_t count, capacity;
	const char *file; /* put into items that are added; not owned */
};

void diagnostics_clear(struct diagnostics *list);

/* Adds one. `list` may be NULL (nobody asked). Beyond DIAGNOSTICS_MAX further ones are dropped. */
void diagnostics_add(struct diagnostics *list, enum severity severity, const char *code,
		     unsigned line, unsigned column, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

bool diagnostics_has_errors(const struct diagnostics *list);
const char *severity_name(enum severity severity);

CLEANUP_DEFINE_VALUE(struct diagnostics, diagnostics_clear)

#endif
