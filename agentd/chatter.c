#include "chatter.h"

#include "log.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define CHUNK 4096

struct chatter {
	uv_poll_t poll; /* first: the loop's last walk frees it by this address */
	struct daemon *daemon;
	int fd;
	char name[32], agent[64], session[27];
	char line[CHATTER_LINE_MAX + 1];
	size_t length;
	bool is_cut;     /* up to the end of the line nothing more is taken */
	int64_t lines;   /* that it may still say */
	int64_t counted; /* monotonic s up to which it was given some */
	int64_t dropped;
};

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void tell(const struct chatter *chatter, const char *words)
{
	log_event(chatter->daemon->log, LEVEL_WARNING, "stderr", or_null(chatter->agent),
		  or_null(chatter->session), "%s: %s", chatter->name, words);
}

static void tell_dropped(struct chatter *chatter)
{
	char words[64];

	snprintf(words, sizeof(words), "(%" PRId64 " further lines)", chatter->dropped);
	if (chatter->dropped)
		tell(chatter, words);
	chatter->dropped = 0;
}

static bool may_speak(struct chatter *chatter)
{
	int64_t now = clock_monotonic_ms() / 1000;

	chatter->lines += now - chatter->counted;
	chatter->counted = now;
	if (chatter->lines > CHATTER_LINES)
		chatter->lines = CHATTER_LINES;
	return chatter->lines > 0;
}

static void line_over(struct chatter *chatter)
{
	chatter->line[chatter->length] = '\0';
	if (!chatter->length) {
		/* nothing to tell */
	} else if (!may_speak(chatter)) {
		chatter->dropped++;
	} else {
		tell_dropped(chatter);
		chatter->lines--;
		tell(chatter, chatter->line);
	}
	chatter->length = 0;
	chatter->is_cut = false;
}

static void take(struct chatter *chatter, const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (data[i] == '\n') {
			line_over(chatter);
		} else if (!chatter->is_cut) {
			chatter->line[chatter->length++] = data[i] ? data[i] : ' ';
			chatter->is_cut = chatter->length == CHATTER_LINE_MAX;
		}
	}
}

static void chatter_destroy(uv_handle_t *handle)
{
	struct chatter *chatter = (struct chatter *)handle;

	close(chatter->fd);
	free(chatter);
}

static void chatter_readable(uv_poll_t *poll, int status, int events)
{
	struct chatter *chatter = (struct chatter *)poll;
	char chunk[CHUNK];
	ssize_t size = read(chatter->fd, chunk, sizeof(chunk));

	(void)status;
	(void)events;
	if (size > 0) {
		take(chatter, chunk, (size_t)size);
		return;
	}
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	line_over(chatter);
	tell_dropped(chatter);
	uv_poll_stop(poll);
	uv_close((uv_handle_t *)poll, chatter_destroy);
}

int chatter_open(struct daemon *daemon, const char *name, const char *agent, const char *session)
{
	struct chatter *chatter;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	chatter = xcalloc(1, sizeof(*chatter));
	*chatter = (struct chatter){ .daemon = daemon, .fd = ends[0] };
	snprintf(chatter->name, sizeof(chatter->name), "%s", name);
	snprintf(chatter->agent, sizeof(chatter->agent), "%s", agent ? agent : "");
	snprintf(chatter->session, sizeof(chatter->session), "%s", session ? session : "");
	chatter->lines = CHATTER_LINES;
	chatter->counted = clock_monotonic_ms() / 1000;
	/* ours alone: a process whose words wait waits with them */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	uv_poll_init(&daemon->loop, &chatter->poll, ends[0]);
	uv_poll_start(&chatter->poll, UV_READABLE, chatter_readable);
	uv_unref((uv_handle_t *)&chatter->poll);
	return ends[1];
}
