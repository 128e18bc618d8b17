#include "events.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

#define LOG_PATH ".agentd/log/events.jsonl"
#define STEP_US 200
#define CHUNK (64 * 1024)

struct events {
	int fd;
	struct buffer tail; /* what came and is no whole line yet */
};

int events_open(const struct farm *farm, bool from_begin, struct events **ret_events,
		struct error *error)
{
	struct events *events;
	int fd, result = file_open_beneath(farm->dir, LOG_PATH, &fd, NULL, error);

	if (result)
		return result;
	events = xcalloc(1, sizeof(*events));
	*events = (struct events){ fd, BUFFER(16 * 1024 * 1024) };
	if (!from_begin)
		lseek(fd, 0, SEEK_END);
	*ret_events = events;
	return 0;
}

void events_close(struct events *events)
{
	if (!events)
		return;
	fd_close(&events->fd);
	buffer_clear(&events->tail);
	free(events);
}

static size_t count_lines(struct events *events, const char *event)
{
	size_t count = 0;
	char *end;

	while (events->tail.length &&
	       (end = memchr(events->tail.data, '\n', events->tail.length))) {
		size_t length = (size_t)(end - events->tail.data) + 1;
		json_t *line = json_loadb(events->tail.data, length, 0, NULL);
		const char *name = json_string_value(json_object_get(line, "event"));

		count += name && !strcmp(name, event);
		json_decref(line);
		buffer_consume(&events->tail, length);
	}
	return count;
}

static int read_more(struct events *events, struct error *error)
{
	char *to = buffer_reserve(&events->tail, CHUNK);
	ssize_t size = to ? read(events->fd, to, CHUNK) : 0;

	if (size < 0)
		return error_set_system(error, errno, "reading " LOG_PATH);
	buffer_advance(&events->tail, (size_t)size);
	return 0;
}

int events_count(struct events *events, const char *event, size_t *ret_count, struct error *error)
{
	int result = read_more(events, error);

	*ret_count = result ? 0 : count_lines(events, event);
	return result;
}

int events_await(struct events *events, const char *event, size_t count, int timeout_ms,
		 struct error *error)
{
	int64_t until = clock_monotonic_ms() + timeout_ms;
	size_t seen = 0;
	int result = 0;

	while (!result) {
		result = read_more(events, error);
		seen += count_lines(events, event);
		if (seen >= count || result)
			break;
		if (clock_monotonic_ms() > until)
			return error_set(error, ERROR_TIMEOUT,
					 "%zu of %zu `%s` came within %d ms: see .agentd/log", seen,
					 count, event, timeout_ms);
		pause_us(STEP_US);
	}
	return result;
}
