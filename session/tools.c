#include "tools.h"

#include "files.h"

#include "base/failpoint.h"

#define OUTPUT_DEFAULT (256 * 1024)
#define OUTPUT_MAX (4 * 1024 * 1024)
#define MARKER_MAX 8192 /* what a tool may say behind its output: a line that names a path */
#define QUOTE_MAX 200

/* What came of a call. */
struct outcome {
	char *text;
	bool is_error;
	bool made_here; /* not by agentd */
	bool waiting;
};

struct outcomes {
	struct outcome items[MODEL_CALLS_MAX];
	size_t count;
};

static void outcomes_clear(struct outcomes *outcomes)
{
	for (size_t i = 0; i < outcomes->count; i++)
		free(outcomes->items[i].text);
}
CLEANUP_DEFINE_VALUE(struct outcomes, outcomes_clear)

bool tool_is_allowed(const struct plan *plan, const char *name)
{
	return plan_allows_tool(plan, name);
}

/* A message may have been cut in the middle of a code point: cleaned, like all that goes into JSON.
 */
static void refuse(struct outcome *outcome, const char *text)
{
	struct buffer clean = BUFFER(3 * strlen(text));

	text_append_clean(&clean, span_of(text), clean.max);
	*outcome = (struct outcome){
		.text = buffer_steal(&clean),
		.is_error = true,
		.made_here = true,
	};
}

/* ---- local tools ---- */

static size_t output_limit(const struct plan *plan)
{
	if (plan->tool_output_bytes <= 0)
		return OUTPUT_DEFAULT;
	return plan->tool_output_bytes < OUTPUT_MAX ? (size_t)plan->tool_output_bytes : OUTPUT_MAX;
}

static const char *argument(const json_t *arguments, const char *name)
{
	return json_string_value(json_object_get(arguments, name));
}

static int read_file(const struct workbench *bench, const json_t *arguments, struct buffer *out,
		     struct error *error)
{
	return files_read(bench->folders, argument(arguments, "path"), output_limit(bench->plan),
			  out, error);
}

static int list_files(const struct workbench *bench, const json_t *arguments, struct buffer *out,
		      struct error *error)
{
	return files_list(bench->folders, argument(arguments, "path"), output_limit(bench->plan),
			  out, error);
}

static int write_file(const struct workbench *bench, const json_t *arguments, struct buffer *out,
		      struct error *error)
{
	return files_write(bench->folders, argument(arguments, "path"),
			   span_of(argument(arguments, "text")), bench->plan->rehearse, out, error);
}

/* The local half of the tool table of lib/model: a name, and what it does here. */
static const struct {
	const char *name;
	int (*run)(const struct workbench *bench, const json_t *arguments, struct buffer *out,
		   struct error *error);
} local_tools[] = {
	{ "read_file", read_file },
	{ "list_files", list_files },
	{ "write_file", write_file },
};

static void run_local(const struct workbench *bench, const struct tool *tool,
		      const json_t *arguments, struct outcome *outcome)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(output_limit(bench->plan) + MARKER_MAX);
	struct error error;
	size_t i = 0;

	while (i < ARRAY_LENGTH(local_tools) && strcmp(local_tools[i].name, tool->name))
		i++;
	if (i == ARRAY_LENGTH(local_tools))
		BUG("the session has no tool %s", tool->name);
	if (local_tools[i].run(bench, arguments, &out, &error))
		refuse(outcome, error.message);
	else
		*outcome = (struct outcome){ .text = buffer_steal(&out), .made_here = true };
}

/* ---- runtime tools ---- */

static void runtime_answered(void *context, const json_t *result, const struct error *error)
{
	struct outcome *outcome = context;
	const char *content = json_string_value(json_object_get(result, "content"));

	*outcome = (struct outcome){
		.text = xstrdup(content ? content
				: error ? error->message
					: "no answer"),
		.is_error = !content || json_is_true(json_object_get(result, "error")),
	};
}

static int ask_runtime(const struct workbench *bench, const struct model_call *call,
		       struct outcome *outcome, struct error *error)
{
	json_t *params = json_pack("{s:s, s:s, s:O}", "id", call->id, "name", call->name,
				   "arguments", call->arguments);

	outcome->waiting = true;
	if (rpc_request(bench->rpc, "tool", params, runtime_answered, outcome))
		return error_set(error, ERROR_CLOSED, "agentd is gone");
	return 0;
}

static int wait_for_runtime(const struct workbench *bench, const struct outcomes *outcomes,
			    struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < outcomes->count; i++)
		while (!result && outcomes->items[i].waiting)
			result = rpc_wait(bench->rpc, -1, error);
	return result;
}

/* ---- calls ---- */

static char *list_allowed(const struct plan *plan)
{
	struct buffer names = BUFFER(1024);
	size_t count;
	const struct tool *tool = tool_table(&count);

	for (size_t i = 0; i < count; i++)
		if (tool_is_allowed(plan, tool[i].name))
			buffer_printf(&names, "%s%s", names.length ? ", " : "", tool[i].name);
	return buffer_steal(&names);
}

static void refuse_unknown(const struct plan *plan, const char *name, struct outcome *outcome)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);
	_free_ char *allowed = list_allowed(plan);

	buffer_append(&text, SPAN("there is no tool \""));
	text_append_clean(&text, span_of(name), QUOTE_MAX);
	buffer_printf(&text, "\"; the tools are: %s", *allowed ? allowed : "none");
	refuse(outcome, text.data);
}

static void refuse_other(const char *only, struct outcome *outcome)
{
	_free_ char *text = xasprintf("only %s may be called now; nothing was done", only);

	refuse(outcome, text);
}

static void refuse_malformed(const struct model_call *call, struct outcome *outcome)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);

	buffer_append(&text, SPAN("the arguments are no JSON object, so nothing was done: "));
	if (!text_append_clean(&text, span_of(call->malformed ? call->malformed : ""), QUOTE_MAX))
		buffer_append(&text, SPAN("…"));
	refuse(outcome, text.data);
}

/* Was it answered before the session went on? */
static bool take_known(const struct workbench *bench, const struct model_call *call,
		       struct outcome *outcome)
{
	size_t index;
	json_t *result;

	json_array_foreach((json_t *)(uintptr_t)bench->known, index, result) {
		const char *id = json_string_value(json_object_get(result, "id"));
		const char *content = json_string_value(json_object_get(result, "content"));

		if (!id || strcmp(id, call->id) != 0)
			continue;
		*outcome = (struct outcome){
			.text = xstrdup(content ? content : ""),
			.is_error = json_is_true(json_object_get(result, "error")),
		};
		return true;
	}
	return false;
}

static int run_call(const struct workbench *bench, const struct model_call *call,
		    struct outcome *outcome, struct error *error)
{
	const struct tool *tool = tool_find(call->name);
	struct error bad;

	if (take_known(bench, call, outcome))
		return 0;
	if (!tool || !tool_is_allowed(bench->plan, tool->name))
		refuse_unknown(bench->plan, call->name, outcome);
	else if (bench->only && strcmp(tool->name, bench->only) != 0)
		refuse_other(bench->only, outcome);
	else if (!call->arguments)
		refuse_malformed(call, outcome);
	else if (tool_check_arguments(tool, call->arguments, &bad))
		refuse(outcome, bad.message);
	else if (tool->place == TOOL_RUNTIME)
		return ask_runtime(bench, call, outcome, error);
	else
		run_local(bench, tool, call->arguments, outcome);
	return 0;
}

static void add_result(const struct model_call *call, const struct outcome *outcome,
		       json_t *request, json_t *results)
{
	model_request_add_result(request, call, span_of(outcome->text), outcome->is_error);
	if (outcome->made_here)
		json_array_append_new(results,
				      json_pack("{s:s, s:s, s:s, s:b}", "id", call->id, "name",
						call->name, "content", outcome->text, "error",
						outcome->is_error));
}

int tools_run(const struct workbench *bench, const struct model_reply *reply, json_t *request,
	      json_t *results, struct error *error)
{
	CLEANUP(outcomes_clear) struct outcomes outcomes = { 0 };
	int result = FAILPOINT("session.tools");

	if (result)
		return error_set_system(error, result, "running tools");
	if (reply->call_count > MODEL_CALLS_MAX)
		return error_set(error, ERROR_PROTOCOL, "a reply with %zu calls",
				 reply->call_count);
	outcomes.count = reply->call_count;
	for (size_t i = 0; !result && i < outcomes.count; i++)
		result = run_call(bench, &reply->calls[i], &outcomes.items[i], error);
	if (!result)
		result = wait_for_runtime(bench, &outcomes, error);
	for (size_t i = 0; !result && i < outcomes.count; i++)
		add_result(&reply->calls[i], &outcomes.items[i], request, results);
	return result;
}
