#include "why.h"

#include "figures.h"

#include "base/clock.h"

#include <stdio.h>

#define SLOTS_SHOWN 10
#define LATELY_S (7 * 86400)
#define SESSIONS_READ 500
#define INCIDENTS_READ 10000
#define HALF_OPEN_MAX_MS (86400 * 1000) /* one that is not tried for longer is of the past */

struct reading {
	const char *agent;
	json_t *slots;   /* the latest, oldest first */
	json_t *results; /* session → reason */
	json_t *open;    /* ids of sessions that have not ended */
	json_t *parked, *incidents, *breakers;
	json_t *watched;     /* keys of breakers on its routes: "provider claude" */
	bool served;         /* by a daemon that runs */
	int64_t waits_until; /* UTC s: its open session, after a death; 0: it does not wait */
	char *died_of;
	char *saved; /* its file that is being saved, or NULL */
	int64_t now_ms;
};

/* ---- slots ---- */

#define MISSED                                                                                  \
	"nobody was there in time, and it was not caught up: `catch_up` and `catch_up_within` " \
	"of agentd.yaml say what is"

/* What the words of a slot's reason mean. */
static const char *explain(const char *reason)
{
	static const struct {
		const char *reason, *words;
	} table[] = {
		{ "unchanged", "nothing that it depends on has changed since its last run; `when: "
			       "always` in the front matter makes it run all the same" },
		{ "nothing to do", "its checklist is empty" },
		{ "paused", "the agent was paused then" },
		{ "broken", "the agent's files could not be used then" },
		{ "outside active hours", "`active_hours` of the front matter" },
		{ "the daemon was not running", "what was missed is not caught up" },
		{ "missed: the daemon was not running", MISSED },
		{ "missed: the machine was suspended", MISSED },
		{ "missed: the clock was set forward", MISSED },
		{ "missed: the daemon was held up", MISSED },
		{ "missed: the section was gone",
		  "its heading, or its agent, was not there then; nothing of that is caught up" },
		{ "into the one that waits", "an earlier one still waited and stood for both" },
	};
	int64_t at;

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (!strcmp(table[i].reason, reason))
			return table[i].words;
	return instant_parse(span_of(reason), &at) ? NULL : "the slot of then stands for it";
}

static int add_slot(void *context, const struct slot *slot)
{
	static const char *const states[] = {
		[SLOT_RUNNING] = "running",
		[SLOT_RAN] = "ran",
		[SLOT_SKIPPED] = "skipped",
		[SLOT_COALESCED] = "coalesced",
	};
	struct reading *reading = context;
	json_t *result = json_object_get(reading->results, slot->session);

	json_array_append_new(
		reading->slots,
		json_pack("{s:o,s:o,s:o,s:s,s:o,s:s?,s:o,s:o,s:O?}", "planned",
			  why_instant(slot->planned), "heartbeat", why_string(slot->heading),
			  "event", why_string(slot->event), "state", states[slot->state], "reason",
			  why_string(slot->reason), "explanation", explain(slot->reason), "session",
			  why_string(slot->session), "outcome", why_string(slot->outcome),
			  "session_reason", result));
	if (json_array_size(reading->slots) > SLOTS_SHOWN)
		json_array_remove(reading->slots, 0);
	return 0;
}

static int add_session(void *context, const struct session_row *row)
{
	struct reading *reading = context;

	if (!row->ended)
		json_array_append_new(reading->open, json_string(row->id));
	if (*row->reason)
		json_object_set_new(reading->results, row->id, json_string(row->reason));
	return 0;
}

static int read_slots(struct store *store, struct reading *reading, struct error *error)
{
	int64_t now = reading->now_ms / 1000;
	int result = store_sessions(store, reading->agent, false, SESSIONS_READ, add_session,
				    reading, error);

	if (!result)
		result = store_slots(store, reading->agent, now - LATELY_S, INT64_MAX, SIZE_MAX,
				     add_slot, reading, error);
	if (!result && !json_array_size(reading->slots)) /* then whenever it was */
		result = store_slots(store, reading->agent, 0, now - LATELY_S, SIZE_MAX, add_slot,
				     reading, error);
	return result;
}

/* ---- what stands in its way ---- */

static int add_parked(void *context, const struct parked_row *row)
{
	struct reading *reading = context;

	if (!strcmp(row->agent, reading->agent))
		json_array_append_new(reading->parked, why_parked(row));
	return 0;
}

static int add_incident(void *context, const struct incident_row *row)
{
	struct reading *reading = context;

	if (!*row->agent || !strcmp(row->agent, reading->agent))
		json_array_append_new(reading->incidents,
				      json_pack("{s:s,s:o,s:s,s:o,s:I}", "key", row->key, "agent",
						why_string(row->agent), "text", row->text, "opened",
						why_instant(row->opened), "count",
						(json_int_t)row->count));
	return 0;
}

static int add_breaker(void *context, const struct breaker_row *row)
{
	struct reading *reading = context;
	const char *hash = strstr(row->key, " #");
	_free_ char *key = xstrndup(row->key, hash ? (size_t)(hash - row->key) : strlen(row->key));

	if (!row->open_until || row->open_until < reading->now_ms - HALF_OPEN_MAX_MS ||
	    !json_object_get(reading->watched, key))
		return 0;
	json_array_append_new(reading->breakers,
			      json_pack("{s:s,s:s,s:I,s:o,s:s,s:o}", "of", key, "state",
					row->open_until > reading->now_ms ? "open" : "half open",
					"failures", (json_int_t)row->failures, "until",
					why_instant(row->open_until / 1000), "why", row->why,
					"message", why_string(row->message)));
	return 0;
}

static int read_obstacles(struct store *store, struct reading *reading, struct error *error)
{
	int result = store_parked(store, add_parked, reading, error);

	if (!result)
		result = store_incidents(store, true, INCIDENTS_READ, add_incident, reading, error);
	if (!result)
		result = store_breakers(store, add_breaker, reading, error);
	return result;
}

static void watch_route(const struct settings *settings, const char *name, json_t *watched)
{
	const struct route *route = settings_route(settings, name);

	for (size_t i = 0; route && i < route->count; i++) {
		const struct model_settings *model = settings_model(settings, route->models[i]);
		_free_ char *of_model = xasprintf("model %s", route->models[i]);
		_free_ char *of_provider = xasprintf("provider %s", model ? model->provider : "");

		json_object_set_new(watched, of_model, json_true());
		json_object_set_new(watched, of_provider, json_true());
	}
}

static void watch_routes(const struct settings *settings, const struct agent *agent,
			 json_t *watched)
{
	watch_route(settings, agent->route ? agent->route : "default", watched);
	for (size_t i = 0; i < agent->beats.count; i++)
		if (agent->beats.items[i].route)
			watch_route(settings, agent->beats.items[i].route, watched);
}

/* ---- what comes next ---- */

static json_t *next_json(const struct workspace *workspace, const struct agent *agent, int64_t now)
{
	uint32_t tick = agent->beats.tick_s ? agent->beats.tick_s : workspace->settings->tick_s;
	const struct heartbeat *first = NULL;
	int64_t earliest = INT64_MAX;

	for (size_t i = 0; i < agent->beats.count; i++) {
		const struct heartbeat *beat = &agent->beats.items[i];
		const char *name = *beat->schedule.zone ? beat->schedule.zone : agent->zone;
		CLEANUP(zone_free) struct zone *own = NULL;
		int64_t at;

		if (zone_load(name, &own, NULL))
			own = NULL;
		if (schedule_next(&beat->schedule, own ? own : workspace->zone, tick, now, &at) ||
		    at >= earliest)
			continue;
		earliest = at;
		first = beat;
	}
	if (!first)
		return json_null();
	return json_pack("{s:s,s:o}", "heartbeat", first->heading, "at", why_instant(earliest));
}

/* ---- the state, and the sentence ---- */

struct pause {
	const char *agent;
	char *reason; /* NULL: it is not paused */
};

static int find_pause(void *context, const struct agent_state *state)
{
	struct pause *pause = context;

	if (state->paused && !strcmp(state->agent, pause->agent)) {
		free(pause->reason);
		pause->reason = xstrdup(*state->reason ? state->reason : "by a person");
	}
	return 0;
}

static void set_state(json_t *why, const char *state, char *words)
{
	json_object_set_new(why, "state", json_string(state));
	json_object_set_new(why, "why", json_string(words));
	free(words);
}

static char *backoff_words(const struct reading *reading, const char *open)
{
	char at[INSTANT_SIZE];

	return xasprintf("session %s died (%s) and goes on at %s", open, reading->died_of,
			 instant_print(reading->waits_until, at));
}

static void conclude(json_t *why, const struct reading *reading, const char *broken,
		     const char *pause)
{
	const char *open = json_string_value(json_array_get(reading->open, 0));
	size_t parked = json_array_size(reading->parked);
	const json_t *last = json_array_get(reading->slots, json_array_size(reading->slots) - 1);

	if (broken)
		set_state(why, "broken", xstrdup(broken));
	else if (open && !reading->served)
		set_state(why, "stopped",
			  xasprintf("session %s is open and goes on when an agentd starts", open));
	else if (reading->waits_until)
		set_state(why, "backoff", backoff_words(reading, open));
	else if (open)
		set_state(why, "running", xasprintf("session %s has not ended", open));
	else if (pause)
		set_state(why, "paused",
			  xasprintf("%s; `agentctl resume %s` lets it wake again", pause,
				    reading->agent));
	else if (parked)
		set_state(why, "parked",
			  xasprintf("%zu session%s wait%s to go on", parked, parked == 1 ? "" : "s",
				    parked == 1 ? "s" : ""));
	else if (reading->saved)
		set_state(why, "idle",
			  xasprintf("%s is being written: what comes due waits until it is saved",
				    reading->saved));
	else if (json_is_null(json_object_get(why, "next")))
		set_state(why, "idle", xstrdup("no heading of its HEARTBEAT.md comes due by time"));
	else if (!last)
		set_state(why, "idle", xstrdup("none of its beats has been due yet"));
	else
		set_state(why, "idle", xstrdup("it waits for its next beat"));
}

/* What is in force agentd alone knows. A file that is open, and was not changed lately, is it. */
static char *find_saved(const struct workspace *workspace, const struct reading *reading,
			const struct sources *sources)
{
	static const char any[AGENT_FILES][41];
	unsigned files = workspace_half_saved(workspace, reading->agent, sources, any,
					      reading->now_ms);

	for (size_t i = 0; reading->served && i < AGENT_FILES; i++)
		if (files & 1U << i)
			return xasprintf("agents/%s/%s", reading->agent, agent_file_names[i]);
	return NULL;
}

static int read_all(const struct workspace *workspace, struct store *store, struct reading *reading,
		    json_t *why, struct error *error)
{
	CLEANUP(agent_free) struct agent *agent = NULL;
	char fault[ERROR_FILE_MAX + ERROR_MESSAGE_MAX + 32] = "";
	struct pause pause = { .agent = reading->agent };
	CLEANUP(sources_clear) struct sources sources = { 0 };
	struct error broken;
	int unusable = workspace_load(workspace, reading->agent, NULL, &agent, &sources, NULL,
				      &broken);
	int result = 0;

	if (unusable)
		error_print(&broken, fault, sizeof(fault));
	else
		watch_routes(workspace->settings, agent, reading->watched);
	reading->saved = find_saved(workspace, reading, &sources);
	if (store)
		result = read_slots(store, reading, error);
	if (store && !result)
		result = read_obstacles(store, reading, error);
	if (store && !result && json_array_size(reading->open))
		reading->waits_until = why_waits_until(
			store, json_string_value(json_array_get(reading->open, 0)), reading->now_ms,
			&reading->died_of);
	if (store && !result)
		result = store_agents(store, find_pause, &pause, error);
	json_object_set_new(why, "next",
			    unusable ? json_null()
				     : next_json(workspace, agent, reading->now_ms / 1000));
	json_object_set_new(why, "paused", why_string(pause.reason));
	conclude(why, reading, unusable ? fault : NULL, pause.reason);
	free(pause.reason);
	return result;
}

int why_agent(const struct workspace *workspace, struct store *store, const char *name,
	      json_t **ret_why, struct error *error)
{
	struct reading reading = {
		.agent = name,
		.slots = json_array(),
		.results = json_object(),
		.open = json_array(),
		.parked = json_array(),
		.incidents = json_array(),
		.breakers = json_array(),
		.watched = json_object(),
		.served = place_is_served(workspace),
		.now_ms = clock_wall_ms(),
	};
	json_t *why = json_pack("{s:s}", "agent", name);
	int result = read_all(workspace, store, &reading, why, error);

	json_object_set_new(why, "served", json_boolean(reading.served));
	json_object_set_new(why, "sessions", reading.open);
	json_object_set_new(why, "slots", reading.slots);
	json_object_set_new(why, "parked", reading.parked);
	json_object_set_new(why, "incidents", reading.incidents);
	json_object_set_new(why, "breakers", reading.breakers);
	json_decref(reading.results);
	json_decref(reading.watched);
	free(reading.died_of);
	free(reading.saved);
	if (result)
		json_decref(why);
	else
		*ret_why = why;
	return result;
}

/* ---- printing ---- */

/* What it was, other than a moment of its schedule. */
static void print_event(const json_t *slot)
{
	const char *event = json_text(slot, "event"), *heading = json_text(slot, "heartbeat");

	fputs(*heading ? heading : "a run", stdout);
	if (!strncmp(event, "run:", 4))
		fputs(", by hand", stdout);
	else if (!strncmp(event, "again:", 6))
		printf(", going on from %s", event + 6);
	else if (*event)
		printf(", for the event %s", event);
}

static void print_slot(const json_t *slot, const struct zone *zone)
{
	const char *const words[] = { json_text(slot, "state"), json_text(slot, "reason"),
				      json_text(slot, "outcome"),
				      json_text(slot, "session_reason") };
	const char *meaning = json_text(slot, "explanation");
	bool is_told = !strcmp(words[1], words[3]); /* the slot has its session's reason */
	char at[PLACE_TIME_SIZE];

	printf("  %s  ", why_time(slot, "planned", zone, at));
	print_event(slot);
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (*words[i] && !(i == 1 && is_told))
			printf(": %s", words[i]);
	if (*meaning)
		printf(" (%s)", meaning);
	if (*json_text(slot, "session"))
		printf("  [%s]", json_text(slot, "session"));
	putchar('\n');
}

static void print_parked(const json_t *parked, const struct zone *zone)
{
	printf("  %s: ", json_text(parked, "session"));
	why_parked_print(parked, zone);
}

static void print_incident(const json_t *incident, const struct zone *zone)
{
	char at[PLACE_TIME_SIZE];
	int64_t count = why_number(incident, "count");

	printf("  since %s: %s", why_time(incident, "opened", zone, at),
	       json_text(incident, "text"));
	if (count > 1)
		printf(" (%d times)", (int)count);
	putchar('\n');
}

static void print_breaker(const json_t *breaker, const struct zone *zone)
{
	const char *message = json_text(breaker, "message");
	bool is_open = !strcmp(json_text(breaker, "state"), "open");
	char until[PLACE_TIME_SIZE];

	why_time(breaker, "until", zone, until);
	printf("  %s: %s%s%s; ", json_text(breaker, "of"), json_text(breaker, "why"),
	       *message ? ": " : "", message);
	if (is_open)
		printf("not called before %s\n", until);
	else
		puts("the next call is the one that tries it");
}

static void print_list(const json_t *why, const char *key, const char *title,
		       void (*print)(const json_t *one, const struct zone *zone),
		       const struct zone *zone)
{
	json_t *list = json_object_get(why, key), *one;
	size_t index;

	if (json_array_size(list))
		puts(title);
	json_array_foreach(list, index, one)
		print(one, zone);
}

void why_agent_print(const json_t *why, const struct zone *zone)
{
	const json_t *next = json_object_get(why, "next");
	char at[PLACE_TIME_SIZE];

	printf("%s is %s: %s\n", json_text(why, "agent"), json_text(why, "state"),
	       json_text(why, "why"));
	if (!json_is_true(json_object_get(why, "served")))
		puts("no agentd serves this workspace: nothing runs until one is started");
	if (json_is_object(next))
		printf("next: %s at %s\n", json_text(next, "heartbeat"),
		       why_time(next, "at", zone, at));
	print_list(why, "parked", "parked", print_parked, zone);
	print_list(why, "incidents", "open incidents", print_incident, zone);
	print_list(why, "breakers", "kept from being called", print_breaker, zone);
	print_list(why, "slots", "latest slots", print_slot, zone);
}
