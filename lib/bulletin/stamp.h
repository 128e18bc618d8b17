/* The line that begins an entry. Private to lib/bulletin. */
#ifndef BULLETIN_STAMP_H
#define BULLETIN_STAMP_H

#include "bulletin/bulletin.h"

#define AUTHOR_MAX 64 /* bytes */

struct stamp {
	struct span author; /* slices the line; empty: none */
	int64_t at;
	size_t length; /* bytes of the stamp in the line */
};

/* `DATE [TIME] [author]` or `DATE [TIME] — author`: the text of a heading. */
bool stamp_of_heading(struct span text, const struct zone *zone, struct stamp *ret_stamp);

/* `[DATE [TIME] - author] text`: a line of a log. */
bool stamp_of_line(struct span line, const struct zone *zone, struct stamp *ret_stamp);

#endif
