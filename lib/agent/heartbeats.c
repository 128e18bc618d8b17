#include "heartbeats.h"

#include "outline.h"
#include "passage.h"
#include "routes.h"

#include <stdio.h>

#define HEADING_MAX 240
#define TEXT_MAX (AGENT_FILE_MAX * 2)

/* ---- items ---- */

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: a change is noticed, nothing more. */
static uint32_t hash_text(uint32_t hash, struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
	return hash;
}

static void describe(struct heartbeat *beat, struct span heading, struct span checklist)
{
	heading = span_slice(heading, 0, utf8_cut(heading, HEADING_MAX));
	beat->heading = span_dup(heading);
	beat->content = hash_text(hash_text(2166136261u, heading), checklist);
	beat->empty = passage_says_nothing(checklist);
}

static struct heartbeat *add_beat(struct heartbeats *beats)
{
	size_t capacity = beats->count;

	if (array_grow((void **)&beats->items, beats->count, &capacity, sizeof(*beats->items),
		       AGENT_HEARTBEATS_MAX))
		return NULL;
	beats->items[beats->count] = (struct heartbeat){ 0 };
	return &beats->items[beats->count++];
}

static void add_part(const struct outline *o, size_t index, struct heartbeats *beats)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(TEXT_MAX);
	const struct part *part = &o->parts[index];
	struct heartbeat *beat;

	if (!part->key || part->role == PART_GATE)
		return;
	outline_append_beat(o, index, &text);
	if (part->role == PART_STANDING && passage_says_nothing(buffer_span(&text)))
		return;
	beat = add_beat(beats);
	if (!beat)
		return;
	describe(beat, part->heading->text, buffer_span(&text));
	beat->key = xstrdup(part->key);
	beat->schedule = part->schedule;
	beat->line = part->line;
	beat->broken = part->broken;
	beat->route = xstrdup_or_null(part->route);
}

/* First line that holds anything of the one beat. */
static unsigned first_line(const struct outline *o)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct part *part = &o->parts[i];
		struct span text = { o->plain + part->body, part->end - part->body };

		if (part->role == PART_STANDING && !passage_says_nothing(text))
			return part->line;
	}
	return 0;
}

static char *one_route(const struct outline *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->parts[i].route)
			return xstrdup(o->parts[i].route);
	return NULL;
}

static void add_one_beat(const struct outline *o, struct heartbeats *beats,
			 struct diagnostics *found)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(TEXT_MAX);
	unsigned line = o->log ? 0 : first_line(o);
	struct heartbeat *beat;

	if (!line) {
		if (!o->log)
			diagnostics_add(
				found, SEVERITY_INFO, "heartbeat-empty", 0, 0,
				"nothing to do here: the agent wakes only when it is spoken to");
		return;
	}
	outline_append_all(o, &text);
	beat = add_beat(beats);
	describe(beat, SPAN(OUTLINE_ONE_BEAT), buffer_span(&text));
	beat->key = xstrdup(OUTLINE_ONE_BEAT);
	beat->schedule.kind = SCHEDULE_TICK;
	beat->line = line;
	beat->route = one_route(o);
}

/* Understood, and nothing of this version ever wakes it. */
static void tell_idle(const struct part *part, struct diagnostics *found)
{
	static const char *const words[] = {
		[SCHEDULE_EVENT_SESSION_END] =
			"the end of a session starts nothing: write what each session does last "
			"under \"On every session start\"",
		[SCHEDULE_EVENT_MESSAGE] =
			"a message starts nothing but its own session: write how to answer under "
			"\"On every session start\"",
		[SCHEDULE_EVENT_TASK] = "there are no tasks in this version, so it never runs",
		[SCHEDULE_EVENT_FILE] = NULL,
	};
	uint8_t event = part->schedule.event;

	if (part->schedule.kind == SCHEDULE_EVENT && event < ARRAY_LENGTH(words) && words[event])
		diagnostics_add(found, SEVERITY_WARNING, "schedule-idle", part->line, 1, "%s",
				words[event]);
}

static void add_parts(const struct outline *o, struct heartbeats *beats, struct diagnostics *found)
{
	if (o->one_beat)
		add_one_beat(o, beats, found);
	for (size_t i = 1; i < o->count; i++) {
		enum part_role role = o->parts[i].role;

		if (role == PART_BEAT || role == PART_SESSION_START ||
		    (role == PART_STANDING && !o->one_beat && !o->parts[i].mute))
			add_part(o, i, beats);
		if (role == PART_BEAT)
			tell_idle(&o->parts[i], found);
	}
	if (beats->count == AGENT_HEARTBEATS_MAX)
		diagnostics_add(
			found, SEVERITY_WARNING, "heartbeat-many",
			beats->items[beats->count - 1].line, 0,
			"sections beyond the first %d are not read: divide them among agents",
			AGENT_HEARTBEATS_MAX);
}

/* ---- last good schedules ---- */

static const struct heartbeat *find_key(const struct heartbeats *beats, const char *key)
{
	for (size_t i = 0; i < beats->count; i++)
		if (!strcmp(beats->items[i].key, key))
			return &beats->items[i];
	return NULL;
}

/* Does the section still stand somewhere in the file, only elsewhere? */
static bool lives_on(const struct heartbeats *beats, const struct heartbeat *was)
{
	for (size_t i = 0; i < beats->count; i++)
		if (beats->items[i].content == was->content)
			return true;
	return false;
}

/* Of the same key, else of the same place where the headings around it are the same in number. */
static const struct heartbeat *find_lender(const struct heartbeats *beats, size_t index,
					   const struct heartbeats *previous)
{
	const struct heartbeat *was = find_key(previous, beats->items[index].key);

	if (!was && previous->count == beats->count && !find_key(beats, previous->items[index].key))
		was = &previous->items[index];
	return was && was->schedule.kind != SCHEDULE_NONE && !lives_on(beats, was) ? was : NULL;
}

/* A broken section of the same content is the same broken section: what it was lent stays. */
static void lend(struct heartbeats *beats, const struct heartbeats *previous)
{
	for (size_t i = 0; i < beats->count; i++) {
		struct heartbeat *beat = &beats->items[i];
		const struct heartbeat *was = NULL;

		if (!beat->broken || !previous)
			continue;
		was = find_key(previous, beat->key);
		if (!was || !was->broken || was->content != beat->content)
			was = find_lender(beats, i, previous);
		if (was)
			beat->schedule = was->schedule;
	}
}

static void report_broken(const struct outline *o, const struct heartbeats *beats,
			  struct diagnostics *found)
{
	for (size_t i = 1; i < o->count; i++) {
		const struct part *part = &o->parts[i];
		const struct heartbeat *beat = part->broken && part->key
						       ? find_key(beats, part->key)
						       : NULL;
		char text[SCHEDULE_PRINT_SIZE];

		if (!beat)
			continue;
		if (beat->schedule.kind == SCHEDULE_NONE)
			diagnostics_add(found, SEVERITY_ERROR, "schedule", part->error.line,
					part->error.column, "%s", part->error.message);
		else
			diagnostics_add(found, SEVERITY_ERROR, "schedule", part->error.line,
					part->error.column, "%s (its last good schedule stays: %s)",
					part->error.message, schedule_print(&beat->schedule, text));
	}
}

/* ---- gates ---- */

/* The range of a gate: in its heading, or in the first line below. */
static bool read_gate(const struct outline *o, const struct part *part, bool *ret_quiet,
		      uint16_t *ret_begin, uint16_t *ret_end)
{
	struct span rest = { o->plain + part->body, part->end - part->body }, line = { "", 0 };
	_free_ char *joined = NULL;

	if (!schedule_read_gate(part->heading->text, ret_quiet, ret_begin, ret_end))
		return false;
	if (*ret_begin != *ret_end)
		return true;
	while (!span_trim(line).length)
		if (!span_next_line(&rest, &line))
			return false;
	line = passage_line(line);
	if (!schedule_parse_range(line, ret_begin, ret_end, NULL))
		return true;
	joined = xasprintf("%s (%.*s)", *ret_quiet ? "Quiet Hours" : "Active Hours",
			   (int)line.length, line.data);
	return schedule_read_gate(span_of(joined), ret_quiet, ret_begin, ret_end) &&
	       *ret_begin != *ret_end;
}

static void take_gates(const struct outline *o, struct heartbeats *beats, struct diagnostics *found)
{
	for (size_t i = 1; i < o->count && !beats->has_active_hours; i++) {
		const struct part *part = &o->parts[i];
		uint16_t begin = 0, end = 0;
		bool quiet = false;

		if (part->role != PART_GATE)
			continue;
		if (!read_gate(o, part, &quiet, &begin, &end)) {
			diagnostics_add(found, SEVERITY_WARNING, "gate-range", part->line, 0,
					"no hours understood under \"%.*s\": write a range as in "
					"\"08:00-22:00\"",
					(int)part->heading->text.length, part->heading->text.data);
			continue;
		}
		beats->has_active_hours = true;
		beats->active_begin = quiet ? end : begin;
		beats->active_end = quiet ? begin : end;
	}
}

/* ---- the file ---- */

static void take_front_matter(const struct outline *o, struct heartbeats *beats,
			      struct front_matter *ret_matter, struct diagnostics *found)
{
	unsigned line;
	struct span yaml = markdown_front_matter(&o->text, &line);

	front_matter_clear(ret_matter);
	front_matter_parse(yaml, line, FRONT_MATTER_HEARTBEAT, ret_matter, found);
	beats->tick_s = ret_matter->every_s;
	beats->when = ret_matter->when;
	beats->catch_up = ret_matter->catch_up;
	beats->has_active_hours = ret_matter->has_active_hours;
	beats->active_begin = ret_matter->active_begin;
	beats->active_end = ret_matter->active_end;
	if (ret_matter->zone)
		snprintf(beats->zone, sizeof(beats->zone), "%s", ret_matter->zone);
}

/* The front matter has to be read before the headings that its `daily_at` concerns. */
static int own_daily_hour(struct span raw, int fallback)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	CLEANUP(front_matter_clear) struct front_matter matter = { 0 };
	unsigned line;
	struct span yaml;

	if (!span_starts_with(raw, SPAN("---")) && !span_starts_with(raw, SPAN("\xEF\xBB\xBF---")))
		return fallback;
	if (markdown_clean(raw, AGENT_FILE_MAX, &text, NULL))
		return fallback;
	yaml = markdown_front_matter(&text, &line);
	front_matter_parse(yaml, line, FRONT_MATTER_HEARTBEAT, &matter, NULL);
	return matter.daily_hour >= 0 ? matter.daily_hour : fallback;
}

static void check_routes(const struct outline *o, const struct front_matter *matter,
			 const struct settings *settings, struct diagnostics *found)
{
	routes_check(settings, matter->route, matter->route_line, matter->route_column, found);
	for (size_t i = 0; i < o->count; i++)
		routes_check(settings, o->parts[i].route, o->parts[i].route_line,
			     o->parts[i].route_column, found);
}

void heartbeats_read(struct span raw, const struct heartbeats *previous,
		     const struct settings *settings, int daily_hour, struct heartbeats *ret_beats,
		     struct front_matter *ret_matter, struct diagnostics *found)
{
	CLEANUP(outline_clear) struct outline o = { 0 };
	struct heartbeats beats = { 0 };
	struct error error = { 0 };

	front_matter_parse(SPAN(""), 1, FRONT_MATTER_HEARTBEAT, ret_matter, NULL);
	if (outline_read(raw, own_daily_hour(raw, daily_hour), previous, &o, found, &error)) {
		diagnostics_add(found, SEVERITY_ERROR, "heartbeat-size", 0, 0, "%s", error.message);
		*ret_beats = beats;
		return;
	}
	take_front_matter(&o, &beats, ret_matter, found);
	check_routes(&o, ret_matter, settings, found);
	add_parts(&o, &beats, found);
	lend(&beats, previous);
	report_broken(&o, &beats, found);
	take_gates(&o, &beats, found);
	/* These stay for as long as the agent does. */
	if (beats.count)
		beats.items = xreallocarray(beats.items, beats.count, sizeof(*beats.items));
	*ret_beats = beats;
}

void heartbeats_parse(struct span raw, const struct heartbeats *previous,
		      const struct settings *settings, struct heartbeats *ret_beats,
		      struct diagnostics *found)
{
	CLEANUP(front_matter_clear) struct front_matter matter = { 0 };

	heartbeats_read(raw, previous, settings, settings ? settings->daily_hour : DAILY_HOUR,
			ret_beats, &matter, found);
}

void heartbeats_clear(struct heartbeats *beats)
{
	for (size_t i = 0; i < beats->count; i++) {
		free(beats->items[i].heading);
		free(beats->items[i].key);
		free(beats->items[i].route);
	}
	free(beats->items);
	*beats = (struct heartbeats){ 0 };
}

/* ---- finding ---- */

static bool begins(struct span heading, struct span text)
{
	return span_starts_with_nocase(heading, text);
}

const struct heartbeat *heartbeats_find(const struct heartbeats *beats, struct span text)
{
	static bool (*const ways[])(struct span, struct span) = { begins, span_contains_nocase };

	/* Sections that are only context come last. */
	for (int standing = 0; standing < 2; standing++)
		for (size_t way = 0; way < ARRAY_LENGTH(ways); way++)
			for (size_t i = 0; i < beats->count; i++) {
				const struct heartbeat *beat = &beats->items[i];
				bool context = beat->schedule.kind == SCHEDULE_NONE &&
					       !beat->broken;

				if (context == (standing == 1) &&
				    ways[way](span_of(beat->heading), text))
					return beat;
			}
	return NULL;
}
