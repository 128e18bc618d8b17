/* Private to lib/markdown: what is kept from md4c, so that its work stays linear in the text. */
#ifndef MARKDOWN_GUARD_H
#define MARKDOWN_GUARD_H

#include "base/span.h"

/* A copy of equal length in which marks that nobody means as markup are letters, or NULL where the
 * text has none of them. The caller frees it. */
char *markdown_guard(struct span text);

#endif
