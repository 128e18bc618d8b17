/* A heading taken apart: what its readers share. Private. */
#ifndef SCHEDULE_HEADING_H
#define SCHEDULE_HEADING_H

#include "draft.h"

#define GROUPS_MAX 8

struct group {
	unsigned open, close; /* tokens of the brackets; close may be the end */
	bool used;            /* said something about the schedule */
};

struct heading {
	struct tokens t;
	struct reader r;
	unsigned lead, head_end;
	unsigned head_taken; /* the head's own schedule words end here */
	bool head_scheduled;
	struct group groups[GROUPS_MAX];
	unsigned group_count;
	unsigned tail, tail_taken;
	unsigned cut; /* token where a schedule at the head's end begins, 0: none */
	const struct schedule_options *options;
	unsigned line;
	struct diagnostics *found;
	struct error ignored;
};

static inline bool is_bracket(const struct tokens *t, unsigned i, const char *brackets)
{
	return token_is(t, i, MEANS_SIGN) && t->item[i].value && strchr(brackets, t->item[i].value);
}

void heading_init(struct heading *h, struct span text, const struct schedule_options *options,
		  unsigned line, struct diagnostics *found, struct error *error);
void heading_lay_out(struct heading *h);
void heading_hint(const struct heading *h, enum severity severity, const char *code,
		  const char *text);

/* The source between two tokens, without blanks and quotes around it. */
struct span heading_between(const struct heading *h, unsigned begin, unsigned end);

/* `Cron (...)`, `Once (2026-12-01 09:00)`, "In (2h)": kinds that no phrase makes. Returns whether
 * it is one; h->r.broken, if so, that it is a wrong one. */
bool special_read(struct heading *h, struct schedule *ret);

#endif
