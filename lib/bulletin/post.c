/* Adding one entry to a file of any shape.
 *
 * A post becomes a list: one item a line, with a backslash before what would be more than text.
 * Where it goes is found in the cleaned text and carried over to the bytes on disk by line number.
 * The result is read again before it is given out: in a place inside an unclosed comment or fence
 * the entry is not there, and the next place is tried. */
#include "bulletin/bulletin.h"
#include "markdown/markdown.h"

#include <stdio.h>

/* Every byte of a post may need a bullet, an escape and a line end of its own. */
#define BODY_MAX (BULLETIN_POST_MAX * 6)

struct board {
	struct span raw;
	struct markdown_text text;
	struct bulletin bulletin;
	const char *line_end;
};

struct post {
	const char *author;
	int64_t at;
	struct buffer text; /* heading and list, LF line ends */
	struct span body;   /* the list in it, trimmed */
};

static void board_clear(struct board *board)
{
	markdown_text_clear(&board->text);
	bulletin_clear(&board->bulletin);
}
CLEANUP_DEFINE_VALUE(struct board, board_clear)

static struct span board_text(const struct board *board)
{
	return (struct span){ board->text.data, board->text.length };
}

static int board_read(struct span raw, struct board *ret_board, struct error *error)
{
	const char *newline = raw.length ? memchr(raw.data, '\n', raw.length) : NULL;
	CLEANUP(board_clear) struct board board = { .raw = raw, .line_end = "\n" };

	if (markdown_clean(raw, BULLETIN_FILE_MAX, &board.text, NULL))
		return error_set(error, ERROR_TOO_LARGE,
				 "the bulletin is larger than %d bytes: archive old entries",
				 BULLETIN_FILE_MAX);
	if (bulletin_parse(board_text(&board), NULL, &board.bulletin, error))
		return -(int)ERROR_TOO_LARGE;
	if (newline && newline > raw.data && newline[-1] == '\r')
		board.line_end = "\r\n";
	*ret_board = board;
	board = (struct board){ 0 };
	return 0;
}

/* ---- the words ---- */

/* Control characters, Unicode's line ends, and the marks that turn the direction of writing around.
 */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
	       (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xFEFF;
}

static struct span without_bullet(struct span line)
{
	static const char *const bullets[] = { "-", "*", "+", "•" };

	line = span_trim(line);
	for (size_t i = 0; i < ARRAY_LENGTH(bullets); i++) {
		size_t length = strlen(bullets[i]);

		if (span_starts_with(line, span_of(bullets[i])) &&
		    (line.length == length || line.data[length] == ' ' ||
		     line.data[length] == '\t'))
			return span_trim(span_slice(line, length, line.length));
	}
	return line;
}

/* The mark behind a number makes that a list. */
static bool ends_number(struct span line, size_t at)
{
	if (!at || (line.data[at] != '.' && line.data[at] != ')'))
		return false;
	while (at && line.data[at - 1] >= '0' && line.data[at - 1] <= '9')
		at--;
	return at == 0;
}

/* What begins a block at the front of a line, and what opens or ends a comment anywhere. */
static bool needs_escape(struct span line, size_t at, bool first)
{
	struct span rest = span_slice(line, at, line.length);

	if (first && strchr("#>[]<`~-+*=|_:\\", rest.data[0]))
		return true;
	if (ends_number(line, at))
		return true;
	return span_starts_with(rest, SPAN("<!")) || span_starts_with(rest, SPAN("-->"));
}

static void write_item(struct span line, struct buffer *out)
{
	size_t begin = out->length;
	char bytes[4];

	buffer_append(out, SPAN("- "));
	for (size_t at = 0; at < line.length;) {
		bool first = out->length == begin + 2;
		bool escape = line.data[at] && needs_escape(line, at, first);
		uint32_t code = utf8_next(line, &at);

		if (is_control(code))
			code = ' ';
		if (first && code == ' ')
			continue;
		if (escape)
			buffer_append(out, SPAN("\\"));
		buffer_append(out, (struct span){ bytes, utf8_put(code, bytes) });
	}
	if (out->length == begin + 2)
		out->length = begin;
	else
		buffer_append(out, SPAN("\n"));
}

static bool cut_line(struct span *rest, struct span *ret_line)
{
	size_t end = 0;

	if (!rest->length)
		return false;
	while (end < rest->length && rest->data[end] != '\n' && rest->data[end] != '\r')
		end++;
	*ret_line = span_slice(*rest, 0, end);
	*rest = span_slice(*rest, end + (end < rest->length), rest->length);
	return true;
}

static bool author_is_valid(struct span author)
{
	for (size_t i = 0; i < author.length; i++)
		if ((unsigned char)author.data[i] <= ' ' || strchr("[]#\\<>`", author.data[i]))
			return false;
	return author.length > 0 && author.length <= 64;
}

static int write_post(struct post *post, struct span text, struct error *error)
{
	char at[INSTANT_SIZE];
	struct span line;
	size_t body;

	if (!author_is_valid(span_of(post->author)))
		return error_set(error, ERROR_INVALID, "\"%s\" is no name of an author",
				 post->author ? post->author : "");
	if (text.length > BULLETIN_POST_MAX)
		return error_set(error, ERROR_TOO_LARGE,
				 "the post has %zu bytes, %d are allowed: shorten it", text.length,
				 BULLETIN_POST_MAX);
	instant_print(post->at, at);
	buffer_printf(&post->text, "## %.10s %.5sZ [%s]\n", at, at + 11, post->author);
	body = post->text.length;
	while (cut_line(&text, &line))
		write_item(without_bullet(line), &post->text);
	post->body = span_trim(span_slice(buffer_span(&post->text), body, post->text.length));
	if (!post->body.length)
		return error_set(error, ERROR_INVALID,
				 "the post is empty: say what to tell the others");
	return 0;
}

/* ---- where ---- */

/* Each gives the line (from 1) before which the entry goes, 0 where it does not apply. */
static unsigned place_first(const struct board *board)
{
	return board->bulletin.newest_first ? board->bulletin.items[0].line : 0;
}

static unsigned place_end(const struct board *board)
{
	return markdown_line_count(board_text(board)) + 1;
}

static unsigned place_before_last(const struct board *board)
{
	return board->bulletin.count ? board->bulletin.items[board->bulletin.count - 1].line : 0;
}

static unsigned place_before_all(const struct board *board)
{
	return board->bulletin.count ? board->bulletin.items[0].line : 0;
}

static unsigned place_top(const struct board *board)
{
	return markdown_body_line_offset(&board->text) + 1;
}

static unsigned (*const places[])(const struct board *) = {
	place_first, place_end, place_before_last, place_before_all, place_top,
};

/* ---- writing ---- */

static bool ends_line(struct span bytes)
{
	return !bytes.length || bytes.data[bytes.length - 1] == '\n' ||
	       bytes.data[bytes.length - 1] == '\r';
}

/* Is the last line of what stands before blank, or is nothing there? */
static bool ends_blank(struct span before)
{
	while (before.length && strchr(" \t\r", before.data[before.length - 1]) &&
	       before.data[before.length - 1])
		before.length--;
	if (!before.length || before.data[before.length - 1] != '\n')
		return !before.length;
	before.length--;
	while (before.length && strchr(" \t\r", before.data[before.length - 1]) &&
	       before.data[before.length - 1])
		before.length--;
	return !before.length || before.data[before.length - 1] == '\n';
}

static void write_lines(const struct board *board, struct span lines, struct buffer *out)
{
	struct span line;

	while (span_next_line(&lines, &line)) {
		buffer_append(out, line);
		buffer_append_text(out, board->line_end);
	}
}

static void write_board(const struct board *board, const struct post *post, unsigned line,
			struct buffer *out)
{
	size_t at = markdown_raw_offset(board->raw, line);
	struct span before = span_slice(board->raw, 0, at);

	buffer_append(out, before);
	if (span_starts_with(before, SPAN("\xEF\xBB\xBF")))
		before = span_slice(before, 3, before.length);
	if (!ends_line(before))
		buffer_append_text(out, board->line_end);
	if (!ends_blank(before))
		buffer_append_text(out, board->line_end);
	write_lines(board, buffer_span(&post->text), out);
	if (at < board->raw.length) {
		buffer_append_text(out, board->line_end);
		buffer_append(out, span_slice(board->raw, at, board->raw.length));
	}
}

/* Does the new file hold one entry more, the one that was meant? */
static bool is_there(const struct board *before, const struct post *post, struct span raw)
{
	CLEANUP(board_clear) struct board after = { 0 };
	int64_t minute = post->at - (post->at % 60 + 60) % 60;

	if (board_read(raw, &after, NULL) || after.bulletin.count != before->bulletin.count + 1)
		return false;
	for (size_t i = 0; i < after.bulletin.count; i++) {
		const struct bulletin_entry *entry = &after.bulletin.items[i];

		if (entry->at == minute && span_equal(entry->author, span_of(post->author)) &&
		    span_equal(entry->body, post->body))
			return true;
	}
	return false;
}

static int insert(const struct board *board, const struct post *post, struct buffer *out,
		  struct error *error)
{
	CLEANUP(buffer_clear)
	struct buffer file = BUFFER(board->raw.length + post->text.length * 2 + 64);

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		unsigned line = places[i](board);

		if (!line)
			continue;
		buffer_reset(&file);
		write_board(board, post, line, &file);
		if (is_there(board, post, buffer_span(&file)))
			break;
	}
	if (file.length > BULLETIN_FILE_MAX || buffer_append(out, buffer_span(&file)))
		return error_set(error, ERROR_TOO_LARGE,
				 "the bulletin would be larger than %d bytes: archive old entries",
				 BULLETIN_FILE_MAX);
	return 0;
}

static int begin_file(const struct board *board, const struct post *post, struct buffer *out,
		      struct error *error)
{
	if (span_starts_with(board->raw, SPAN("\xEF\xBB\xBF")))
		buffer_append(out, span_slice(board->raw, 0, 3));
	buffer_append(out, SPAN(BULLETIN_TITLE "\n\n"));
	if (buffer_append(out, buffer_span(&post->text)))
		return error_set(error, ERROR_TOO_LARGE, "no room for a new bulletin");
	return 0;
}

int bulletin_post(struct span raw, const char *author, int64_t at, struct span text,
		  struct buffer *out, struct error *error)
{
	CLEANUP(board_clear) struct board board = { 0 };
	struct post post = { .author = author, .at = at, .text = BUFFER(BODY_MAX + 256) };
	int result = write_post(&post, text, error);

	if (!result)
		result = board_read(raw, &board, error);
	if (!result)
		result = span_trim(board_text(&board)).length
				 ? insert(&board, &post, out, error)
				 : begin_file(&board, &post, out, error);
	buffer_clear(&post.text);
	return result;
}

bool bulletin_says(const struct bulletin_entry *entry, struct span text)
{
	CLEANUP(buffer_clear) struct buffer file = BUFFER(BULLETIN_FILE_MAX);
	CLEANUP(bulletin_clear) struct bulletin posted = { 0 };

	return !bulletin_post((struct span){ 0 }, "x", 0, text, &file, NULL) &&
	       !bulletin_parse(buffer_span(&file), NULL, &posted, NULL) && posted.count == 1 &&
	       span_equal(posted.items[0].body, entry->body);
}
