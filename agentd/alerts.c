#include "alerts.h"

#include "alert_targets.h"
#include "committer.h"
#include "handle.h"
#include "incidents.h"
#include "journal.h"
#include "log.h"
#include "state_file.h"

#include "base/clock.h"
#include "base/printable.h"

#include <stdarg.h>

#define LOOK_S 60   /* at least so often while one is open: the clock may be set */
#define START_S 30  /* who is well again so soon after a start is not complained of */
#define DOUBT_S 300 /* between tellings of which a death left unknown whether anybody got them */

struct alerts {
	struct alert_targets *targets;
	uv_timer_t *timer; /* for the first that is to be told again */
	int64_t quiet_ms;  /* nothing is told by it before, on the monotonic clock */
	struct incidents open;
	struct incidents past; /* over, but told so lately that it is not told again */
};

static void look(uv_timer_t *timer);

struct alerts *alerts_new(struct daemon *daemon)
{
	struct alerts *alerts = xcalloc(1, sizeof(*alerts));

	incidents_init(&alerts->open);
	incidents_init(&alerts->past);
	alerts->targets = alert_targets_new(daemon);
	alerts->timer = handle_timer(&daemon->loop, daemon);
	return alerts;
}

void alerts_stop(struct alerts *alerts)
{
	if (!alerts || !alerts->targets)
		return;
	alert_targets_free(steal_pointer(&alerts->targets));
	uv_close((uv_handle_t *)steal_pointer(&alerts->timer), handle_free);
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	alerts_stop(alerts);
	incidents_clear(&alerts->open);
	incidents_clear(&alerts->past);
	free(alerts);
}

/* ---- telling again ---- */

static int64_t due_at(const struct daemon *daemon, const struct incident *incident)
{
	int64_t again = daemon->workspace->settings->alert_again_s;

	return incident->told + (incident->is_in_doubt && again > DOUBT_S ? DOUBT_S : again);
}

/* What was told by a clock that was wrong holds nothing back. */
static bool is_recent(const struct daemon *daemon, const struct incident *incident, int64_t now)
{
	return now < due_at(daemon, incident) &&
	       incident->told - now < daemon->workspace->settings->alert_again_s;
}

/* It waits for a row that will be long in coming. */
static bool is_held(const struct daemon *daemon, const struct incident *incident)
{
	return incident->is_waiting && state_file_trouble(daemon);
}

static void arm(struct daemon *daemon)
{
	struct alerts *alerts = daemon->alerts;
	int64_t now = clock_wall_s(), wait_ms = LOOK_S * 1000;
	int64_t quiet_ms = alerts->quiet_ms - clock_monotonic_ms();

	if (!alerts->timer)
		return;
	if (!alerts->open.first || daemon->stopping) {
		uv_timer_stop(alerts->timer);
		return;
	}
	for (const struct incident *one = alerts->open.first; one; one = one->next) {
		bool waits = is_recent(daemon, one, now) && !is_held(daemon, one);
		int64_t ms = waits ? (due_at(daemon, one) - now) * 1000 : 0;

		if (incident_is_of_the_clock(one) && ms < wait_ms)
			wait_ms = ms;
	}
	if (wait_ms < quiet_ms)
		wait_ms = quiet_ms;
	if (wait_ms < 1000) /* there may be no room for those that are due */
		wait_ms = 1000;
	uv_timer_start(alerts->timer, look, (uint64_t)wait_ms, 0);
}

static void forget_old(struct daemon *daemon, int64_t now)
{
	struct incidents *past = &daemon->alerts->past;
	struct incident **link = &past->first;

	while (*link)
		if (!is_recent(daemon, *link, now) || past->count > INCIDENTS_MAX)
			incident_free(incidents_take(past, link));
		else
			link = &(*link)->next;
}

/* ---- rows ---- */

/* They come newest first. */
static int restore_open(void *context, const struct incident_row *row)
{
	struct daemon *daemon = context;

	incidents_prepend(&daemon->alerts->open, incident_read(row));
	return 0;
}

static int restore_past(void *context, const struct incident_row *row)
{
	struct daemon *daemon = context;

	if (row->cleared)
		incidents_prepend(&daemon->alerts->past, incident_read(row));
	return 0;
}

int alerts_restore(struct daemon *daemon, struct error *error)
{
	int64_t again = daemon->workspace->settings->alert_again_s;
	int result = store_incidents(daemon->reader, true, INCIDENTS_MAX, restore_open, daemon,
				     error);

	if (!result)
		result = store_incidents(daemon->reader, false, INCIDENTS_MAX, restore_past, daemon,
					 error);
	forget_old(daemon, clock_wall_s());
	daemon->alerts->quiet_ms = clock_monotonic_ms() +
				   (again < START_S ? again : START_S) * 1000;
	arm(daemon);
	return result;
}

static void keep(struct daemon *daemon, const struct incident *incident, journal_done done,
		 void *context)
{
	struct incident_row row = incident_row(incident);

	journal_incident(daemon, &row, done, context);
}

/* ---- telling ---- */

static const char *agent_of(const struct incident *incident)
{
	return *incident->agent ? incident->agent : NULL;
}

static json_t *incident_json(const struct incident *incident, const char *text)
{
	char since[INSTANT_SIZE];

	return json_pack("{s:s,s:s?,s:s,s:s,s:I}", "key", incident->key, "agent",
			 agent_of(incident), "text", text, "since",
			 instant_print(incident->opened, since), "count",
			 (json_int_t)incident->count);
}

/* One line, whatever a server said; the caller frees it. */
__attribute__((format(printf, 1, 0))) static char *one_line(const char *format, va_list args)
{
	CLEANUP(buffer_clear) struct buffer shown = BUFFER(ALERT_TEXT_MAX);
	_free_ char *text = xvasprintf(format, args);

	printable_append(&shown, span_of(text), "");
	return xstrndup(shown.data ? shown.data : "", shown.length);
}

/* What the targets get; the caller's. */
static json_t *alert_of(const struct daemon *daemon, const struct incident *incident,
			const char *text, bool recovered)
{
	CLEANUP(buffer_clear) struct buffer path = BUFFER(2 * ALERT_TEXT_MAX);
	json_t *alert = incident_json(incident, text);

	printable_append(&path, span_of(daemon->workspace->path), "");
	json_object_set_new(alert, "recovered", json_boolean(recovered));
	json_object_set_new(alert, "workspace", json_stringn(path.data, path.length));
	return alert;
}

static void tell_over(struct daemon *daemon, const struct incident *incident, const char *text)
{
	json_t *alert = alert_of(daemon, incident, text, true);

	alert_targets_tell(daemon->alerts->targets, alert, NULL, NULL);
	json_decref(alert);
}

void alert_tell_person(struct daemon *daemon, const char *agent, const char *session,
		       const char *text, alert_told told, void *context)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(2 * ALERT_TEXT_MAX);
	CLEANUP(buffer_clear) struct buffer path = BUFFER(2 * ALERT_TEXT_MAX);
	char now[INSTANT_SIZE];
	json_t *alert;

	buffer_printf(&said, "%s: ", agent);
	printable_append(&said, span_of(text), "\n");
	printable_append(&path, span_of(daemon->workspace->path), "");
	alert = json_pack("{s:o,s:s,s:o,s:s,s:i,s:s,s:b,s:o}", "key",
			  json_sprintf("session %s", session), "agent", agent, "text",
			  json_stringn(said.data, said.length), "since",
			  instant_print(clock_wall_s(), now), "count", 1, "session", session,
			  "recovered", 0, "workspace", json_stringn(path.data, path.length));
	alert_targets_ask(daemon->alerts->targets, alert, told, context);
	json_decref(alert);
}

static void post_line(struct daemon *daemon, const char *text)
{
	committer_post(daemon, COMMITTER_SYSTEM, text, clock_wall_s(),
		       "bulletin: a post by system\n\nAgent: system\n", NULL, NULL);
}

/* ---- telling, from its row to somebody who has got it ---- */

struct announcement {
	struct daemon *daemon;
	char *key;
	int64_t at; /* what `told` of the incident was made */
	json_t *alert;
};

static void announcement_free(struct announcement *announcement)
{
	free(announcement->key);
	json_decref(announcement->alert);
	free(announcement);
}

static void announced(void *context, const char *why, bool is_sure)
{
	struct announcement *announcement = context;
	struct daemon *daemon = announcement->daemon;
	struct incident *incident = *incidents_find(&daemon->alerts->open, announcement->key);

	(void)is_sure;
	if (!incident)
		incident = *incidents_find(&daemon->alerts->past, announcement->key);
	if (!why && incident && incident->told == announcement->at) {
		incident->is_confirmed = true;
		keep(daemon, incident, NULL, NULL);
	}
	announcement_free(announcement);
}

/* Its row is durable, or cannot be. What is over by then is not told as a problem any more. */
static void announce(void *context, const struct error *error)
{
	struct announcement *announcement = context;
	struct alerts *alerts = announcement->daemon->alerts;
	struct incident *incident = *incidents_find(&alerts->open, announcement->key);
	bool is_due = incident && incident->is_waiting && incident->told == announcement->at;

	(void)error;
	if (is_due)
		incident->is_waiting = false;
	if (is_due && alerts->targets)
		alert_targets_tell(alerts->targets, announcement->alert, announced, announcement);
	else
		announcement_free(announcement);
}

static bool is_to_be_told(const struct daemon *daemon, const struct incident *incident, int64_t now)
{
	return !daemon->stopping &&
	       (is_held(daemon, incident) || !is_recent(daemon, incident, now)) &&
	       alert_targets_have_room(daemon->alerts->targets);
}

/* Returns whether it is for the first time, this time. What is wrong with state.db itself does not
 * wait for a row in it. */
static bool tell(struct daemon *daemon, struct incident *incident, int64_t now)
{
	struct announcement *announcement = xcalloc(1, sizeof(*announcement));
	bool is_first = !incident_is_known(incident), waits = !state_file_trouble(daemon);

	if (!incident->is_waiting)
		incident->told_before = incident->told;
	incident->told = now;
	incident->is_waiting = true;
	incident->is_confirmed = incident->is_in_doubt = false;
	announcement->daemon = daemon;
	announcement->key = xstrdup(incident->key);
	announcement->at = now;
	announcement->alert = alert_of(daemon, incident, incident->text, false);
	keep(daemon, incident, waits ? announce : NULL, announcement);
	if (!waits)
		announce(announcement, NULL);
	if (is_first)
		post_line(daemon, incident->post ? incident->post : incident->key);
	return is_first;
}

static struct incident *first_to_be_told(const struct daemon *daemon)
{
	struct incident *incident = daemon->alerts->open.first;
	int64_t now = clock_wall_s();

	while (incident &&
	       !(incident_is_of_the_clock(incident) && is_to_be_told(daemon, incident, now)))
		incident = incident->next;
	return incident;
}

/* A post may change the list: each look begins anew. */
static void look(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;
	struct incident *incident;

	while ((incident = first_to_be_told(daemon))) {
		incident->is_unheard |= !incident_is_known(incident);
		tell(daemon, incident, clock_wall_s());
	}
	arm(daemon);
}

/* ---- raising ---- */

/* A new one, or one that was over and comes again; NULL: there are too many. */
static struct incident *incident_open(struct daemon *daemon, const char *key, const char *agent,
				      int64_t now)
{
	struct alerts *alerts = daemon->alerts;
	struct incident **past, *incident;

	if (alerts->open.count >= INCIDENTS_MAX)
		return NULL;
	forget_old(daemon, now);
	past = incidents_find(&alerts->past, key);
	incident = *past ? incidents_take(&alerts->past, past) : incident_new(key, agent);
	incident->opened = now;
	incident->cleared = 0;
	incident->count = 0;
	incident->is_unheard = false;
	if (incident_is_known(incident)) /* within the same second */
		incident->told = now - 1;
	incidents_append(&alerts->open, incident);
	return incident;
}

bool alert_raise(struct daemon *daemon, const char *key, const char *agent, const char *post,
		 const char *format, ...)
{
	struct incident *incident = *incidents_find(&daemon->alerts->open, key);
	int64_t now = clock_wall_s();
	_free_ char *text = NULL;
	bool is_new = !incident, is_news;
	va_list args;

	va_start(args, format);
	text = one_line(format, args);
	va_end(args);
	if (is_new)
		incident = incident_open(daemon, key, agent, now);
	if (is_new)
		log_event(daemon->log, LEVEL_ERROR, "alert", agent, NULL, "%s", text);
	if (!incident)
		return false;
	incident->count++;
	free(incident->text);
	free(incident->post);
	incident->text = steal_pointer(&text);
	incident->post = xstrdup(post);
	is_news = incident->is_unheard;
	incident->is_unheard = false;
	if (is_to_be_told(daemon, incident, now))
		is_news |= tell(daemon, incident, now);
	else
		keep(daemon, incident, NULL, NULL);
	arm(daemon);
	return is_news;
}

/* ---- and over ---- */

static void incident_over(struct daemon *daemon, struct incident *incident, const char *post,
			  const char *text, bool is_mended)
{
	bool was_posted = incident_is_known(incident);
	int64_t now = clock_wall_s();

	log_event(daemon->log, LEVEL_NOTICE, "alert_cleared", agent_of(incident), NULL, "%s", text);
	incident_untell(incident);
	if (!daemon->stopping && incident_is_known(incident))
		tell_over(daemon, incident, text);
	if (!daemon->stopping && was_posted)
		post_line(daemon, post);
	if (is_mended)
		incident->told = 0;
	incident->cleared = now;
	keep(daemon, incident, NULL, NULL);
	incidents_append(&daemon->alerts->past, incident);
	forget_old(daemon, now);
}

static void over(struct daemon *daemon, const char *prefix, const char *text, bool is_mended)
{
	struct incidents *open = &daemon->alerts->open;
	struct incident **link = &open->first;

	while (*link)
		if (incident_is_of(*link, prefix))
			incident_over(daemon, incidents_take(open, link), text, text, is_mended);
		else
			link = &(*link)->next;
}

void alert_over(struct daemon *daemon, const char *prefix, const char *format, ...)
{
	_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	text = one_line(format, args);
	va_end(args);
	over(daemon, prefix, text, false);
}

void alert_mended(struct daemon *daemon, const char *prefix, const char *format, ...)
{
	_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	text = one_line(format, args);
	va_end(args);
	over(daemon, prefix, text, true);
}

void alerts_review(struct daemon *daemon,
		   const char *(*fault)(struct daemon *daemon, const char *key))
{
	struct incidents *open = &daemon->alerts->open;
	struct incident **link = &open->first;

	while (*link) {
		const char *why = fault(daemon, (*link)->key);
		_free_ char *text = why ? xasprintf("%s: %s", why, (*link)->text) : NULL;
		_free_ char *post = why ? xasprintf("%s: %s", why, (*link)->key) : NULL;

		if (why)
			incident_over(daemon, incidents_take(open, link), post, text, true);
		else
			link = &(*link)->next;
	}
}

/* ---- seeing them ---- */

bool alert_is_open(const struct daemon *daemon, const char *key)
{
	return *incidents_find(&daemon->alerts->open, key) != NULL;
}

bool alerts_has(const struct daemon *daemon, const char *agent)
{
	for (const struct incident *one = daemon->alerts->open.first; one; one = one->next)
		if (!strcmp(agent, one->agent))
			return true;
	return false;
}

json_t *alerts_json(const struct daemon *daemon, const char *agent)
{
	json_t *list = json_array();

	for (const struct incident *one = daemon->alerts->open.first; one; one = one->next)
		if (!agent || !*one->agent || !strcmp(agent, one->agent))
			json_array_append_new(list, incident_json(one, one->text));
	return list;
}
