#include "transcript.h"

#include "why.h"
#include "words.h"

#include "export/export.h"

#include <ctype.h>
#include <stdio.h>

#define MATCHES_MAX 5 /* named in the message */
#define STATE_FOLDER ".agentd"

/* ---- which one ---- */

struct match {
	char *session, *path; /* path NULL: it is in state.db */
};

struct matches {
	struct match items[MATCHES_MAX];
	size_t count;
	bool more;
};

static void matches_clear(struct matches *matches)
{
	for (size_t i = 0; i < matches->count; i++) {
		free(matches->items[i].session);
		free(matches->items[i].path);
	}
}
CLEANUP_DEFINE_VALUE(struct matches, matches_clear)

/* The same session may be in both places; what is in state.db comes first. */
static int add(struct matches *matches, const char *session, const char *path)
{
	for (size_t i = 0; i < matches->count; i++)
		if (!strcmp(matches->items[i].session, session))
			return 0;
	matches->more = matches->count == MATCHES_MAX;
	if (matches->more)
		return 1;
	matches->items[matches->count++] = (struct match){
		.session = xstrdup(session),
		.path = xstrdup_or_null(path),
	};
	return 0;
}

static int add_row(void *context, const struct session_row *row)
{
	return add(context, row->id, NULL);
}

static int add_file(void *context, const char *path, const char *session)
{
	return add(context, session, path);
}

static int search(int state_dir, struct store *store, const char *prefix, struct matches *matches,
		  struct error *error)
{
	_free_ char *upper = xstrdup(prefix);
	int result = 0;

	for (char *at = upper; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	if (store)
		result = store_sessions_named(store, upper, MATCHES_MAX + 1, add_row, matches,
					      error);
	if (!result && !(matches->count == 1 && !strcmp(matches->items[0].session, upper)))
		result = export_find(state_dir, upper, add_file, matches, error);
	return result < 0 ? result : 0;
}

static int choose(const struct matches *matches, const char *prefix, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer names = BUFFER(4096);

	if (!matches->count)
		return error_set(error, ERROR_NOT_FOUND,
				 "there is no session \"%s\", neither in " STATE_FOLDER
				 "/state.db nor in " STATE_FOLDER "/" EXPORT_FOLDER,
				 prefix);
	if (matches->count == 1)
		return 0;
	for (size_t i = 0; i < matches->count; i++)
		buffer_printf(&names, "%s%s", i ? ", " : "", matches->items[i].session);
	return error_set(error, ERROR_INVALID, "more than one session begins with \"%s\": %s%s",
			 prefix, names.data, matches->more ? ", …" : "");
}

/* ---- its lines as one document ---- */

static int add_session(json_t *transcript, const json_t *line)
{
	json_object_update(transcript, (json_t *)(uintptr_t)line);
	json_object_del(transcript, "record");
	json_object_set_new(transcript, "steps", json_array());
	json_object_set_new(transcript, "deaths", json_array());
	return 0;
}

static int add_step(json_t *transcript, const json_t *line)
{
	json_t *step = json_copy((json_t *)(uintptr_t)line);

	json_object_del(step, "record");
	if (!strcmp(json_text(step, "kind"), "model") ||
	    !strcmp(json_text(step, "kind"), "compaction"))
		json_object_set_new(step, "calls", json_array());
	json_array_append_new(json_object_get(transcript, "steps"), step);
	return 0;
}

/* Steps are counted from 1 on, so that a call finds its own almost at once: numbers are left out
 * only where a session took over those of a parked one. */
static json_t *find_step(const json_t *steps, int64_t number)
{
	size_t at = json_array_size(steps);

	if (number >= 0 && (size_t)number < at)
		at = (size_t)number;
	while (at && why_number(json_array_get(steps, at - 1), "step") > number)
		at--;
	return at && why_number(json_array_get(steps, at - 1), "step") == number
		       ? json_array_get(steps, at - 1)
		       : NULL;
}

static int add_call(json_t *transcript, const json_t *line)
{
	json_t *step = find_step(json_object_get(transcript, "steps"), why_number(line, "step"));
	json_t *call;

	if (!step || !json_object_get(step, "calls"))
		return 0;
	call = json_copy((json_t *)(uintptr_t)line);
	json_object_del(call, "record");
	json_array_append_new(json_object_get(step, "calls"), call);
	return 0;
}

static int add_death(json_t *transcript, const json_t *line)
{
	json_t *death = json_copy((json_t *)(uintptr_t)line);

	json_object_del(death, "record");
	json_array_append_new(json_object_get(transcript, "deaths"), death);
	return 0;
}

static int add_line(void *context, const json_t *line)
{
	static const struct {
		const char *record;
		int (*add)(json_t *transcript, const json_t *line);
	} records[] = {
		{ "session", add_session },
		{ "step", add_step },
		{ "death", add_death },
		{ "call", add_call },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(records); i++)
		if (!strcmp(json_text(line, "record"), records[i].record))
			return records[i].add(context, line);
	return 0; /* of a newer version */
}

static int read_one(int state_dir, struct store *store, const struct match *match,
		    json_t *transcript, struct error *error)
{
	_free_ char *source = xasprintf(STATE_FOLDER "/%s", match->path ? match->path : "state.db");
	int result = match->path ? export_read(state_dir, match->path, add_line, transcript, error)
				 : export_lines(store, match->session, add_line, transcript, error);

	if (match->path && result) /* paths that are shown begin at the workspace */
		return error_at(error, source, error->line, error->column);
	if (!result && !json_object_get(transcript, "session")) {
		error_set(error, ERROR_INVALID, "is no session's export");
		return error_at(error, source, 1, 1);
	}
	json_object_set_new(transcript, "source", json_string(source));
	return result;
}

/* The session whose id begins with `prefix` (case ignored, WHY_PREFIX_LEAST characters or more),
 * from state.db or, where it has left that, from its export. `store` NULL: nothing is recorded.
 * ERROR_NOT_FOUND: none; ERROR_INVALID: more than one, or too few characters. */
static int find_session(const struct workspace *workspace, struct store *store, const char *prefix,
			json_t **ret_transcript, struct error *error)
{
	CLEANUP(matches_clear) struct matches matches = { 0 };
	_fd_ int state = -1;
	json_t *transcript = NULL;
	int result = 0;

	if (strlen(prefix) < WHY_PREFIX_LEAST)
		return error_set(error, ERROR_INVALID,
				 "\"%s\" is too short: %d characters of a session's id or more",
				 prefix, WHY_PREFIX_LEAST);
	if (!directory_open_beneath(workspace->dir, STATE_FOLDER, &state, NULL))
		result = search(state, store, prefix, &matches, error);
	if (!result)
		result = choose(&matches, prefix, error);
	if (result)
		return result;
	transcript = json_object();
	result = read_one(state, store, &matches.items[0], transcript, error);
	if (result)
		json_decref(transcript);
	else
		*ret_transcript = transcript;
	return result;
}

/* ---- the command ---- */

static int show(const struct invocation *invocation, const struct workspace *workspace,
		struct store *store, struct error *error)
{
	json_t *transcript = NULL;
	int result = find_session(workspace, store, invocation->operands[0], &transcript, error);

	if (result)
		return result;
	if (invocation->json) {
		print_json(transcript);
		return 0;
	}
	words_localise(transcript, workspace->zone);
	transcript_print(transcript, workspace->zone);
	json_decref(transcript);
	return 0;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	struct error error, damage;
	int result = place_open(invocation, &workspace, NULL, &error), damaged = 0;

	if (!result)
		damaged = place_store(workspace, &store, &damage); /* exports are read without it */
	if (!result)
		result = show(invocation, workspace, store, &error);
	if (damaged && result == -(int)ERROR_NOT_FOUND)
		return fail(&damage);
	return result ? fail(&error) : STATUS_DONE;
}

const struct command command_transcript = {
	.name = "transcript",
	.operands = "SESSION",
	.text = "show a session turn by turn: the model's words, its tool calls and their results",
	.more = "A session is named by its id or the beginning of it (4 characters or more). Those that\n"
		"have left state.db are read from their exports in .agentd/log/sessions. What is long is\n"
		"cut; --json has all. Works without a daemon.",
	.least = 1,
	.most = 1,
	.reads = true,
	.run = run,
};
