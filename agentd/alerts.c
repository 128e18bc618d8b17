#include "alerts.h"

#include "alert_targets.h"
#include "committer.h"
#include "journal.h"
#include "log.h"

#include "base/clock.h"
#include "base/printable.h"

#include <stdarg.h>

struct incident {
	struct incident *next;
	char *key, *agent, *text;
	int64_t opened, told; /* UTC s; told before it opened: that was another time */
	int64_t count;
};

struct incidents {
	struct incident *first, **last; /* oldest first */
	size_t count;
};

struct alerts {
	struct alert_targets *targets;
	struct incidents open;
	struct incidents past; /* over, but told so lately that it is not told again */
};

/* ---- lists ---- */

static void append(struct incidents *list, struct incident *incident)
{
	incident->next = NULL;
	*list->last = incident;
	list->last = &incident->next;
	list->count++;
}

static struct incident *take_out(struct incidents *list, struct incident **link)
{
	struct incident *incident = *link;

	*link = incident->next;
	if (list->last == &incident->next)
		list->last = link;
	list->count--;
	return incident;
}

static struct incident **find(struct incidents *list, const char *key)
{
	struct incident **link = &list->first;

	while (*link && strcmp((*link)->key, key) != 0)
		link = &(*link)->next;
	return link;
}

static struct incident *incident_new(const char *key, const char *agent)
{
	struct incident *incident = xcalloc(1, sizeof(*incident));

	incident->key = xstrdup(key);
	incident->agent = xstrdup(agent ? agent : "");
	return incident;
}

static void incident_free(struct incident *incident)
{
	free(incident->key);
	free(incident->agent);
	free(incident->text);
	free(incident);
}

static void list_clear(struct incidents *list)
{
	while (list->first)
		incident_free(take_out(list, &list->first));
}

struct alerts *alerts_new(struct daemon *daemon)
{
	struct alerts *alerts = xcalloc(1, sizeof(*alerts));

	alerts->open.last = &alerts->open.first;
	alerts->past.last = &alerts->past.first;
	alerts->targets = alert_targets_new(daemon);
	return alerts;
}

void alerts_stop(struct alerts *alerts)
{
	if (alerts)
		alert_targets_free(steal_pointer(&alerts->targets));
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	alerts_stop(alerts);
	list_clear(&alerts->open);
	list_clear(&alerts->past);
	free(alerts);
}

/* ---- telling again ---- */

static bool is_recent(const struct daemon *daemon, const struct incident *incident, int64_t now)
{
	return now - incident->told < daemon->workspace->settings->alert_again_s;
}

/* Told by a clock that was wrong: once it is over that holds nothing back. */
static bool is_ahead(const struct daemon *daemon, const struct incident *incident, int64_t now)
{
	return incident->told - now >= daemon->workspace->settings->alert_again_s;
}

/* Is there anybody who knows of it, this time? */
static bool is_known(const struct incident *incident)
{
	return incident->told >= incident->opened;
}

static void forget_old(struct daemon *daemon, int64_t now)
{
	struct incidents *past = &daemon->alerts->past;
	struct incident **link = &past->first;

	while (*link)
		if (!is_recent(daemon, *link, now) || is_ahead(daemon, *link, now) ||
		    past->count > INCIDENTS_MAX)
			incident_free(take_out(past, link));
		else
			link = &(*link)->next;
}

/* ---- rows ---- */

static struct incident *incident_of(const struct incident_row *row)
{
	struct incident *incident = incident_new(row->key, row->agent);

	incident->text = xstrdup(row->text);
	incident->opened = row->opened;
	incident->told = row->told;
	incident->count = row->count;
	return incident;
}

/* They come newest first. */
static void prepend(struct incidents *list, struct incident *incident)
{
	incident->next = list->first;
	list->first = incident;
	if (!incident->next)
		list->last = &incident->next;
	list->count++;
}

static int restore_open(void *context, const struct incident_row *row)
{
	struct daemon *daemon = context;

	prepend(&daemon->alerts->open, incident_of(row));
	return 0;
}

static int restore_past(void *context, const struct incident_row *row)
{
	struct daemon *daemon = context;

	if (row->cleared)
		prepend(&daemon->alerts->past, incident_of(row));
	return 0;
}

int alerts_restore(struct daemon *daemon, struct error *error)
{
	int result = store_incidents(daemon->reader, true, INCIDENTS_MAX, restore_open, daemon,
				     error);

	if (!result)
		result = store_incidents(daemon->reader, false, INCIDENTS_MAX, restore_past, daemon,
					 error);
	forget_old(daemon, clock_wall_s());
	return result;
}

static void keep(struct daemon *daemon, const struct incident *incident, int64_t cleared)
{
	struct incident_row row = {
		.key = incident->key,
		.agent = incident->agent,
		.text = incident->text,
		.opened = incident->opened,
		.told = incident->told,
		.cleared = cleared,
		.count = incident->count,
	};

	journal_incident(daemon, &row);
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

static void tell(struct daemon *daemon, const struct incident *incident, const char *text,
		 bool recovered)
{
	CLEANUP(buffer_clear) struct buffer path = BUFFER(2 * ALERT_TEXT_MAX);
	json_t *alert = incident_json(incident, text);

	printable_append(&path, span_of(daemon->workspace->path), "");
	json_object_set_new(alert, "recovered", json_boolean(recovered));
	json_object_set_new(alert, "workspace", json_stringn(path.data, path.length));
	alert_targets_tell(daemon->alerts->targets, alert);
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
	past = find(&alerts->past, key);
	incident = *past ? take_out(&alerts->past, past) : incident_new(key, agent);
	incident->opened = now;
	incident->count = 0;
	if (is_known(incident)) /* within the same second */
		incident->told = now - 1;
	append(&alerts->open, incident);
	return incident;
}

bool alert_raise(struct daemon *daemon, const char *key, const char *agent, const char *post,
		 const char *format, ...)
{
	struct incident *incident = *find(&daemon->alerts->open, key);
	int64_t now = clock_wall_s();
	_free_ char *text = NULL;
	bool is_new = !incident, is_first = false;
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
	incident->text = xstrdup(text);
	if (!daemon->stopping && !is_recent(daemon, incident, now)) {
		is_first = !is_known(incident);
		incident->told = now;
		tell(daemon, incident, text, false);
		if (is_first)
			post_line(daemon, post);
	}
	keep(daemon, incident, 0);
	return is_first;
}

/* ---- and over ---- */

static bool begins_with(const char *key, const char *prefix)
{
	size_t length = strlen(prefix);

	return !strncmp(key, prefix, length) &&
	       (!key[length] || key[length] == ' ' || (length && prefix[length - 1] == ' '));
}

static void incident_over(struct daemon *daemon, struct incident *incident, const char *post,
			  const char *text, bool is_mended)
{
	int64_t now = clock_wall_s();

	log_event(daemon->log, LEVEL_NOTICE, "alert_cleared", agent_of(incident), NULL, "%s", text);
	if (!daemon->stopping && is_known(incident)) {
		tell(daemon, incident, text, true);
		post_line(daemon, post);
	}
	if (is_mended)
		incident->told = 0;
	keep(daemon, incident, now);
	append(&daemon->alerts->past, incident);
	forget_old(daemon, now);
}

static void over(struct daemon *daemon, const char *prefix, const char *text, bool is_mended)
{
	struct incidents *open = &daemon->alerts->open;
	struct incident **link = &open->first;

	while (*link)
		if (begins_with((*link)->key, prefix))
			incident_over(daemon, take_out(open, link), text, text, is_mended);
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
			incident_over(daemon, take_out(open, link), post, text, true);
		else
			link = &(*link)->next;
	}
}

/* ---- seeing them ---- */

bool alert_is_open(const struct daemon *daemon, const char *key)
{
	return *find(&daemon->alerts->open, key) != NULL;
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
