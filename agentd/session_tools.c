/* Runtime tools: do it, journal the result, answer. */
#include "session.h"

#include "committer.h"
#include "journal.h"

#include "base/clock.h"
#include "bulletin/bulletin.h"
#include "memory/memory.h"

struct tool_answer {
	struct session *session;
	uint64_t id;
	json_t *result;
};

static void tool_recorded(void *context, const struct error *error)
{
	struct tool_answer *answer = context;
	struct session *session = answer->session;

	if (error)
		session_refuse(session, answer->id, error->code, error->message);
	else if (session_runs(session) && session->link)
		link_reply(session->link, answer->id, json_incref(answer->result));
	json_decref(answer->result);
	free(answer);
	session_release(session);
}

void session_tool_done(struct session *session, uint64_t id, struct journalled_call *call,
		       const char *content, bool is_error)
{
	struct tool_answer *answer = xmalloc(sizeof(*answer));
	struct step step = session_step(session, call->seq);
	struct journal_move move = { .results = &step, .result_count = 1 };
	json_t *result = json_pack("{s:s,s:b}", "content", content, "error", (int)is_error);
	_free_ char *text = NULL;

	if (!result)
		result = json_pack("{s:s,s:b}", "content", "text that is no UTF-8", "error", 1);
	text = json_dumps(result, JSON_COMPACT);
	*answer = (struct tool_answer){ session, id, result };
	call->answered = true;
	session->answered++;
	step.result = text;
	session_hold(session);
	session_emit_tool(session, call->tool->name, is_error);
	session_note_result(session, call, content, is_error);
	if (session->rehearse)
		tool_recorded(answer, NULL);
	else
		journal_move(session->daemon, &move, tool_recorded, answer);
}

static const char *argument(const json_t *arguments, const char *name)
{
	const char *value = json_string_value(json_object_get(arguments, name));

	return value ? value : "";
}

/* A fact is durable with its step; it stands in MEMORY.md when the session ends. */
static void do_remember(struct session *session, uint64_t id, struct journalled_call *call,
			const json_t *arguments)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(MEMORY_ENTRY_MAX + 8);
	struct error error;

	if (memory_entry_text(span_of(argument(arguments, "text")), &text, &error)) {
		session_tool_done(session, id, call, error.message, true);
		return;
	}
	if (array_grow((void **)&session->facts, session->fact_count, &session->fact_capacity,
		       sizeof(char *), SESSION_FACTS_MAX)) {
		session_tool_done(session, id, call, "too many facts in one session", true);
		return;
	}
	session->facts[session->fact_count++] = xstrdup(text.data);
	session_tool_done(session, id, call,
			  session->rehearse ? "rehearsed, not remembered" : "remembered", false);
}

struct post {
	struct session *session;
	uint64_t id;
	char call[MODEL_CALL_ID_MAX + 1];
};

static void note_post(struct session *session, const struct journalled_call *call)
{
	if (!session->posts)
		session->posts = json_array();
	json_array_append(session->posts, json_object_get(call->arguments, "text"));
}

static void posted(void *context, const char *commit, const struct error *error)
{
	struct post *post = context;
	struct session *session = post->session;
	struct journalled_call *call = session_find_call(session, post->call);

	(void)commit;
	if (!error && call)
		note_post(session, call);
	if ((session_runs(session) || session->life.state == LIFE_RECORDING) && call)
		session_tool_done(session, post->id, call, error ? error->message : "posted",
				  error != NULL);
	session_effect_over(session);
	free(post);
	session_release(session);
}

static size_t count_known(const struct session *session, const char *text)
{
	size_t index, count = 0;
	json_t *one;

	json_array_foreach(session->posts, index, one)
		count += !strcmp(json_string_value(one), text);
	return count;
}

/* Did an earlier process of this session post it, and die before that was known? Then it stands
 * there once more often than the journal tells. */
static bool is_posted(const struct session *session, const char *text)
{
	CLEANUP(buffer_clear) struct buffer raw = BUFFER(BULLETIN_FILE_MAX);
	CLEANUP(bulletin_clear) struct bulletin bulletin = { 0 };
	int64_t since = (session->began_ms ? session->began_ms : session->started_ms) / 1000;
	size_t count = 0;

	if (file_read(session->daemon->workspace->dir, WORKSPACE_BULLETIN, &raw, NULL, NULL) ||
	    bulletin_parse(buffer_span(&raw), session->daemon->workspace->zone, &bulletin, NULL))
		return false;
	for (size_t i = 0; i < bulletin.count; i++) {
		const struct bulletin_entry *one = &bulletin.items[i];

		count += span_equal(one->author, span_of(session->agent)) &&
			 one->at >= since / 60 * 60 && bulletin_says(one, span_of(text));
	}
	return count > count_known(session, text);
}

static void do_post(struct session *session, uint64_t id, struct journalled_call *call,
		    const json_t *arguments)
{
	const char *text = argument(arguments, "text");
	_free_ char *subject = xasprintf("bulletin: a post by %s", session->agent);
	_free_ char *message = NULL;
	struct post *post;

	if (session->rehearse) {
		session_tool_done(session, id, call, "rehearsed, not posted", false);
		return;
	}
	if (call->in_doubt && is_posted(session, text)) {
		note_post(session, call);
		session_tool_done(session, id, call, "posted", false);
		return;
	}
	message = session_commit_message(session, subject);
	post = xcalloc(1, sizeof(*post));
	post->session = session;
	post->id = id;
	snprintf(post->call, sizeof(post->call), "%s", call->id);
	session_hold(session);
	session->effects++;
	committer_post(session->daemon, session->agent, text, clock_wall_s(), message, posted,
		       post);
}

static void do_read_bulletin(struct session *session, uint64_t id, struct journalled_call *call,
			     const json_t *arguments)
{
	CLEANUP(buffer_clear) struct buffer raw = BUFFER(BULLETIN_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer quoted = BUFFER(BULLETIN_FILE_MAX);
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	struct bulletin bulletin = { 0 };
	struct error error;
	int result = file_read(session->daemon->workspace->dir, WORKSPACE_BULLETIN, &raw, NULL,
			       &error);

	(void)arguments;
	if (result == -(int)ERROR_NOT_FOUND) {
		session_tool_done(session, id, call, "the bulletin is empty", false);
		return;
	}
	if (!result)
		result = markdown_clean(buffer_span(&raw), BULLETIN_FILE_MAX, &text, NULL);
	if (!result)
		result = bulletin_parse(markdown_body(&text), session->daemon->workspace->zone,
					&bulletin, &error);
	if (!result)
		bulletin_quote(&bulletin, session->agent, (size_t)session->plan->tool_output_bytes,
			       &quoted);
	bulletin_clear(&bulletin);
	if (result)
		session_tool_done(session, id, call, error.message, true);
	else
		session_tool_done(session, id, call,
				  quoted.length ? quoted.data : "the bulletin is empty", false);
}

static const struct {
	const char *name;
	void (*run)(struct session *session, uint64_t id, struct journalled_call *call,
		    const json_t *arguments);
} runtime_tools[] = {
	{ "remember", do_remember },
	{ "bulletin_post", do_post },
	{ "bulletin_read", do_read_bulletin },
	{ "tell_person", session_tell },
};

/* Only what the model asked for in its latest reply runs, once, with the arguments it gave. */
void session_tool(struct rpc *rpc, void *context, const char *method, const json_t *params,
		  uint64_t id)
{
	struct session *session = context;
	const char *name = json_string_value(json_object_get(params, "name"));
	struct journalled_call *call = session_find_call(
		session, json_string_value(json_object_get(params, "id")));
	struct error error;

	(void)rpc;
	(void)method;
	if (!call || call->begun || call->answered || !call->tool || !name ||
	    strcmp(call->tool->name, name)) {
		session_refuse(session, id, ERROR_DENIED, "no such call is open");
		return;
	}
	if (session->sums_up && strcmp(name, "remember") != 0) {
		session_tool_done(session, id, call, "only remember may be called now", true);
		return;
	}
	if (!plan_allows_tool(session->plan, name)) {
		session_tool_done(session, id, call, "this agent may not use that tool", true);
		return;
	}
	if (tool_check_arguments(call->tool, call->arguments, &error)) {
		session_tool_done(session, id, call, error.message, true);
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(runtime_tools); i++)
		if (!strcmp(runtime_tools[i].name, name)) {
			call->begun = true;
			runtime_tools[i].run(session, id, call, call->arguments);
			return;
		}
	session_refuse(session, id, ERROR_DENIED, "that tool runs in the session");
}
