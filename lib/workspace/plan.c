/* All texts of one moment, gathered into a plan. */
#include "bulletin/bulletin.h"
#include "index.h"
#include "source.h"

#include <stdio.h>

#define QUOTE_MAX 16384

struct gathering {
	const struct workspace *workspace;
	const struct agent *agent;
	const struct plan_request *request;
	struct sources read;
	const struct sources *sources; /* the request's, or `read` */
	struct checklist checklist;
	struct zone *own_zone; /* where it is not the workspace's */
	const struct zone *zone;
	int dir;
	struct plan *plan;
};

static void gathering_clear(struct gathering *g)
{
	sources_clear(&g->read);
	checklist_clear(&g->checklist);
	zone_free(g->own_zone);
	fd_close(&g->dir);
	plan_free(g->plan);
}
CLEANUP_DEFINE_VALUE(struct gathering, gathering_clear)

/* ---- texts ---- */

static int read_files(struct gathering *g, struct error *error)
{
	g->sources = g->request->sources;
	if (g->sources)
		return 0;
	g->sources = &g->read;
	return workspace_read_all(g->dir, g->agent->name, &g->read, error);
}

static void take_text(const struct source *source, struct plan_text *ret_text)
{
	struct markdown_text text;

	if (!source->data || markdown_clean((struct span){ source->data, source->length },
					    AGENT_FILE_MAX, &text, NULL))
		return;
	ret_text->text = xstrdup(text.data);
	memcpy(ret_text->id, source->id, sizeof(ret_text->id));
	markdown_text_clear(&text);
}

/* Never without one: what was kept may have been damaged, too. */
static void take_constitution(struct gathering *g, const char *last_good)
{
	const struct source *source = &g->sources->files[FILE_CONSTITUTION];

	if (last_good && constitution_is_blank(span_of(last_good)))
		last_good = NULL;
	if (constitution_is_blank((struct span){ source->data, source->length }))
		g->plan->constitution.text = xstrdup(last_good ? last_good : constitution_default);
	else
		take_text(source, &g->plan->constitution);
}

/* The checklist of what is asked for. A person's message has none, but what all beats would do
 * still says whether the bulletin matters to this agent. */
static int read_checklist(struct gathering *g, struct error *error)
{
	const struct source *heartbeat = &g->sources->files[FILE_HEARTBEAT];
	const char *key = g->request->cause == CAUSE_MESSAGE ? NULL : g->request->key;
	const struct checklist *begun = g->request->objective;
	int result;

	if (begun) {
		g->checklist = (struct checklist){
			.standing = xstrdup(begun->standing),
			.session_start = xstrdup(begun->session_start),
			.items = xstrdup(begun->items),
		};
		return 0;
	}
	result = heartbeats_checklist((struct span){ heartbeat->data, heartbeat->length }, key,
				      g->workspace->settings, &g->checklist, error);

	if (result && error) {
		_free_ char *path = xasprintf("agents/%s/HEARTBEAT.md", g->agent->name);

		error_at(error, path, error->line, error->column);
	}
	return result;
}

static void take_checklist(struct gathering *g)
{
	struct plan *plan = g->plan;

	plan->session_start = steal_pointer(&g->checklist.session_start);
	if (g->request->cause == CAUSE_MESSAGE)
		return;
	plan->standing = steal_pointer(&g->checklist.standing);
	plan->checklist = steal_pointer(&g->checklist.items);
}

/* Said so in SOUL.md, named in the checklist or heading, or what woke the section. */
static bool wants_bulletin(const struct gathering *g)
{
	const struct heartbeats *beats = &g->agent->beats;
	const char *key = g->request->key;

	if (g->agent->bulletin_always || checklist_names_bulletin(&g->checklist) ||
	    text_names_bulletin(span_of(g->request->heading)))
		return true;
	for (size_t i = 0; key && i < beats->count; i++)
		if (!strcmp(beats->items[i].key, key))
			return beats->items[i].schedule.event == SCHEDULE_EVENT_BULLETIN;
	return false;
}

/* The board as this agent may see it: quoted, with times in UTC. */
static int take_bulletin(struct gathering *g, struct error *error)
{
	CLEANUP(source_clear) struct source source = { 0 };
	CLEANUP(bulletin_clear) struct bulletin bulletin = { 0 };
	CLEANUP(buffer_clear) struct buffer quote = BUFFER(QUOTE_MAX * 2);
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	int result;

	if (!wants_bulletin(g))
		return 0;
	result = source_read(g->workspace->dir, WORKSPACE_BULLETIN, BULLETIN_FILE_MAX, &source,
			     error);
	if (result)
		error_at(error, WORKSPACE_BULLETIN, 0, 0);
	if (result || !source.data)
		return result;
	markdown_clean((struct span){ source.data, source.length }, BULLETIN_FILE_MAX, &text, NULL);
	result = bulletin_parse((struct span){ text.data, text.length }, g->workspace->zone,
				&bulletin, error);
	if (result) {
		error_at(error, WORKSPACE_BULLETIN, 0, 0);
		return result;
	}
	bulletin_quote(&bulletin, g->agent->name, QUOTE_MAX, &quote);
	g->plan->bulletin.text = buffer_steal(&quote);
	memcpy(g->plan->bulletin.id, source.id, sizeof(source.id));
	return 0;
}

/* ---- the moment ---- */

static char *print_moment(const struct gathering *g)
{
	static const char *const weekdays[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
						"Thursday", "Friday", "Saturday" };
	int32_t offset = zone_offset(g->zone, g->request->now), minutes = offset / 60;
	struct civil c;

	zone_to_local(g->zone, g->request->now, &c);
	if (minutes < 0)
		minutes = -minutes;
	return xasprintf("%s %04d-%02d-%02d %02d:%02d %s (UTC%c%02d:%02d)",
			 weekdays[weekday_of_days(days_from_civil(c.year, c.month, c.day))], c.year,
			 c.month, c.day, c.hour, c.minute, zone_name(g->zone),
			 offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static char *print_since(const struct gathering *g)
{
	const struct plan_request *request = g->request;
	bool changed = request->changed && *request->changed;
	struct civil c;

	if (!request->key || request->cause == CAUSE_MESSAGE)
		return NULL;
	if (!request->last_run)
		return xstrdup("Last run: never");
	zone_to_local(g->zone, request->last_run, &c);
	return xasprintf("Last run: %04d-%02d-%02d %02d:%02d%s%s", c.year, c.month, c.day, c.hour,
			 c.minute, changed ? "; changed since: " : "",
			 changed ? request->changed : "");
}

static int take_zone(struct gathering *g, struct error *error)
{
	g->zone = g->workspace->zone;
	if (!strcmp(g->agent->zone, zone_name(g->zone)))
		return 0;
	if (zone_load(g->agent->zone, &g->own_zone, error))
		return error ? -(int)error->code : -(int)ERROR_NOT_FOUND;
	g->zone = g->own_zone;
	return 0;
}

/* ---- the plan ---- */

static void start_plan(struct gathering *g)
{
	const struct settings *settings = g->workspace->settings;
	const struct plan_request *request = g->request;
	struct plan *plan = g->plan = xcalloc(1, sizeof(*plan));

	snprintf(plan->session, sizeof(plan->session), "%s",
		 request->session ? request->session : "");
	snprintf(plan->agent, sizeof(plan->agent), "%s", g->agent->name);
	plan->cause = request->cause;
	plan->heading = xstrdup_or_null(request->heading);
	plan->message = xstrdup_or_null(request->message);
	plan->rehearse = request->rehearse;
	plan->turns_max = settings->turns_per_session;
	plan->max_output_tokens = settings->max_output_tokens;
	plan->tool_output_bytes = settings->tool_output_bytes;
	plan->can_tell = settings->alert_count > 0;
	if (!g->agent->tools)
		return;
	plan->tools = xcalloc(g->agent->tool_count + 1, sizeof(char *));
	for (; plan->tool_count < g->agent->tool_count; plan->tool_count++)
		plan->tools[plan->tool_count] = xstrdup(g->agent->tools[plan->tool_count]);
}

static void take_texts(struct gathering *g, const char *constitution)
{
	take_constitution(g, constitution);
	take_text(&g->sources->files[FILE_SOUL], &g->plan->soul);
	take_text(&g->sources->files[FILE_MEMORY], &g->plan->memory);
	g->plan->knowledge = index_knowledge(
		g->dir, settings_grant(g->workspace->settings, g->agent->name));
	g->plan->skills = index_skills(g->dir);
	g->plan->moment = print_moment(g);
	g->plan->since = print_since(g);
}

int workspace_plan(const struct workspace *workspace, const struct agent *agent,
		   const struct plan_request *request, const char *constitution,
		   struct plan **ret_plan, struct error *error)
{
	CLEANUP(gathering_clear)
	struct gathering g = {
		.workspace = workspace,
		.agent = agent,
		.request = request,
		.dir = -1,
	};
	int result = workspace_agent_open(workspace, agent->name, &g.dir, error);

	if (!result)
		result = read_files(&g, error);
	if (!result)
		result = take_zone(&g, error);
	if (!result)
		result = read_checklist(&g, error);
	if (result)
		return result;
	start_plan(&g);
	result = take_bulletin(&g, error);
	if (result)
		return result;
	take_checklist(&g);
	take_texts(&g, constitution);
	*ret_plan = steal_pointer(&g.plan);
	return 0;
}
