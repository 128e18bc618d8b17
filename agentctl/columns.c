#include "columns.h"

#include "base/printable.h"

#include <stdio.h>

#define CELLS_MAX 1000000
#define CELL_MAX 4096 /* bytes */

void columns_row(struct columns *columns, const char *const *cells)
{
	for (size_t i = 0; i < columns->width; i++) {
		struct buffer cell = BUFFER(CELL_MAX);

		if (array_grow((void **)&columns->cells, columns->count, &columns->capacity,
			       sizeof(char *), CELLS_MAX))
			return;
		printable_append(&cell, span_of(cells[i]), "");
		columns->cells[columns->count++] = buffer_steal(&cell);
	}
}

/* Places on a terminal: code points, wide ones of East Asia count twice. */
static size_t cell_width(const char *text)
{
	struct span span = span_of(text);
	size_t at = 0, width = 0;

	while (at < span.length) {
		uint32_t code = utf8_next(span, &at);

		width += (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
					 (code >= 0xAC00 && code <= 0xD7A3) ||
					 (code >= 0xF900 && code <= 0xFAFF) ||
					 (code >= 0xFE30 && code <= 0xFE6F) ||
					 (code >= 0xFF00 && code <= 0xFF60) || code >= 0x1F300
				 ? 2
				 : 1;
	}
	return width;
}

void columns_print(struct columns *columns)
{
	size_t widest[COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < columns->count; i++) {
		size_t width = cell_width(columns->cells[i]);

		if (width > widest[i % columns->width])
			widest[i % columns->width] = width;
	}
	for (size_t i = 0; i < columns->count; i++) {
		size_t column = i % columns->width;
		bool last = column + 1 == columns->width;

		fputs(columns->cells[i], stdout);
		for (size_t pad = cell_width(columns->cells[i]); !last && pad < widest[column] + 2;
		     pad++)
			putchar(' ');
		if (last)
			putchar('\n');
		free(columns->cells[i]);
	}
	free(columns->cells);
	*columns = (struct columns){ .width = columns->width };
}
