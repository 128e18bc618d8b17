/* A wire format: how a request is said in it, and how its streams are read. */
#ifndef MODEL_FORMAT_H
#define MODEL_FORMAT_H

#include "model.h"

struct stream_kind;

struct model_format {
	const char *name;
	/* Where a request goes; base_url may be NULL. The caller frees it. */
	char *(*url)(const char *base_url);
	/* New reference. The request is one that transcript_check has passed. */
	json_t *(*body)(const json_t *request, const struct model_target *target);
	/* The key, and what else this format wants beside Content-Type and Accept. */
	int (*add_headers)(struct model_http *http, const struct model_target *target,
			   struct error *error);
	const char *stream_type; /* media type of its streams */
	const struct stream_kind *stream;
};

extern const struct model_format format_anthropic, format_openai, format_ollama, format_responses;

#endif
