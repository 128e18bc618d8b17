#include "health.h"

#include "alerts.h"
#include "journal.h"
#include "log.h"
#include "supervisor.h"
#include "sweep.h"

#include "base/clock.h"

#define KEY_BYTES 64         /* of a section's key in that of its incident */
#define SILENCE_LOOK_MAX 100 /* sessions of a section, at a start */
#define FAILURES_LOOK_MAX 20 /* sessions of an agent, likewise */

static struct health_rules rules_of(const struct daemon *daemon)
{
	const struct settings *settings = daemon->workspace->settings;

	return (struct health_rules){
		.flap_deaths = settings->flap_deaths,
		.flap_within_ms = (int64_t)settings->flap_within_s * 1000,
		.failures_max = HEALTH_FAILURES_MAX,
		.silent_max = HEALTH_SILENT_MAX,
	};
}

/* ---- deaths ---- */

unsigned health_note_death(struct daemon *daemon, struct resident *resident, bool *ret_flaps)
{
	struct health_rules rules = rules_of(daemon);
	int64_t now = clock_wall_ms();

	*ret_flaps = health_died(&resident->health, &rules, now) & HEALTH_FLAPS;
	return health_deaths(&resident->health, &rules, now);
}

/* ---- incidents ---- */

static void key_of(const char *what, const struct resident *resident, char *out, size_t size)
{
	snprintf(out, size, "%s %s", what, resident->name);
}

#define KEY_MAX (AGENT_NAME_MAX + KEY_BYTES + 32)

static char *within(const struct daemon *daemon)
{
	unsigned seconds = daemon->workspace->settings->flap_within_s;

	if (seconds == 3600)
		return xstrdup("an hour");
	return seconds % 60 ? xasprintf("%u s", seconds) : xasprintf("%u min", seconds / 60);
}

void health_pause(struct daemon *daemon, struct resident *resident, unsigned deaths,
		  const char *words)
{
	_free_ char *span = within(daemon), *post = NULL;
	char key[KEY_MAX];

	key_of("flap", resident, key, sizeof(key));
	if (!resident->paused) {
		resident->paused = true;
		free(resident->pause_reason);
		resident->pause_reason = xasprintf("by the runtime: %u deaths within %s", deaths,
						   span);
		journal_agent(daemon, resident->name, true, resident->pause_reason, NULL, NULL);
		supervisor_agent_paused(daemon, resident);
	}
	post = xasprintf("%s was paused: its sessions died %u times within %s", resident->name,
			 deaths, span);
	alert_raise(daemon, key, resident->name, post, "%s, lastly: %s; agentctl resume %s", post,
		    words, resident->name);
}

static void note_failure(struct daemon *daemon, struct resident *resident, const char *reason)
{
	struct health_rules rules = rules_of(daemon);
	unsigned news = health_ended(&resident->health, &rules, false);
	_free_ char *post = NULL;
	char key[KEY_MAX];

	if (!(news & HEALTH_FAILS))
		return;
	key_of("failing", resident, key, sizeof(key));
	post = xasprintf("%s has failed %u times in a row", resident->name,
			 resident->health.failures);
	alert_raise(daemon, key, resident->name, post, "%s, lastly: %s", post,
		    reason ? reason : "no reason is known");
}

static void silent_key(const struct resident *resident, const char *section, char *out, size_t size)
{
	snprintf(out, size, "silent %s \"%.*s\"", resident->name,
		 (int)utf8_cut(span_of(section), KEY_BYTES), section);
}

static void note_success(struct daemon *daemon, struct resident *resident, const char *section)
{
	static const char *const incidents[] = { "failing", "aside" };
	struct health_rules rules = rules_of(daemon);
	struct beat *beat;
	char key[KEY_MAX];

	health_ended(&resident->health, &rules, true);
	for (size_t i = 0; i < ARRAY_LENGTH(incidents); i++) {
		key_of(incidents[i], resident, key, sizeof(key));
		alert_over(daemon, key, "%s: a session of it is done again", resident->name);
	}
	if (!section || !roster_heartbeat(resident, section, &beat))
		return;
	silent_key(resident, section, key, sizeof(key));
	silence_well(&beat->silence, &rules);
	alert_over(daemon, key, "%s: \"%s\" is done again", resident->name, section);
}

/* Parked work has an incident of its own, or waits for a person who was told. */
static void note_parked(struct daemon *daemon, struct resident *resident, const char *section)
{
	struct health_rules rules = rules_of(daemon);
	struct beat *beat;

	if (section && roster_heartbeat(resident, section, &beat))
		silence_well(&beat->silence, &rules);
}

void health_note_end(struct daemon *daemon, struct resident *resident,
		     const struct session *session)
{
	if (session->outcome == OUTCOME_DONE)
		note_success(daemon, resident, session->key);
	else if (session->outcome == OUTCOME_FAILED || session->outcome == OUTCOME_REFUSED)
		note_failure(daemon, resident, session->reason);
	else if (session->outcome == OUTCOME_PARKED)
		note_parked(daemon, resident, session->key);
}

void health_note_slot(struct daemon *daemon, const struct resident *resident,
		      const struct heartbeat *heartbeat, struct beat *beat)
{
	struct health_rules rules = rules_of(daemon);
	_free_ char *post = NULL;
	char key[KEY_MAX];

	if (!silence_due(&beat->silence, &rules))
		return;
	silent_key(resident, heartbeat->key, key, sizeof(key));
	post = xasprintf("%s: nothing of \"%s\" has succeeded for %u of its intervals",
			 resident->name, heartbeat->heading, beat->silence.slots - 1);
	alert_raise(daemon, key, resident->name, post, "%s; agentctl why %s", post, resident->name);
}

void health_resumed(struct daemon *daemon, struct resident *resident)
{
	static const char *const incidents[] = { "flap", "aside" };
	char key[KEY_MAX];

	health_forgive(&resident->health);
	journal_deaths_forgive(daemon, resident->name);
	for (size_t i = 0; i < ARRAY_LENGTH(incidents); i++) {
		key_of(incidents[i], resident, key, sizeof(key));
		alert_mended(daemon, key, "%s was resumed by a person", resident->name);
	}
}

/* ---- at a start ---- */

static int restore_death(void *context, const struct death_row *row)
{
	struct daemon *daemon = context;
	struct resident *resident = roster_find(daemon->roster, row->agent);
	struct health_rules rules = rules_of(daemon);

	if (resident)
		health_died(&resident->health, &rules, row->at);
	return 0;
}

/* Newest first, until a success. */
static int restore_failure(void *context, const struct session_row *row)
{
	struct resident *resident = context;

	if (!strcmp(row->outcome, outcome_name(OUTCOME_DONE)))
		return 1;
	if (!strcmp(row->outcome, outcome_name(OUTCOME_FAILED)) ||
	    !strcmp(row->outcome, outcome_name(OUTCOME_REFUSED)))
		resident->health.failures++;
	return 0;
}

static int restore_failures(struct daemon *daemon, struct resident *resident, struct error *error)
{
	int result = store_sessions(daemon->reader, resident->name, false, FAILURES_LOOK_MAX,
				    restore_failure, resident, error);

	return result < 0 ? result : 0;
}

/* A slot that ought to run has a session: those since a success are as many as had come. */
static int restore_silence(struct daemon *daemon, struct resident *resident, struct error *error)
{
	size_t count = resident->agent ? resident->agent->beats.count : 0;
	int result = 0;

	for (size_t i = 0; !result && i < count; i++) {
		int64_t slots = 0;

		result = store_sessions_since_success(daemon->reader, resident->name,
						      resident->agent->beats.items[i].key,
						      SILENCE_LOOK_MAX, &slots, error);
		resident->beats[i].silence.slots = (unsigned)slots;
	}
	return result;
}

int health_restore(struct daemon *daemon, struct error *error)
{
	int64_t since = clock_wall_ms() -
			(int64_t)daemon->workspace->settings->flap_within_s * 1000;
	int result = store_deaths_counted(daemon->reader, NULL, since, restore_death, daemon,
					  error);

	for (size_t i = 0; !result && i < daemon->roster->count; i++) {
		result = restore_failures(daemon, daemon->roster->items[i], error);
		if (!result)
			result = restore_silence(daemon, daemon->roster->items[i], error);
	}
	return result;
}

/* One whose files are broken has the sections that it had. */
static bool has_section(const struct resident *resident, const char *incident)
{
	char key[KEY_MAX];

	for (size_t i = 0; resident->agent && i < resident->agent->beats.count; i++) {
		const struct heartbeat *heartbeat = &resident->agent->beats.items[i];

		silent_key(resident, heartbeat->key, key, sizeof(key));
		if (heartbeat->schedule.kind != SCHEDULE_NONE && !strcmp(key, incident))
			return true;
	}
	return !resident->agent;
}

static bool is_of_session(const char *key)
{
	return !strncmp(key, "stuck ", 6) || !strncmp(key, "stale ", 6);
}

static const char *fault(struct daemon *daemon, const char *key)
{
	static const char *const words[] = { "flap ",   "failing ", "aside ",
					     "silent ", "stuck ",   "stale " };
	char agent[AGENT_NAME_MAX + 1];
	const struct resident *resident;
	const char *name = NULL;

	if (!strcmp(key, "stale rows")) /* of state.db: the sweep looks whether they are there */
		return NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (!strncmp(key, words[i], strlen(words[i])))
			name = key + strlen(words[i]);
	if (!name)
		return NULL;
	if (is_of_session(key)) { /* a process outlives its agent's folder */
		const char *session = strrchr(key, ' ') + 1;

		return supervisor_find(daemon, session) || sweep_is_suspect(daemon, session)
			       ? NULL
			       : "its session is over";
	}
	snprintf(agent, sizeof(agent), "%.*s", (int)strcspn(name, " "), name);
	resident = roster_find(daemon->roster, agent);
	if (!resident)
		return "the agent is gone";
	return !strncmp(key, "silent ", 7) && !has_section(resident, key)
		       ? "there is no such section any more"
		       : NULL;
}

void health_review(struct daemon *daemon)
{
	alerts_review(daemon, fault);
}
