#include "heard.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

int heard_data(void *context, struct span bytes)
{
	struct heard *heard = context;

	heard->bytes += (int64_t)bytes.length;
	buffer_append(&heard->data, bytes);
	if (heard->progresses)
		transport_progress(heard->call);
	return heard->refuse_after >= 0 && heard->refuse_after-- == 0;
}

static void on_sent(void *context)
{
	struct heard *heard = context;

	heard->sent++;
}

void heard_done(void *context, const struct transport_end *end)
{
	struct heard *heard = context;

	heard->status = end->status;
	heard->retry_after_ms = end->retry_after_ms;
	buffer_append(&heard->body, end->body);
	heard->trouble = end->trouble;
	heard->error = end->error;
	heard->times_done++;
	++*heard->ended;
}

void heard_init(struct heard *heard, unsigned *ended)
{
	*heard = (struct heard){ .ended = ended,
				 .data = BUFFER(16 * 1024 * 1024),
				 .body = BUFFER(TRANSPORT_ERROR_BODY_MAX),
				 .refuse_after = -1 };
}

void heard_clear(struct heard *heard)
{
	buffer_clear(&heard->data);
	buffer_clear(&heard->body);
}

void heard_start(struct loop *loop, struct heard *heard, const char *url,
		 struct transport_clocks clocks)
{
	static const char *const headers[] = { "content-type: application/json",
					       "authorization: Bearer secret-key", NULL };
	struct transport_request request = { .url = url,
					     .headers = headers,
					     .body = SPAN("{\"model\":\"m\"}"),
					     .clocks = clocks,
					     .sent = on_sent,
					     .data = heard_data,
					     .done = heard_done,
					     .context = heard };

	assert_int_equal(0, transport_start(loop->transport, &request, &heard->call, NULL));
}
