/* What a call used, out of the many places and names in which servers report it. */
#ifndef MODEL_USAGE_H
#define MODEL_USAGE_H

#include "model.h"

/* The server's own figures, each the last that was not zero. */
struct usage_report {
	int64_t prompt, completion, total; /* OpenAI: prompt includes what was cached */
	int64_t input, output, cache_read, cache_write;
	int64_t reasoning;
	bool absurd; /* the last report held a count that cannot be */
	bool final;  /* output was reported at the end, not estimated */
};

/* Takes over a `usage` object of Chat Completions or Responses; anything else, and one that is all
 * zero, changes nothing. */
void usage_take_openai(struct usage_report *report, const json_t *usage);
/* Out of the last line of Ollama, which older servers send without the prompt where they had it
 * cached: not known then. */
void usage_take_ollama(struct usage_report *report, const json_t *line);
/* message_start counts no output yet: `final` says that this is message_delta's. */
void usage_take_anthropic(struct usage_report *report, const json_t *usage, bool final);

/* Not known unless it makes sense: a prompt is never empty. */
struct model_usage usage_result(const struct usage_report *report);

#endif
