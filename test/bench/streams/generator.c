/* stream-generator: a server of OpenAI chat streams that costs next to nothing, for benches.
 *
 *     stream-generator EVENTS RATE HOLD
 *
 * Prints its port on 127.0.0.1 and ends with whoever started it. Every request is answered with
 * EVENTS events of the same bytes, each in a chunk of its own: RATE of them a second, at moments
 * spread over all connections, or 0: as fast as they are taken. With HOLD > 0 the streams stop
 * before their ends until as many of them wait there; then it prints "held" and goes on when it
 * gets a SIGUSR1. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4096
#define REQUEST_MAX (64 * 1024)
#define BLOCK_EVENTS 512
#define PHASES 5 /* of the connections, one millisecond each */

/* clang-format off */
#define CHUNK_ID "\"id\":\"chatcmpl-BENCH0a1b2c3d4e5f\",\"object\":\"chat.completion.chunk\"," \
	"\"created\":1795255200,\"model\":\"bench-model-1\""
/* clang-format on */

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n";
static const char event_data[] = "data: {" CHUNK_ID
				 ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" refunds\"},"
				 "\"finish_reason\":null}]}\n\n";
static const char tail_data[] =
	"data: {" CHUNK_ID
	",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	"data: {" CHUNK_ID ",\"choices\":[],\"usage\":{\"prompt_tokens\":100,"
	"\"completion_tokens\":100,\"total_tokens\":200}}\n\ndata: [DONE]\n\n";

struct connection {
	int fd;
	bool sending;
	char *request;
	size_t request_length;
	uint64_t sent;    /* bytes of the answer */
	int64_t begun_ns; /* when its first event was due */
	bool held;
};

static struct connection connections[CONNECTIONS_MAX];
static size_t connection_count;
static char *block, tail[1024];
static size_t event_length, tail_length;
static uint64_t events, rate, hold, held;
static volatile sig_atomic_t released;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void on_release(int signal)
{
	(void)signal;
	released = 1;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void make_bytes(void)
{
	char event[512];

	event_length = (size_t)snprintf(event, sizeof(event), "%zx\r\n%s\r\n",
					sizeof(event_data) - 1, event_data);
	tail_length = (size_t)snprintf(tail, sizeof(tail), "%zx\r\n%s\r\n0\r\n\r\n",
				       sizeof(tail_data) - 1, tail_data);
	block = malloc(event_length * BLOCK_EVENTS);
	for (size_t i = 0; block && i < BLOCK_EVENTS; i++)
		memcpy(block + i * event_length, event, event_length);
}

/* ---- the answer: head, events, tail as one run of bytes ---- */

static uint64_t events_end(void)
{
	return sizeof(head) - 1 + events * event_length;
}

/* How far it may have come by now. */
static uint64_t allowed(const struct connection *c)
{
	uint64_t due = events;

	if (rate)
		due = (uint64_t)(now_ns() - c->begun_ns) * rate / 1000000000 + 1;
	if (due < events)
		return sizeof(head) - 1 + due * event_length;
	return hold && !released ? events_end() : events_end() + tail_length;
}

static const char *bytes_at(uint64_t position, uint64_t limit, size_t *ret_length)
{
	uint64_t head_length = sizeof(head) - 1, end = events_end();
	size_t offset;

	if (position < head_length) {
		*ret_length = head_length - position;
		return head + position;
	}
	if (position >= end) {
		*ret_length = limit - position;
		return tail + (position - end);
	}
	offset = (position - head_length) % event_length;
	*ret_length = event_length * BLOCK_EVENTS - offset;
	limit = limit < end ? limit : end;
	if (*ret_length > limit - position)
		*ret_length = limit - position;
	return block + offset;
}

static void note_position(struct connection *c)
{
	if (c->sent == events_end() + tail_length) {
		c->sending = c->held = false;
		return;
	}
	if (!hold || c->held || c->sent < events_end())
		return;
	c->held = true;
	if (++held == hold) {
		puts("held");
		fflush(stdout);
	}
}

static void send_due(struct connection *c)
{
	uint64_t limit = allowed(c);

	while (c->sending && c->sent < limit) {
		size_t length;
		const char *bytes = bytes_at(c->sent, limit, &length);
		bool more = c->sent < sizeof(head) - 1;
		ssize_t size = send(c->fd, bytes, length,
				    MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));

		if (size < 0) {
			c->sending = errno == EAGAIN;
			return;
		}
		c->sent += (uint64_t)size;
		note_position(c);
	}
}

/* ---- requests ---- */

static bool request_is_whole(const struct connection *c)
{
	const char *end = strstr(c->request, "\r\n\r\n");
	const char *length = strcasestr(c->request, "content-length:");

	if (!end || !length)
		return false;
	return c->request_length >= (size_t)(end + 4 - c->request) + strtoul(length + 15, NULL, 10);
}

static void drop(struct connection *c)
{
	close(c->fd);
	free(c->request);
	*c = (struct connection){ .fd = -1 };
}

static void read_request(struct connection *c)
{
	ssize_t size;

	if (!c->request)
		c->request = malloc(REQUEST_MAX);
	if (!c->request)
		die("malloc");
	size = recv(c->fd, c->request + c->request_length, REQUEST_MAX - 1 - c->request_length,
		    MSG_DONTWAIT);
	if (size < 0 && errno == EAGAIN)
		return;
	if (size <= 0) {
		drop(c);
		return;
	}
	c->request_length += (size_t)size;
	c->request[c->request_length] = '\0';
	if (!request_is_whole(c))
		return;
	free(c->request);
	c->request = NULL;
	c->request_length = 0;
	c->sending = true;
	c->sent = 0;
	c->begun_ns = now_ns();
}

static void take_connection(int listener, int poll)
{
	int one = 1, fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct epoll_event wanted = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET |
							(rate ? 0 : EPOLLOUT) };

		if (connection_count == CONNECTIONS_MAX)
			die("too many connections");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		connections[connection_count] = (struct connection){ .fd = fd };
		wanted.data.u32 = (uint32_t)connection_count++;
		epoll_ctl(poll, EPOLL_CTL_ADD, fd, &wanted);
	}
}

/* ---- the loop ---- */

enum { LISTENER = CONNECTIONS_MAX, TICKS };

static int listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, CONNECTIONS_MAX) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		die("listening");
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void add(int poll, int fd, uint32_t number)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.u32 = number };

	if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &wanted))
		die("epoll_ctl");
}

static void on_tick(int fd)
{
	static uint64_t tick;
	uint64_t times;

	if (read(fd, &times, sizeof(times)) != sizeof(times))
		return;
	tick++;
	for (size_t i = tick % PHASES; i < connection_count; i += PHASES)
		if (connections[i].sending)
			send_due(&connections[i]);
}

static void serve(int listener, int ticks)
{
	struct epoll_event ready[256];
	int poll = epoll_create1(EPOLL_CLOEXEC), count;

	add(poll, listener, LISTENER);
	add(poll, ticks, TICKS);
	for (;;) {
		count = epoll_wait(poll, ready, 256, -1);
		for (int i = 0; i < count; i++) {
			uint32_t number = ready[i].data.u32;

			if (number == LISTENER)
				take_connection(listener, poll);
			else if (number == TICKS)
				on_tick(ticks);
			else if (!connections[number].sending)
				read_request(&connections[number]);
			if (number < CONNECTIONS_MAX && !rate && connections[number].sending)
				send_due(&connections[number]);
		}
	}
}

int main(int argc, char **argv)
{
	const struct itimerspec every = { { 0, 1000000 }, { 0, 1000000 } };
	struct sigaction release = { .sa_handler = on_release };
	struct rlimit files;
	int ticks = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (argc != 4) {
		fputs("usage: stream-generator EVENTS RATE HOLD\n", stderr);
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_TIMERSLACK, 1);
	events = strtoull(argv[1], NULL, 10);
	rate = strtoull(argv[2], NULL, 10);
	hold = strtoull(argv[3], NULL, 10);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	sigaction(SIGUSR1, &release, NULL);
	make_bytes();
	if (rate || hold)
		timerfd_settime(ticks, 0, &every, NULL);
	serve(listen_on_loopback(), ticks);
	return 0;
}
