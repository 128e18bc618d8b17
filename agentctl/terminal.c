#include "terminal.h"

#include "base/file.h"
#include "base/printable.h"

#include <stdio.h>
#include <unistd.h>

struct screen {
	int fd;
	struct buffer rest; /* of a code point that the last piece ended in */
};

static struct screen screens[] = {
	{ .fd = STDOUT_FILENO, .rest.max = 4 },
	{ .fd = STDERR_FILENO, .rest.max = 4 },
};

/* Where the last code point of `text` begins, if its other bytes are still to come; else the end.
 */
static size_t whole_length(struct span text)
{
	static const unsigned char longer[] = { 0xC0, 0xE0, 0xF0 }; /* than 1, 2, 3 bytes */

	for (size_t back = 1; back <= ARRAY_LENGTH(longer) && back <= text.length; back++) {
		unsigned char byte = (unsigned char)text.data[text.length - back];

		if (byte < 0x80 || byte >= 0xC0)
			return text.length - (byte >= longer[back - 1] ? back : 0);
	}
	return text.length;
}

static ssize_t screen_write(void *cookie, const char *data, size_t size)
{
	struct screen *screen = cookie;
	CLEANUP(buffer_clear) struct buffer text = BUFFER(size + 8);
	CLEANUP(buffer_clear) struct buffer shown = BUFFER(8 * (size + 8));
	size_t whole;

	buffer_append(&text, buffer_span(&screen->rest));
	buffer_append(&text, (struct span){ data, size });
	whole = whole_length(buffer_span(&text));
	buffer_reset(&screen->rest);
	buffer_append(&screen->rest, span_slice(buffer_span(&text), whole, text.length));
	printable_append(&shown, span_slice(buffer_span(&text), 0, whole), "\n\t");
	return fd_write_all(screen->fd, buffer_span(&shown), NULL) ? 0 : (ssize_t)size;
}

static void guard(FILE **stream, struct screen *screen)
{
	static const cookie_io_functions_t functions = { .write = screen_write };
	FILE *guarded = isatty(screen->fd) ? fopencookie(screen, "w", functions) : NULL;

	if (!guarded)
		return;
	setvbuf(guarded, NULL, _IOLBF, 0);
	*stream = guarded;
}

void terminal_guard(void)
{
	guard(&stdout, &screens[0]);
	guard(&stderr, &screens[1]);
}

void terminal_print_cut(const char *text, size_t most)
{
	struct span whole = span_of(text);
	size_t end = utf8_cut(whole, most);
	CLEANUP(buffer_clear) struct buffer shown = BUFFER(8 * end + 1);

	printable_append(&shown, span_slice(whole, 0, end), "");
	printf("%s%s", shown.data ? shown.data : "", end < whole.length ? "…" : "");
}
