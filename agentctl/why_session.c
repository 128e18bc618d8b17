#include "why.h"

#include "figures.h"

#include "base/clock.h"
#include "export/export.h"

#include <ctype.h>
#include <stdio.h>

#define SESSION_ID_LENGTH 26
#define SLOTS_BEFORE_S (8 * 86400) /* how long a slot may have waited for its session */
#define MATCHES_SHOWN 4

/* ---- finding it ---- */

struct search {
	struct span prefix;
	json_t *found;
	int64_t epoch; /* of the one that was found */
	size_t matches;
	char names[MATCHES_SHOWN * (SESSION_ID_LENGTH + 2) + 1];
};

/* What the plan's record says: the texts that were in force by their git ids, and a person's words.
 */
static void add_plan(const char *plan, json_t *why)
{
	static const char *const names[] = { "constitution", "soul", "memory", "bulletin" };
	json_t *json = plan ? json_loads(plan, 0, NULL) : NULL, *texts = json_object();

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		json_t *id = json_object_get(json, names[i]);

		if (json_string_length(id)) /* empty: there was no such text */
			json_object_set(texts, names[i], id);
	}
	json_object_set_new(why, "texts", texts);
	json_object_set_new(why, "message", why_string(json_text(json, "message")));
	json_decref(json);
}

static json_t *row_json(const struct session_row *row)
{
	bool is_over = row->ended != 0;
	json_t *json = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "session",
				 row->id, "agent", row->agent, "cause", row->cause, "heartbeat",
				 why_string(row->heading), "model", why_string(row->model),
				 "started", why_instant(row->started / 1000), "ended",
				 why_instant(row->ended / 1000), "duration_ms",
				 is_over ? json_integer(row->ended - row->started) : json_null(),
				 "outcome", why_string(row->outcome), "reason",
				 why_string(row->reason), "text", why_string(row->text));

	json_object_set_new(json, "turns", json_integer(row->turns));
	json_object_set_new(json, "input_tokens", json_integer(row->input_tokens));
	json_object_set_new(json, "output_tokens", json_integer(row->output_tokens));
	json_object_set_new(json, "cost_micro_usd", json_integer(row->cost_micro_usd));
	add_plan(row->plan, json);
	return json;
}

static int match(void *context, const struct session_row *row)
{
	struct search *search = context;
	size_t used = strlen(search->names);

	if (!span_starts_with_nocase(span_of(row->id), search->prefix))
		return 0;
	if (!search->matches) {
		search->found = row_json(row);
		search->epoch = row->epoch;
	}
	if (search->matches < MATCHES_SHOWN)
		snprintf(search->names + used, sizeof(search->names) - used, "%s%s",
			 used ? ", " : "", row->id);
	search->matches++;
	return search->prefix.length == SESSION_ID_LENGTH;
}

static int take_first(void *context, const char *path, const char *session)
{
	char *id = context;

	(void)path;
	snprintf(id, SESSION_ID_LENGTH + 1, "%s", session);
	return 1;
}

/* What state.db does not have may have been there. */
static int refuse(const struct workspace *workspace, const char *prefix, struct error *error)
{
	_free_ char *upper = xstrdup(prefix);
	char left[SESSION_ID_LENGTH + 1] = "";
	_fd_ int state = -1;

	for (char *at = upper; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	if (strlen(prefix) >= WHY_PREFIX_LEAST &&
	    !directory_open_beneath(workspace->dir, ".agentd", &state, NULL))
		export_find(state, upper, take_first, left, NULL);
	if (*left)
		return error_set(error, ERROR_NOT_FOUND,
				 "session %s is older than `retention` and has left state.db; "
				 "`agentctl transcript %s` shows what was kept of it",
				 left, left);
	return error_set(error, ERROR_NOT_FOUND,
			 "there is neither an agent nor a session \"%s\" here", prefix);
}

static int find(const struct workspace *workspace, struct store *store, const char *prefix,
		json_t **ret_found, int64_t *ret_epoch, struct error *error)
{
	struct search search = { .prefix = span_of(prefix) };
	int result = 0;

	if (store && search.prefix.length >= WHY_PREFIX_LEAST)
		result = store_sessions(store, NULL, false, SIZE_MAX, match, &search, error);
	if (result >= 0 && search.matches == 1) {
		*ret_found = search.found;
		*ret_epoch = search.epoch;
		return 0;
	}
	json_decref(search.found);
	if (result < 0)
		return result;
	if (search.matches)
		return error_set(error, ERROR_INVALID, "%zu sessions begin with \"%s\": %s%s",
				 search.matches, prefix, search.names,
				 search.matches > MATCHES_SHOWN ? ", …" : "");
	return refuse(workspace, prefix, error);
}

/* ---- what is around it ---- */

struct around {
	json_t *why;
	const char *id;
};

/* Its own slot, and the one of the session that went on with it. */
static int look_at_slot(void *context, const struct slot *slot)
{
	struct around *around = context;
	bool is_again = !strncmp(slot->event, "again:", 6);

	if (!strcmp(slot->session, around->id)) {
		json_object_set_new(
			around->why, "slot",
			json_pack("{s:o,s:o,s:o}", "planned", why_instant(slot->planned), "event",
				  why_string(slot->event), "section", why_string(slot->section)));
		if (is_again)
			json_object_set_new(around->why, "goes_on_from",
					    json_string(slot->event + 6));
	}
	if (is_again && !strcmp(slot->event + 6, around->id))
		json_object_set_new(around->why, "went_on_as", why_string(slot->session));
	return 0;
}

static int look_at_parked(void *context, const struct parked_row *row)
{
	struct around *around = context;

	if (!strcmp(row->session, around->id))
		json_object_set_new(around->why, "parked", why_parked(row));
	return 0;
}

/* What is wrong with its agent's files, as a compiler says it; the caller frees it. NULL: nothing.
 */
static char *fault_of_agent(const struct workspace *workspace, const char *agent)
{
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX + 32];
	CLEANUP(agent_free) struct agent *loaded = NULL;
	struct error error;

	if (!workspace_load(workspace, agent, NULL, &loaded, NULL, NULL, &error))
		return NULL;
	error_print(&error, text, sizeof(text));
	return xstrdup(text);
}

/* What has not ended is not always running: `epoch` is of the daemon that ran it last. */
static int add_state(const struct workspace *workspace, struct store *store, int64_t epoch,
		     json_t *why, struct error *error)
{
	_free_ char *words = NULL, *fault = NULL;
	const char *state = "running";
	int64_t latest = 0;
	int result = store_epoch(store, &latest, error);

	if (!json_is_null(json_object_get(why, "ended")))
		state = "ended";
	else if (!place_is_served(workspace))
		state = "suspended";
	else if (why_waits_until(store, json_text(why, "session"), clock_wall_ms(), &words))
		state = "backoff";
	else if (epoch < latest)
		state = "waiting";
	if (!strcmp(state, "waiting"))
		fault = fault_of_agent(workspace, json_text(why, "agent"));
	json_object_set_new(why, "state", json_string(state));
	json_object_set_new(why, "fault", why_string(fault));
	return result;
}

int why_session(const struct workspace *workspace, struct store *store, const char *prefix,
		json_t **ret_why, struct error *error)
{
	json_t *why = NULL;
	struct around around;
	int64_t started = 0, epoch = 0;
	int result = find(workspace, store, prefix, &why, &epoch, error);

	if (result)
		return result;
	around = (struct around){ why, json_text(why, "session") };
	instant_parse(span_of(json_text(why, "started")), &started);
	for (size_t i = 0; i < 4; i++)
		json_object_set_new(
			why, (const char *[]){ "slot", "goes_on_from", "went_on_as", "parked" }[i],
			json_null());
	result = store_slots(store, json_text(why, "agent"), started - SLOTS_BEFORE_S, INT64_MAX,
			     SIZE_MAX, look_at_slot, &around, error);
	if (!result)
		result = store_parked(store, look_at_parked, &around, error);
	if (!result)
		result = why_deaths(store, around.id, why, error);
	if (!result)
		result = add_state(workspace, store, epoch, why, error);
	if (!result)
		result = why_steps(workspace, store, around.id, json_text(why, "agent"), why,
				   error);
	if (result)
		json_decref(why);
	else
		*ret_why = why;
	return result;
}

/* ---- printing ---- */

static void print_start(const json_t *why, const struct zone *zone)
{
	const json_t *slot = json_object_get(why, "slot");
	const char *event = json_text(slot, "event"), *message = json_text(why, "message");
	char at[PLACE_TIME_SIZE];

	printf("started   %s by %s", why_time(why, "started", zone, at), json_text(why, "cause"));
	if (*json_text(why, "goes_on_from"))
		printf(", going on from %s", json_text(why, "goes_on_from"));
	else if (!strncmp(event, "run:", 4))
		printf(", by hand");
	else if (*event)
		printf(", for the event %s", event);
	else if (json_is_object(slot))
		printf(", planned for %s", why_time(slot, "planned", zone, at));
	putchar('\n');
	if (*message)
		printf("message   %s\n", message);
}

static void print_size(const json_t *why)
{
	char took[FIGURE_SIZE], in[FIGURE_SIZE], out[FIGURE_SIZE], cost[FIGURE_SIZE];
	bool is_over = json_is_integer(json_object_get(why, "duration_ms"));

	if (!is_over)
		printf("so far    ");
	else
		printf("took      %s", figure_duration(why_number(why, "duration_ms"), took));
	printf("%s%d turn%s, %s + %s tokens, %s\n", is_over ? ", " : "",
	       (int)why_number(why, "turns"), why_number(why, "turns") == 1 ? "" : "s",
	       figure_count(why_number(why, "input_tokens"), in),
	       figure_count(why_number(why, "output_tokens"), out),
	       figure_money(why_number(why, "cost_micro_usd"), cost));
}

static void print_texts(const json_t *texts)
{
	const char *name;
	json_t *id;
	size_t count = 0;

	json_object_foreach((json_t *)(uintptr_t)texts, name, id)
		printf("%s%s %.10s", count++ ? ", " : "texts     ", name, json_string_value(id));
	if (count)
		putchar('\n');
}

static const char *state_words(const json_t *why)
{
	const char *state = json_text(why, "state");

	if (!strcmp(state, "suspended"))
		return "open; no agentd serves this workspace, and it goes on when one starts";
	if (!strcmp(state, "backoff"))
		return "open; it waits after a death of its process";
	if (strcmp(state, "waiting") != 0)
		return "running";
	return *json_text(why, "fault") ? "open; it goes on when its agent's files are mended"
					: "open; it waits for its turn to go on";
}

void why_session_print(const json_t *why, const struct zone *zone)
{
	const char *outcome = json_text(why, "outcome"), *reason = json_text(why, "reason");
	const char *later = json_text(why, "went_on_as");

	printf("session %s of %s: %s%s%s\n", json_text(why, "session"), json_text(why, "agent"),
	       *outcome ? outcome : state_words(why), *reason ? ": " : "", reason);
	if (*json_text(why, "fault"))
		printf("broken    %s\n", json_text(why, "fault"));
	print_start(why, zone);
	print_size(why);
	print_texts(json_object_get(why, "texts"));
	why_deaths_print(why, zone);
	if (json_is_object(json_object_get(why, "parked"))) {
		printf("now       ");
		why_parked_print(json_object_get(why, "parked"), zone);
	}
	if (*later)
		printf("went on   as %s\n", later);
	why_steps_print(why, zone);
}
