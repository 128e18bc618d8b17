/* The model that is none: it acts out a script. */
#include "draft.h"
#include "script.h"
#include "wire.h"

#define CUE_MAX (16 * 1024 * 1024)

static const char no_script[] =
	"No model is configured: this is a rehearsal, and no model was called. Add a provider to "
	"agentd.yaml, or a REHEARSAL.md to this agent.";
static const char no_section[] =
	"No model is configured: this is a rehearsal, and no model was called. No `## When` "
	"section of REHEARSAL.md matches this beat or message.";
static const char over[] = "The rehearsal ends here; no model was called.";

/* Where a request stands: what it was asked (the user texts since the assistant spoke last before
 * them) and how many turns have been played since. */
struct cue {
	struct buffer text;
	size_t stage;
	size_t messages;
};

static bool has_role(const json_t *message, struct span role)
{
	return span_equal(wire_get_text(message, "role"), role);
}

static bool is_asked(const json_t *message)
{
	return has_role(message, SPAN("user")) &&
	       !json_is_true(json_object_get(message, "runtime"));
}

static void read_cue(const json_t *request, struct cue *ret_cue)
{
	const json_t *messages = json_object_get(request, "messages");
	size_t count = json_array_size(messages), last = count, first;

	*ret_cue = (struct cue){ .text = BUFFER(CUE_MAX), .messages = count };
	while (last > 0 && !is_asked(json_array_get(messages, last - 1))) {
		if (has_role(json_array_get(messages, last - 1), SPAN("assistant")))
			ret_cue->stage++;
		last--;
	}
	first = last;
	while (first > 0 && is_asked(json_array_get(messages, first - 1)))
		first--;
	for (size_t i = first; i < last; i++) {
		buffer_append(&ret_cue->text, wire_get_text(json_array_get(messages, i), "text"));
		buffer_append_text(&ret_cue->text, "\n");
	}
}

static void say(struct draft *draft, const char *text)
{
	if (draft->text.length)
		draft_add_text(draft, SPAN("\n"), NULL);
	draft_add_text(draft, span_of(text), NULL);
}

/* An argument without braces is the tool's one parameter. */
static void call(struct draft *draft, const struct script_line *line)
{
	const struct tool *tool = tool_find(line->tool);
	struct draft_call *made = draft_add_call(draft);
	_json_ json_t *arguments = NULL;
	_free_ char *text = NULL;

	if (!made)
		return;
	draft_add_name(made, span_of(line->tool));
	if (line->text[0] != '{' && line->text[0] && !(tool && tool->parameters[1])) {
		arguments = json_object();
		json_object_set_new(arguments,
				    tool && tool->parameters[0] ? tool->parameters[0] : "text",
				    wire_string(span_of(line->text)));
		text = wire_dump(arguments);
	}
	draft_add_arguments(made, span_of(text ? text : line->text));
}

/* A `say` behind a `call` begins the next turn. Returns whether there was a turn of that number. */
static bool play(struct draft *draft, const struct script_section *section, size_t stage)
{
	size_t turn = 0;
	bool called = false;

	for (size_t i = 0; i < section->count && turn <= stage; i++) {
		const struct script_line *line = &section->lines[i];

		if (!line->tool && called)
			turn++;
		called = line->tool;
		if (turn != stage)
			continue;
		if (line->tool)
			call(draft, line);
		else
			say(draft, line->text);
	}
	return draft->text.length || draft->call_count;
}

int model_rehearse(const json_t *request, const char *script, struct model_reply **ret_reply,
		   struct error *error)
{
	CLEANUP(script_clear) struct script parsed = { 0 };
	CLEANUP(draft_clear) struct draft draft;
	const struct script_section *section;
	struct model_reply *reply;
	struct cue cue;
	int r = script ? script_parse(span_of(script), &parsed, NULL, error) : 0;

	draft_init(&draft, NULL, NULL);
	if (r)
		return r;
	read_cue(request, &cue);
	section = script_find(&parsed, buffer_span(&cue.text));
	draft.request_id = xasprintf("rehearsal %zu", cue.messages);
	if (!section)
		say(&draft, script ? no_section : no_script);
	else if (!play(&draft, section, cue.stage))
		say(&draft, over);
	reply = draft_reply(&draft, "rehearsal");
	reply->usage = (struct model_usage){ .known = true };
	free(steal_pointer(&reply->request_id));
	buffer_clear(&cue.text);
	*ret_reply = reply;
	return 0;
}

void model_rehearsal_check(struct span script, struct diagnostics *found)
{
	CLEANUP(script_clear) struct script parsed = { 0 };
	struct error error = { 0 };

	if (script_parse(script, &parsed, found, &error))
		diagnostics_add(found, SEVERITY_ERROR, "rehearsal-size", 0, 0, "%s", error.message);
}
