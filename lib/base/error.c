#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void error_reset(struct error *error, enum error_code code, int system)
{
	error->code = code;
	error->system = system;
	error->file[0] = '\0';
	error->line = error->column = 0;
}

int error_set(struct error *error, enum error_code code, const char *format, ...)
{
	va_list args;

	if (!error)
		return -(int)code;
	error_reset(error, code, 0);
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return -(int)code;
}

static enum error_code code_of_errno(int system)
{
	switch (system) {
	case ENOENT: return ERROR_NOT_FOUND;
	case EEXIST: return ERROR_EXISTS;
	case EACCES:
	case EPERM:
	case ELOOP: return ERROR_DENIED;
	default: return ERROR_SYSTEM;
	}
}

int error_set_system(struct error *error, int system, const char *format, ...)
{
	enum error_code code = code_of_errno(system);
	va_list args;
	size_t used;

	if (!error)
		return -(int)code;
	error_reset(error, code, system);
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	used = strlen(error->message);
	snprintf(error->message + used, sizeof(error->message) - used, ": %s", strerror(system));
	return -(int)code;
}

int error_at(struct error *error, const char *file, unsigned line, unsigned column)
{
	if (!error)
		return -(int)ERROR_INVALID;
	snprintf(error->file, sizeof(error->file), "%s", file);
	error->line = line;
	error->column = column;
	return -(int)error->code;
}

int error_prefix(struct error *error, const char *format, ...)
{
	char old[ERROR_MESSAGE_MAX];
	va_list args;
	size_t used;

	if (!error)
		return -(int)ERROR_INVALID;
	memcpy(old, error->message, sizeof(old));
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	used = strlen(error->message);
	snprintf(error->message + used, sizeof(error->message) - used, "%s", old);
	return -(int)error->code;
}

void error_print(const struct error *error, char *out, unsigned long size)
{
	if (error->file[0] && error->line && error->column)
		snprintf(out, size, "%s:%u:%u: %s", error->file, error->line, error->column,
			 error->message);
	else if (error->file[0] && error->line)
		snprintf(out, size, "%s:%u: %s", error->file, error->line, error->message);
	else if (error->file[0])
		snprintf(out, size, "%s: %s", error->file, error->message);
	else
		snprintf(out, size, "%s", error->message);
}

const char *error_code_name(enum error_code code)
{
	static const char *const names[] = {
		[ERROR_SYSTEM] = "system",
		[ERROR_INVALID] = "invalid",
		[ERROR_NOT_FOUND] = "not found",
		[ERROR_EXISTS] = "exists",
		[ERROR_TOO_LARGE] = "too large",
		[ERROR_DENIED] = "denied",
		[ERROR_BUSY] = "busy",
		[ERROR_CONFLICT] = "conflict",
		[ERROR_CLOSED] = "closed",
		[ERROR_PROTOCOL] = "protocol",
		[ERROR_UNSUPPORTED] = "unsupported",
		[ERROR_TIMEOUT] = "timeout",
		[ERROR_REMOTE] = "remote",
	};
	size_t i = (size_t)code;

	return i < sizeof(names) / sizeof(names[0]) && names[i] ? names[i] : "unknown";
}

_Noreturn void error_bug(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "bug at %s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}
