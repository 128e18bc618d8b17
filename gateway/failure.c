#include "failure.h"

#include "secrets.h"

#include "base/buffer.h"

#include <stdio.h>

#define BYTES_PER_TOKEN 4 /* about, of ordinary text */

static const enum failure_class classes[] = {
	[TRANSPORT_FINE] = FAILURE_BROKEN,
	[TRANSPORT_NO_HOST] = FAILURE_NAME,
	[TRANSPORT_NO_CONNECTION] = FAILURE_CONNECT,
	[TRANSPORT_CONNECT_CLOCK] = FAILURE_CONNECT,
	[TRANSPORT_TLS] = FAILURE_TLS,
	[TRANSPORT_CERTIFICATE] = FAILURE_TLS,
	[TRANSPORT_FIRST_BYTE_CLOCK] = FAILURE_FIRST_BYTE,
	[TRANSPORT_PROGRESS_CLOCK] = FAILURE_PROGRESS,
	[TRANSPORT_NO_ANSWER] = FAILURE_BROKEN,
	[TRANSPORT_BROKE_OFF] = FAILURE_BROKEN,
	[TRANSPORT_TOO_LARGE] = FAILURE_FORMAT,
	[TRANSPORT_NOT_HTTP] = FAILURE_FORMAT,
	[TRANSPORT_UNWANTED] = FAILURE_FORMAT,
	[TRANSPORT_OTHER] = FAILURE_CONNECT,
};

static void set_message(struct model_failure *failure, const char *message)
{
	size_t length = utf8_cut(span_of(message), sizeof(failure->message) - 1);

	memcpy(failure->message, message, length);
	failure->message[length] = '\0';
}

struct model_failure failure_of_ours(enum failure_class class, const struct error *error)
{
	struct model_failure failure = { .class = class, .retry_after_ms = -1 };

	set_message(&failure, error->message);
	return failure;
}

/* The key is hidden before the server's words are cut to their length. */
static void judge_answer(const struct asked *asked, const struct transport_end *end,
			 struct model_failure *ret_failure)
{
	_free_ char *body = span_dup(end->body);

	key_hide(asked->key, body, end->body.length);
	failure_of_answer(end->status, (struct span){ body, end->body.length }, end->retry_after_ms,
			  asked->request_bytes / BYTES_PER_TOKEN, asked->context, ret_failure);
}

static void judge_redirect(const struct transport_end *end, struct model_failure *ret_failure)
{
	*ret_failure = (struct model_failure){ .class = FAILURE_MODEL, .retry_after_ms = -1 };
	snprintf(ret_failure->message, sizeof(ret_failure->message),
		 "the server answered %d; redirects are not followed: set base_url to the final "
		 "address",
		 end->status);
}

static void judge_stream(const struct asked *asked, const struct model_stream *stream,
			 const struct error *error, struct model_failure *ret_failure)
{
	failure_of_stream(stream, error, asked->request_bytes / BYTES_PER_TOKEN, asked->context,
			  ret_failure);
}

static bool judge(const struct asked *asked, const struct transport_end *end,
		  struct model_stream *stream, const struct error *stream_error,
		  struct model_reply **ret_reply, struct model_failure *ret_failure)
{
	struct error error;

	if (end->status >= 400)
		judge_answer(asked, end, ret_failure);
	else if (end->status >= 300)
		judge_redirect(end, ret_failure);
	else if (stream_error->code)
		judge_stream(asked, stream, stream_error, ret_failure);
	else if (end->status < 200)
		*ret_failure = failure_of_ours(classes[end->trouble], &end->error);
	else if (!model_stream_finish(stream, ret_reply, &error))
		return failure_of_reply(asked->kind, *ret_reply, asked->request_bytes,
					asked->context, ret_failure);
	else if (end->trouble)
		*ret_failure = failure_of_ours(classes[end->trouble], &end->error);
	else
		judge_stream(asked, stream, &error, ret_failure);
	return true;
}

/* A proxy that would not wait any longer for the model behind it, which may have worked. */
static bool gave_up_waiting(int status)
{
	return status == 408 || status == 499 || status == 504 || status == 524;
}

bool failure_of_call(const struct asked *asked, const struct transport_end *end,
		     struct model_stream *stream, const struct error *stream_error,
		     struct model_reply **ret_reply, struct model_failure *ret_failure)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	struct model_failure failure = { 0 };

	if (!judge(asked, end, stream, stream_error, &reply, &failure)) {
		*ret_reply = steal_pointer(&reply);
		return false;
	}
	failure.status = end->status;
	failure.charged = asked->sent && (end->status < 300 || gave_up_waiting(end->status));
	key_hide(asked->key, failure.message, strlen(failure.message));
	*ret_failure = failure;
	return true;
}
