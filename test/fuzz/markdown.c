/* Bytes → text → tree: whatever they are, ranges are whole lines within their parents. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/markdown/invariants.h"

static void check(struct span text)
{
	CLEANUP(markdown_free) struct markdown *document = NULL;
	struct invariants i;

	if (markdown_parse(text, &document, NULL))
		return;
	i = invariants_of(text, document, true);
	if (i.failure[0]) {
		fprintf(stderr, "%s\n", i.failure);
		abort();
	}
	for (const struct markdown_node *n = markdown_root(document)->first; n; n = n->next)
		markdown_section(document, n, n->level % 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	unsigned line;

	if (markdown_clean((struct span){ (const char *)data, size }, 1 << 20, &text, NULL))
		return 0;
	check(markdown_body(&text));
	markdown_front_matter(&text, &line);
	markdown_body_line_offset(&text);
	return 0;
}
