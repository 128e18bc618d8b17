#include "settle.h"

#include "committer.h"
#include "handle.h"
#include "health.h"
#include "ledger.h"
#include "log.h"
#include "monitors.h"
#include "parked.h"
#include "providers.h"
#include "repository_trouble.h"
#include "scheduler.h"
#include "service.h"
#include "supervisor.h"
#include "watcher.h"

#include "base/clock.h"

#define HALF_SAVED_MS 1000     /* until agentd.yaml is looked at again, that was being saved */
#define SETTLE_LONGEST_MS 1000 /* a file that is written without end is looked at all the same */
#define PATHS_MAX 64           /* of one agent at a time, for `On file change` */

enum thing_kind { THING_AGENT, THING_WORKSPACE, THING_SETTINGS, THING_EVERYTHING };

struct thing {
	enum thing_kind kind;
	char agent[AGENT_NAME_MAX + 1];
	char *paths[PATHS_MAX];
	size_t path_count;
	bool folders;        /* of the agent came or went, or more paths than fit */
	int64_t first, last; /* when it changed, on the monotonic clock */
	struct thing *next;
};

struct settle {
	struct daemon *daemon;
	struct thing *things;
	uv_timer_t *timer;
	bool settings_wait; /* another agentd.yaml was seen while it was being saved */
	char bulletin[41];  /* id of the bulletin when it was looked at last */
	uint64_t words;     /* and of what others than the runtime have written there */
};

static void thing_free(struct thing *thing)
{
	for (size_t i = 0; i < thing->path_count; i++)
		free(thing->paths[i]);
	free(thing);
}

/* ---- looking ---- */

static bool has_path(const struct thing *thing, const char *path)
{
	for (size_t i = 0; i < thing->path_count; i++)
		if (!strcmp(thing->paths[i], path))
			return true;
	return false;
}

/* Nothing but MEMORY.md changed, and it is as the daemon itself wrote it. */
static bool is_own_write(const struct daemon *daemon, const struct thing *thing,
			 const struct resident *resident)
{
	const char *name = agent_file_names[FILE_MEMORY];
	_free_ char *path = xasprintf("agents/%s/%s", thing->agent, name);
	struct file_stamp stamp;
	struct stat st;

	if (thing->folders || thing->path_count != 1 || !has_path(thing, name) ||
	    file_stat(daemon->workspace->dir, path, &st, NULL))
		return false;
	file_stamp_of(&st, &stamp);
	return file_stamp_equal(&stamp, &resident->memory_stamp);
}

static bool has_repository(const struct daemon *daemon, const char *repository)
{
	_free_ char *path = xasprintf("%s/.git", repository);
	struct stat st;

	return !file_stat(daemon->workspace->dir, path, &st, NULL);
}

/* Did somebody do something? Else a reload that was put off is tried again: where it is so once
 * more, there is nothing new to commit, and what waits for that file is not to be hurried. */
static bool has_event(const struct thing *thing)
{
	return thing->folders || thing->path_count;
}

static void look_at_agent(struct daemon *daemon, const struct thing *thing)
{
	_free_ char *repository = xasprintf("agents/%s", thing->agent);
	struct resident *resident = roster_find(daemon->roster, thing->agent);
	bool is_new = !resident, was_broken = resident && resident->broken, is_another;

	if (resident && is_own_write(daemon, thing, resident))
		return;
	if (thing->folders)
		watcher_cover(daemon, thing->agent);
	if (!resident || thing->folders || has_path(thing, agent_file_names[FILE_SOUL])) {
		roster_scan(daemon); /* it may be new, or gone */
		resident = roster_find(daemon->roster, thing->agent);
	}
	if (!resident)
		return;
	is_another = roster_reload(daemon, resident);
	if (is_another)
		supervisor_inputs_changed(daemon, resident, NULL);
	if (is_another || (was_broken && !resident->broken))
		parked_limits_changed(daemon);
	if (is_another)
		ledger_limits_changed(daemon);
	scheduler_files_changed(daemon, resident, thing->paths, thing->path_count, thing->last);
	if (resident->broken || !(is_another || is_new || was_broken || has_event(thing)))
		return;
	if (is_new || !has_repository(daemon, repository))
		committer_first_edits(daemon, repository);
	else
		committer_edits(daemon, repository);
}

/* Is a file of the workspace another than when it was looked at last? Remembers it by its id. */
static bool text_changed(const struct settle *settle, const char *path, char known[41])
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(AGENT_FILE_MAX);
	char id[41] = "";

	if (!file_read(settle->daemon->workspace->dir, path, &text, NULL, NULL))
		blob_id(buffer_span(&text), id);
	if (!strcmp(id, known))
		return false;
	memcpy(known, id, sizeof(id));
	return true;
}

static bool bulletin_changed(struct settle *settle)
{
	return text_changed(settle, WORKSPACE_BULLETIN, settle->bulletin);
}

/* A person's post wakes like an agent's; of an agent's, whoever wrote it has told already. */
static void look_at_bulletin(struct settle *settle)
{
	struct daemon *daemon = settle->daemon;
	bool is_another = bulletin_changed(settle);
	uint64_t words = workspace_bulletin(daemon->workspace);
	bool is_said = words != settle->words;

	settle->words = words;
	if (!is_another || !is_said ||
	    committer_wrote_bulletin(daemon->committer, settle->bulletin))
		return;
	supervisor_inputs_changed(daemon, NULL, NULL);
	scheduler_event(daemon, SCHEDULE_EVENT_BULLETIN, NULL);
}

static struct thing *settle_add(struct settle *settle, enum thing_kind kind, const char *agent);

static void settings_put_off(struct settle *settle)
{
	struct thing *thing = settle_add(settle, THING_SETTINGS, "");

	thing->first = thing->last = clock_monotonic_ms() + HALF_SAVED_MS;
	if (!settle->settings_wait)
		log_event(settle->daemon->log, LEVEL_INFO, "reload_waits", NULL, NULL,
			  "waits: agentd.yaml is being written");
	settle->settings_wait = true;
}

static void look_at_settings(struct settle *settle)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
	struct daemon *daemon = settle->daemon;
	struct error error;
	bool is_another;
	int result = workspace_reload_whole(daemon->workspace, &is_another, &found, &error);

	if (result == -(int)ERROR_BUSY) {
		settings_put_off(settle);
		return;
	}
	settle->settings_wait = false;
	if (!is_another)
		return;
	if (result) {
		log_event(daemon->log, LEVEL_ERROR, "settings", NULL, NULL,
			  "%s:%u:%u: %s; what was in force stays", error.file, error.line,
			  error.column, error.message);
		return;
	}
	for (size_t i = 0; i < found.count; i++)
		log_event(daemon->log,
			  found.items[i].severity == SEVERITY_ERROR ? LEVEL_ERROR : LEVEL_WARNING,
			  found.items[i].code, NULL, NULL, "%s:%u:%u: %s", found.items[i].file,
			  found.items[i].line, found.items[i].column, found.items[i].message);
	log_set_limits(daemon->log, daemon->workspace->settings->log_bytes,
		       daemon->workspace->settings->log_files);
	roster_reload_all(daemon);
	parked_limits_changed(daemon);
	ledger_limits_changed(daemon);
	providers_settings_changed(daemon);
	monitors_settings_changed(daemon);
	service_renew(daemon->gateway); /* it may read the keys that were named when it began */
	log_event(daemon->log, LEVEL_INFO, "reload", NULL, NULL, "reloaded agentd.yaml");
	committer_edits(daemon, ".");
}

static void look_at_everything(struct settle *settle)
{
	struct daemon *daemon = settle->daemon;

	scheduler_look_at_zones(daemon);
	look_at_settings(settle);
	look_at_bulletin(settle);
	roster_scan(daemon);
	for (size_t i = 0; i < daemon->roster->count; i++)
		if (roster_reload(daemon, daemon->roster->items[i]))
			supervisor_inputs_changed(daemon, daemon->roster->items[i], NULL);
	scheduler_hear_all(daemon);
	parked_limits_changed(daemon);
	ledger_limits_changed(daemon);
	committer_catch_up(daemon);
}

static void look_at(struct settle *settle, const struct thing *thing)
{
	struct daemon *daemon = settle->daemon;

	switch (thing->kind) {
	case THING_AGENT: look_at_agent(daemon, thing); break;
	case THING_WORKSPACE:
		look_at_bulletin(settle);
		committer_edits(daemon, ".");
		break;
	case THING_SETTINGS: look_at_settings(settle); break;
	case THING_EVERYTHING: look_at_everything(settle); break;
	}
}

/* ---- waiting ---- */

static int64_t due(const struct settle *settle, const struct thing *thing)
{
	int64_t quiet = thing->last + settle->daemon->workspace->settings->debounce_ms;
	int64_t latest = thing->first + SETTLE_LONGEST_MS;

	return quiet < latest ? quiet : latest;
}

/* What the daemon is writing is looked at afterwards, when it knows its own write: an agent's
 * memory, the bulletin. */
static bool is_being_written(const struct settle *settle, const struct thing *thing)
{
	_free_ char *repository = thing->kind == THING_AGENT ? xasprintf("agents/%s", thing->agent)
							     : xstrdup(".");

	return (thing->kind == THING_AGENT || thing->kind == THING_WORKSPACE) &&
	       committer_writes(settle->daemon->committer, repository);
}

static void settle_arm(struct settle *settle);

static void settle_look(uv_timer_t *timer)
{
	struct settle *settle = timer->data;
	int64_t now = clock_monotonic_ms();
	struct thing **link = &settle->things, *ready = NULL, **last = &ready;

	while (*link) {
		struct thing *thing = *link;

		if (due(settle, thing) > now) {
			link = &thing->next;
			continue;
		}
		if (is_being_written(settle, thing)) {
			thing->first = thing->last = now;
			link = &thing->next;
			continue;
		}
		*link = thing->next;
		thing->next = NULL;
		*last = thing;
		last = &thing->next;
	}
	while (ready) {
		struct thing *thing = ready;

		ready = thing->next;
		look_at(settle, thing);
		thing_free(thing);
	}
	if (settle->daemon->ready) { /* else open incidents are not known yet */
		health_review(settle->daemon);
		repositories_review(settle->daemon);
	}
	supervisor_admit(settle->daemon); /* what waited for files that are mended now */
	settle_arm(settle);
}

static void settle_arm(struct settle *settle)
{
	int64_t first = INT64_MAX, now = clock_monotonic_ms();

	for (const struct thing *thing = settle->things; thing; thing = thing->next)
		if (due(settle, thing) < first)
			first = due(settle, thing);
	if (first == INT64_MAX)
		uv_timer_stop(settle->timer);
	else
		uv_timer_start(settle->timer, settle_look,
			       first > now ? (uint64_t)(first - now) : 0, 0);
}

static struct thing *settle_add(struct settle *settle, enum thing_kind kind, const char *agent)
{
	int64_t now = clock_monotonic_ms();
	struct thing **link = &settle->things;

	for (; *link; link = &(*link)->next)
		if ((*link)->kind == kind && !strcmp((*link)->agent, agent))
			break;
	if (!*link) {
		*link = xcalloc(1, sizeof(struct thing));
		(*link)->kind = kind;
		snprintf((*link)->agent, sizeof((*link)->agent), "%s", agent);
		(*link)->first = now;
	}
	(*link)->last = now;
	settle_arm(settle);
	return *link;
}

void settle_agent(struct settle *settle, const char *agent, const char *path, bool folder)
{
	struct thing *thing;

	if (!agent_name_valid(span_of(agent)))
		return;
	thing = settle_add(settle, THING_AGENT, agent);
	thing->folders |= folder || thing->path_count == PATHS_MAX;
	if (*path && thing->path_count < PATHS_MAX && !has_path(thing, path))
		thing->paths[thing->path_count++] = xstrdup(path);
}

void settle_workspace(struct settle *settle)
{
	settle_add(settle, THING_WORKSPACE, "");
}

void settle_settings(struct settle *settle)
{
	settle_add(settle, THING_SETTINGS, "");
}

void settle_everything(struct settle *settle)
{
	settle_add(settle, THING_EVERYTHING, "");
}

struct settle *settle_new(struct daemon *daemon)
{
	struct settle *settle = xcalloc(1, sizeof(*settle));

	settle->daemon = daemon;
	settle->timer = handle_timer(&daemon->loop, settle);
	bulletin_changed(settle);
	settle->words = workspace_bulletin(daemon->workspace);
	settle_settings(settle); /* what was saved since they were read */
	return settle;
}

void settle_free(struct settle *settle)
{
	if (!settle)
		return;
	while (settle->things) {
		struct thing *thing = settle->things;

		settle->things = thing->next;
		thing_free(thing);
	}
	uv_close((uv_handle_t *)settle->timer, handle_free);
	free(settle);
}
