/* What has come due: its rows, then a session. */
#include "slots.h"

#include "gates.h"
#include "health.h"
#include "journal.h"
#include "log.h"
#include "parked.h"
#include "supervisor.h"

#include "base/clock.h"

#define ROWS_MAX (2 * AGENDA_ROWS_MAX + 1) /* of a section at once */
#define AGAIN_S 30 /* after which it is tried again, where state.db could not be written */

/* A row of state.db without a session; strings are the resident's. */
static struct slot slot_of(const struct resident *resident, const struct heartbeat *heartbeat,
			   int64_t planned)
{
	return (struct slot){
		.agent = resident->name,
		.section = heartbeat->key,
		.heading = heartbeat->heading,
		.planned = planned,
		.event = "",
		.session = "",
		.outcome = "",
		.recorded = clock_wall_s(),
	};
}

/* ---- once the rows are written ---- */

/* Slots whose rows are on their way; for the last of them a session may be wished for. */
struct firing {
	struct firing *next, **link; /* what points to this one */
	struct daemon *daemon;
	char agent[AGENT_NAME_MAX + 1];
	char *key, *event;
	int64_t planned;
	bool runs;
	struct agenda_place before; /* where the section was */
};

static void firing_free(struct firing *firing)
{
	*firing->link = firing->next;
	if (firing->next)
		firing->next->link = firing->link;
	free(firing->key);
	free(firing->event);
	free(firing);
}

void scheduler_firings_moved(struct daemon *daemon, const struct resident *resident,
			     const char *from, const char *to)
{
	for (struct firing *firing = daemon->scheduler->firings; firing; firing = firing->next)
		if (!strcmp(firing->agent, resident->name) && !strcmp(firing->key, from)) {
			free(firing->key);
			firing->key = xstrdup(to);
		}
}

/* The last rows are written when there is no scheduler any more. */
void scheduler_firings_let_go(struct scheduler *scheduler)
{
	while (scheduler->firings) {
		struct firing *firing = scheduler->firings;

		scheduler->firings = firing->next;
		firing->next = NULL;
		firing->link = &firing->next;
	}
}

static void close_slot(struct daemon *daemon, const char *agent, const char *key, int64_t planned,
		       const char *event, enum slot_state state, const char *reason)
{
	struct slot slot = {
		.agent = agent,
		.section = key,
		.heading = "",
		.planned = planned,
		.event = event,
		.state = state,
		.reason = reason,
		.session = "",
		.outcome = "",
		.recorded = clock_wall_s(),
	};

	journal_slot_finish(daemon, &slot, NULL, NULL);
}

static void wish(struct daemon *daemon, struct resident *resident,
		 const struct heartbeat *heartbeat, int64_t planned, const char *event)
{
	char text[SCHEDULE_PRINT_SIZE], id[27];
	struct session_wish wish = {
		.cause = CAUSE_HEARTBEAT,
		.key = heartbeat->key,
		.heading = heartbeat->heading,
		.planned = planned,
		.event = event,
		.schedule = schedule_print(&heartbeat->schedule, text),
	};
	struct error why;

	if (supervisor_start(daemon, resident, &wish, id, &why))
		close_slot(daemon, resident->name, heartbeat->key, planned, event, SLOT_SKIPPED,
			   why.message);
}

/* Nothing of it is recorded: it is due as before, a little later. */
static void not_written(struct daemon *daemon, const struct firing *firing, struct beat *beat,
			const struct error *error)
{
	log_event(daemon->log, LEVEL_WARNING, "slot_refused", firing->agent, NULL, "%s: %s",
		  firing->key, error->message);
	if (!beat || daemon->stopping)
		return;
	if (*firing->event) {
		scheduler_event_again(daemon, beat, firing->planned);
		return;
	}
	beat->place = firing->before;
	beat->place.wake = clock_wall_s() + AGAIN_S;
	beat->stored = false;
	scheduler_set_alarm(daemon);
}

static void fire_recorded(void *context, const struct error *error)
{
	struct firing *firing = context;
	struct daemon *daemon = firing->daemon;
	struct resident *resident = roster_find(daemon->roster, firing->agent);
	struct beat *beat = NULL;
	const struct heartbeat *heartbeat = resident
						    ? roster_heartbeat(resident, firing->key, &beat)
						    : NULL;

	if (beat && firing->runs)
		beat->firing = false;
	if (error && error->code == ERROR_EXISTS)
		log_event(daemon->log, LEVEL_NOTICE, "slot_refused", firing->agent, NULL,
			  "%s: not run: %s", firing->key, error->message);
	else if (error)
		not_written(daemon, firing, beat, error);
	else if (firing->runs && !heartbeat)
		close_slot(daemon, firing->agent, firing->key, firing->planned, firing->event,
			   SLOT_SKIPPED, "the section is gone");
	else if (firing->runs && !daemon->stopping) /* else the next daemon finds it waiting */
		wish(daemon, resident, heartbeat, firing->planned, firing->event);
	firing_free(firing);
}

static struct firing *firing_new(struct daemon *daemon, const struct resident *resident,
				 const struct heartbeat *heartbeat, const struct slot *last,
				 const struct agenda_place *before)
{
	struct firing *firing = xcalloc(1, sizeof(*firing));

	firing->daemon = daemon;
	firing->next = daemon->scheduler->firings;
	firing->link = &daemon->scheduler->firings;
	if (firing->next)
		firing->next->link = &firing->next;
	daemon->scheduler->firings = firing;
	snprintf(firing->agent, sizeof(firing->agent), "%s", resident->name);
	firing->key = xstrdup(heartbeat->key);
	firing->event = xstrdup(last->event);
	firing->planned = last->planned;
	firing->runs = last->state == SLOT_RUNNING;
	firing->before = *before;
	return firing;
}

/* ---- rows ---- */

struct rows {
	const struct resident *resident;
	const struct heartbeat *heartbeat;
	struct slot *items;
	size_t count, capacity;
	enum slot_state state;
	const char *reason;
};

static bool add_row(void *context, const struct agenda_part *part)
{
	struct rows *rows = context;
	struct slot *slot;

	if (array_grow((void **)&rows->items, rows->count, &rows->capacity, sizeof(*rows->items),
		       ROWS_MAX))
		return false;
	slot = &rows->items[rows->count++];
	*slot = slot_of(rows->resident, rows->heartbeat, part->first);
	slot->last = part->last;
	slot->count = part->count;
	slot->state = rows->state;
	slot->reason = rows->reason;
	return true;
}

static void add_part(struct rows *rows, const struct agenda_part *part,
		     const struct agenda_rule *rule, enum slot_state state, const char *reason)
{
	rows->state = state;
	rows->reason = reason;
	agenda_rows(part, rule, add_row, rows);
}

/* Rows and the section they belong to, in one transaction. */
static void write_rows(struct daemon *daemon, const struct rows *rows, struct beat *beat,
		       const struct agenda_place *before)
{
	const struct heartbeat *heartbeat = rows->heartbeat;
	const struct slot *last = &rows->items[rows->count - 1];
	char text[SCHEDULE_PRINT_SIZE];
	struct section section = scheduler_section(rows->resident, heartbeat, beat, text);

	beat->stored = true;
	beat->firing = beat->firing || last->state == SLOT_RUNNING;
	journal_slots(daemon, rows->items, rows->count, &section, fire_recorded,
		      firing_new(daemon, rows->resident, heartbeat, last, before));
}

static void tell_shut(struct daemon *daemon, const struct resident *resident,
		      const struct heartbeat *heartbeat, const struct gate_verdict *verdict)
{
	if (verdict->state != SLOT_RUNNING)
		log_event(daemon->log, LEVEL_INFO, "slot_skipped", resident->name, NULL,
			  "%s: %s: %s", heartbeat->heading,
			  verdict->state == SLOT_COALESCED ? "coalesced" : "skipped",
			  verdict->reason);
}

static void tell_missed(struct daemon *daemon, const struct resident *resident,
			const struct heartbeat *heartbeat, const struct agenda_due *due)
{
	int64_t missed = due->missed.count + due->coalesced.count + due->is_catch_up;

	if (due->missed.count || due->is_catch_up || due->coalesced.count > 1)
		log_event(daemon->log, LEVEL_NOTICE, "slots_missed", resident->name, NULL,
			  "%s: %lld slot%s %s; %s", heartbeat->heading, (long long)missed,
			  missed == 1 ? " was" : "s were", agenda_absence_reason(due->absence),
			  due->run.count ? "the latest stands for those that are caught up"
					 : "none is caught up");
}

/* ---- planned slots ---- */

void scheduler_fire_due(struct daemon *daemon, struct resident *resident,
			const struct heartbeat *heartbeat, struct beat *beat,
			enum agenda_absence absence, int64_t now)
{
	struct agenda_rule rule = scheduler_rule(daemon, resident, &heartbeat->schedule);
	struct agenda_policy policy = scheduler_policy(daemon, resident);
	struct rows rows = { .resident = resident, .heartbeat = heartbeat };
	struct agenda_place before = beat->place;
	struct gate_verdict verdict = { SLOT_SKIPPED, NULL };
	char into[INSTANT_SIZE] = "";
	struct agenda_due due;
	int64_t until = 0;

	if (!agenda_due(&beat->place, &rule, &policy, absence, now, &due)) {
		beat->place.wake = beat->place.next;
		return;
	}
	if (due.is_catch_up) /* gates look at files: not for all that wait, again and again */
		until = agenda_turn_wait(&daemon->scheduler->turns, &policy, now);
	if (due.run.count && !until) {
		verdict = gates_pass(daemon, resident, heartbeat, beat, due.run.first);
		instant_print(due.run.first, into);
		if (due.is_catch_up && verdict.state == SLOT_RUNNING)
			agenda_turn(&daemon->scheduler->turns, &policy, now);
	}
	if (until) {
		agenda_wait(&beat->place, &due, until, now);
		return;
	}
	tell_missed(daemon, resident, heartbeat, &due);
	add_part(&rows, &due.missed, &rule, SLOT_SKIPPED, agenda_absence_reason(due.absence));
	add_part(&rows, &due.coalesced, &rule, SLOT_COALESCED, into);
	add_part(&rows, &due.run, &rule, verdict.state, verdict.reason);
	agenda_take(&beat->place, &due);
	if (due.run.count)
		tell_shut(daemon, resident, heartbeat, &verdict);
	if (due.run.count && verdict.state == SLOT_RUNNING)
		parked_replace(daemon, resident, heartbeat->key);
	if (due.run.count && verdict.state != SLOT_SKIPPED && !due.is_catch_up)
		health_note_slot(daemon, resident, heartbeat, beat);
	write_rows(daemon, &rows, beat, &before);
	free(rows.items);
}

void scheduler_skip(struct daemon *daemon, const struct resident *resident,
		    const struct heartbeat *heartbeat, const struct agenda_rule *rule,
		    const struct agenda_due *due, const char *reason)
{
	struct rows rows = { .resident = resident, .heartbeat = heartbeat };

	add_part(&rows, &due->missed, rule, SLOT_SKIPPED, reason);
	add_part(&rows, &due->coalesced, rule, SLOT_SKIPPED, reason);
	add_part(&rows, &due->run, rule, SLOT_SKIPPED, reason);
	journal_slots(daemon, rows.items, rows.count, NULL, NULL, NULL);
	free(rows.items);
}

/* ---- others ---- */

void scheduler_fire_event(struct daemon *daemon, struct resident *resident,
			  const struct heartbeat *heartbeat, struct beat *beat, const char *event)
{
	struct rows rows = { .resident = resident, .heartbeat = heartbeat };
	struct agenda_part one = { clock_wall_s(), clock_wall_s(), 1 };
	struct gate_verdict verdict = gates_pass(daemon, resident, heartbeat, beat, one.first);

	rows.state = verdict.state;
	rows.reason = verdict.reason;
	add_row(&rows, &one);
	rows.items[0].event = event;
	if (verdict.state == SLOT_RUNNING)
		parked_replace(daemon, resident, heartbeat->key);
	tell_shut(daemon, resident, heartbeat, &verdict);
	write_rows(daemon, &rows, beat, &beat->place);
	free(rows.items);
}

void scheduler_fire_owed(struct daemon *daemon, struct resident *resident,
			 const struct heartbeat *heartbeat, struct beat *beat, int64_t now)
{
	struct agenda_policy policy = scheduler_policy(daemon, resident);
	struct gate_verdict verdict = { SLOT_SKIPPED, agenda_absence_reason(ABSENCE_DOWN) };
	int64_t planned = beat->owed, until = 0;
	bool is_late;

	beat->owed = 0; /* which a gate would see */
	if (agenda_is_owed(&policy, planned, now, &is_late))
		verdict = gates_pass(daemon, resident, heartbeat, beat, planned);
	if (verdict.state == SLOT_RUNNING && is_late)
		until = agenda_turn(&daemon->scheduler->turns, &policy, now);
	if (until) {
		beat->owed = planned;
		beat->owed_wake = until;
		return;
	}
	tell_shut(daemon, resident, heartbeat, &verdict);
	if (verdict.state == SLOT_RUNNING)
		wish(daemon, resident, heartbeat, planned, beat->owed_event);
	else
		close_slot(daemon, resident->name, heartbeat->key, planned, beat->owed_event,
			   verdict.state, verdict.reason);
}
