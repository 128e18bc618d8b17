#include "saving.h"

#include "handle.h"
#include "log.h"
#include "roster.h"
#include "supervisor.h"
#include "watcher.h"

#include "base/clock.h"

#define SESSION_LOOK_MS 100
#define RELOAD_LOOK_MS 1000

struct savings {
	struct daemon *daemon;
	uv_timer_t *timer; /* runs while anything waits */
};

/* ---- one agent ---- */

char *saving_words(const struct resident *resident)
{
	for (size_t i = 0; i < AGENT_FILES; i++)
		if (resident->saving.files & 1U << i)
			return xasprintf("waits: agents/%s/%s is being written", resident->name,
					 agent_file_names[i]);
	return NULL;
}

static void tell(struct daemon *daemon, const struct resident *resident, const char *event,
		 const char *id)
{
	_free_ char *words = saving_words(resident);

	log_event(daemon->log, LEVEL_INFO, event, resident->name, id, "%s", words);
}

/* What was in force, and is gone: it may be about to come back, or a reload will say that it is
 * not.
 */
static unsigned find_gone(const struct resident *resident, const struct sources *sources)
{
	unsigned found = 0;

	for (size_t i = 0; i < AGENT_FILES; i++)
		if (*resident->ids[i] && !sources->files[i].data)
			found |= 1U << i;
	return found;
}

static void note(struct daemon *daemon, struct resident *resident, const struct sources *sources)
{
	struct saving *saving = &resident->saving;
	unsigned gone = find_gone(resident, sources);

	saving->files = workspace_half_saved(daemon->workspace, resident->name, sources,
					     (const char(*)[41])resident->ids, clock_wall_ms());
	for (size_t i = 0; i < AGENT_FILES; i++)
		if (!((saving->files | gone) & 1U << i))
			saving->since_ms[i] = 0;
}

/* Does a session of it wait, and may go on doing so? */
static bool has_waiting(const struct saving *saving, int64_t now)
{
	for (size_t i = 0; i < AGENT_FILES; i++)
		if (saving->since_ms[i] && now - saving->since_ms[i] < SAVING_WAIT_MS)
			return true;
	return false;
}

bool saving_waits(const struct resident *resident)
{
	return has_waiting(&resident->saving, clock_monotonic_ms());
}

bool saving_rests(const struct resident *resident, int64_t now_ms)
{
	const struct saving *saving = &resident->saving;

	return saving->files && now_ms - saving->looked_ms < SESSION_LOOK_MS / 2;
}

void saving_forget_reload(struct resident *resident)
{
	resident->saving.again_ms = 0;
}

/* ---- looking again ---- */

static void look(uv_timer_t *timer);

static void arm(struct savings *savings)
{
	const struct roster *roster = savings->daemon->roster;
	int64_t now = clock_monotonic_ms();
	uint64_t wait = 0;

	for (size_t i = 0; i < roster->count; i++) {
		const struct saving *saving = &roster->items[i]->saving;

		if (has_waiting(saving, now))
			wait = SESSION_LOOK_MS;
		else if (saving->again_ms && !wait)
			wait = RELOAD_LOOK_MS;
	}
	if (!wait)
		uv_timer_stop(savings->timer);
	else if (!uv_is_active((uv_handle_t *)savings->timer) ||
		 uv_timer_get_due_in(savings->timer) > wait)
		uv_timer_start(savings->timer, look, wait, 0);
}

static void look(uv_timer_t *timer)
{
	struct savings *savings = timer->data;
	struct daemon *daemon = savings->daemon;
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];

		if (!resident->saving.again_ms || resident->saving.again_ms > now)
			continue;
		resident->saving.again_ms = now + RELOAD_LOOK_MS;
		watcher_look_at(daemon, resident->name);
	}
	supervisor_admit(daemon);
	arm(savings);
}

/* ---- what waits ---- */

bool saving_holds_reload(struct daemon *daemon, struct resident *resident,
			 const struct sources *sources, bool *whole)
{
	struct saving *saving = &resident->saving;
	bool is_first = !saving->again_ms;

	note(daemon, resident, sources);
	*whole = saving->whole |= *whole;
	if (!saving->files) {
		saving->again_ms = 0;
		saving->whole = false;
		return false;
	}
	saving->again_ms = clock_monotonic_ms() + RELOAD_LOOK_MS;
	if (is_first)
		tell(daemon, resident, "reload_waits", NULL);
	arm(daemon->savings);
	return true;
}

bool saving_holds_session(struct daemon *daemon, struct resident *resident, const char *id,
			  const struct sources *sources)
{
	struct saving *saving = &resident->saving;
	int64_t now = clock_monotonic_ms();
	bool is_first = false;

	note(daemon, resident, sources);
	saving->files |= find_gone(resident, sources);
	for (size_t i = 0; i < AGENT_FILES; i++)
		if (saving->files & 1U << i && !saving->since_ms[i]) {
			saving->since_ms[i] = now;
			is_first = true;
		}
	if (!has_waiting(saving, now))
		return false;
	saving->looked_ms = now;
	if (is_first)
		tell(daemon, resident, "session_waits", id);
	arm(daemon->savings);
	return true;
}

/* ---- the value ---- */

struct savings *savings_new(struct daemon *daemon)
{
	struct savings *savings = xcalloc(1, sizeof(*savings));

	savings->daemon = daemon;
	savings->timer = handle_timer(&daemon->loop, savings);
	return savings;
}

void savings_free(struct savings *savings)
{
	free(savings); /* the loop frees its timer */
}
