#include "monitor_news.h"

#include "alerts.h"
#include "log.h"
#include "roster.h"
#include "supervisor.h"

#include "base/clock.h"
#include "base/printable.h"

#include <inttypes.h>

#define MESSAGE_MAX 4096
#define KEY "monitor "

/* ---- waking an agent ---- */

/* The daemon's own words only: a person's turn is made of it. */
static char *wake_message(const struct monitor_settings *settings, unsigned failures,
			  const char *word)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(MESSAGE_MAX);

	buffer_printf(
		&out,
		"[system] The outside service \"%s\" is down: it failed %u look%s in a row.%s\n"
		"The latest look:\n> ",
		settings->name, failures, failures == 1 ? "" : "s",
		settings->restart ? " Its restart command is being tried." : "");
	printable_append(&out, span_of(word), "");
	return buffer_steal(&out);
}

static const char *why_asleep(const struct resident *resident)
{
	if (!resident)
		return "there is no such agent";
	if (resident->broken)
		return resident->broken;
	return resident->paused ? "it is paused" : NULL;
}

static void wake(struct daemon *daemon, const struct monitor_settings *settings, unsigned failures,
		 const char *word)
{
	struct resident *resident = roster_find(daemon->roster, settings->wake);
	const char *asleep = why_asleep(resident);
	_free_ char *message = wake_message(settings, failures, word);
	struct session_wish wish = {
		.cause = CAUSE_MESSAGE,
		.planned = clock_wall_s(),
		.message = message,
	};
	char session[ULID_SIZE] = "";
	struct error error;

	if (!asleep && supervisor_start(daemon, resident, &wish, session, &error))
		asleep = error.message;
	if (asleep)
		log_event(daemon->log, LEVEL_WARNING, "monitor_wake", settings->wake, NULL,
			  "monitor %s: %s was not woken: %s", settings->name, settings->wake,
			  asleep);
	else
		log_event(daemon->log, LEVEL_NOTICE, "monitor_wake", settings->wake, session,
			  "monitor %s: %s is woken", settings->name, settings->wake);
}

/* ---- incidents ---- */

static void incident(struct daemon *daemon, const struct monitor_settings *settings,
		     const struct monitor_life *life, const char *reason, const char *word)
{
	_free_ char *key = xasprintf(KEY "%s", settings->name);
	_free_ char *post = xasprintf("monitor %s: %u look%s in a row failed", settings->name,
				      life->failures, life->failures == 1 ? "" : "s");

	if (alert_raise(daemon, key, NULL, post, "%s; the latest: %s", post, reason) &&
	    *settings->wake)
		wake(daemon, settings, life->failures, word);
}

static void unhelpful(struct daemon *daemon, const struct monitor_settings *settings,
		      const struct monitor_life *life, const char *reason)
{
	_free_ char *key = xasprintf(KEY "%s restart", settings->name);
	_free_ char *post = xasprintf(
		"critical: monitor %s: a restart (%u of %d within an hour) did not help",
		settings->name, life->restart_count, MONITOR_RESTARTS);

	alert_raise(daemon, key, NULL, post, "%s: %s", post, reason);
}

static void given_up(struct daemon *daemon, const struct monitor_settings *settings)
{
	_free_ char *key = xasprintf(KEY "%s flap", settings->name);
	_free_ char *post = xasprintf(
		"critical: monitor %s: it was restarted %d times within an hour and is down again; "
		"it is not restarted any more until it is well or its entry in agentd.yaml is "
		"changed",
		settings->name, MONITOR_RESTARTS);

	alert_raise(daemon, key, NULL, post, "%s", post);
}

static void over(struct daemon *daemon, const struct monitor_settings *settings)
{
	_free_ char *flap = xasprintf(KEY "%s flap", settings->name);
	_free_ char *restart = xasprintf(KEY "%s restart", settings->name);
	_free_ char *key = xasprintf(KEY "%s", settings->name);

	alert_over(daemon, flap, "monitor %s may be restarted again", settings->name);
	alert_over(daemon, restart, "monitor %s needs no restart any more", settings->name);
	alert_over(daemon, key, "monitor %s is well again", settings->name);
}

void monitor_tell(struct daemon *daemon, const struct monitor_settings *settings,
		  const struct monitor_life *life, unsigned news, const char *reason,
		  const char *word)
{
	if (news & MONITOR_INCIDENT)
		incident(daemon, settings, life, reason, word);
	if (news & MONITOR_UNHELPFUL)
		unhelpful(daemon, settings, life, reason);
	if (news & MONITOR_GIVEN_UP)
		given_up(daemon, settings);
	if (news & MONITOR_OVER)
		over(daemon, settings);
}

void monitor_tell_blind(struct daemon *daemon, const char *name, const char *reason)
{
	_free_ char *key = xasprintf(KEY "%s look", name);
	_free_ char *post = xasprintf("monitor %s cannot be looked at", name);

	if (reason)
		alert_raise(daemon, key, NULL, post, "%s: %s", post, reason);
	else
		alert_over(daemon, key, "monitor %s is looked at again", name);
}

/* ---- what state.db remembers ---- */

static const char *fault(struct daemon *daemon, const char *key)
{
	const struct settings *settings = daemon->workspace->settings;
	const char *name = key + strlen(KEY);

	if (strncmp(key, KEY, strlen(KEY)) != 0)
		return NULL;
	for (size_t i = 0; i < settings->monitor_count; i++) {
		size_t length = strlen(settings->monitors[i].name);

		if (!strncmp(name, settings->monitors[i].name, length) &&
		    (!name[length] || name[length] == ' '))
			return NULL;
	}
	return "not watched any more";
}

void monitor_forget_gone(struct daemon *daemon)
{
	alerts_review(daemon, fault);
}

void monitor_recall(struct daemon *daemon, const char *name, const struct monitor_rules *rules,
		    bool anew, struct monitor_life *life)
{
	_free_ char *key = xasprintf(KEY "%s", name);
	_free_ char *flap = xasprintf(KEY "%s flap", name);

	if (anew)
		alert_mended(daemon, flap, "monitor %s may be restarted again: it was changed",
			     name);
	monitor_restore(life, rules, alert_is_open(daemon, key), alert_is_open(daemon, flap));
}
