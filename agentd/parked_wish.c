#include "parked_wish.h"

#include "completion_order.h"
#include "parked_item.h"
#include "supervisor.h"

#include "base/clock.h"

/* A window that ends no later than this is one of a clock that was set: nobody goes round in
 * circles on it. */
#define SHORTEST_S 5

static const char *const why_names[] = {
	[PARKED_NOT] = "",
	[PARKED_BY_BUDGET] = "budget",
	[PARKED_BY_PAUSE] = "pause",
	[PARKED_BY_BREAKER] = "breaker",
	[PARKED_BY_QUESTION] = "question",
};

static const char *const layer_texts[LAYERS] = {
	[LAYER_REQUEST] = "request call",  [LAYER_TASK] = "task task",
	[LAYER_SESSION] = "session",       [LAYER_AGENT_HOUR] = "agent hour",
	[LAYER_AGENT_DAY] = "agent day",   [LAYER_SYSTEM_HOUR] = "system hour",
	[LAYER_SYSTEM_DAY] = "system day",
};

enum parked_why parked_why_find(const char *name)
{
	enum parked_why why = PARKED_BY_QUESTION;

	while (why != PARKED_NOT && strcmp(why_names[why], name) != 0)
		why--;
	return why;
}

const char *parked_why_name(enum parked_why why)
{
	return why_names[why];
}

enum budget_layer parked_layer_find(const char *text)
{
	enum budget_layer layer = 0;

	while (layer < LAYERS && strcmp(layer_texts[layer], text) != 0)
		layer++;
	return layer;
}

const char *parked_layer_text(enum budget_layer layer)
{
	return layer_texts[layer];
}

bool parked_has_window(enum budget_layer layer)
{
	return layer >= LAYER_AGENT_HOUR;
}

bool parked_is_shared(enum budget_layer layer)
{
	return layer == LAYER_SYSTEM_HOUR || layer == LAYER_SYSTEM_DAY;
}

int64_t parked_cap(const struct daemon *daemon, const char *agent, enum budget_layer layer,
		   enum budget_work work)
{
	const struct resident *resident = roster_find(daemon->roster, agent);
	const struct limits *system = &daemon->workspace->settings->limits;

	return budget_cap(layer, work,
			  resident && resident->agent ? &resident->agent->limits : system, system,
			  roster_has_experiments(daemon->roster));
}

/* ---- rows ---- */

/* What is to be run again, and how much might be spent when it was parked. */
static json_t *wish_of(const struct session *session)
{
	json_t *wish = session_wish_json(session);

	json_object_del(wish, "objective"); /* its session's row has it */
	json_object_set_new(wish, "afresh",
			    json_boolean(session->parking.why == PARKED_BY_BREAKER));
	json_object_set_new(wish, "limit", json_integer(session->parking.limit));
	json_object_set_new(wish, "incident", json_string(session->parking.incident));
	return wish;
}

struct parked_row parked_row_of(const struct session *session)
{
	const struct parking *parking = &session->parking;
	json_t *wish = wish_of(session);
	struct parked_row row = {
		.session = session->id,
		.agent = session->agent,
		.why = why_names[parking->why],
		.layer = parking->why == PARKED_BY_BUDGET ? layer_texts[parking->layer] : "",
		.reason = session->reason,
		.wish = json_dumps(wish, JSON_COMPACT),
		.since = session->ended_ms / 1000,
		.until = parking->until,
	};

	if (row.until && row.until < row.since + SHORTEST_S)
		row.until = row.since + SHORTEST_S;
	json_decref(wish);
	return row;
}

void parked_row_clear(struct parked_row *row)
{
	free((char *)(uintptr_t)row->wish);
	row->wish = NULL;
}

/* ---- the wish ---- */

struct session_wish parked_wish(const json_t *json, const char *session, const char *event)
{
	struct session_wish wish = session_wish_read(json);

	wish.event = event;
	wish.again = session;
	wish.answer = (enum session_answer)json_integer_value(json_object_get(json, "answer"));
	return wish;
}

/* ---- its section ---- */

const char *parked_key(const struct item *item)
{
	return json_string_value(json_object_get(item->wish, "key"));
}

/* From when its session begins, the row is on its way out, and must not come back. */
static bool has_begun(const struct daemon *daemon, const struct item *item)
{
	for (const struct session *one = supervisor_first(daemon); one; one = one->next)
		if (one->again && !strcmp(one->again, item->session))
			return !session_waits(one);
	return item->going;
}

void parked_section_moved(struct daemon *daemon, const struct resident *resident, const char *from,
			  const char *to)
{
	for (struct item *item = daemon->parked->first; item; item = item->next) {
		if (!parked_key(item) || strcmp(parked_key(item), from) != 0 ||
		    strcmp(item->agent, resident->name) != 0)
			continue;
		json_object_set_new(item->wish, "key", json_string(to));
		if (!has_begun(daemon, item))
			parked_keep(daemon, item, NULL, NULL);
	}
}
