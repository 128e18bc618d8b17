#include "playback.h"

#include "gzip.h"

#define PIECES_MAX (16 * 1024 * 1024)
#define PIECE_BYTES 12 /* small, so that readers meet every split */

/* An answer being turned into pieces. */
struct making {
	struct playback *play;
	const struct answer *answer;
	const struct wire *wire;
	struct stream stream;
	size_t piece_bytes;
	bool begun, over;
};

static void add_moment(struct playback *play, enum moment moment, int64_t wait_ms)
{
	if (array_grow((void **)&play->pieces, play->count, &play->capacity, sizeof(*play->pieces),
		       PIECES_MAX))
		return;
	play->pieces[play->count++] = (struct piece){ moment, play->body.length, wait_ms };
}

static void begin(struct making *m)
{
	if (m->begun)
		return;
	m->begun = true;
	m->wire->begin(&m->stream);
	add_moment(m->play, MOMENT_BYTES, 0);
}

static void put_pieces(struct making *m, const char *text,
		       void (*put)(struct stream *stream, struct span piece))
{
	struct span rest = span_of(text);

	while (rest.length) {
		size_t size = rest.length > m->piece_bytes ? utf8_cut(rest, m->piece_bytes)
							   : rest.length;

		size = size ? size : rest.length;
		put(&m->stream, span_slice(rest, 0, size));
		add_moment(m->play, MOMENT_BYTES, 0);
		rest = span_slice(rest, size, rest.length);
	}
}

static void make_text(struct making *m, const struct step *step)
{
	begin(m);
	m->wire->text_begin(&m->stream);
	put_pieces(m, step->text, m->wire->text);
	m->wire->block_end(&m->stream);
	add_moment(m->play, MOMENT_BYTES, 0);
}

static void make_think(struct making *m, const struct step *step)
{
	begin(m);
	m->wire->think_begin(&m->stream);
	put_pieces(m, step->text, m->wire->think);
	m->wire->block_end(&m->stream);
	add_moment(m->play, MOMENT_BYTES, 0);
}

static void make_call(struct making *m, const struct step *step)
{
	begin(m);
	m->wire->call_begin(&m->stream, step->name);
	add_moment(m->play, MOMENT_BYTES, 0);
	put_pieces(m, step->text, m->wire->call);
	m->wire->block_end(&m->stream);
	add_moment(m->play, MOMENT_BYTES, 0);
}

static void make_ping(struct making *m, const struct step *step)
{
	(void)step;
	begin(m);
	m->wire->ping(&m->stream);
	add_moment(m->play, MOMENT_BYTES, 0);
}

static void make_fail(struct making *m, const struct step *step)
{
	begin(m);
	m->wire->fail(&m->stream, step->text);
	add_moment(m->play, MOMENT_END, 0);
	m->over = true;
}

static void make_bytes(struct making *m, const struct step *step)
{
	buffer_append_text(&m->play->body, step->text);
	add_moment(m->play, MOMENT_BYTES, 0);
}

static void make_repeat(struct making *m, const struct step *step)
{
	for (int64_t i = 0; i < step->numbers[0]; i++)
		buffer_append_text(&m->play->body, step->text);
	add_moment(m->play, MOMENT_BYTES, 0);
}

static void make_delay(struct making *m, const struct step *step)
{
	add_moment(m->play, MOMENT_WAIT, step->numbers[0]);
}

static void make_stall(struct making *m, const struct step *step)
{
	(void)step;
	add_moment(m->play, MOMENT_WAIT, -1);
	m->over = true;
}

static void make_headers(struct making *m, const struct step *step)
{
	(void)step;
	add_moment(m->play, MOMENT_HEADERS, 0);
}

static void make_cut(struct making *m, const struct step *step)
{
	(void)step;
	add_moment(m->play, MOMENT_CUT, 0);
	m->over = true;
}

static void make_end(struct making *m, const struct step *step)
{
	(void)step;
	add_moment(m->play, MOMENT_END, 0);
	m->over = true;
}

static void (*const makers[])(struct making *m, const struct step *step) = {
	[STEP_TEXT] = make_text,   [STEP_THINK] = make_think,   [STEP_CALL] = make_call,
	[STEP_PING] = make_ping,   [STEP_FAIL] = make_fail,     [STEP_BYTES] = make_bytes,
	[STEP_DELAY] = make_delay, [STEP_STALL] = make_stall,   [STEP_HEADERS] = make_headers,
	[STEP_CUT] = make_cut,     [STEP_END] = make_end,       [STEP_USAGE] = NULL,
	[STEP_STOP] = NULL,        [STEP_REPEAT] = make_repeat,
};

/* Usage and stop hold for the whole answer, wherever they stand in it. */
static void read_whole_answer(struct making *m)
{
	for (size_t i = 0; i < m->answer->step_count; i++) {
		const struct step *step = &m->answer->steps[i];

		if (step->kind == STEP_STOP)
			m->stream.stop = step->text;
		if (step->kind != STEP_USAGE)
			continue;
		m->stream.usage_known = true;
		m->stream.input = step->numbers[0];
		m->stream.output = step->numbers[1];
		m->stream.cache_read = step->numbers[2];
		m->stream.cache_write = step->numbers[3];
	}
}

static void make_reply(struct making *m)
{
	read_whole_answer(m);
	for (size_t i = 0; i < m->answer->step_count && !m->over; i++) {
		const struct step *step = &m->answer->steps[i];

		if (makers[step->kind])
			makers[step->kind](m, step);
	}
	if (m->over)
		return;
	begin(m);
	m->wire->finish(&m->stream);
	add_moment(m->play, MOMENT_END, 0);
}

static void make_body(struct making *m)
{
	static const struct step plain[] = { { .kind = STEP_HEADERS } };

	for (size_t i = 0; i < m->answer->step_count; i++) {
		if (m->answer->steps[i].kind == STEP_DELAY ||
		    m->answer->steps[i].kind == STEP_STALL)
			makers[m->answer->steps[i].kind](m, &m->answer->steps[i]);
	}
	make_headers(m, plain);
	buffer_append(&m->play->body, buffer_span(&m->answer->body));
	add_moment(m->play, MOMENT_END, 0);
}

/* ---- `cut` and `chunk` ---- */

static void cut_after(struct playback *play, size_t size)
{
	size_t i = 0;

	while (i < play->count && play->pieces[i].end <= size &&
	       play->pieces[i].moment != MOMENT_END)
		i++;
	if (size >= play->body.length)
		return;
	play->body.length = size;
	play->count = i;
	add_moment(play, MOMENT_BYTES, 0);
	add_moment(play, MOMENT_CUT, 0);
}

static void cut_into_chunks(struct playback *play, size_t size)
{
	struct piece *old = steal_pointer(&play->pieces);
	size_t count = play->count, total = play->body.length, at = 0;

	play->count = play->capacity = 0;
	for (size_t i = 0; i < count; i++) {
		for (; size && at + size < old[i].end; at += size) {
			play->body.length = at + size;
			add_moment(play, MOMENT_BYTES, 0);
		}
		play->body.length = old[i].end;
		add_moment(play, old[i].moment, old[i].wait_ms);
		at = old[i].end;
	}
	play->body.length = total;
	free(old);
}

/* Each piece is packed so that it can be unpacked at once. */
static void pack(struct playback *play)
{
	struct buffer plain = play->body;
	struct gzip gzip;
	size_t at = 0;

	play->body = BUFFER(2 * (size_t)SCRIPT_BODY_MAX);
	gzip_begin(&gzip, &play->body);
	for (size_t i = 0; i < play->count; i++) {
		struct piece *piece = &play->pieces[i];

		gzip_add(&gzip, span_slice(buffer_span(&plain), at, piece->end), &play->body);
		if (piece->moment == MOMENT_END)
			gzip_end(&gzip, &play->body);
		at = piece->end;
		piece->end = play->body.length;
	}
	buffer_clear(&plain);
}

/* ---- the head ---- */

static void make_head(struct playback *play, const struct answer *answer, const char *type)
{
	struct span own = buffer_span(&answer->headers);

	buffer_printf(&play->headers, "HTTP/1.1 %d %s\r\n", answer->status,
		      answer->status < 400 ? "OK" : "Refused");
	if (!span_contains_nocase(own, SPAN("content-type:")))
		buffer_printf(&play->headers, "content-type: %s\r\n", type);
	if (play->chunked)
		buffer_append_text(&play->headers, "transfer-encoding: chunked\r\n");
	else
		buffer_printf(&play->headers, "content-length: %zu\r\n", play->body.length);
	if (own.length)
		buffer_append(&play->headers, own);
	buffer_append_text(&play->headers, "\r\n");
}

/* A connection that ends in the middle of the headers. */
static void make_half_head(struct playback *play)
{
	buffer_append_text(&play->headers, "HTTP/1.1 200 OK\r\ncontent-ty");
	add_moment(play, MOMENT_HEADERS, 0);
}

void playback_init(struct playback *play, const struct answer *answer,
		   const struct playback_request *request)
{
	char text[] = "ok";
	struct step step = { .kind = STEP_TEXT, .text = text };
	struct answer ok = { .kind = ANSWER_REPLY,
			     .status = 200,
			     .cut = -1,
			     .chunk = -1,
			     .steps = &step,
			     .step_count = 1 };
	struct making m = {
		.play = play,
		.answer = answer ? answer : &ok,
		.wire = request->wire,
		.stream = { .out = &play->body,
			    .whole = BUFFER(SCRIPT_BODY_MAX),
			    .items = BUFFER(SCRIPT_BODY_MAX),
			    .model = request->model,
			    .number = request->number },
		.piece_bytes = request->at_once ? SIZE_MAX : PIECE_BYTES,
	};

	const char *type = request->wire->type ? request->wire->type : "text/event-stream";

	*play = (struct playback){ .headers = BUFFER(2 * 1024 * 1024),
				   .body = BUFFER(SCRIPT_BODY_MAX),
				   .reset = m.answer->reset };
	play->chunked = m.answer->kind == ANSWER_REPLY || m.answer->kind == ANSWER_RAW;
	if (m.answer->kind == ANSWER_DROP) {
		if (m.answer->head)
			make_half_head(play);
		add_moment(play, MOMENT_CUT, 0);
		return;
	}
	if (m.answer->kind == ANSWER_REPLY)
		make_reply(&m);
	else
		make_body(&m);
	if (m.answer->gzip)
		pack(play);
	make_head(play, m.answer, m.answer->status < 400 ? type : "application/json");
	buffer_clear(&m.stream.whole);
	buffer_clear(&m.stream.items);
	if (m.answer->cut >= 0)
		cut_after(play, (size_t)m.answer->cut);
	if (m.answer->chunk > 0)
		cut_into_chunks(play, (size_t)m.answer->chunk);
}

void playback_clear(struct playback *play)
{
	buffer_clear(&play->headers);
	buffer_clear(&play->body);
	free(play->pieces);
	*play = (struct playback){ 0 };
}

static void put_body(struct playback *play, size_t end, struct buffer *out)
{
	struct span bytes;

	if (end <= play->sent)
		return;
	bytes = span_slice(buffer_span(&play->body), play->sent, end);
	if (play->chunked)
		buffer_printf(out, "%zx\r\n", bytes.length);
	buffer_append(out, bytes);
	if (play->chunked)
		buffer_append(out, SPAN("\r\n"));
	play->sent = end;
}

enum moment playback_next(struct playback *play, struct buffer *out, int64_t *ret_wait_ms)
{
	static const struct piece behind_the_end = { .moment = MOMENT_CUT };
	const struct piece *piece = play->at < play->count ? &play->pieces[play->at++]
							   : &behind_the_end;
	bool speaks = piece->moment == MOMENT_HEADERS || piece->end > play->sent ||
		      piece->moment == MOMENT_END;

	*ret_wait_ms = 0;
	if (speaks && !play->headers_sent) {
		buffer_append(out, buffer_span(&play->headers));
		play->headers_sent = true;
	}
	put_body(play, piece->end, out);
	if (piece->moment == MOMENT_WAIT)
		*ret_wait_ms = piece->wait_ms;
	if (piece->moment == MOMENT_END && play->chunked)
		buffer_append(out, SPAN("0\r\n\r\n"));
	return piece->moment == MOMENT_HEADERS ? MOMENT_BYTES : piece->moment;
}
