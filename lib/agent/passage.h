/* Stretches of a person's markdown as text. Private to lib/agent. */
#ifndef AGENT_PASSAGE_H
#define AGENT_PASSAGE_H

#include "base/buffer.h"
#include "markdown/markdown.h"

/* A copy of `source`, of the same length, in which HTML comments are blanks; line ends stay, and so
 * does code. The caller frees it. */
char *passage_without_comments(const struct markdown *document, struct span source);

/* Appends bytes [begin, end) of such a copy, without the lines that held nothing but a comment. */
void passage_append(struct span source, const char *plain, size_t begin, size_t end,
		    struct buffer *out);

/* Is there nothing to do in a text without comments: only headings, rules, empty boxes, or lines
 * that say so ("nothing", "no tasks configured", "keep this file empty …")? */
bool passage_says_nothing(struct span text);

/* Does a list item begin on this line? */
bool passage_begins_item(struct span line);

/* Text without emphasis marks around it. A run of stars with a blank before it, as in cron, is no
 * mark. */
struct span passage_unmark(struct span text);

/* A line's text without bullet, number, task box and marks of emphasis. */
struct span passage_line(struct span line);

#endif
