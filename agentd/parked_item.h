/* Private to parked*.c: the list of what waits. */
#ifndef AGENTD_PARKED_ITEM_H
#define AGENTD_PARKED_ITEM_H

#include "parked.h"

#include <jansson.h>

/* Work that waits. */
struct item {
	struct item *next;
	char agent[AGENT_NAME_MAX + 1], session[27];
	enum parked_why why;
	enum budget_layer layer;
	char *reason;
	json_t *wish;
	const char *incident; /* its key; of `wish`. "" or NULL: none */
	int64_t since, until;
	bool going; /* a session with its work is queued; the row is there until that begins */
};

struct parked {
	struct daemon *daemon;
	struct item *first, **last; /* oldest first */
	size_t count;
	int alarm;
	uv_poll_t *poll;
};

/* The link that leads to it; to NULL where there is none. */
struct item **parked_find(struct parked *parked, const char *session);
/* Of the section whose beat it is; NULL: of none. */
const char *parked_key(const struct item *item);
/* Does it wait for a person's answer, and has it got one? */
bool parked_asks(const struct item *item);
bool parked_has_answer(const struct item *item);
/* Its row, as it is now. Not for one whose session begins: that row is about to leave. */
void parked_keep(struct daemon *daemon, const struct item *item,
		 void (*done)(void *context, const struct error *error), void *context);
/* It does not go on at all. The second has no row any more. */
void parked_drop(struct daemon *daemon, struct item **link, const char *why);
void parked_forget(struct daemon *daemon, struct item **link, const char *why);
/* What can go on now does. */
void parked_look(struct daemon *daemon);

#endif
