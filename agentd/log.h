/* Events: one line each on stderr for people and journald, the same as JSON in
 * .agentd/log/events.jsonl for `agentctl logs`. The file is turned over at log_bytes and log_files
 * of them are kept. */
#ifndef AGENTD_LOG_H
#define AGENTD_LOG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Values of syslog(3), which journald reads as "<N>" prefixes. */
enum log_level {
	LEVEL_ERROR = 3,
	LEVEL_WARNING = 4,
	LEVEL_NOTICE = 5,
	LEVEL_INFO = 6,
	LEVEL_DEBUG = 7, /* in the file only */
};

struct log;

int log_open(int state_dir, int64_t file_bytes, unsigned files, struct log **ret_log,
	     struct error *error);
void log_close(struct log *log);
void log_set_limits(struct log *log, int64_t file_bytes, unsigned files);

/* `event` is a stable word ("session_end"); agent and session may be NULL. */
void log_event(struct log *log, enum log_level level, const char *event, const char *agent,
	       const char *session, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif
