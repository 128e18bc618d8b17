#include "format.h"

#include "stream.h"
#include "transcript.h"
#include "wire.h"

const struct model_format *model_format_find(const char *name)
{
	static const struct model_format *const formats[] = { &format_anthropic, &format_openai,
							      &format_ollama, &format_responses };

	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++)
		if (name && !strcmp(name, formats[i]->name))
			return formats[i];
	return NULL;
}

int model_encode(const struct model_format *format, const json_t *request,
		 const struct model_target *target, struct model_http *ret_http,
		 struct error *error)
{
	const char *accept = target->quirks & QUIRK_NO_STREAM ? "application/json"
							      : format->stream_type;
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	_json_ json_t *body = NULL;
	int r = transcript_check(request, error);

	if (r)
		return r;
	body = format->body(request, target);
	http.url = format->url(target->base_url);
	r = transcript_write(body, &http, error);
	r = r ? r : transcript_header(&http, "Content-Type", "application/json", error);
	r = r ? r : transcript_header(&http, "Accept", accept, error);
	r = r ? r : format->add_headers(&http, target, error);
	if (r)
		return r;
	*ret_http = http;
	http = (struct model_http){ 0 };
	return 0;
}

struct model_stream *model_stream_new(const struct model_format *format, const char *provider,
				      model_event_sink sink, void *context)
{
	return stream_new(format->stream, provider, sink, context);
}
