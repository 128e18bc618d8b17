#include "suite.h"

#include <stdio.h>

#define LINE_MAX 8192

static void add(char *out, const char *text)
{
	size_t used = strlen(out);

	snprintf(out + used, LINE_MAX - used, "%s%s", used ? "; " : "", text);
}

const char *beats_text(const struct heartbeats *beats)
{
	static char out[LINE_MAX];

	out[0] = '\0';
	for (size_t i = 0; i < beats->count; i++) {
		const struct heartbeat *beat = &beats->items[i];
		char schedule[SCHEDULE_PRINT_SIZE];
		_free_ char *text = xasprintf("%u %s: %s%s%s", beat->line, beat->key,
					      schedule_print(&beat->schedule, schedule),
					      beat->broken ? " broken" : "",
					      beat->empty ? " empty" : "");

		add(out, text);
	}
	return out;
}

const char *found_text(const struct diagnostics *found)
{
	static char out[LINE_MAX];

	out[0] = '\0';
	for (size_t i = 0; i < found->count; i++) {
		const struct diagnostic *one = &found->items[i];
		_free_ char *text = xasprintf("%u:%u %s %s", one->line, one->column,
					      severity_name(one->severity), one->code);

		if (one->severity != SEVERITY_INFO)
			add(out, text);
	}
	return out;
}

int main(void)
{
	return run_heartbeats() + run_sections() + run_checklist() + run_constitution() +
	       run_identity() + run_plan() + run_prompt() + run_article() + run_routes();
}
