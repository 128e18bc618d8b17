#include "runs.h"

#include "journal.h"
#include "log.h"

static void kept(void *context, const struct error *error)
{
	struct session *session = context;

	session->keeping = false;
	if (error && session_waits(session)) {
		session->kept = false;
		session_fail_error(session, error);
		session_handle(session, LIFE_CANCELLED);
	} else if (session->suspending && session_waits(session)) {
		session_suspend(session);
	}
	session_release(session);
}

void runs_keep(struct session *session)
{
	json_t *wish = session_wish_json(session);
	_free_ char *text = json_dumps(wish, JSON_COMPACT);
	struct slot slot = session_slot(session);

	slot.session = "";
	slot.wish = text;
	session->kept = session->keeping = true;
	session_hold(session);
	journal_slots(session->daemon, &slot, 1, NULL, kept, session);
	json_decref(wish);
}

/* ---- at a start ---- */

static const char *why_not(const struct resident *resident, const struct session_wish *wish)
{
	if (!resident)
		return "the agent's folder is gone";
	return wish->event ? NULL : "what was to be run cannot be read";
}

static int restore_run(void *context, const struct slot *slot)
{
	struct daemon *daemon = context;
	struct resident *resident = roster_find(daemon->roster, slot->agent);
	json_t *json = *slot->wish ? json_loads(slot->wish, 0, NULL) : NULL;
	struct session_wish wish = session_wish_read(json);
	const char *why = why_not(resident, &wish);
	struct slot closed = *slot;

	if (wish.key) /* the section may have another key since */
		wish.key = slot->section;
	closed.state = SLOT_SKIPPED;
	closed.reason = why;
	if (*slot->wish && why) {
		log_event(daemon->log, LEVEL_NOTICE, "run_dropped", slot->agent, NULL,
			  "what was asked for before the start is not run: %s", why);
		journal_slot_finish(daemon, &closed, NULL, NULL);
	} else if (*slot->wish) {
		supervisor_wait(daemon, resident, wish.event + strlen(RUN_BY_HAND), &wish);
	}
	json_decref(json);
	return 0;
}

int runs_restore(struct daemon *daemon, struct error *error)
{
	return store_slots_waiting(daemon->reader, restore_run, daemon, error);
}
