#include "parked.h"

#include "alerts.h"
#include "journal.h"
#include "ledger.h"
#include "log.h"
#include "session.h"

#include "base/alarm.h"
#include "base/clock.h"

#include <unistd.h>

/* Work that waits. */
struct item {
	struct item *next;
	char agent[AGENT_NAME_MAX + 1], session[27];
	enum parked_why why;
	enum budget_layer layer;
	char *reason;
	json_t *wish;
	int64_t since, until;
};

struct parked {
	struct daemon *daemon;
	struct item *first, **last; /* in the order of `since` */
	size_t count;
	int alarm;
	uv_poll_t *poll;
};

static const char *const why_names[] = {
	[PARKED_NOT] = "",
	[PARKED_BY_BUDGET] = "budget",
	[PARKED_BY_PAUSE] = "pause",
	[PARKED_BY_BREAKER] = "breaker",
};

/* ---- rows ---- */

static const struct limits *limits_of(const struct daemon *daemon, const char *agent,
				      enum budget_layer layer)
{
	const struct resident *resident = roster_find(daemon->roster, agent);

	if (layer == LAYER_SYSTEM_HOUR || layer == LAYER_SYSTEM_DAY || !resident ||
	    !resident->agent)
		return &daemon->workspace->settings->limits;
	return &resident->agent->limits;
}

static int64_t cap_now(struct daemon *daemon, const char *agent, enum budget_layer layer)
{
	struct budget_row row;

	ledger_look(daemon, layer, agent, limits_of(daemon, agent, layer), &row);
	return row.limit;
}

/* What is to be run again, and how much might be spent when it was parked. */
static json_t *wish_of(const struct session *session)
{
	struct daemon *daemon = session->daemon;
	const struct limits *limits = &daemon->workspace->settings->limits;
	json_t *wish = json_pack("{s:i,s:s*,s:s*,s:s*,s:s*,s:I,s:b}", "cause", (int)session->cause,
				 "key", session->key, "heading", session->heading, "message",
				 session->message, "schedule", session->schedule, "planned",
				 (json_int_t)session->planned, "by_person",
				 (int)session->by_person);

	if (session->parking.why == PARKED_BY_BUDGET)
		json_object_update_new(wish, json_pack("{s:I,s:I,s:I}", "cap",
						       (json_int_t)cap_now(daemon, session->agent,
									   session->parking.layer),
						       "people_share",
						       (json_int_t)limits->people_share_ppm,
						       "experimental_share",
						       (json_int_t)limits->experimental_share_ppm));
	return wish;
}

static const char *layer_text(enum budget_layer layer)
{
	static const char *const texts[LAYERS] = {
		[LAYER_REQUEST] = "request call",  [LAYER_TASK] = "task task",
		[LAYER_SESSION] = "session",       [LAYER_AGENT_HOUR] = "agent hour",
		[LAYER_AGENT_DAY] = "agent day",   [LAYER_SYSTEM_HOUR] = "system hour",
		[LAYER_SYSTEM_DAY] = "system day",
	};

	return texts[layer];
}

struct parked_row parked_row_of(const struct session *session)
{
	bool budget = session->parking.why == PARKED_BY_BUDGET;
	json_t *wish = wish_of(session);
	struct parked_row row = {
		.session = session->id,
		.agent = session->agent,
		.why = why_names[session->parking.why],
		.layer = budget ? layer_text(session->parking.layer) : "",
		.reason = session->reason,
		.wish = json_dumps(wish, JSON_COMPACT),
		.since = clock_wall_s(),
		.until = session->parking.until,
	};

	json_decref(wish);
	return row;
}

void parked_row_clear(struct parked_row *row)
{
	free((char *)(uintptr_t)row->wish);
	row->wish = NULL;
}

char *parked_incident(const char *agent, const char *session, enum budget_layer layer)
{
	switch (layer) {
	case LAYER_SYSTEM_HOUR:
	case LAYER_SYSTEM_DAY: return xasprintf("budget %s ", layer_text(layer));
	case LAYER_AGENT_HOUR:
	case LAYER_AGENT_DAY: return xasprintf("budget %s %s ", layer_text(layer), agent);
	default: return xasprintf("budget %s %s ", layer_text(layer), session);
	}
}

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

static void set_alarm(struct daemon *daemon)
{
	int64_t first = INT64_MAX;
	struct error error;

	for (const struct item *item = daemon->parked->first; item; item = item->next)
		if (item->until && item->until < first)
			first = item->until;
	if (daemon->stopping)
		first = INT64_MAX;
	if (alarm_set(daemon->parked->alarm, first, &error))
		log_event(daemon->log, LEVEL_ERROR, "alarm", NULL, NULL, "%s", error.message);
}

static struct item *item_new(const struct parked_row *row)
{
	struct item *item = xcalloc(1, sizeof(*item));

	snprintf(item->agent, sizeof(item->agent), "%s", row->agent);
	snprintf(item->session, sizeof(item->session), "%s", row->session);
	for (enum parked_why why = PARKED_BY_BUDGET; why <= PARKED_BY_BREAKER; why++)
		if (!strcmp(row->why, why_names[why]))
			item->why = why;
	for (enum budget_layer layer = 0; layer < LAYERS; layer++)
		if (!strcmp(row->layer, layer_text(layer)))
			item->layer = layer;
	item->reason = xstrdup(row->reason);
	item->wish = json_loads(row->wish, 0, NULL);
	item->since = row->since;
	item->until = row->until;
	return item;
}

static void drop(struct daemon *daemon, struct item **link, const char *why)
{
	struct item *item = take_out(daemon->parked, link);

	log_event(daemon->log, LEVEL_NOTICE, "parked_dropped", item->agent, item->session,
		  "its parked work is dropped: %s", why);
	journal_again(daemon, item->session, NULL, NULL, NULL);
	item_free(item);
}

static int add(void *context, const struct parked_row *row)
{
	struct daemon *daemon = context;
	struct parked *parked = daemon->parked;

	if (parked->count >= PARKED_MAX)
		drop(daemon, &parked->first, "too much is parked, and it is the oldest");
	*parked->last = item_new(row);
	parked->last = &(*parked->last)->next;
	parked->count++;
	return 0;
}

void parked_add(struct daemon *daemon, const struct parked_row *row)
{
	add(daemon, row);
	set_alarm(daemon);
}

bool parked_has(const struct daemon *daemon, const struct resident *resident, const char *key)
{
	for (const struct item *item = daemon->parked->first; item; item = item->next) {
		const char *own = json_string_value(json_object_get(item->wish, "key"));

		if (item->why == PARKED_BY_BUDGET && own && !strcmp(own, key) &&
		    !strcmp(item->agent, resident->name))
			return true;
	}
	return false;
}

const char *parked_reason(const struct daemon *daemon, const struct resident *resident)
{
	const char *reason = NULL;

	for (const struct item *item = daemon->parked->first; item; item = item->next)
		if (!strcmp(item->agent, resident->name))
			reason = item->reason;
	return reason;
}

/* ---- going on ---- */

/* Its row is gone and its slot made; the session may be wished for. */
struct going {
	struct daemon *daemon;
	struct item *item;
	char *event;
};

static const char *wish_text(const struct item *item, const char *key)
{
	return json_string_value(json_object_get(item->wish, key));
}

static struct session_wish wish_again(const struct item *item, const char *event)
{
	return (struct session_wish){
		.cause = (enum cause_kind)json_integer_value(json_object_get(item->wish, "cause")),
		.key = wish_text(item, "key"),
		.heading = wish_text(item, "heading"),
		.message = wish_text(item, "message"),
		.planned = json_integer_value(json_object_get(item->wish, "planned")),
		.event = event,
		.schedule = wish_text(item, "schedule"),
		.by_person = json_is_true(json_object_get(item->wish, "by_person")),
	};
}

static struct slot slot_again(const struct item *item, const char *event)
{
	return (struct slot){
		.agent = item->agent,
		.section = wish_text(item, "key"),
		.heading = wish_text(item, "heading"),
		.planned = json_integer_value(json_object_get(item->wish, "planned")),
		.event = event,
		.state = SLOT_RUNNING,
		.recorded = clock_wall_s(),
	};
}

static void gone_on(void *context, const struct error *error)
{
	struct going *going = context;
	struct daemon *daemon = going->daemon;
	struct item *item = going->item;
	struct resident *resident = roster_find(daemon->roster, item->agent);
	struct session_wish wish = wish_again(item, going->event);
	struct error why;
	char id[27];

	if (error) {
		log_event(daemon->log, LEVEL_ERROR, "parked_lost", item->agent, item->session,
			  "its parked work does not go on: %s", error->message);
	} else if (!resident || supervisor_start(daemon, resident, &wish, id, &why)) {
		struct slot slot = slot_again(item, going->event);

		slot.state = SLOT_SKIPPED;
		slot.reason = resident ? why.message : "the agent is gone";
		journal_slot_finish(daemon, &slot, NULL, NULL);
	}
	item_free(item);
	free(going->event);
	free(going);
}

static void go_on(struct daemon *daemon, struct item **link, const char *why)
{
	struct going *going = xcalloc(1, sizeof(*going));
	struct item *item = take_out(daemon->parked, link);
	struct slot slot;

	going->daemon = daemon;
	going->item = item;
	going->event = xasprintf("again:%s", item->session);
	slot = slot_again(item, going->event);
	log_event(daemon->log, LEVEL_NOTICE, "unparked", item->agent, item->session,
		  "its parked work goes on: %s", why);
	if (item->why == PARKED_BY_BUDGET) {
		_free_ char *incident = parked_incident(item->agent, item->session, item->layer);

		alert_over(daemon, incident, "%s: the work of %s goes on", why, item->agent);
	} else if (item->why == PARKED_BY_BREAKER) {
		_free_ char *incident = xasprintf("session %s", item->session);

		alert_over(daemon, incident, "%s: the work of %s goes on", why, item->agent);
	}
	journal_again(daemon, item->session, &slot, gone_on, going);
}

/* In DESIGN's order of who comes first; within it by time. */
static int rank(const struct daemon *daemon, const struct item *item)
{
	const struct resident *resident = roster_find(daemon->roster, item->agent);

	if (json_is_true(json_object_get(item->wish, "by_person")))
		return 0;
	if (resident && resident->agent && resident->agent->experiment)
		return 3;
	return json_integer_value(json_object_get(item->wish, "cause")) == CAUSE_TASK ? 1 : 2;
}

#define RANKS 4

typedef bool (*item_test)(struct daemon *daemon, const struct item *item, const void *context);

static void release(struct daemon *daemon, item_test is_meant, const void *context, const char *why)
{
	for (int turn = 0; turn < RANKS; turn++)
		for (struct item **link = &daemon->parked->first; *link;)
			if (rank(daemon, *link) == turn && is_meant(daemon, *link, context))
				go_on(daemon, link, why);
			else
				link = &(*link)->next;
	set_alarm(daemon);
}

static bool is_paused(struct daemon *daemon, const struct item *item)
{
	const struct resident *resident = roster_find(daemon->roster, item->agent);

	return !resident || resident->paused;
}

static bool is_due(struct daemon *daemon, const struct item *item, const void *context)
{
	const int64_t *now = context;

	return item->until && item->until <= *now && !is_paused(daemon, item);
}

static void look(struct daemon *daemon)
{
	int64_t now = clock_wall_s();

	/* What is due but paused waits for its agent alone, not for the clock any more. */
	for (struct item *item = daemon->parked->first; item; item = item->next)
		if (item->until && item->until <= now && is_paused(daemon, item)) {
			item->why = PARKED_BY_PAUSE;
			item->until = 0;
		}
	release(daemon, is_due, &now, "a new window began");
}

static void alarm_ready(uv_poll_t *poll, int status, int events)
{
	struct parked *parked = poll->data;

	(void)status;
	(void)events;
	alarm_clear(parked->alarm);
	look(parked->daemon);
}

static int64_t then(const struct item *item, const char *key)
{
	return json_integer_value(json_object_get(item->wish, key));
}

static bool is_raised(struct daemon *daemon, const struct item *item, const void *context)
{
	const struct limits *limits = &daemon->workspace->settings->limits;

	(void)context;
	if (item->why != PARKED_BY_BUDGET || is_paused(daemon, item))
		return false;
	return cap_now(daemon, item->agent, item->layer) > then(item, "cap") ||
	       limits->people_share_ppm < then(item, "people_share") ||
	       limits->experimental_share_ppm < then(item, "experimental_share");
}

void parked_limits_changed(struct daemon *daemon)
{
	release(daemon, is_raised, NULL, "the limit was raised");
}

static bool is_resumed(struct daemon *daemon, const struct item *item, const void *context)
{
	const struct resident *resident = context;

	(void)daemon;
	return item->why != PARKED_BY_BUDGET && !strcmp(item->agent, resident->name);
}

void parked_resume(struct daemon *daemon, const struct resident *resident)
{
	int64_t now = clock_wall_s();

	release(daemon, is_resumed, resident, "resumed by a person");
	release(daemon, is_due, &now, "a new window began");
	parked_limits_changed(daemon);
}

void parked_replace(struct daemon *daemon, const struct resident *resident, const char *key)
{
	struct item **link = &daemon->parked->first;

	while (*link) {
		const char *own = wish_text(*link, "key");
		bool same = (*link)->why == PARKED_BY_BREAKER && own && !strcmp(own, key) &&
			    !strcmp((*link)->agent, resident->name);
		_free_ char *incident = xasprintf("session %s", (*link)->session);

		if (same) {
			drop(daemon, link, "its next beat begins");
			alert_over(daemon, incident, "the next beat of %s begins", resident->name);
		} else {
			link = &(*link)->next;
		}
	}
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
	parked->poll = xcalloc(1, sizeof(uv_poll_t));
	parked->poll->data = parked;
	uv_poll_init(&daemon->loop, parked->poll, parked->alarm);
	uv_poll_start(parked->poll, UV_READABLE, alarm_ready);
	*ret_parked = parked;
	return 0;
}

static void poll_destroy(uv_handle_t *handle)
{
	free(handle);
}

void parked_free(struct parked *parked)
{
	if (!parked)
		return;
	while (parked->first)
		item_free(take_out(parked, &parked->first));
	uv_poll_stop(parked->poll);
	uv_close((uv_handle_t *)parked->poll, poll_destroy);
	close(parked->alarm);
	free(parked);
}

int parked_restore(struct daemon *daemon, struct error *error)
{
	int result = store_parked(daemon->reader, add, daemon, error);

	if (!result)
		set_alarm(daemon); /* what is due by now fires at once */
	if (!result)
		parked_limits_changed(daemon);
	return result;
}
