/* agents: what only a person can give. */
#include "sections.h"

#include <stdio.h>

#define GRANTS_MAX 4096

/* As agent_name_valid (lib/agent): [a-z0-9][a-z0-9-]{0,62}. */
static bool is_agent_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length && length < 64 && !name[length] && name[0] != '-' && strcmp(name, "shared") &&
	       strcmp(name, "system");
}

/* The whole file system is no grant: the workspace, and every other agent, lies in it. */
static void refuse_root(struct grant *grant, const struct yaml *yaml, struct diagnostics *found)
{
	size_t kept = 0;

	for (size_t i = 0; i < grant->read_count; i++) {
		if (strspn(grant->read[i], "/.") == strlen(grant->read[i])) {
			say(found, yaml_get(yaml, "read"), "settings-value",
			    "agents.NAME.read: \"/\" is everything; name the "
			    "folders that are needed");
			free(grant->read[i]);
		} else {
			grant->read[kept++] = grant->read[i];
		}
	}
	grant->read_count = kept;
}

static void read_grant(struct settings *settings, const struct yaml *yaml,
		       struct diagnostics *found)
{
	struct grant *grant;

	if (!is_agent_name(yaml->key)) {
		say(found, yaml, "settings-name",
		    "\"%s\" cannot name an agent; names are a-z, 0-9 and \"-\", up to 63 of them",
		    yaml->key);
		return;
	}
	if (settings->grant_count == GRANTS_MAX) {
		say(found, yaml, "settings-many", "more than %d agents", GRANTS_MAX);
		return;
	}
	settings->grants = xreallocarray(settings->grants, settings->grant_count + 1,
					 sizeof(*grant));
	grant = &settings->grants[settings->grant_count++];
	*grant = (struct grant){ 0 };
	snprintf(grant->agent, sizeof(grant->agent), "%s", yaml->key);
	reader_map(yaml, SCOPE_AGENT, grant, "the agent", found);
	refuse_root(grant, yaml, found);
	read_agent_limits(yaml_get(yaml, "limits"), &grant->limits, found);
}

void read_grants(struct settings *settings, const struct yaml *root, struct diagnostics *found)
{
	const struct yaml *map = yaml_get(root, "agents");

	if (!reader_is_map(map, "agents", found))
		return;
	for (const struct yaml *yaml = reader_members(map); yaml; yaml = yaml->next)
		read_grant(settings, yaml, found);
}
