#include "transcript.h"

#include "tools.h"

#include "model/model.h"

#define USER_TURN_MAX (16 * 1024 * 1024)
#define RECORD_BYTES (96 * 1024) /* of a compression where the window or memory is not known */
#define QUESTION_BYTES 4096      /* what stands in the question beside record and objective */

void transcript_clear(struct transcript *transcript)
{
	json_decref(transcript->first);
	json_decref(transcript->past);
	compaction_clear(&transcript->compaction);
	free(transcript->reminder);
	*transcript = (struct transcript){ 0 };
}

/* ---- what comes first ---- */

static void add_sections(json_t *request, const struct prompt *prompt, bool stable)
{
	for (size_t i = 0; i < prompt->count; i++) {
		const struct prompt_section *section = &prompt->sections[i];

		if (!section->user && section->stable == stable)
			model_request_add_system(request, span_of(section->text), stable);
	}
}

/* All sections for the user turn as one message: some servers refuse two of them in a row. */
static int add_user_turn(json_t *request, const struct prompt *prompt, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(USER_TURN_MAX);

	for (size_t i = 0; i < prompt->count; i++) {
		if (!prompt->sections[i].user)
			continue;
		if (text.length)
			buffer_append(&text, SPAN("\n\n"));
		buffer_append_text(&text, prompt->sections[i].text);
	}
	if (text.overflow)
		return error_set(error, ERROR_TOO_LARGE, "the prompt has more than %d bytes",
				 USER_TURN_MAX);
	model_request_add_user(request, buffer_span(&text));
	return 0;
}

static void add_tools(json_t *request, const struct plan *plan)
{
	size_t count;
	const struct tool *tool = tool_table(&count);

	for (size_t i = 0; i < count; i++)
		if (tool_is_allowed(plan, tool[i].name))
			model_request_add_tool(request, &tool[i]);
}

int transcript_begin(struct transcript *transcript, const struct plan *plan, struct error *error)
{
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };
	int result = plan_prompt(plan, &prompt, error);

	if (result)
		return result;
	transcript->plan = plan;
	transcript->first = model_request_new(plan->max_output_tokens);
	transcript->past = model_request_new(0);
	transcript->reminder = compaction_reminder(plan);
	transcript->policy.turns = plan->compaction_turns;
	add_sections(transcript->first, &prompt, true);
	add_sections(transcript->first, &prompt, false);
	add_tools(transcript->first, plan);
	if (plan->history)
		json_array_extend(json_object_get(transcript->past, "messages"), plan->history);
	compaction_recall(&transcript->compaction, transcript_past(transcript), plan->compactions);
	result = add_user_turn(transcript->first, &prompt, error);
	transcript_set_most_bytes(transcript, plan->most_bytes);
	return result;
}

/* Half of it is left to turns that stay, so that the next compression is some turns away. */
void transcript_set_most_bytes(struct transcript *transcript, int64_t most_bytes)
{
	int64_t kept = most_bytes / 2 - model_request_bytes(transcript->first);

	transcript->policy.most_bytes = most_bytes;
	transcript->policy.kept_bytes = !most_bytes ? 0 : kept > 1 ? kept : 1;
	if (transcript->plan->starved)
		transcript->policy.kept_bytes = 1; /* one turn */
}

/* ---- requests ---- */

const json_t *transcript_past(const struct transcript *transcript)
{
	return json_object_get(transcript->past, "messages");
}

json_t *transcript_request(const struct transcript *transcript)
{
	json_t *request = json_copy(transcript->first);
	json_t *messages = json_copy(json_object_get(request, "messages"));
	json_t *view = compaction_view(&transcript->compaction, transcript_past(transcript),
				       transcript->reminder);

	json_array_extend(messages, view);
	json_decref(view);
	json_object_set_new(request, "messages", messages);
	return request;
}

/* What the window has room for beside the rest of the request. */
static int64_t record_room(const struct transcript *transcript, const json_t *request,
			   const char *objective)
{
	int64_t room = transcript->policy.most_bytes - model_request_bytes(request) -
		       (int64_t)strlen(objective) - QUESTION_BYTES;

	if (!transcript->policy.most_bytes || (transcript->plan->starved && room > RECORD_BYTES))
		return RECORD_BYTES;
	return room;
}

json_t *transcript_question(const struct transcript *transcript)
{
	json_t *request = json_copy(transcript->first);
	_free_ char *objective = compaction_objective(transcript->plan), *question = NULL;
	bool may_remember = tool_is_allowed(transcript->plan, "remember");

	json_object_set_new(request, "messages", json_array());
	json_object_set_new(request, "tools", json_array());
	if (may_remember)
		model_request_add_tool(request, tool_find("remember"));
	question = compaction_question(&transcript->compaction, transcript_past(transcript),
				       objective, may_remember,
				       record_room(transcript, request, objective));
	model_request_add_user(request, span_of(question));
	return request;
}
