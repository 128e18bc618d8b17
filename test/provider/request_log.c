#include "request_log.h"

#include "base/clock.h"
#include "base/file.h"

#include <time.h>

static void put_line(int fd, json_t *line)
{
	struct timespec wall;
	char *text;

	clock_gettime(CLOCK_REALTIME, &wall);
	json_object_set_new(line, "wall_us",
			    json_integer((json_int_t)wall.tv_sec * 1000000 + wall.tv_nsec / 1000));
	json_object_set_new(line, "monotonic_us", json_integer(clock_monotonic_us()));
	text = json_dumps(line, JSON_COMPACT);
	if (text) {
		_free_ char *with_end = xasprintf("%s\n", text);

		fd_write_all(fd, span_of(with_end), NULL);
	}
	free(text);
	json_decref(line);
}

static json_t *body_json(struct span body)
{
	json_t *json = json_loadb(body.data, body.length, 0, NULL);

	return json ? json : json_stringn(body.data, body.length);
}

void request_log_request(int fd, unsigned number, unsigned connection,
			 const struct http_request *request)
{
	if (fd < 0)
		return;
	put_line(fd, json_pack("{s:s, s:i, s:i, s:s, s:s, s:O, s:o*}", "event", "request",
			       "request", (int)number, "connection", (int)connection, "method",
			       request->method, "path", request->path, "headers", request->headers,
			       "body", body_json(request->body)));
}

void request_log_event(int fd, const char *event, unsigned number)
{
	if (fd >= 0)
		put_line(fd, json_pack("{s:s, s:i}", "event", event, "request", (int)number));
}
