/* Diagnostics as one line each, "severity code line:column message". */
#ifndef TEST_SETTINGS_DIAGNOSTICS_H
#define TEST_SETTINGS_DIAGNOSTICS_H

#include "base/buffer.h"
#include "base/diagnostic.h"

static inline char *diagnostics_text(const struct diagnostics *found)
{
	struct buffer out = BUFFER(1 << 20);

	for (size_t i = 0; i < found->count; i++)
		buffer_printf(&out, "%s %s %u:%u %s\n", severity_name(found->items[i].severity),
			      found->items[i].code, found->items[i].line, found->items[i].column,
			      found->items[i].message);
	return buffer_steal(&out);
}

#endif
