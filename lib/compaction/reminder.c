/* What a session is for and what holds for it, restated. */
#include "compaction.h"

#define OBJECTIVE_MAX (1024 * 1024)
#define OBJECTIVE_TOLD 600 /* bytes */
#define RULE_TOLD 160

static void append_cut(struct buffer *out, const char *text, size_t most)
{
	struct span whole = span_of(text);
	size_t end = utf8_cut(whole, most);

	buffer_append(out, span_slice(whole, 0, end));
	if (end < whole.length)
		buffer_append(out, SPAN("…"));
}

char *compaction_objective(const struct plan *plan)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(OBJECTIVE_MAX);

	if (plan->message)
		return xstrdup(plan->message);
	if (plan->heading)
		buffer_printf(&out, "Heartbeat: %s\n", plan->heading);
	if (plan->checklist)
		buffer_append_text(&out, plan->checklist);
	return span_dup(span_trim(buffer_span(&out)));
}

/* As many as there is room for, the first ones first: they win. */
static void append_rules(const struct constitution *constitution, struct buffer *out)
{
	buffer_append(out, SPAN("\nThe rules of your constitution; a lower number wins:\n"));
	for (size_t i = 0; i < constitution->rule_count; i++) {
		CLEANUP(buffer_clear) struct buffer line = BUFFER(2 * RULE_TOLD);

		buffer_printf(&line, "%zu. ", i + 1);
		append_cut(&line, constitution->rules[i], RULE_TOLD);
		buffer_append(&line, SPAN("\n"));
		if (buffer_append(out, buffer_span(&line)))
			return;
	}
}

char *compaction_reminder(const struct plan *plan)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(COMPACTION_REMINDER_MAX);
	CLEANUP(constitution_clear) struct constitution constitution = { 0 };
	_free_ char *objective = compaction_objective(plan);

	if (plan->constitution.text)
		constitution_parse(span_of(plan->constitution.text), &constitution, NULL);
	buffer_append(&out, SPAN("[agentd: a reminder by the runtime, not a person's words] The "
				 "objective of this session is unchanged:\n"));
	append_cut(&out, objective, OBJECTIVE_TOLD);
	buffer_append(&out, SPAN("\n"));
	if (constitution.rule_count)
		append_rules(&constitution, &out);
	while (out.length && out.data[out.length - 1] == '\n')
		out.length--;
	return span_dup(buffer_span(&out));
}
