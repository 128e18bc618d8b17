/* Incidents, in the order in which they began. Values and lists only: alerts.c decides what becomes
 * of them. */
#ifndef AGENTD_INCIDENTS_H
#define AGENTD_INCIDENTS_H

#include "store/store.h"

struct incident {
	struct incident *next;
	char *key, *agent; /* "": the whole workspace's */
	char *text;
	char *post;              /* what the bulletin is told, NULL: raised by an earlier daemon */
	int64_t opened, cleared; /* UTC s; cleared 0: it lasts */
	int64_t told;            /* UTC s, begun then; before it opened: that was another time */
	int64_t told_before;     /* what `told` was, while is_waiting */
	int64_t count;
	bool is_waiting;   /* what was begun then has still to go out: its row is not durable */
	bool is_confirmed; /* somebody has got what was begun then */
	bool is_in_doubt;  /* it was begun by an earlier daemon, and not confirmed */
	bool is_unheard;   /* it was told by the clock; who raises it has yet to hear that */
};

struct incidents {
	struct incident *first, **last; /* oldest first */
	size_t count;
};

void incidents_init(struct incidents *list);
void incidents_clear(struct incidents *list);

/* The list owns it. */
void incidents_append(struct incidents *list, struct incident *incident);
void incidents_prepend(struct incidents *list, struct incident *incident);
/* The place that points to it; what that points to is NULL where there is none. */
struct incident **incidents_find(struct incidents *list, const char *key);
/* The caller owns it. */
struct incident *incidents_take(struct incidents *list, struct incident **place);

/* Never told yet. `agent`: NULL is "". */
struct incident *incident_new(const char *key, const char *agent);
void incident_free(struct incident *incident);

/* As a row of state.db, and back. The row borrows from the incident. */
struct incident_row incident_row(const struct incident *incident);
struct incident *incident_read(const struct incident_row *row);

/* Does anybody know of it, this time? */
bool incident_is_known(const struct incident *incident);

/* Is it told again also where nobody raises it again? Not what was met at one time (a start that
 * lost state.db, calls, beats and sessions that failed), and only the next of its kind, which may
 * be weeks off, can show to last; unless nobody has got it. */
bool incident_is_of_the_clock(const struct incident *incident);

/* It is over before its telling went out: nobody was told then. */
void incident_untell(struct incident *incident);

/* Is its key `prefix`, or does it begin with that and a space? */
bool incident_is_of(const struct incident *incident, const char *prefix);

#endif
