#include "roster.h"

#include "log.h"
#include "parked.h"
#include "scheduler.h"
#include "supervisor.h"
#include "zones.h"

#include "base/clock.h"

#include <unistd.h>

struct roster *roster_new(void)
{
	return xcalloc(1, sizeof(struct roster));
}

static void resident_free(struct resident *resident)
{
	agent_free(resident->agent);
	free(resident->beats);
	free(resident->broken);
	diagnostics_clear(&resident->problems);
	constitution_known_clear(&resident->constitution);
	free(resident->pause_reason);
	free(resident->held);
	free(resident->last.reason);
	free(resident);
}

void roster_free(struct roster *roster)
{
	if (!roster)
		return;
	for (size_t i = 0; i < roster->count; i++)
		resident_free(roster->items[i]);
	free(roster->items);
	free(roster);
}

/* First index whose name is not less than `name`. */
static size_t roster_place(const struct roster *roster, const char *name)
{
	size_t low = 0, high = roster->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(roster->items[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct resident *roster_find(const struct roster *roster, const char *name)
{
	size_t place = roster_place(roster, name);

	if (place < roster->count && !strcmp(roster->items[place]->name, name))
		return roster->items[place];
	return NULL;
}

bool roster_has_experiments(const struct roster *roster)
{
	for (size_t i = 0; i < roster->count; i++)
		if (roster->items[i]->agent && roster->items[i]->agent->experiment)
			return true;
	return false;
}

struct heartbeat *roster_heartbeat(const struct resident *resident, const char *key,
				   struct beat **ret_beat)
{
	struct heartbeats *beats = resident->agent ? &resident->agent->beats : NULL;

	for (size_t i = 0; beats && i < beats->count; i++)
		if (!strcmp(beats->items[i].key, key)) {
			if (ret_beat)
				*ret_beat = &resident->beats[i];
			return &beats->items[i];
		}
	return NULL;
}

void roster_note_result(struct resident *resident, const char *session, int64_t at,
			const char *outcome, const char *reason)
{
	struct last_result *last = &resident->last;

	snprintf(last->session, sizeof(last->session), "%s", session);
	last->at = at;
	last->outcome = outcome;
	free(last->reason);
	last->reason = reason && *reason && strcmp(outcome, "done") ? xstrdup(reason) : NULL;
}

/* ---- loading ---- */

static void resident_break(struct daemon *daemon, struct resident *resident,
			   const struct error *error)
{
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX + 32];

	error_print(error, text, sizeof(text));
	if (!resident->broken || strcmp(resident->broken, text))
		log_event(daemon->log, LEVEL_ERROR, "agent_broken", resident->name, NULL, "%s",
			  text);
	free(resident->broken);
	resident->broken = xstrdup(text);
	saving_forget_reload(resident);
}

/* Its files are being saved. One that has nothing in force cannot run before. */
static void resident_wait(struct resident *resident)
{
	if (resident->agent)
		return;
	free(resident->broken);
	resident->broken = saving_words(resident);
}

static void report(struct daemon *daemon, const char *agent, const struct diagnostic *found)
{
	char place[64] = "";

	if (found->line)
		snprintf(place, sizeof(place), ":%u:%u", found->line, found->column);
	log_event(daemon->log, found->severity == SEVERITY_ERROR ? LEVEL_ERROR : LEVEL_WARNING,
		  found->code, agent, NULL, "%s%s: %s", found->file, place, found->message);
}

/* Errors stay with the agent, warnings are told once, hints are for `agentctl check`. */
static void resident_take_problems(struct daemon *daemon, struct resident *resident,
				   const struct diagnostics *found)
{
	diagnostics_clear(&resident->problems);
	for (size_t i = 0; i < found->count; i++) {
		const struct diagnostic *one = &found->items[i];

		if (one->severity == SEVERITY_INFO)
			continue;
		report(daemon, resident->name, one);
		if (one->severity != SEVERITY_ERROR)
			continue;
		resident->problems.file = one->file;
		diagnostics_add(&resident->problems, one->severity, one->code, one->line,
				one->column, "%s", one->message);
	}
	resident->problems.file = NULL;
}

/* The new value takes over; beats keep what is known of the section of the same key, or, where no
 * key matches on either side, of the one in the same place. */
static void resident_take_agent(struct daemon *daemon, struct resident *resident,
				struct agent *agent)
{
	struct agent *old = resident->agent;
	struct beat *old_beats = resident->beats, *known;
	struct error error;

	resident->beats = xcalloc(agent->beats.count, sizeof(struct beat));
	resident->agent = agent;
	for (size_t i = 0; i < agent->beats.count; i++)
		agenda_clear(&resident->beats[i].place);
	for (size_t i = 0; old && i < old->beats.count; i++) {
		const struct heartbeat *was = &old->beats.items[i];
		const struct heartbeat *same = roster_heartbeat(resident, was->key, &known);

		if (!same)
			continue;
		*known = old_beats[i];
		if (!schedule_equal(&same->schedule, &was->schedule))
			known->stored = false;
	}
	for (size_t i = 0; old && i < old->beats.count; i++)
		if (!roster_heartbeat(resident, old->beats.items[i].key, NULL))
			scheduler_section_left(daemon, resident, &old->beats.items[i], i,
					       &old_beats[i]);
	agent_free(old);
	free(old_beats);
	resident->zone = NULL;
	if (*agent->zone && strcmp(agent->zone, zone_name(daemon->workspace->zone)) &&
	    zones_get(daemon->zones, agent->zone, &resident->zone, &error))
		log_event(daemon->log, LEVEL_ERROR, "zone", resident->name, NULL,
			  "%s; the workspace's zone is used", error.message);
}

const struct zone *roster_zone(const struct resident *resident, const struct daemon *daemon)
{
	return resident->zone ? resident->zone : daemon->workspace->zone;
}

/* "SOUL.md, HEARTBEAT.md": texts whose ids are not those in force. */
static bool changed_files(struct resident *resident, const struct sources *sources,
			  struct buffer *ret_names)
{
	for (size_t i = 0; i < AGENT_FILES; i++) {
		if (!strcmp(resident->ids[i], sources->files[i].id))
			continue;
		buffer_printf(ret_names, "%s%s", ret_names->length ? ", " : "",
			      agent_file_names[i]);
		snprintf(resident->ids[i], sizeof(resident->ids[i]), "%s", sources->files[i].id);
	}
	return ret_names->length > 0;
}

static bool resident_load(struct daemon *daemon, struct resident *resident, bool force)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
	CLEANUP(sources_clear) struct sources sources = { 0 };
	CLEANUP(buffer_clear) struct buffer names = BUFFER(512);
	struct agent *agent = NULL;
	struct error error;
	bool first = !resident->agent && !resident->broken, changed, was_broken = resident->broken;

	if (workspace_load(daemon->workspace, resident->name, resident->agent, &agent, &sources,
			   &found, &error)) {
		resident_break(daemon, resident, &error);
		return false;
	}
	if (saving_holds_reload(daemon, resident, &sources, &force)) {
		resident_wait(resident);
		agent_free(agent);
		return false;
	}
	free(steal_pointer(&resident->broken));
	changed = changed_files(resident, &sources, &names);
	if (!changed && !first && !force && !was_broken) {
		agent_free(agent);
		return false;
	}
	resident_take_problems(daemon, resident, &found);
	resident_take_agent(daemon, resident, agent);
	constitution_look(daemon, resident, &sources.files[FILE_CONSTITUTION]);
	if (!first && changed)
		log_event(daemon->log, LEVEL_INFO, "reload", resident->name, NULL, "reloaded %s",
			  names.data);
	return changed;
}

bool roster_reload(struct daemon *daemon, struct resident *resident)
{
	bool changed = resident_load(daemon, resident, false);

	scheduler_arm(daemon, resident);
	return changed;
}

void roster_reload_all(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->roster->count; i++) {
		resident_load(daemon, daemon->roster->items[i], true);
		scheduler_arm(daemon, daemon->roster->items[i]);
	}
}

void roster_note_memory(struct resident *resident, const char *id, const struct file_stamp *stamp)
{
	snprintf(resident->ids[FILE_MEMORY], sizeof(resident->ids[FILE_MEMORY]), "%s", id);
	resident->memory_stamp = *stamp;
}

/* ---- coming and going ---- */

static struct resident *roster_add(struct daemon *daemon, const char *name)
{
	struct roster *roster = daemon->roster;
	struct resident *resident;
	size_t place = roster_place(roster, name);

	if (array_grow((void **)&roster->items, roster->count, &roster->capacity,
		       sizeof(struct resident *), WORKSPACE_AGENTS_MAX))
		return NULL;
	resident = xcalloc(1, sizeof(*resident));
	snprintf(resident->name, sizeof(resident->name), "%s", name);
	memmove(roster->items + place + 1, roster->items + place,
		(roster->count - place) * sizeof(struct resident *));
	roster->items[place] = resident;
	roster->count++;
	return resident;
}

static void roster_drop(struct daemon *daemon, struct resident *resident)
{
	struct roster *roster = daemon->roster;
	size_t place = roster_place(roster, resident->name);

	log_event(daemon->log, LEVEL_NOTICE, "agent_gone", resident->name, NULL,
		  "its folder is gone; nothing of it is scheduled any more");
	scheduler_agent_gone(daemon, resident);
	supervisor_agent_gone(daemon, resident);
	parked_agent_gone(daemon, resident->name);
	constitution_left(daemon, resident);
	memmove(roster->items + place, roster->items + place + 1,
		(roster->count - place - 1) * sizeof(struct resident *));
	roster->count--;
	resident_free(resident);
}

struct scan {
	struct daemon *daemon;
	char **names;
	size_t count, capacity;
};

static int scan_visit(void *context, const char *name)
{
	struct scan *scan = context;
	struct resident *resident;

	if (array_grow((void **)&scan->names, scan->count, &scan->capacity, sizeof(char *),
		       WORKSPACE_AGENTS_MAX))
		return 1;
	scan->names[scan->count++] = xstrdup(name);
	if (roster_find(scan->daemon->roster, name))
		return 0;
	resident = roster_add(scan->daemon, name);
	if (!resident)
		return 1;
	resident_load(scan->daemon, resident, true);
	if (scan->daemon->ready) {
		log_event(scan->daemon->log, LEVEL_NOTICE, "agent_found", name, NULL,
			  resident->agent ? "a new agent is in force" : "a new agent is there");
		scheduler_arm(scan->daemon, resident);
	}
	return 0;
}

static bool scan_saw(const struct scan *scan, const char *name)
{
	for (size_t low = 0, high = scan->count; low < high;) {
		size_t middle = (low + high) / 2;
		int order = strcmp(scan->names[middle], name);

		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

void roster_scan(struct daemon *daemon)
{
	struct scan scan = { .daemon = daemon };
	struct error error = { 0 };

	if (workspace_agents(daemon->workspace, scan_visit, &scan, &error) < 0)
		log_event(daemon->log, LEVEL_ERROR, "agents", NULL, NULL, "%s", error.message);
	else
		for (size_t i = daemon->roster->count; i-- > 0;)
			if (!scan_saw(&scan, daemon->roster->items[i]->name))
				roster_drop(daemon, daemon->roster->items[i]);
	for (size_t i = 0; i < scan.count; i++)
		free(scan.names[i]);
	free(scan.names);
}
