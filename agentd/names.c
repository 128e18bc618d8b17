#include "names.h"

#include "providers.h"
#include "roster.h"

#define REPOSITORY_PREFIX "agents/"

struct names {
	json_t *agents; /* name → a set of its sections; null: they are not known */
	json_t *keys;   /* of what providers.h knows */
};

static json_t *sections_of(const struct agent *agent)
{
	json_t *sections = json_object();

	for (size_t i = 0; i < agent->beats.count; i++)
		json_object_set_new_nocheck(sections, agent->beats.items[i].key, json_true());
	return sections;
}

static void add_key(void *context, const char *key)
{
	json_object_set_new_nocheck(context, key, json_true());
}

struct names *names_take(const struct daemon *daemon)
{
	struct names *names = xcalloc(1, sizeof(*names));

	names->agents = json_object();
	names->keys = json_object();
	for (size_t i = 0; i < daemon->roster->count; i++) {
		const struct resident *resident = daemon->roster->items[i];

		json_object_set_new_nocheck(names->agents, resident->name,
					    resident->agent ? sections_of(resident->agent)
							    : json_null());
	}
	providers_keys(daemon, add_key, names->keys);
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	json_decref(names->agents);
	json_decref(names->keys);
	free(names);
}

static bool has_repository(const struct names *names, const char *name)
{
	size_t length = strlen(REPOSITORY_PREFIX);

	return strncmp(name, REPOSITORY_PREFIX, length) != 0 ||
	       json_object_get(names->agents, name + length);
}

bool names_has(void *context, enum named kind, const char *name, const char *key)
{
	const struct names *names = context;
	const json_t *agent = json_object_get(names->agents, name);

	switch (kind) {
	case NAMED_SECTION: return json_is_null(agent) || json_object_get(agent, key);
	case NAMED_AGENT: return agent != NULL;
	case NAMED_FILES: return has_repository(names, name);
	case NAMED_BREAKER:
	case NAMED_LEARNED: return json_object_get(names->keys, name) != NULL;
	}
	return true;
}
