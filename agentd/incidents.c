#include "incidents.h"

#include "base/alloc.h"

#include <string.h>

void incidents_init(struct incidents *list)
{
	*list = (struct incidents){ .last = &list->first };
}

void incidents_clear(struct incidents *list)
{
	while (list->first)
		incident_free(incidents_take(list, &list->first));
}

void incidents_append(struct incidents *list, struct incident *incident)
{
	incident->next = NULL;
	*list->last = incident;
	list->last = &incident->next;
	list->count++;
}

void incidents_prepend(struct incidents *list, struct incident *incident)
{
	incident->next = list->first;
	list->first = incident;
	if (!incident->next)
		list->last = &incident->next;
	list->count++;
}

struct incident **incidents_find(struct incidents *list, const char *key)
{
	struct incident **place = &list->first;

	while (*place && strcmp((*place)->key, key) != 0)
		place = &(*place)->next;
	return place;
}

struct incident *incidents_take(struct incidents *list, struct incident **place)
{
	struct incident *incident = *place;

	*place = incident->next;
	if (list->last == &incident->next)
		list->last = place;
	list->count--;
	return incident;
}

struct incident *incident_new(const char *key, const char *agent)
{
	struct incident *incident = xcalloc(1, sizeof(*incident));

	incident->key = xstrdup(key);
	incident->agent = xstrdup(agent ? agent : "");
	return incident;
}

void incident_free(struct incident *incident)
{
	free(incident->key);
	free(incident->agent);
	free(incident->text);
	free(incident->post);
	free(incident);
}

struct incident_row incident_row(const struct incident *incident)
{
	return (struct incident_row){
		.key = incident->key,
		.agent = incident->agent,
		.text = incident->text,
		.opened = incident->opened,
		.told = incident->is_confirmed ? incident->told : -incident->told,
		.cleared = incident->cleared,
		.count = incident->count,
	};
}

struct incident *incident_read(const struct incident_row *row)
{
	struct incident *incident = incident_new(row->key, row->agent);

	incident->text = xstrdup(row->text);
	incident->opened = row->opened;
	incident->cleared = row->cleared;
	incident->told = row->told < 0 ? -row->told : row->told;
	incident->is_confirmed = row->told > 0;
	incident->is_in_doubt = row->told < 0;
	incident->count = row->count;
	return incident;
}

bool incident_is_known(const struct incident *incident)
{
	return incident->told >= incident->opened;
}

bool incident_is_of_the_clock(const struct incident *incident)
{
	static const char *const met[] = { "state-damaged", "breaker ", "provider ", "failing ",
					   "silent " };

	for (size_t i = 0; i < ARRAY_LENGTH(met); i++)
		if (!strncmp(incident->key, met[i], strlen(met[i])))
			return !incident->is_confirmed;
	return true;
}

void incident_untell(struct incident *incident)
{
	if (incident->is_waiting)
		incident->told = incident->told_before;
	incident->is_waiting = false;
}

bool incident_is_of(const struct incident *incident, const char *prefix)
{
	size_t length = strlen(prefix);
	const char *key = incident->key;

	return !strncmp(key, prefix, length) &&
	       (!key[length] || key[length] == ' ' || (length && prefix[length - 1] == ' '));
}
