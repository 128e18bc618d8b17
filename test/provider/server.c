#include "server.h"

#include "base/clock.h"
#include "base/file.h"
#include "http.h"
#include "instant.h"
#include "playback.h"
#include "request_log.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEVER INT64_MAX
#define FOR_EVER (INT64_MAX - 1) /* a wake_at that does not come */

struct connection {
	struct connection *next, *previous;
	struct server *server;
	int fd;
	unsigned number, request;
	struct buffer in, out;
	struct playback play;
	bool playing, last; /* last: close once `out` is written */
	uint32_t watched;
	int64_t wake_at; /* NEVER: waits for no time */
};

struct server {
	const struct server_options *options;
	int listener, epoll, signals;
	unsigned connections, requests;
	struct connection *first;
	size_t sleeping; /* connections with a wake_at */
};

/* ---- connections ---- */

static void connection_watch(struct connection *c, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = c };

	if (c->watched == events)
		return;
	epoll_ctl(c->server->epoll, c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event);
	c->watched = events;
}

static void connection_sleep(struct connection *c, int64_t until)
{
	c->server->sleeping -= c->wake_at != NEVER;
	c->server->sleeping += until != NEVER;
	c->wake_at = until;
}

static void connection_close(struct connection *c)
{
	struct linger hard = { .l_onoff = 1 };

	connection_sleep(c, NEVER);
	if (c->playing && c->play.reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	if (c->playing)
		playback_clear(&c->play);
	*(c->previous ? &c->previous->next : &c->server->first) = c->next;
	if (c->next)
		c->next->previous = c->previous;
	buffer_clear(&c->in);
	buffer_clear(&c->out);
	close(c->fd);
	free(c);
}

static void connection_lost(struct connection *c)
{
	if (c->playing)
		request_log_event(c->server->options->log, "closed", c->request);
	connection_close(c);
}

static void accept_all(struct server *server)
{
	int fd, on = 1;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *c = xcalloc(1, sizeof(*c));

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		*c = (struct connection){
			.next = server->first,
			.server = server,
			.fd = fd,
			.number = ++server->connections,
			.in = BUFFER(HTTP_REQUEST_MAX + HTTP_HEAD_MAX),
			.out = BUFFER(SCRIPT_BODY_MAX),
			.wake_at = NEVER,
		};
		if (server->first)
			server->first->previous = c;
		server->first = c;
		connection_watch(c, EPOLLIN | EPOLLRDHUP);
	}
}

/* ---- answering ---- */

static void start_answer(struct connection *c, const struct http_request *request)
{
	struct server *server = c->server;
	const struct server_options *options = server->options;
	json_t *body = json_loadb(request->body.data, request->body.length, 0, NULL);
	const char *model = json_string_value(json_object_get(body, "model"));
	const struct wire *wire = options->wire ? options->wire : wire_of_path(request->path);
	const struct answer *answer;
	struct playback_request wanted = {
		.wire = wire ? wire : &wire_openai,
		.model = model ? model : "unnamed",
		.number = ++server->requests,
		.at_once = options->instant,
	};

	c->request = wanted.number;
	request_log_request(options->log, c->request, c->number, request);
	if (options->instant)
		answer = instant_answer(body, wanted.number);
	else
		answer = script_take(options->script, request->body);
	playback_init(&c->play, answer, &wanted);
	c->playing = true;
	json_decref(body);
}

/* Writes `out`. 0: all is written, 1: the socket is full, < 0: the client is gone. */
static int write_out(struct connection *c)
{
	while (c->out.length) {
		ssize_t size = send(c->fd, c->out.data, c->out.length, MSG_NOSIGNAL);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno == EAGAIN ? 1 : -ERROR_CLOSED;
		buffer_consume(&c->out, (size_t)size);
	}
	return 0;
}

/* After a cut the playback stays: connection_close asks it how. */
static void end_answer(struct connection *c, enum moment moment)
{
	request_log_event(c->server->options->log, "answered", c->request);
	if (moment == MOMENT_CUT)
		return;
	playback_clear(&c->play);
	c->playing = false;
}

/* Plays on until the answer ends, waits, or the socket is full. Returns whether `c` still lives. */
static bool play_on(struct connection *c)
{
	enum moment moment = MOMENT_BYTES;

	while (c->playing) {
		int64_t wait_ms;
		int written;

		do
			moment = playback_next(&c->play, &c->out, &wait_ms);
		while (moment == MOMENT_BYTES && c->server->options->instant);
		written = write_out(c);
		if (written < 0)
			return connection_lost(c), false;
		if (moment == MOMENT_WAIT && wait_ms)
			connection_sleep(c,
					 wait_ms < 0 ? FOR_EVER : clock_monotonic_ms() + wait_ms);
		if (moment == MOMENT_END || moment == MOMENT_CUT)
			end_answer(c, moment);
		c->last = moment == MOMENT_CUT;
		if (written > 0 || c->last || (moment == MOMENT_WAIT && wait_ms))
			break;
	}
	if (c->last && !c->out.length)
		return connection_close(c), false;
	connection_watch(c, (c->out.length ? EPOLLOUT : c->playing ? 0u : EPOLLIN) | EPOLLRDHUP);
	return true;
}

/* Answers the next whole request of `in`. Returns whether `c` still lives. */
static bool take_request(struct connection *c)
{
	bool alive = true;

	while (alive && !c->playing && !c->out.length) {
		CLEANUP(http_request_clear) struct http_request request = { 0 };
		int result = http_read(buffer_span(&c->in), &request);

		if (result < 0)
			return connection_close(c), false;
		if (result && request.expects_continue)
			send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
		if (result)
			break;
		start_answer(c, &request);
		buffer_consume(&c->in, request.size);
		alive = play_on(c);
	}
	return alive;
}

static void on_readable(struct connection *c)
{
	for (;;) {
		char *room = buffer_reserve(&c->in, 64 * 1024);
		ssize_t size = room ? recv(c->fd, room, 64 * 1024, 0) : 0;

		if (size < 0 && errno == EAGAIN)
			break;
		if (size <= 0) {
			connection_lost(c);
			return;
		}
		buffer_advance(&c->in, (size_t)size);
		if (size < 64 * 1024)
			break;
	}
	take_request(c);
}

static void on_writable(struct connection *c)
{
	int written = write_out(c);

	if (written < 0)
		connection_lost(c);
	else if (!written && c->last)
		connection_close(c);
	else if (!written && c->wake_at == NEVER && play_on(c))
		take_request(c);
}

static void on_connection(struct connection *c, uint32_t events)
{
	if (c->playing && events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		connection_lost(c);
	else if (events & EPOLLOUT)
		on_writable(c);
	else
		on_readable(c);
}

/* ---- the loop ---- */

static void wake_sleepers(struct server *server, int64_t now)
{
	struct connection *next;

	for (struct connection *c = server->first; c; c = next) {
		next = c->next;
		if (c->wake_at > now)
			continue;
		connection_sleep(c, NEVER);
		if (!c->out.length && play_on(c))
			take_request(c);
	}
}

static int next_timeout(const struct server *server)
{
	int64_t first = NEVER, left;

	for (const struct connection *c = server->first; c && server->sleeping; c = c->next)
		first = c->wake_at < first ? c->wake_at : first;
	left = first - clock_monotonic_ms();
	return first == NEVER ? -1 : left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static int loop(struct server *server)
{
	struct epoll_event events[64];

	for (;;) {
		int count = epoll_wait(server->epoll, events, ARRAY_LENGTH(events),
				       next_timeout(server));

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr == &server->signals)
				return 0;
			if (events[i].data.ptr == &server->listener)
				accept_all(server);
			else
				on_connection(events[i].data.ptr, events[i].events);
		}
		if (server->sleeping)
			wake_sleepers(server, clock_monotonic_ms());
	}
}

int server_run(int listener, const struct server_options *options, struct error *error)
{
	struct server server = { .options = options, .listener = listener };
	struct epoll_event on_listener = { .events = EPOLLIN, .data.ptr = &server.listener };
	struct epoll_event on_signal = { .events = EPOLLIN, .data.ptr = &server.signals };
	sigset_t signals;
	int result;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	server.signals = signalfd(-1, &signals, SFD_CLOEXEC);
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server.signals < 0 || server.epoll < 0 ||
	    epoll_ctl(server.epoll, EPOLL_CTL_ADD, listener, &on_listener) ||
	    epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.signals, &on_signal))
		return error_set_system(error, errno, "cannot set up the loop");
	result = loop(&server);
	while (server.first)
		connection_close(server.first);
	close(server.epoll);
	close(server.signals);
	close(listener);
	return result;
}

int server_listen(unsigned port, int *ret_fd, unsigned *ret_port, struct error *error)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int on = 1;
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		return error_set_system(error, errno, "cannot listen on 127.0.0.1:%u", port);
	*ret_fd = fd;
	*ret_port = ntohs(address.sin_port);
	fd = -1;
	return 0;
}
