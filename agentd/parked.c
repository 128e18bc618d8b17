#include "parked.h"

#include "alerts.h"
#include "handle.h"
#include "journal.h"
#include "ledger.h"
#include "log.h"
#include "parked_incident.h"
#include "parked_item.h"
#include "parked_wish.h"

#include "base/alarm.h"
#include "base/clock.h"

#include <unistd.h>

#define TRY_AGAIN_S 60 /* what could not begin, for a reason that will pass */

/* ---- the list ---- */

static void item_free(struct item *item)
{
	free(item->reason);
	json_decref(item->wish);
	free(item);
}

static struct item *take_out(struct parked *parked, struct item **link)
{
	struct item *item = *link;

	*link = item->next;
	if (parked->last == &item->next)
		parked->last = link;
	parked->count--;
	return item;
}

struct item **parked_find(struct parked *parked, const char *session)
{
	struct item **link = &parked->first;

	while (*link && strcmp((*link)->session, session) != 0)
		link = &(*link)->next;
	return link;
}

static bool is_persons(const struct item *item)
{
	return json_is_true(json_object_get(item->wish, "by_person"));
}

static enum budget_work work_of(const struct daemon *daemon, const struct item *item)
{
	const struct resident *resident = roster_find(daemon->roster, item->agent);

	if (is_persons(item))
		return WORK_PERSON;
	if (resident && resident->agent && resident->agent->experiment)
		return WORK_EXPERIMENT;
	return json_integer_value(json_object_get(item->wish, "cause")) == CAUSE_TASK ? WORK_TASK
										      : WORK_BEAT;
}

/* Does it wait for a window's end, or else for a person? */
static bool has_window(const struct item *item)
{
	return item->why == PARKED_BY_BUDGET && parked_has_window(item->layer);
}

/* Its agent cannot do it now. Whatever changes that looks at the list. One that is broken may have
 * a value in force, but a session of it would be refused. */
static bool is_held(const struct daemon *daemon, const struct item *item)
{
	const struct resident *resident = roster_find(daemon->roster, item->agent);

	return item->going || !resident || resident->paused || resident->broken || !resident->agent;
}

/* The end that was told when it was parked may be that of a clock which was ahead. No work waits
 * longer than the window lasts that is in force now. */
static void shorten(const struct daemon *daemon, struct item *item)
{
	int64_t ends = has_window(item) ? ledger_resets_at(daemon, item->layer) : 0;

	if (ends && item->until > ends)
		item->until = ends;
}

static void set_alarm(struct daemon *daemon)
{
	int64_t first = INT64_MAX;
	struct error error;

	for (struct item *item = daemon->parked->first; item; item = item->next) {
		shorten(daemon, item);
		if (item->until && item->until < first && !is_held(daemon, item))
			first = item->until;
	}
	if (daemon->stopping)
		first = INT64_MAX;
	if (alarm_set(daemon->parked->alarm, first, &error))
		log_event(daemon->log, LEVEL_ERROR, "alarm", NULL, NULL, "%s", error.message);
}

/* ---- incidents ---- */

static bool has_incident(const struct item *item, const char *key)
{
	return item->incident && *item->incident && !strcmp(item->incident, key);
}

static void tell_over(struct daemon *daemon, const struct item *item, const char *what)
{
	if (item->incident && *item->incident)
		alert_mended(daemon, item->incident, "%s", what);
}

/* This work does not wait any more: an incident that it shares with other work is over when none of
 * that waits, but for what is held back. */
static void tell_left(struct daemon *daemon, const struct item *item, const char *what)
{
	for (const struct item *other = daemon->parked->first; other; other = other->next)
		if (other != item && item->incident && has_incident(other, item->incident) &&
		    !is_held(daemon, other))
			return;
	tell_over(daemon, item, what);
}

static void forget(struct daemon *daemon, struct item **link, const char *why, bool is_over)
{
	struct item *item = take_out(daemon->parked, link);
	_free_ char *what = xasprintf("parked work of %s is dropped: %s", item->agent, why);

	log_event(daemon->log, LEVEL_NOTICE, "parked_dropped", item->agent, item->session, "%s",
		  what);
	if (is_over && !item->going) /* else it was told when it went on */
		tell_left(daemon, item, what);
	item_free(item);
}

void parked_forget(struct daemon *daemon, struct item **link, const char *why)
{
	forget(daemon, link, why, true);
}

static void take_away(struct daemon *daemon, struct item **link, const char *why, bool is_over)
{
	journal_parked_drop(daemon, (*link)->session, NULL, NULL);
	forget(daemon, link, why, is_over);
}

void parked_drop(struct daemon *daemon, struct item **link, const char *why)
{
	take_away(daemon, link, why, true);
}

/* ---- what others ask ---- */

bool parked_has(const struct daemon *daemon, const struct resident *resident, const char *key)
{
	for (const struct item *item = daemon->parked->first; item; item = item->next)
		if (has_window(item) && parked_key(item) && !strcmp(parked_key(item), key) &&
		    !strcmp(item->agent, resident->name))
			return true;
	return false;
}

bool parked_has_incident(const struct daemon *daemon, const char *key)
{
	for (const struct item *item = daemon->parked->first; item; item = item->next)
		if (has_incident(item, key))
			return true;
	return false;
}

const char *parked_reason(const struct daemon *daemon, const struct resident *resident)
{
	const char *reason = NULL;

	for (const struct item *item = daemon->parked->first; item; item = item->next)
		if (!item->going && !strcmp(item->agent, resident->name))
			reason = item->reason;
	return reason;
}

/* ---- going on ---- */

static void go_on(struct daemon *daemon, struct item *item, const char *why)
{
	struct resident *resident = roster_find(daemon->roster, item->agent);
	bool is_shared = item->why == PARKED_BY_BUDGET && parked_is_shared(item->layer);
	_free_ char *event = xasprintf("again:%s", item->session);
	_free_ char *what = xasprintf("%s: %s%s goes on", why,
				      is_shared ? "parked work" : "the work of ",
				      is_shared ? "" : item->agent);
	struct session_wish wish = parked_wish(item->wish, item->session, event);
	struct error error;
	char id[27];

	item->going = true;
	log_event(daemon->log, LEVEL_NOTICE, "unparked", item->agent, item->session, "%s", what);
	tell_left(daemon, item, what);
	if (supervisor_start(daemon, resident, &wish, id, &error))
		parked_withdrawn(daemon, item->session);
}

typedef bool (*item_test)(struct daemon *daemon, const struct item *item, const void *context);

/* Those who come first in DESIGN's order are queued first. */
static void release(struct daemon *daemon, item_test is_meant, const void *context, const char *why)
{
	if (daemon->stopping)
		return;
	for (enum budget_work turn = 0; turn < WORKS; turn++)
		for (struct item *item = daemon->parked->first, *next; item; item = next) {
			next = item->next;
			if (work_of(daemon, item) == turn && !is_held(daemon, item) &&
			    is_meant(daemon, item, context))
				go_on(daemon, item, why);
		}
	set_alarm(daemon);
}

static bool is_due(struct daemon *daemon, const struct item *item, const void *context)
{
	const int64_t *now = context;

	(void)daemon;
	return item->until && item->until <= *now;
}

static bool is_answered(struct daemon *daemon, const struct item *item, const void *context)
{
	(void)daemon;
	(void)context;
	return parked_has_answer(item);
}

/* A person's word is not said again because its work could not begin then: the agent's row says
 * whether it is paused, and of what else waits for a resume its own row that there was one. */
static bool is_let_on(struct daemon *daemon, const struct item *item, const void *context)
{
	(void)daemon;
	(void)context;
	return item->why == PARKED_BY_PAUSE || json_is_true(json_object_get(item->wish, "resumed"));
}

void parked_look(struct daemon *daemon)
{
	int64_t now = clock_wall_s();

	for (const struct item *item = daemon->parked->first; item; item = item->next)
		if (item->until && item->until <= now && !item->going && is_held(daemon, item))
			tell_over(daemon, item, "a new window began; its agent is held back");
	release(daemon, is_let_on, NULL, "resumed by a person");
	release(daemon, is_answered, NULL, "answered by a person");
	release(daemon, is_due, &now, "a new window began");
}

static bool is_raised(struct daemon *daemon, const struct item *item, const void *context)
{
	int64_t then = json_integer_value(json_object_get(item->wish, "limit"));

	(void)context;
	return item->why == PARKED_BY_BUDGET &&
	       parked_cap(daemon, item->agent, item->layer, work_of(daemon, item)) > then;
}

/* Written ahead of the agent's row, which the person's answer waits for. */
static void note_resumed(struct daemon *daemon, struct item *item)
{
	if (item->going || item->why == PARKED_BY_PAUSE)
		return;
	json_object_set_new(item->wish, "resumed", json_true());
	parked_keep(daemon, item, NULL, NULL);
}

void parked_limits_changed(struct daemon *daemon)
{
	release(daemon, is_raised, NULL, "the limit was raised");
	parked_look(daemon);
}

void parked_resume(struct daemon *daemon, const struct resident *resident)
{
	_free_ char *what = xasprintf("%s is resumed by a person", resident->name);

	for (struct item *item = daemon->parked->first; item; item = item->next)
		if (!has_window(item) && !parked_asks(item) && !strcmp(item->agent, resident->name))
			note_resumed(daemon, item);
	release(daemon, is_let_on, NULL, "resumed by a person");
	parked_sections_over(daemon, resident->name, NULL, alert_mended, what);
	parked_limits_changed(daemon);
}

/* What was to be waited for may have come while the session ended. */
static bool is_over(struct daemon *daemon, const struct item *item, const void *context)
{
	return item == context && (item->why == PARKED_BY_PAUSE || is_raised(daemon, item, NULL));
}

void parked_started(struct daemon *daemon, const char *session, const struct error *error)
{
	struct item **link = parked_find(daemon->parked, session);

	if (error && error->code != ERROR_NOT_FOUND)
		parked_withdrawn(daemon, session);
	else if (*link)
		item_free(take_out(daemon->parked, link));
}

void parked_withdrawn(struct daemon *daemon, const char *session)
{
	struct item *item = *parked_find(daemon->parked, session);

	if (!item)
		return;
	item->going = false;
	item->until = clock_wall_s() + TRY_AGAIN_S;
	set_alarm(daemon);
}

/* ---- coming and leaving ---- */

/* What goes when there is too much: what waits for a person, else the oldest. */
static struct item **dispensable(struct parked *parked)
{
	for (struct item **link = &parked->first; *link; link = &(*link)->next)
		if (!has_window(*link) && !parked_asks(*link) && !(*link)->going)
			return link;
	return &parked->first;
}

static struct item *add(struct daemon *daemon, const struct parked_row *row)
{
	struct parked *parked = daemon->parked;
	struct item *item = xcalloc(1, sizeof(*item));

	if (parked->count >= PARKED_MAX)
		parked_drop(daemon, dispensable(parked), "too much is parked");
	snprintf(item->agent, sizeof(item->agent), "%s", row->agent);
	snprintf(item->session, sizeof(item->session), "%s", row->session);
	item->why = parked_why_find(row->why);
	item->layer = parked_layer_find(row->layer);
	item->reason = xstrdup(row->reason);
	item->wish = json_loads(row->wish, 0, NULL);
	item->incident = json_string_value(json_object_get(item->wish, "incident"));
	item->since = row->since;
	item->until = row->until;
	*parked->last = item;
	parked->last = &item->next;
	parked->count++;
	return item;
}

void parked_add(struct daemon *daemon, const struct parked_row *row)
{
	const struct item *item = add(daemon, row);

	release(daemon, is_over, item,
		item->why == PARKED_BY_PAUSE ? "resumed by a person" : "the limit was raised");
}

void parked_replace(struct daemon *daemon, const struct resident *resident, const char *key)
{
	struct item **link = &daemon->parked->first;

	while (*link)
		if ((*link)->why != PARKED_BY_PAUSE && !parked_asks(*link) && !has_window(*link) &&
		    !(*link)->going && parked_key(*link) && !strcmp(parked_key(*link), key) &&
		    !strcmp((*link)->agent, resident->name))
			take_away(daemon, link, "its next beat begins", is_persons(*link));
		else
			link = &(*link)->next;
}

void parked_keep(struct daemon *daemon, const struct item *item,
		 void (*done)(void *context, const struct error *error), void *context)
{
	_free_ char *wish = json_dumps(item->wish, JSON_COMPACT);
	struct parked_row row = {
		.session = item->session,
		.agent = item->agent,
		.why = parked_why_name(item->why),
		.layer = item->why == PARKED_BY_BUDGET ? parked_layer_text(item->layer) : "",
		.reason = item->reason,
		.wish = wish,
		.since = item->since,
		.until = item->until,
	};

	journal_parked_put(daemon, &row, done, context);
}

void parked_agent_gone(struct daemon *daemon, const char *agent)
{
	struct item **link = &daemon->parked->first;

	while (*link)
		if (!strcmp((*link)->agent, agent))
			parked_drop(daemon, link, "its agent is gone");
		else
			link = &(*link)->next;
	parked_sections_over(daemon, agent, NULL, alert_mended, "its agent is gone");
}

/* ---- the value ---- */

int parked_new(struct daemon *daemon, struct parked **ret_parked, struct error *error)
{
	struct parked *parked = xcalloc(1, sizeof(*parked));
	int result = alarm_open(&parked->alarm, error);

	if (result) {
		free(parked);
		return result;
	}
	parked->daemon = daemon;
	parked->last = &parked->first;
	parked->poll = handle_poll(&daemon->loop, parked->alarm, parked);
	*ret_parked = parked;
	return 0;
}

void parked_free(struct parked *parked)
{
	if (!parked)
		return;
	while (parked->first)
		item_free(take_out(parked, &parked->first));
	close(parked->alarm); /* its poll went with the loop */
	free(parked);
}

static void alarm_ready(uv_poll_t *poll, int status, int events)
{
	struct parked *parked = poll->data;

	(void)status;
	(void)events;
	alarm_clear(parked->alarm);
	parked_limits_changed(parked->daemon);
}

static int restore(void *context, const struct parked_row *row)
{
	add(context, row);
	return 0;
}

/* Is it work of an agent that there is, and can be read? */
static const char *fault_of(const struct daemon *daemon, const struct item *item)
{
	if (!roster_find(daemon->roster, item->agent))
		return "its agent is gone";
	if (item->why == PARKED_NOT || !json_is_object(item->wish) ||
	    (item->why == PARKED_BY_BUDGET && item->layer == LAYERS))
		return "its row cannot be read";
	return NULL;
}

int parked_restore(struct daemon *daemon, struct error *error)
{
	struct item **link = &daemon->parked->first;
	int result = store_parked(daemon->reader, restore, daemon, error);

	if (result)
		return result;
	while (*link)
		if (fault_of(daemon, *link))
			parked_drop(daemon, link, fault_of(daemon, *link));
		else
			link = &(*link)->next;
	/* A first look when the loop turns: time has passed, and agentd.yaml may be another one. */
	uv_poll_start(daemon->parked->poll, UV_READABLE, alarm_ready);
	return alarm_set(daemon->parked->alarm, clock_wall_s(), error);
}
