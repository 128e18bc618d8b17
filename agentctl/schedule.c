#include "columns.h"
#include "place.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define SLOTS_MAX 100000

/* A slot as computed from the text, as recorded, or both. */
struct line {
	char *agent, *heading, *key, *zone, *session, *outcome, *reason;
	unsigned source_line;
	int64_t at;
	int64_t last, slots; /* of a record that stands for many; slots 1: for one */
	const char *state;
	struct civil local;
	int32_t offset;
};

struct read_agent {
	struct agent *agent;
	struct zone *zone; /* NULL: the workspace's */
};

struct listing {
	struct workspace *workspace;
	struct store *store; /* NULL: nothing is recorded */
	struct line *lines;
	size_t count, capacity, wanted;
	size_t computed; /* the first of them: what the text yields */
	int64_t from;
	const char *only;
	struct read_agent *agents;
	size_t agent_count, agent_capacity;
};

static void line_clear(struct line *line)
{
	free(line->agent);
	free(line->heading);
	free(line->key);
	free(line->zone);
	free(line->session);
	free(line->outcome);
	free(line->reason);
}

static struct line *listing_add(struct listing *listing)
{
	if (array_grow((void **)&listing->lines, listing->count, &listing->capacity,
		       sizeof(struct line), SLOTS_MAX))
		return NULL;
	listing->lines[listing->count] = (struct line){ 0 };
	return &listing->lines[listing->count++];
}

static int in_time(const void *a, const void *b)
{
	const struct line *one = a, *other = b;

	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	if (strcmp(one->agent, other->agent))
		return strcmp(one->agent, other->agent);
	return (one->source_line > other->source_line) - (one->source_line < other->source_line);
}

/* Only the first ones are shown, so that many agents need no more room than one. */
static void keep_wanted(struct listing *listing)
{
	if (listing->count)
		qsort(listing->lines, listing->count, sizeof(*listing->lines), in_time);
	while (listing->count > listing->wanted)
		line_clear(&listing->lines[--listing->count]);
}

static char *copy_text(const char *text)
{
	return text && *text ? xstrdup(text) : NULL;
}

/* ---- what the text yields ---- */

static void line_plan(struct line *line, const struct agent *agent, const struct heartbeat *beat,
		      const struct zone *zone, int64_t at)
{
	line->agent = xstrdup(agent->name);
	line->heading = xstrdup(beat->heading);
	line->key = xstrdup(beat->key);
	line->zone = xstrdup(zone_name(zone));
	line->source_line = beat->line;
	line->at = line->last = at;
	line->slots = 1;
	line->state = "due";
	zone_to_local(zone, at, &line->local);
	line->offset = zone_offset(zone, at);
}

static void add_slots_of(struct listing *listing, const struct agent *agent,
			 const struct heartbeat *beat, const struct zone *zone)
{
	CLEANUP(zone_free) struct zone *named = NULL;
	uint32_t own = agent->beats.tick_s;
	uint32_t tick = own ? own : listing->workspace->settings->tick_s;
	int64_t at = listing->from - 1; /* --from is inclusive */

	/* The zone of a heading comes before the agent's; check tells one that nobody knows. */
	if (*beat->schedule.zone && !zone_load(beat->schedule.zone, &named, NULL))
		zone = named;
	for (size_t i = 0; i < listing->wanted; i++) {
		struct line *line;

		if (schedule_next(&beat->schedule, zone, tick, at, &at))
			return;
		line = listing_add(listing);
		if (!line)
			return;
		line_plan(line, agent, beat, zone, at);
	}
}

/* A section that is broken now goes on by its last good schedule, which state.db knows. */
static int lend_schedule(void *context, const struct section *section)
{
	struct agent *agent = context;
	struct schedule schedule;

	if (strcmp(section->agent, agent->name) ||
	    schedule_parse(span_of(section->schedule), &schedule, NULL))
		return 0;
	for (size_t i = 0; i < agent->beats.count; i++) {
		struct heartbeat *beat = &agent->beats.items[i];

		if (beat->broken && !strcmp(beat->key, section->key))
			beat->schedule = schedule;
	}
	return 0;
}

static bool has_broken(const struct agent *agent)
{
	for (size_t i = 0; i < agent->beats.count; i++)
		if (agent->beats.items[i].broken)
			return true;
	return false;
}

static int add_agent(void *context, const char *name)
{
	struct listing *listing = context;
	CLEANUP(zone_free) struct zone *own = NULL;
	struct agent *agent;
	struct error error;

	if (listing->only && strcmp(listing->only, name))
		return 0;
	if (workspace_load(listing->workspace, name, NULL, &agent, NULL, NULL, &error)) {
		fail(&error);
		return 0;
	}
	if (strcmp(agent->zone, zone_name(listing->workspace->zone)) &&
	    zone_load(agent->zone, &own, &error))
		fail(&error);
	if (listing->store && has_broken(agent) &&
	    store_sections(listing->store, lend_schedule, agent, &error))
		fail(&error);
	for (size_t i = 0; i < agent->beats.count; i++)
		add_slots_of(listing, agent, &agent->beats.items[i],
			     own ? own : listing->workspace->zone);
	keep_wanted(listing);
	if (array_grow((void **)&listing->agents, listing->agent_count, &listing->agent_capacity,
		       sizeof(struct read_agent), WORKSPACE_AGENTS_MAX)) {
		agent_free(agent);
		return 1;
	}
	listing->agents[listing->agent_count++] = (struct read_agent){ agent, steal_pointer(&own) };
	return 0;
}

/* ---- what was recorded ---- */

static struct line *find_line(struct listing *listing, const struct slot *slot)
{
	for (size_t i = 0; i < listing->computed; i++) {
		struct line *line = &listing->lines[i];

		if (line->at == slot->planned && !*slot->event && !line->session &&
		    !strcmp(line->agent, slot->agent) && !strcmp(line->key, slot->section))
			return line;
	}
	return NULL;
}

static const char *state_name(enum slot_state state)
{
	static const char *const names[] = {
		[SLOT_RUNNING] = "running",
		[SLOT_RAN] = "ran",
		[SLOT_SKIPPED] = "skipped",
		[SLOT_COALESCED] = "coalesced",
	};

	return names[state];
}

static const struct read_agent *agent_of(const struct listing *listing, const struct slot *slot)
{
	for (size_t i = 0; i < listing->agent_count; i++)
		if (!strcmp(listing->agents[i].agent->name, slot->agent))
			return &listing->agents[i];
	return NULL;
}

static unsigned source_line(const struct agent *agent, const struct slot *slot)
{
	for (size_t i = 0; i < agent->beats.count; i++)
		if (!strcmp(agent->beats.items[i].key, slot->section))
			return agent->beats.items[i].line;
	return 0;
}

static void line_record(struct line *line, const struct slot *slot)
{
	line->state = state_name(slot->state);
	line->session = copy_text(slot->session);
	line->outcome = copy_text(slot->outcome);
	line->reason = copy_text(slot->reason);
}

/* What the text yields and one record stands for; those that have their own are told by that. */
static bool record_range(struct listing *listing, const struct slot *slot)
{
	bool any = false;

	for (size_t i = 0; i < listing->computed; i++) {
		struct line *line = &listing->lines[i];

		if (line->at < slot->planned || line->at > slot->last ||
		    strcmp(line->agent, slot->agent) || strcmp(line->key, slot->section))
			continue;
		any = true;
		if (!strcmp(line->state, "due"))
			line_record(line, slot);
	}
	return any;
}

static struct line *add_recorded(struct listing *listing, const struct slot *slot)
{
	const struct read_agent *known = agent_of(listing, slot);
	const struct zone *zone = known && known->zone ? known->zone : listing->workspace->zone;
	struct line *line = listing_add(listing);

	if (!line)
		return NULL;
	line->agent = xstrdup(slot->agent);
	line->heading = copy_text(slot->heading); /* a run of all sections, or a message */
	line->key = xstrdup(slot->section);
	line->zone = xstrdup(zone_name(zone));
	line->source_line = known ? source_line(known->agent, slot) : 0;
	line->at = slot->planned;
	line->last = slot->last;
	line->slots = slot->count;
	zone_to_local(zone, slot->planned, &line->local);
	line->offset = zone_offset(zone, slot->planned);
	return line;
}

static int add_row(void *context, const struct slot *slot)
{
	struct listing *listing = context;
	struct line *line;

	if (slot->count > 1 && record_range(listing, slot))
		return 0;
	line = slot->count > 1 ? NULL : find_line(listing, slot);
	if (!line)
		line = add_recorded(listing, slot);
	if (!line)
		return 1;
	if (line->reason) { /* it had one that it shares */
		free(line->reason);
		line->reason = NULL;
	}
	line_record(line, slot);
	return 0;
}

static int add_rows(struct listing *listing, struct error *error)
{
	listing->computed = listing->count;
	if (!listing->store)
		return 0;
	return store_slots(listing->store, listing->only, listing->from, INT64_MAX, SLOTS_MAX,
			   add_row, listing, error);
}

/* ---- showing ---- */

static void print_local(const struct line *line, char out[64])
{
	int32_t offset = line->offset < 0 ? -line->offset : line->offset;

	snprintf(out, 64, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", line->local.year,
		 line->local.month, line->local.day, line->local.hour, line->local.minute,
		 line->local.second, line->offset < 0 ? '-' : '+', offset / 3600, offset / 60 % 60);
}

static json_t *line_json(const struct line *line)
{
	char at[INSTANT_SIZE], until[INSTANT_SIZE], local[64];
	_free_ char *file = xasprintf("agents/%s/HEARTBEAT.md", line->agent);

	print_local(line, local);
	return json_pack("{s:s,s:s?,s:s,s:o,s:s,s:s,s:s,s:s,s:s?,s:s?,s:s?,s:I,s:s}", "agent",
			 line->agent, "heartbeat", line->heading, "file", file, "line",
			 line->source_line ? json_integer(line->source_line) : json_null(), "at",
			 instant_print(line->at, at), "local", local, "zone", line->zone, "state",
			 line->state, "reason", line->reason, "session", line->session, "outcome",
			 line->outcome, "slots", (json_int_t)line->slots, "until",
			 instant_print(line->last, until));
}

static char *source_text(const struct line *line)
{
	if (!line->heading)
		return xstrdup("(by hand)");
	if (!line->source_line) /* the section is gone */
		return xstrdup(line->heading);
	return xasprintf("%s (line %u)", line->heading, line->source_line);
}

/* " (719999 slots until 2026-11-21T12:00:00Z)", or nothing. */
static char *many_text(const struct line *line)
{
	char until[INSTANT_SIZE];

	if (line->slots <= 1)
		return xstrdup("");
	return xasprintf(" (%lld slots until %s)", (long long)line->slots,
			 instant_print(line->last, until));
}

/* Of a slot of the past. */
#define NOT_RECORDED ", not recorded: the section is newer, or agentd was not started since"

/* How it ended, or why it did not begin. A slot that is coalesced has the moment of another as its
 * reason. */
static char *state_text(const struct line *line, const char *many)
{
	const char *why = line->outcome ? line->outcome : line->reason;
	struct civil then;
	int64_t at;

	if (line->at < clock_wall_s() && !strcmp(line->state, "due"))
		return xasprintf("due%s%s", NOT_RECORDED, many);
	if (!why)
		return xasprintf("%s%s", line->state, many);
	if (instant_parse(span_of(why), &at))
		return xasprintf("%s: %s%s", line->state, why, many);
	civil_from_instant(at + line->offset, &then);
	return xasprintf("%s into that of %04d-%02d-%02d %02d:%02d%s", line->state, then.year,
			 then.month, then.day, then.hour, then.minute, many);
}

static void print_lines(const struct line *lines, size_t count)
{
	struct columns columns = { .width = 5 };

	columns_row(&columns, (const char *[]){ "WHEN", "ZONE", "AGENT", "HEARTBEAT", "STATE" });
	for (size_t i = 0; i < count; i++) {
		const struct line *line = &lines[i];
		_free_ char *heading = source_text(line);
		_free_ char *many = many_text(line);
		_free_ char *state = state_text(line, many);
		char local[64];

		print_local(line, local);
		local[16] = ' ';
		memmove(local + 16, local + 19, strlen(local + 19) + 1); /* no seconds */
		columns_row(&columns,
			    (const char *[]){ local, line->zone, line->agent, heading, state });
	}
	columns_print(&columns);
}

static int show(struct listing *listing, bool json)
{
	json_t *list = json_array();

	keep_wanted(listing);
	for (size_t i = 0; json && i < listing->count; i++)
		json_array_append_new(list, line_json(&listing->lines[i]));
	if (json)
		return print_json(list);
	json_decref(list);
	print_lines(listing->lines, listing->count);
	return STATUS_DONE;
}

static int read_from(const struct invocation *invocation, const struct workspace *workspace,
		     int64_t *ret_from, struct error *error)
{
	const char *text = invocation_option(invocation, "from");
	struct civil civil;
	int result;

	*ret_from = clock_wall_s();
	if (!text)
		return 0;
	result = instant_parse(span_of(text), ret_from);
	if (result < 0)
		return error_set(
			error, ERROR_INVALID,
			"--from takes a time like 2026-11-21T08:00Z or \"2026-11-21 08:00\", "
			"not \"%s\"",
			text);
	if (result > 0) { /* without a zone: the workspace's */
		civil_from_instant(*ret_from, &civil);
		*ret_from = zone_from_local(workspace->zone, &civil);
	}
	return 0;
}

static void listing_clear(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		line_clear(&listing->lines[i]);
	for (size_t i = 0; i < listing->agent_count; i++) {
		agent_free(listing->agents[i].agent);
		zone_free(listing->agents[i].zone);
	}
	free(listing->lines);
	free(listing->agents);
	store_close(listing->store);
}
CLEANUP_DEFINE_VALUE(struct listing, listing_clear)

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	CLEANUP(listing_clear) struct listing listing = { 0 };
	struct error error;
	long count;
	int result;

	if (invocation_number(invocation, "count", 20, 1, 10000, &count))
		return STATUS_WRONG_USE;
	listing.wanted = (size_t)count;
	listing.only = invocation->count ? invocation->operands[0] : NULL;
	result = place_open(invocation, &workspace, NULL, &error);
	listing.workspace = workspace;
	if (!result)
		result = read_from(invocation, workspace, &listing.from, &error);
	if (!result)
		result = place_store(workspace, &listing.store, &error);
	if (!result)
		result = workspace_agents(workspace, add_agent, &listing, &error);
	if (!result && listing.only && !listing.agent_count)
		result = error_set(&error, ERROR_NOT_FOUND, "there is no agent \"%s\" here",
				   listing.only);
	if (!result)
		result = add_rows(&listing, &error);
	return result ? fail(&error) : show(&listing, invocation->json);
}

const struct command command_schedule = {
	.name = "schedule",
	.operands = "[NAME]",
	.text = "show the coming slots, and past ones with their outcome",
	.more = "Slots are computed from the files and joined with what is recorded; no record: due.\n"
		"Works without a daemon.",
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.options = {
		{ "from", 0, "TIME", "from then on, past or future; else from now" },
		{ "count", 'n', "N", "how many in all (20)" },
	},
	.run = run,
};
