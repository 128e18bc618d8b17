#include "routes.h"

#include "passage.h"

#define LABEL "route:"

static bool is_name(struct span text)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	if (!text.length || text.length >= SETTINGS_NAME_MAX || !strchr(first, text.data[0]))
		return false;
	for (size_t i = 0; i < text.length; i++)
		if (!text.data[i] || (!strchr(first, text.data[i]) && !strchr("._-", text.data[i])))
			return false;
	return true;
}

/* "Route: ask Max first" is work, and no route. */
static bool is_route(struct span line, struct span *ret_name)
{
	line = passage_line(line);
	if (!span_starts_with_nocase(line, SPAN(LABEL)))
		return false;
	*ret_name = passage_unmark(span_slice(line, strlen(LABEL), line.length));
	return is_name(*ret_name);
}

/* The first line that holds anything but a schedule. */
static bool find_line(const struct outline *o, const struct part *part, struct span *ret_line,
		      struct span *ret_name)
{
	struct span rest = { o->plain + part->body, part->end - part->body };

	while (span_next_line(&rest, ret_line))
		if (span_trim(*ret_line).length && !outline_is_label(passage_line(*ret_line)))
			return is_route(*ret_line, ret_name);
	return false;
}

static void read_part(struct outline *o, struct part *part)
{
	struct span line, name;

	if (!find_line(o, part, &line, &name))
		return;
	markdown_place(o->document, (size_t)(name.data - o->plain), &part->route_line,
		       &part->route_column);
	part->route_line += o->line_offset;
	part->route = span_dup(name);
	memset(o->plain + (line.data - o->plain), ' ', line.length);
}

/* Sections of a file without schedules run together: they have one route. */
static void check_one_beat(const struct outline *o, struct diagnostics *found)
{
	const char *route = NULL;

	for (size_t i = 0; i < o->count; i++) {
		const struct part *part = &o->parts[i];

		if (!part->route)
			continue;
		if (route && strcmp(route, part->route))
			diagnostics_add(
				found, SEVERITY_WARNING, "route-many", part->route_line,
				part->route_column,
				"without schedules all sections are one beat, on route \"%s\" of "
				"the first that names one",
				route);
		else
			route = part->route;
	}
}

void routes_read(struct outline *o, struct diagnostics *found)
{
	for (size_t i = 0; i < o->count && !o->log; i++)
		if (o->parts[i].role == PART_BEAT ||
		    (o->one_beat && o->parts[i].role == PART_STANDING))
			read_part(o, &o->parts[i]);
	if (o->one_beat)
		check_one_beat(o, found);
}

void routes_check(const struct settings *settings, const char *name, unsigned line, unsigned column,
		  struct diagnostics *found)
{
	CLEANUP(buffer_clear) struct buffer names = BUFFER(SETTINGS_ROUTES_MAX * SETTINGS_NAME_MAX);

	if (!name || !settings || !found)
		return;
	for (size_t i = 0; i < settings->route_count; i++) {
		const char *known = settings->routes[i].name;

		if (!strcmp(known, name))
			return;
		if (strcmp(known, "rehearsal"))
			buffer_printf(&names, "%s%s", names.length ? ", " : "", known);
	}
	diagnostics_add(found, SEVERITY_ERROR, "route-unknown", line, column,
			"agentd.yaml has no route \"%s\", so the default one is taken; it has: %s",
			name, names.length ? names.data : "none");
}
