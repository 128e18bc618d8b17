#include "diagnostic.h"

#include <stdarg.h>

void diagnostics_clear(struct diagnostics *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].file);
		free(list->items[i].message);
	}
	free(list->items);
	*list = (struct diagnostics){ .file = list->file };
}

void diagnostics_add(struct diagnostics *list, enum severity severity, const char *code,
		     unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	if (!list || array_grow((void **)&list->items, list->count, &list->capacity,
				sizeof(*list->items), DIAGNOSTICS_MAX))
		return;
	va_start(args, format);
	list->items[list->count++] = (struct diagnostic){
		.severity = severity,
		.code = code,
		.file = xstrdup(list->file ? list->file : ""),
		.line = line,
		.column = line && !column ? 1 : column,
		.message = xvasprintf(format, args),
	};
	va_end(args);
}

bool diagnostics_has_errors(const struct diagnostics *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].severity == SEVERITY_ERROR)
			return true;
	return false;
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_ERROR] = "error",
	};

	return names[severity];
}
