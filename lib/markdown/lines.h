/* Private to lib/markdown: where lines begin, and reading one past the marks of its containers, by
 * the rules of CommonMark 0.30 section 5 as md4c applies them. */
#ifndef MARKDOWN_LINES_H
#define MARKDOWN_LINES_H

#include "base/span.h"

struct lines {
	struct span text;
	uint32_t *begins; /* count + 1 of them; the last one is the length of the text */
	uint32_t count;
};

void lines_index(struct lines *lines, struct span text);
void lines_clear(struct lines *lines);
uint32_t lines_find(const struct lines *lines, size_t offset); /* the line that holds an offset */

/* A line without its LF. */
struct span lines_get(const struct lines *lines, uint32_t line);

/* Nothing but blanks and quote marks? */
bool lines_blank(const struct lines *lines, uint32_t line);

/* Reading position in a line: behind `indent` columns of blanks. */
struct place {
	struct span line;
	size_t offset;
	unsigned column, indent;
};

#define CODE_INDENT 4

void place_begin(struct place *place, struct span line);
bool place_at_end(const struct place *place);
/* `>` and one blank; on the line that opens the quote md4c takes up to four blanks for its own. */
bool place_enter_quote(struct place *place, bool opens);
bool place_enter_indent(struct place *place, unsigned indent); /* later lines of an item */
/* An item's marker, `mark` being its last character. *ret_indent: place_enter_indent's. */
bool place_enter_item(struct place *place, char mark, unsigned *ret_indent, unsigned *ret_number);

bool place_is_rule(const struct place *place);
bool place_is_heading(const struct place *place, int level); /* `##`, then a blank or the end */
/* Length of a run of `mark` that could open a fence (3 or more), or 0. */
unsigned place_fence(const struct place *place, char mark);
bool place_is_closing_fence(const struct place *place, char mark, unsigned length);
bool place_is_underline(const struct place *place); /* of a Setext heading */

#endif
