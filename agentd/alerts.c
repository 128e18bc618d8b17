#include "alerts.h"

#include "alert_targets.h"
#include "committer.h"
#include "journal.h"
#include "log.h"

#include "base/clock.h"

#include <stdarg.h>

#define POST_MAX 1000 /* bytes of an alert's text on the bulletin */

struct incident {
	struct incident *next;
	char *key, *agent, *text;
	int64_t opened, told; /* UTC s */
	int64_t count;
};

struct alerts {
	struct alert_targets *targets;
	struct incident *first, **last; /* open ones, oldest first */
	size_t count;
};

struct alerts *alerts_new(struct daemon *daemon)
{
	struct alerts *alerts = xcalloc(1, sizeof(*alerts));

	alerts->last = &alerts->first;
	alerts->targets = alert_targets_new(daemon);
	return alerts;
}

static void incident_free(struct incident *incident)
{
	free(incident->key);
	free(incident->agent);
	free(incident->text);
	free(incident);
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	alert_targets_free(alerts->targets);
	while (alerts->first) {
		struct incident *incident = alerts->first;

		alerts->first = incident->next;
		incident_free(incident);
	}
	free(alerts);
}

static struct incident *add(struct alerts *alerts, const char *key, const char *agent,
			    const char *text)
{
	struct incident *incident = xcalloc(1, sizeof(*incident));

	incident->key = xstrdup(key);
	incident->agent = xstrdup(agent ? agent : "");
	incident->text = xstrdup(text);
	*alerts->last = incident;
	alerts->last = &incident->next;
	alerts->count++;
	return incident;
}

static struct incident *find(const struct alerts *alerts, const char *key)
{
	for (struct incident *incident = alerts->first; incident; incident = incident->next)
		if (!strcmp(incident->key, key))
			return incident;
	return NULL;
}

/* ---- rows ---- */

static int restore(void *context, const struct incident_row *row)
{
	struct alerts *alerts = context;
	struct incident *incident = xcalloc(1, sizeof(*incident));

	incident->key = xstrdup(row->key);
	incident->agent = xstrdup(row->agent);
	incident->text = xstrdup(row->text);
	incident->opened = row->opened;
	incident->told = row->told;
	incident->count = row->count;
	incident->next = alerts->first; /* they come newest first */
	alerts->first = incident;
	if (!incident->next)
		alerts->last = &incident->next;
	alerts->count++;
	return 0;
}

int alerts_restore(struct daemon *daemon, struct error *error)
{
	return store_incidents(daemon->reader, true, INCIDENTS_MAX, restore, daemon->alerts, error);
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

static json_t *alert_json(const struct daemon *daemon, const struct incident *incident,
			  const char *text, bool recovered)
{
	char since[INSTANT_SIZE];

	return json_pack("{s:s,s:s?,s:s,s:s,s:b,s:I,s:s}", "key", incident->key, "agent",
			 *incident->agent ? incident->agent : NULL, "text", text, "since",
			 instant_print(incident->opened, since), "recovered", (int)recovered,
			 "count", (json_int_t)incident->count, "workspace",
			 daemon->workspace->path);
}

static void tell(struct daemon *daemon, const struct incident *incident, const char *text,
		 bool recovered)
{
	json_t *alert = alert_json(daemon, incident, text, recovered);

	if (alert) /* else a path that is no UTF-8: the log has it */
		alert_targets_tell(daemon->alerts->targets, alert);
	json_decref(alert);
}

static void post(struct daemon *daemon, const char *text)
{
	_free_ char *short_text = xstrndup(text, utf8_cut(span_of(text), POST_MAX));

	committer_post(daemon, "system", short_text, clock_wall_s(),
		       "bulletin: a post by system\n\nAgent: system\n", NULL, NULL);
}

void alert_raise(struct daemon *daemon, const char *key, const char *agent, const char *format, ...)
{
	struct alerts *alerts = daemon->alerts;
	struct incident *incident = find(alerts, key);
	int64_t now = clock_wall_s();
	_free_ char *text = NULL;
	bool is_new = !incident;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	if (is_new && alerts->count >= INCIDENTS_MAX) {
		log_event(daemon->log, LEVEL_ERROR, "alert", agent, NULL, "%s", text);
		return;
	}
	if (is_new) {
		incident = add(alerts, key, agent, text);
		incident->opened = now;
	}
	incident->count++;
	if (is_new || now - incident->told >= daemon->workspace->settings->alert_again_s) {
		incident->told = now;
		log_event(daemon->log, LEVEL_ERROR, "alert", agent, NULL, "%s", text);
		tell(daemon, incident, text, false);
	}
	if (is_new)
		post(daemon, text);
	keep(daemon, incident, 0);
}

void alert_over(struct daemon *daemon, const char *prefix, const char *format, ...)
{
	struct alerts *alerts = daemon->alerts;
	struct incident **link = &alerts->first;
	_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	while (*link) {
		struct incident *incident = *link;

		if (strncmp(incident->key, prefix, strlen(prefix)) != 0) {
			link = &incident->next;
			continue;
		}
		*link = incident->next;
		if (alerts->last == &incident->next)
			alerts->last = link;
		alerts->count--;
		log_event(daemon->log, LEVEL_NOTICE, "alert_cleared",
			  *incident->agent ? incident->agent : NULL, NULL, "%s", text);
		tell(daemon, incident, text, true);
		post(daemon, text);
		keep(daemon, incident, clock_wall_s());
		incident_free(incident);
	}
}

bool alerts_has(const struct daemon *daemon, const char *agent)
{
	for (const struct incident *one = daemon->alerts->first; one; one = one->next)
		if (!strcmp(agent, one->agent))
			return true;
	return false;
}

json_t *alerts_json(const struct daemon *daemon, const char *agent)
{
	json_t *list = json_array();

	for (const struct incident *incident = daemon->alerts->first; incident;
	     incident = incident->next) {
		char since[INSTANT_SIZE];

		if (agent && strcmp(agent, incident->agent) != 0)
			continue;
		json_array_append_new(list,
				      json_pack("{s:s,s:s?,s:s,s:s,s:I}", "key", incident->key,
						"agent", *incident->agent ? incident->agent : NULL,
						"text", incident->text, "since",
						instant_print(incident->opened, since), "count",
						(json_int_t)incident->count));
	}
	return list;
}
