/* From an error report to a class: its codes, its words, its status, in this order. */
#include "failure_numbers.h"
#include "failure_table.h"
#include "stream.h"

struct judgement {
	const struct report *report;
	int status; /* what the report means, where a proxy's own status says nothing */
	int64_t request_tokens, context;
	struct model_failure *failure;
};

/* A proxy answers 200, 400 or 500 and tells the status that it got. */
static int meant_status(int status, const struct report *report)
{
	bool vague = status < 400 || status == 400 || (status >= 500 && status <= 502);

	return vague && report->status ? report->status : status;
}

/* Could a request that was refused like this have been too long? */
static bool may_overflow(int status)
{
	return status < 400 || status == 400 || status == 413 || status == 422 || status == 500;
}

static bool is_narrow(int status)
{
	return status == 401 || status == 429 || status == 503 || status == 529;
}

static void take_row(struct judgement *judgement, const struct failure_row *row)
{
	judgement->failure->class = row->class;
	judgement->failure->quirk = row->quirk;
}

/* Money that comes back within a day is a rate; Google calls each limit a quota. */
static void tell_rate_from_money(struct judgement *judgement, const struct failure_row *row)
{
	const struct report *report = judgement->report;
	bool resets = report->resets || judgement->failure->retry_after_ms >= 0 ||
		      report_has_code(report, "resource_exhausted");

	if (judgement->failure->class == FAILURE_MONEY && resets &&
	    !(row && row->flags & FLAG_HARD))
		judgement->failure->class = FAILURE_RATE;
}

static void read_overflow(struct judgement *judgement, const struct failure_row *row)
{
	failure_read_numbers(judgement->report, row && row->flags & FLAG_LIMIT,
			     &judgement->failure->context, &judgement->failure->max_tokens);
}

static const struct failure_row *judge_codes_and_words(struct judgement *judgement)
{
	const struct report *report = judgement->report;
	const struct failure_row *row = failure_by_code(report, false);
	const struct failure_row *said = NULL;

	if (row && row->class == FAILURE_MONEY && !(row->flags & FLAG_HARD))
		said = failure_by_words(report, true); /* a cap that the code does not tell */
	if (row && row->class != FAILURE_PARAMETER)
		return said && said->flags & FLAG_HARD ? said : row;
	said = may_overflow(judgement->status) && !report_says(report, "per minute")
		       ? failure_by_overflow_words(report)
		       : NULL;
	if (!said)
		said = failure_by_words(report, is_narrow(judgement->status));
	return said && (!row || said->class != FAILURE_MODEL) ? said : row;
}

static void judge(struct judgement *judgement)
{
	struct model_failure *failure = judgement->failure;
	const struct report *report = judgement->report;
	const struct failure_row *row = judge_codes_and_words(judgement);

	if (!row && may_overflow(judgement->status) &&
	    failure_numbers_overflow(report, judgement->request_tokens, judgement->context)) {
		failure->class = FAILURE_OVERFLOW;
	} else {
		row = row ? row : failure_by_code(report, true);
		if (row)
			take_row(judgement, row);
		else
			failure->class = failure_by_status(judgement->status);
	}
	tell_rate_from_money(judgement, row);
	if (failure->class == FAILURE_RATE && report_says(report, "request too large"))
		failure->class = FAILURE_OVERFLOW; /* one request over a minute's allowance */
	else if (failure->class == FAILURE_OVERFLOW)
		read_overflow(judgement, row);
	if (!failure->quirk &&
	    (failure->class == FAILURE_PARAMETER || failure->class == FAILURE_REQUEST))
		failure->quirk = failure_refused_parameter(report,
							   failure->class == FAILURE_PARAMETER);
	if (failure->class == FAILURE_REQUEST && failure->quirk)
		failure->class = FAILURE_PARAMETER;
}

static void set_message(struct model_failure *failure, struct span text)
{
	text = wire_cut(text, sizeof(failure->message) - 1);
	memcpy(failure->message, text.length ? text.data : "", text.length);
	failure->message[text.length] = '\0';
}

void failure_of_answer(int status, struct span body, int64_t retry_after_ms, int64_t request_tokens,
		       int64_t context, struct model_failure *ret_failure)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(8192);
	CLEANUP(report_clear) struct report report;
	struct model_failure failure = { .status = status, .retry_after_ms = retry_after_ms };
	struct judgement judgement = { &report, 0, request_tokens, context, &failure };

	report_read_body(&report, body);
	judgement.status = meant_status(status, &report);
	if (failure.retry_after_ms < 0)
		failure.retry_after_ms = report.retry_after_ms;
	judge(&judgement);
	model_error_text(status, body, &text);
	set_message(&failure, buffer_span(&text));
	*ret_failure = failure;
}

void failure_of_stream(const struct model_stream *stream, const struct error *error,
		       int64_t request_tokens, int64_t context, struct model_failure *ret_failure)
{
	CLEANUP(report_clear) struct report report = { .code_count = 0 };
	struct model_failure failure = {
		.class = FAILURE_BROKEN,
		.status = 200,
		.retry_after_ms = -1,
		.charged = true,
	};
	struct judgement judgement = { &report, 0, request_tokens, context, &failure };

	set_message(&failure, span_of(error->message));
	if (error->code == ERROR_PROTOCOL || error->code == ERROR_TOO_LARGE)
		failure.class = FAILURE_FORMAT;
	if (error->code == ERROR_REMOTE && !(stream && stream->report))
		failure.class = FAILURE_SERVER;
	if (error->code == ERROR_REMOTE && stream && stream->report) {
		report_read(&report, stream->report);
		failure.retry_after_ms = report.retry_after_ms;
		judgement.status = meant_status(0, &report);
		judge(&judgement);
	}
	*ret_failure = failure;
}

/* ---- replies that are none ---- */

#define CUT_BYTES_PER_TOKEN 6 /* more than any text has on the average */
#define CUT_LEAST_TOKENS 2048 /* below it nothing is told from the measure */

static int64_t prompt_tokens(const struct model_usage *usage)
{
	return usage->input_tokens + usage->cache_read_tokens + usage->cache_write_tokens;
}

/* Ollama keeps the end of a prompt that is too long, answers 200, and says nothing. */
static bool was_cut(const struct model_usage *usage, int64_t request_bytes, int64_t context)
{
	int64_t sent = request_bytes / CUT_BYTES_PER_TOKEN;
	int64_t prompt = prompt_tokens(usage);

	if (!usage->known)
		return false;
	return (sent > CUT_LEAST_TOKENS && prompt < sent / 2) ||
	       (context > 0 && prompt + usage->output_tokens == context);
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n\f\v")];
}

bool failure_of_reply(const char *kind, const struct model_reply *reply, int64_t request_bytes,
		      int64_t context, struct model_failure *ret_failure)
{
	struct model_failure failure = {
		.status = 200,
		.retry_after_ms = -1,
		.charged = !reply->usage.known,
	};

	if (reply->stop == MODEL_STOP_REFUSAL) {
		failure.class = FAILURE_CONTENT;
		set_message(&failure, SPAN("the model refused to answer"));
	} else if (!strcmp(kind, "ollama") && was_cut(&reply->usage, request_bytes, context)) {
		failure.class = FAILURE_OVERFLOW;
		set_message(
			&failure,
			SPAN("the server cut the prompt to fit its context and did not say so"));
	} else if (!reply->call_count && is_blank(reply->text)) {
		failure.class = FAILURE_EMPTY;
		set_message(&failure, SPAN("the model's answer holds neither text nor calls"));
	} else {
		return false;
	}
	*ret_failure = failure;
	return true;
}
