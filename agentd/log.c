#include "log.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/instant.h"
#include "base/printable.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LOG_NAME "log/events.jsonl"
#define FILES_MAX 1000    /* as `log_files` allows */
#define MESSAGE_MAX 16384 /* bytes; what is longer is cut */

struct log {
	int state_dir, fd;
	int64_t size, file_bytes;
	unsigned files;
	bool is_torn; /* the file may end in half a line */
	size_t lost;  /* lines that could not be written, since the last that could */
	bool prefix;  /* stderr is read by journald, which takes levels from "<N>" */
};

static int log_begin_file(struct log *log, struct error *error)
{
	struct stat st;
	int result = file_append_open(log->state_dir, LOG_NAME, 0600, &log->fd, error);

	if (!result && !fstat(log->fd, &st))
		log->size = st.st_size;
	return result;
}

int log_open(int state_dir, int64_t file_bytes, unsigned files, struct log **ret_log,
	     struct error *error)
{
	struct log *log = xcalloc(1, sizeof(*log));
	int result;

	*log = (struct log){ .state_dir = state_dir, .fd = -1, .prefix = !isatty(STDERR_FILENO) };
	log_set_limits(log, file_bytes, files);
	result = directory_make(state_dir, "log", 0700, error);
	if (!result)
		result = log_begin_file(log, error);
	if (result) {
		log_close(log);
		return result;
	}
	*ret_log = log;
	return 0;
}

void log_close(struct log *log)
{
	if (!log)
		return;
	fd_close(&log->fd);
	free(log);
}

void log_set_limits(struct log *log, int64_t file_bytes, unsigned files)
{
	log->file_bytes = file_bytes;
	log->files = files ? files : 1;
}

/* events.jsonl.3 → .4, …, events.jsonl → .1; the oldest goes. */
static void log_turn_over(struct log *log)
{
	char from[64], to[64];

	fd_close(&log->fd);
	for (unsigned n = log->files - 1; n; n--) {
		snprintf(to, sizeof(to), LOG_NAME ".%u", n);
		snprintf(from, sizeof(from), n > 1 ? LOG_NAME ".%u" : LOG_NAME, n - 1);
		file_rename(log->state_dir, from, to, NULL);
	}
	if (log->files == 1)
		file_unlink(log->state_dir, LOG_NAME, NULL);
	for (unsigned n = log->files; n < FILES_MAX; n++) { /* of a time when more were kept */
		snprintf(to, sizeof(to), LOG_NAME ".%u", n);
		file_unlink(log->state_dir, to, NULL);
	}
	log_begin_file(log, NULL);
}

static const char *level_name(enum log_level level)
{
	static const char *const names[] = {
		[LEVEL_ERROR] = "error", [LEVEL_WARNING] = "warning", [LEVEL_NOTICE] = "notice",
		[LEVEL_INFO] = "info",   [LEVEL_DEBUG] = "debug",
	};

	return names[level];
}

/* It could not be opened, or somebody has removed it. */
static bool is_gone(struct log *log)
{
	struct stat st;

	if (log->fd >= 0 && !fstat(log->fd, &st) && !st.st_nlink)
		fd_close(&log->fd);
	return log->fd < 0;
}

/* Half a line would spoil the next one, too. */
static bool write_whole(struct log *log, const char *line)
{
	if (log->is_torn && fd_write_all(log->fd, SPAN("\n"), NULL))
		return false;
	log->size += log->is_torn;
	log->is_torn = false;
	if (!fd_write_all(log->fd, span_of(line), NULL)) {
		log->size += (int64_t)strlen(line);
		return true;
	}
	log->is_torn = ftruncate(log->fd, log->size) != 0;
	return false;
}

/* The disk was full, say: standard error has what is missing here. */
static void tell_lost(struct log *log)
{
	char time[INSTANT_SIZE];
	_free_ char *line = xasprintf(
		"{\"time\":\"%s\",\"level\":\"warning\",\"event\":\"events_lost\",\"message\":\"%zu events "
		"before this one could not be written here; standard error has them\"}\n",
		instant_print(clock_wall_s(), time), log->lost);

	if (write_whole(log, line))
		log->lost = 0;
}

static void log_to_file(struct log *log, enum log_level level, const char *event, const char *agent,
			const char *session, const char *message)
{
	char time[INSTANT_SIZE];
	json_t *line = json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:s}", "time",
				 instant_print(clock_wall_s(), time), "level", level_name(level),
				 "event", event, "agent", agent, "session", session, "message",
				 message);
	_free_ char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	_free_ char *whole = NULL;

	json_decref(line);
	if (!text)
		return;
	if (is_gone(log))
		log_begin_file(log, NULL);
	if (log->size > log->file_bytes)
		log_turn_over(log);
	whole = xasprintf("%s\n", text);
	if (log->fd < 0 || !write_whole(log, whole))
		log->lost++;
	else if (log->lost)
		tell_lost(log);
}

void log_event(struct log *log, enum log_level level, const char *event, const char *agent,
	       const char *session, const char *format, ...)
{
	CLEANUP(buffer_clear) struct buffer message = BUFFER(MESSAGE_MAX);
	CLEANUP(buffer_clear) struct buffer name = BUFFER(MESSAGE_MAX);
	_free_ char *raw = NULL;
	va_list args;

	va_start(args, format);
	raw = xvasprintf(format, args);
	va_end(args);
	/* names of files, and what other processes say: nothing in it may look like a line of ours
	 */
	printable_append(&message, span_of(raw), "");
	printable_append(&name, span_of(agent), "");
	buffer_append(&message, SPAN("")); /* terminated, even if empty */
	if (level != LEVEL_DEBUG) {
		if (log->prefix)
			fprintf(stderr, "<%d>", (int)level);
		fprintf(stderr, "%s%s%s\n", name.length ? name.data : "", name.length ? ": " : "",
			message.data);
	}
	log_to_file(log, level, event, name.data, session, message.data);
}
