#include "historian.h"
#include "place.h"

#include <stdio.h>

#define ENTRIES_DEFAULT 50

static int add_repository(void *context, const char *name)
{
	json_t *list = context;
	_free_ char *path = xasprintf("agents/%s", name);

	json_array_append_new(list, json_string(path));
	return 0;
}

static int add_only(const struct workspace *workspace, const char *name, json_t *list,
		    struct error *error)
{
	_free_ char *path = xasprintf("agents/%s", name);
	struct stat st;

	if (!agent_name_valid(span_of(name)) || file_stat(workspace->dir, path, &st, NULL))
		return error_set(error, ERROR_NOT_FOUND, "there is no agent \"%s\" here", name);
	return add_repository(list, name);
}

static json_t *repositories(const struct workspace *workspace, const char *only,
			    struct error *error)
{
	json_t *list = json_array();
	int result = only ? add_only(workspace, only, list, error)
			  : workspace_agents(workspace, add_repository, list, error);

	if (result < 0) {
		json_decref(list);
		return NULL;
	}
	if (!only)
		json_array_append_new(list, json_string("."));
	return list;
}

/* Trailers of a message: the `Key: value` lines of its last paragraph. */
static json_t *trailers_of(const char *body)
{
	json_t *trailers = json_object();
	const char *last = NULL, *found = body;
	struct span rest, line;

	while ((found = strstr(found, "\n\n")))
		last = found += 2;
	rest = span_of(last ? last : body);
	while (span_next_line(&rest, &line)) {
		const char *colon = memchr(line.data, ':', line.length);
		struct span key, value;

		if (!colon || memchr(line.data, ' ', (size_t)(colon - line.data)))
			continue;
		key = span_slice(line, 0, (size_t)(colon - line.data));
		value = span_trim(span_slice(line, key.length + 1, line.length));
		json_object_setn_new(trailers, key.data, key.length,
				     json_stringn(value.data, value.length));
	}
	return trailers;
}

static json_t *as_json(const json_t *entries)
{
	json_t *list = json_array(), *entry;
	char at[INSTANT_SIZE];
	size_t index;

	json_array_foreach((json_t *)(uintptr_t)entries, index, entry)
		json_array_append_new(
			list,
			json_pack(
				"{s:s,s:s,s:s,s:s,s:s,s:s,s:O,s:o,s:O*}", "repository",
				json_text(entry, "repository"), "commit",
				json_text(entry, "commit"), "time",
				instant_print(json_integer_value(json_object_get(entry, "at")), at),
				"author", json_text(entry, "author"), "email",
				json_text(entry, "email"), "subject", json_text(entry, "subject"),
				"files", json_object_get(entry, "files"), "trailers",
				trailers_of(json_text(entry, "body")), "patch",
				json_object_get(entry, "patch")));
	return list;
}

static void print_entries(const json_t *entries, const struct zone *zone)
{
	char at[PLACE_TIME_SIZE];
	size_t index;
	json_t *entry;

	json_array_foreach((json_t *)(uintptr_t)entries, index, entry) {
		json_t *trailers = trailers_of(json_text(entry, "body"));
		const char *cause = json_text(trailers, "Cause"),
			   *patch = json_text(entry, "patch");

		printf("%s  %.10s  %-14s %-10s %s%s%s%s\n",
		       place_time(zone, json_integer_value(json_object_get(entry, "at")), at),
		       json_text(entry, "commit"), json_text(entry, "repository"),
		       json_text(entry, "author"), json_text(entry, "subject"), *cause ? "  (" : "",
		       cause, *cause ? ")" : "");
		if (*patch)
			printf("\n%s\n", patch);
		json_decref(trailers);
	}
}

static int ask(const struct invocation *invocation, const struct workspace *workspace, long count,
	       json_t **ret_entries, struct error *error)
{
	CLEANUP(historian_stop) struct historian historian = { 0 };
	const char *only = invocation->count ? invocation->operands[0] : NULL;
	json_t *list = repositories(workspace, only, error), *answer;
	bool patch = invocation_option(invocation, "patch") != NULL;
	int result;

	if (!list)
		return -(int)error->code;
	result = historian_start(workspace->dir, workspace->path, -1,
				 workspace->settings->sandbox_off, &historian, error);
	if (result) {
		json_decref(list);
		return result;
	}
	result = historian_ask(&historian, "log",
			       json_pack("{s:o,s:I,s:b}", "repositories", list, "max",
					 (json_int_t)count, "patch", (int)patch),
			       &answer, error);
	if (result)
		return result;
	*ret_entries = json_incref(json_object_get(answer, "entries"));
	json_decref(answer);
	return 0;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	json_t *entries;
	struct error error;
	long count;
	int result;

	if (invocation_number(invocation, "count", ENTRIES_DEFAULT, 1, 100000, &count))
		return STATUS_WRONG_USE;
	result = place_open(invocation, &workspace, NULL, &error);
	if (!result)
		result = ask(invocation, workspace, count, &entries, &error);
	if (result)
		return fail(&error);
	if (invocation->json)
		print_json(as_json(entries));
	else
		print_entries(entries, workspace->zone);
	json_decref(entries);
	return STATUS_DONE;
}

const struct command command_log = {
	.name = "log",
	.operands = "[NAME]",
	.text = "show changes of memory and bulletin across all repositories, newest first",
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.options = {
		{ "patch", 'p', NULL, "with diffs" },
		{ "count", 'n', "N", "how many (50)" },
	},
	.run = run,
};
