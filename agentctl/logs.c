#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS_FILE "log/events.jsonl"
#define LINES_DEFAULT 50
#define LINE_MAX_BYTES (1024 * 1024)
#define TAIL_MAX_BYTES (64 * 1024 * 1024)

struct reading {
	int state, fd;
	const char *only;
	bool json;
	struct zone *zone;
	struct buffer partial; /* of a line that is being written */
};

static bool is_wanted(const struct reading *reading, struct span line)
{
	json_t *event = json_loadb(line.data, line.length, 0, NULL);
	/* What is of use once something is looked for is in the file and in --json. */
	bool wanted = event && (reading->json || strcmp(json_text(event, "level"), "debug") != 0) &&
		      (!reading->only || !strcmp(json_text(event, "agent"), reading->only));

	json_decref(event);
	return wanted;
}

static void print_line(const struct reading *reading, struct span line)
{
	json_t *event = json_loadb(line.data, line.length, 0, NULL);
	char local[PLACE_TIME_SIZE];
	int64_t at = 0;

	if (!event)
		return;
	if (reading->json) {
		printf("%.*s\n", (int)line.length, line.data);
	} else {
		instant_parse(span_of(json_text(event, "time")), &at);
		printf("%s:%02d  %-7s %s%s%s\n", place_time(reading->zone, at, local),
		       (int)(at % 60), json_text(event, "level"), json_text(event, "agent"),
		       *json_text(event, "agent") ? ": " : "", json_text(event, "message"));
	}
	json_decref(event);
}

/* The last `count` wanted lines of what there is; leaves the descriptor at the end. */
static int print_tail(struct reading *reading, size_t count, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(TAIL_MAX_BYTES + LINE_MAX_BYTES);
	_free_ struct span *lines = xcalloc(count, sizeof(struct span));
	struct span rest, line;
	size_t seen = 0;
	off_t size = lseek(reading->fd, 0, SEEK_END);
	int result;

	lseek(reading->fd, size > TAIL_MAX_BYTES ? size - TAIL_MAX_BYTES : 0, SEEK_SET);
	result = fd_read_all(reading->fd, &text, error);
	if (result)
		return result;
	rest = buffer_span(&text);
	while (span_next_line(&rest, &line))
		if (is_wanted(reading, line))
			lines[seen++ % count] = line;
	for (size_t i = seen > count ? seen - count : 0; i < seen; i++)
		print_line(reading, lines[i % count]);
	return 0;
}

static int read_more(struct reading *reading, struct error *error)
{
	int result = fd_read_all(reading->fd, &reading->partial, error);
	char *newline;

	while (!result && reading->partial.length &&
	       (newline = memchr(reading->partial.data, '\n', reading->partial.length))) {
		size_t length = (size_t)(newline - reading->partial.data);
		struct span line = { reading->partial.data, length };

		if (is_wanted(reading, line))
			print_line(reading, line);
		buffer_consume(&reading->partial, length + 1);
	}
	fflush(stdout);
	return result;
}

/* The file was turned over when its name leads to another one; nobody writes to the old one then.
 */
static bool turned_over(const struct reading *reading)
{
	struct stat ours, named;

	return !fstat(reading->fd, &ours) &&
	       !file_stat(reading->state, EVENTS_FILE, &named, NULL) &&
	       (ours.st_ino != named.st_ino || ours.st_dev != named.st_dev);
}

static int read_all(struct reading *reading, struct error *error)
{
	bool over;
	int result;

	do {
		over = turned_over(reading);
		result = read_more(reading, error);
		if (result || !over)
			break;
		fd_close(&reading->fd);
		buffer_reset(&reading->partial);
		result = file_open_beneath(reading->state, EVENTS_FILE, &reading->fd, NULL, error);
	} while (!result);
	return result;
}

static int follow(struct reading *reading, struct error *error)
{
	_free_ char *path = xasprintf("/proc/self/fd/%d/log", reading->state);
	_fd_ int watch = inotify_init1(IN_CLOEXEC);
	char events[4096];
	int result = 0;

	if (watch < 0 || inotify_add_watch(watch, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return error_set_system(error, errno, "watching the log");
	while (!result) {
		result = read_all(reading, error);
		if (!result && read(watch, events, sizeof(events)) < 0 && errno != EINTR)
			result = error_set_system(error, errno, "watching the log");
	}
	return result;
}

static int open_log(const struct invocation *invocation, struct reading *reading,
		    struct error *error)
{
	_fd_ int dir = -1;
	int result = place_find(invocation, &dir, error);

	if (result)
		return result;
	result = directory_open_beneath(dir, ".agentd", &reading->state, error);
	if (!result)
		result = file_open_beneath(reading->state, EVENTS_FILE, &reading->fd, NULL, error);
	if (result == -(int)ERROR_NOT_FOUND)
		return error_set(error, ERROR_NOT_FOUND, "nothing has run in this workspace yet");
	return result;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	struct reading reading = {
		.state = -1,
		.fd = -1,
		.only = invocation->count ? invocation->operands[0] : NULL,
		.json = invocation->json,
		.partial = BUFFER(TAIL_MAX_BYTES),
	};
	struct error error;
	long count;
	int result;

	if (invocation_number(invocation, "count", LINES_DEFAULT, 1, 100000, &count))
		return STATUS_WRONG_USE;
	result = open_log(invocation, &reading, &error);
	if (!result) {
		reading.zone = zone = place_zone(invocation);
		result = print_tail(&reading, (size_t)count, &error);
	}
	if (!result && invocation_option(invocation, "follow"))
		result = follow(&reading, &error);
	buffer_clear(&reading.partial);
	fd_close(&reading.fd);
	fd_close(&reading.state);
	return result ? fail(&error) : STATUS_DONE;
}

const struct command command_logs = {
	.name = "logs",
	.operands = "[NAME]",
	.text = "show what the daemon did",
	.more = "With --json: one object a line, as in .agentd/log/events.jsonl, also those of level debug.",
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.options = {
		{ "follow", 'f', NULL, "go on as it happens" },
		{ "count", 'n', "N", "how many lines back (50)" },
	},
	.run = run,
};
