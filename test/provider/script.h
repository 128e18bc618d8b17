/* What the scripted provider answers: a text file, a list of answers in order.
 *
 *     # the first request whose body holds "Daily" gets two calls at once
 *     reply
 *       when Daily
 *       text Checked the bulletin.
 *       call remember {"text":"Two refunds are open."}
 *       call bulletin_post {"text":"Two refunds are open."}
 *       usage 120 30
 *     error 429 {"error":{"message":"slow down"}} retry-after 2
 *     raw ../shared/wire/anthropic-215a1259d511.txt cut 120
 *     default reply
 *       text ok
 *
 * A line that begins in the first column begins an answer:
 *     reply                     a streamed answer with status 200
 *     error STATUS [JSON]       an error; text that is no JSON goes into an indented `body` line
 *     raw FILE                  the bytes of a file as they are, in one chunk
 *     drop                      closes the connection without a word; `drop reset` with a RST,
 *                               `drop head`, `drop head reset` in the middle of the headers
 * and may go on with `status N`, `retry-after V`, `cut N` (that many bytes, then the connection
 * breaks), `chunk N` (bytes of one piece), `gzip` (packed, piece by piece). `default` before it:
 * the answer when no other is left.
 *
 * Indented lines belong to it, played in this order:
 *     text TEXT · think TEXT · call NAME JSON · usage IN OUT [CACHE_READ [CACHE_WRITE]]
 *     stop REASON               instead of the reason that follows from the content
 *     ping                      a sign of life: Anthropic's ping, a comment line elsewhere
 *     fail JSON                 an error inside the stream, which then ends
 *     bytes TEXT                put into the stream as it is
 *     repeat N TEXT             the same N times, in one piece
 *     delay MS · stall          a wait; for ever. Before any output it holds back the headers too
 *     headers                   sends the headers now
 *     cut                       breaks the connection here · end: a whole HTTP body without the end
 *                               of the stream
 * and say about it:
 *     when TEXT                 only for a request whose body contains TEXT, as it is on the wire;
 *     unless TEXT               only for one that does not. Of several all have to hold
 *     times N                   good for N requests (1), `times 0`: for any number
 *     header NAME: VALUE · body TEXT
 *
 * TEXT is the rest of the line, or a JSON string when it begins with a quote. Each request takes
 * the first answer, in order, that is left and fits. */
#ifndef PROVIDER_SCRIPT_H
#define PROVIDER_SCRIPT_H

#include "base/buffer.h"
#include "base/error.h"

#define SCRIPT_STEPS_MAX 4096
#define SCRIPT_ANSWERS_MAX 4096
#define SCRIPT_CONDITIONS_MAX 16
#define SCRIPT_BODY_MAX (512 * 1024 * 1024)

enum step_kind {
	STEP_TEXT,
	STEP_THINK,
	STEP_CALL,
	STEP_USAGE,
	STEP_STOP,
	STEP_PING,
	STEP_FAIL,
	STEP_BYTES,
	STEP_REPEAT,
	STEP_DELAY,
	STEP_STALL,
	STEP_HEADERS,
	STEP_CUT,
	STEP_END,
};

struct step {
	enum step_kind kind;
	char *text; /* CALL: the arguments */
	char *name; /* CALL */
	int64_t numbers[4];
};

enum answer_kind { ANSWER_REPLY, ANSWER_ERROR, ANSWER_RAW, ANSWER_DROP };

struct condition {
	char *text;
	bool unwanted;
};

struct answer {
	enum answer_kind kind;
	bool is_default, gzip;
	bool reset, head; /* DROP */
	struct condition conditions[SCRIPT_CONDITIONS_MAX];
	size_t condition_count;
	int64_t times_left; /* < 0: any number */
	int status;
	int64_t cut, chunk;    /* < 0: none */
	struct buffer headers; /* lines with CR LF */
	struct buffer body;    /* ERROR, RAW */
	struct step *steps;
	size_t step_count, step_capacity;
};

struct script {
	struct answer *answers;
	size_t count, capacity;
};

/* Errors name the line. Files of `raw` are read here. */
int script_parse(struct span text, const char *file, struct script *ret_script,
		 struct error *error);
void script_clear(struct script *script);

/* The answer to a request, counted as given; NULL: none is left and there is no default. */
struct answer *script_take(struct script *script, struct span body);

CLEANUP_DEFINE_VALUE(struct script, script_clear)

#endif
