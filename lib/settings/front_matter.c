/* The keys on top of SOUL.md and HEARTBEAT.md. */
#include "sections.h"

static const unsigned files[] = {
	[FRONT_MATTER_SOUL] = FILE_SOUL,
	[FRONT_MATTER_HEARTBEAT] = FILE_HEARTBEAT,
};

static void note_place(const struct yaml *root, const char *key, unsigned *ret_line,
		       unsigned *ret_column)
{
	const struct yaml *value = yaml_get(root, key);

	*ret_line = value ? value->line : 0;
	*ret_column = value ? value->column : 0;
}

void front_matter_parse(struct span yaml, unsigned first_line, enum front_matter_file file,
			struct front_matter *ret_matter, struct diagnostics *found)
{
	struct front_matter matter = { .daily_hour = -1 };
	CLEANUP(yaml_free) struct yaml *root = NULL;
	struct error error;

	if (yaml_parse(yaml, first_line, &root, &error))
		diagnostics_add(found, SEVERITY_ERROR, "front-matter", error.line, error.column,
				"%s", error.message);
	reader_front_matter(root, files[file], &matter, found);
	read_agent_limits(yaml_get(root, "limits"), &matter.limits, found);
	note_place(root, "route", &matter.route_line, &matter.route_column);
	note_place(root, "tools", &matter.tools_line, &matter.tools_column);
	*ret_matter = matter;
}

void front_matter_clear(struct front_matter *matter)
{
	free(matter->role);
	free(matter->expertise);
	free(matter->route);
	free(matter->zone);
	for (size_t i = 0; i < matter->tool_count; i++)
		free(matter->tools[i]);
	free(matter->tools);
	*matter = (struct front_matter){ .daily_hour = -1 };
}
