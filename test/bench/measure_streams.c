/* Many streams at once: the gateway beside a bare libcurl that discards the bytes. */
#include "bench.h"
#include "gateway.h"
#include "processes.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define STREAMS 1000
#define RATE 200        /* events of a stream in a second */
#define EVENT_TEXT 8    /* bytes of text in one of the generator's events */
#define HELD_EVENTS 200 /* before memory is looked at */

struct generator {
	struct process process;
	unsigned port;
	int out; /* what it prints */
};

/* What it took to receive all streams once. */
struct taken {
	double events_per_s, cpu_ms, lost;
};

static int read_line(int fd, char *line, size_t size, struct error *error)
{
	size_t length = 0;

	while (length < size - 1 && read(fd, line + length, 1) == 1 && line[length] != '\n')
		length++;
	if (line[length] != '\n')
		return error_set(error, ERROR_CLOSED, "a program of the bench ended early");
	line[length] = '\0';
	return 0;
}

/* Starts a program of this folder; *ret_out: what it prints. */
static int start(struct bench *bench, const char *const *argv, struct process *ret_process,
		 int *ret_out, struct error *error)
{
	_free_ char *path = xasprintf("%s/test/bench/%s", bench->build, argv[0]);
	struct process_plan plan = { .path = path,
				     .argv = argv,
				     .fds = { { 0, STDOUT_FILENO },
					      { STDERR_FILENO, STDERR_FILENO } },
				     .fd_count = 2,
				     .directory = -1 };
	int pair[2], result;

	if (pipe2(pair, O_CLOEXEC))
		return error_set(error, ERROR_SYSTEM, "no pipe");
	plan.fds[0].from = pair[1];
	result = process_spawn(&plan, ret_process, error);
	close(pair[1]);
	if (result)
		close(pair[0]);
	else
		*ret_out = pair[0];
	return result;
}

static void generator_stop(struct generator *generator)
{
	struct process_end end;

	if (!generator->process.pid)
		return;
	process_signal(&generator->process, SIGKILL);
	process_reap(&generator->process, true, &end, NULL);
	fd_close(&generator->out);
}
CLEANUP_DEFINE_VALUE(struct generator, generator_stop)

static int generator_start(struct bench *bench, size_t events, unsigned rate, unsigned hold,
			   struct generator *generator, struct error *error)
{
	_free_ char *events_text = xasprintf("%zu", events), *rate_text = xasprintf("%u", rate);
	_free_ char *hold_text = xasprintf("%u", hold);
	const char *const argv[] = { "stream-generator", events_text, rate_text, hold_text, NULL };
	char line[16];
	int result;

	*generator = (struct generator){ PROCESS_NONE, 0, -1 };
	result = start(bench, argv, &generator->process, &generator->out, error);
	if (!result)
		result = read_line(generator->out, line, sizeof(line), error);
	if (!result)
		generator->port = (unsigned)strtoul(line, NULL, 10);
	return result;
}

static int take_bare(struct bench *bench, const struct generator *generator, size_t events,
		     struct taken *ret_taken, struct error *error)
{
	_free_ char *url = xasprintf("http://127.0.0.1:%u/v1/chat/completions", generator->port);
	_free_ char *streams = xasprintf("%d", STREAMS);
	const char *const argv[] = { "bare-curl", url, streams, NULL };
	struct process process = PROCESS_NONE;
	struct process_end end;
	char line[128] = "", *at = line;
	double us;
	int out = -1, result = start(bench, argv, &process, &out, error);

	if (result)
		return result;
	result = read_line(out, line, sizeof(line), error);
	close(out);
	process_reap(&process, true, &end, NULL);
	strtod(at, &at);
	us = strtod(at, &at);
	ret_taken->cpu_ms = strtod(at, &at) / 1000;
	ret_taken->events_per_s = us > 0 ? (double)(events * STREAMS) * 1e6 / us : 0;
	return result;
}

static int take_gateway(const struct generator *generator, struct gateway *gateway, size_t events,
			bool follow, struct taken *ret_taken, struct error *error)
{
	struct usage before, after;
	int64_t begin, text = 0;
	int result = usage_read(gateway_pid(gateway), &before, error);

	begin = clock_monotonic_us();
	if (!result)
		result = gateway_ask(gateway, generator->port, STREAMS, follow, error);
	if (!result)
		result = gateway_await(gateway, &text, error);
	ret_taken->events_per_s = (double)(events * STREAMS) * 1e6 /
				  (double)(clock_monotonic_us() - begin);
	if (!result)
		result = usage_read(gateway_pid(gateway), &after, error);
	if (result)
		return result;
	ret_taken->cpu_ms = after.cpu_ms - before.cpu_ms;
	ret_taken->lost = (double)(events * STREAMS) - (double)text / EVENT_TEXT;
	return 0;
}

/* ---- the rows ---- */

static void add(struct bench *bench, const char *name, const char *unit, enum goal goal,
		double target, double value)
{
	report_add_one(bench->report, &(struct row){ name, unit, goal, target, NULL }, value);
}

static int measure_pace(struct bench *bench, struct gateway *gateway, struct error *error)
{
	CLEANUP(generator_stop) struct generator generator;
	size_t events = runs_of(bench, 2, 5) * RATE;
	struct taken bare = { 0 }, quiet = { 0 }, followed = { 0 };
	int result = generator_start(bench, events, RATE, 0, &generator, error);

	if (!result)
		result = take_bare(bench, &generator, events, &bare, error);
	if (!result)
		result = take_gateway(&generator, gateway, events, false, &quiet, error);
	if (!result)
		result = take_gateway(&generator, gateway, events, true, &followed, error);
	if (result)
		return result;
	add(bench, "1,000 streams of 200 events/s: bare curl", "ev/s", GOAL_NONE, 0,
	    bare.events_per_s);
	add(bench, "1,000 streams of 200 events/s: gateway", "ev/s", GOAL_AT_LEAST,
	    bare.events_per_s / 2, quiet.events_per_s);
	add(bench, "1,000 streams: events lost", "n", GOAL_AT_MOST, 0, quiet.lost + followed.lost);
	add(bench, "1,000 streams: CPU of bare curl / gateway", "1", GOAL_AT_LEAST, 0.5,
	    bare.cpu_ms / quiet.cpu_ms);
	add(bench, "1,000 streams: CPU of gateway", "ms", GOAL_NONE, 0, quiet.cpu_ms);
	add(bench, "1,000 streams: CPU of gateway, followed", "ms", GOAL_NONE, 0, followed.cpu_ms);
	return 0;
}

static int measure_speed(struct bench *bench, struct gateway *gateway, struct error *error)
{
	CLEANUP(generator_stop) struct generator generator;
	size_t events = runs_of(bench, 1000, 4000);
	struct taken bare = { 0 }, full = { 0 };
	int result = generator_start(bench, events, 0, 0, &generator, error);

	if (!result)
		result = take_bare(bench, &generator, events, &bare, error);
	if (!result)
		result = take_gateway(&generator, gateway, events, false, &full, error);
	if (result)
		return result;
	add(bench, "streams at full speed: bare curl", "ev/s", GOAL_NONE, 0, bare.events_per_s);
	add(bench, "streams at full speed: gateway", "ev/s", GOAL_NONE, 0, full.events_per_s);
	add(bench, "streams at full speed: gateway / bare curl", "1", GOAL_AT_LEAST, 0.5,
	    full.events_per_s / bare.events_per_s);
	add(bench, "streams at full speed: CPU of bare curl / gateway", "1", GOAL_AT_LEAST, 0.5,
	    bare.cpu_ms / full.cpu_ms);
	return 0;
}

/* What the first calls need once for all: code, tables of libcurl and of the loop. */
static int warm_up(struct bench *bench, struct gateway *gateway, struct error *error)
{
	CLEANUP(generator_stop) struct generator generator;
	int64_t text;
	int result = generator_start(bench, HELD_EVENTS, 0, 0, &generator, error);

	if (!result)
		result = gateway_ask(gateway, generator.port, 10, false, error);
	return result ? result : gateway_await(gateway, &text, error);
}

/* What a stream in its middle holds beside its own text. */
static int measure_memory(struct bench *bench, struct gateway *gateway, struct error *error)
{
	CLEANUP(generator_stop) struct generator generator;
	struct usage before = { 0 }, during = { 0 };
	char line[16];
	int64_t text;
	int result = generator_start(bench, HELD_EVENTS, 0, STREAMS, &generator, error);

	if (!result)
		result = usage_read(gateway_pid(gateway), &before, error);
	if (!result)
		result = gateway_ask(gateway, generator.port, STREAMS, false, error);
	if (!result)
		result = read_line(generator.out, line, sizeof(line), error);
	pause_us(500000); /* it has read what was sent */
	if (!result)
		result = usage_read(gateway_pid(gateway), &during, error);
	if (!result)
		result = process_signal(&generator.process, SIGUSR1);
	if (!result)
		result = gateway_await(gateway, &text, error);
	if (result)
		return result;
	add(bench, "a stream beside its text: PSS", "KiB", GOAL_AT_MOST, 32,
	    (during.pss_kib - before.pss_kib) / STREAMS - HELD_EVENTS * EVENT_TEXT / 1024.0);
	return 0;
}

/* A socket of each stream is the generator's, another the client's, which are programs of theirs:
 * they inherit how many they may have. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(struct bench *bench, struct error *error)
{
	struct gateway *gateway;
	int result;

	raise_descriptor_limit();
	result = gateway_start(bench, &gateway, error);
	if (result)
		return result;
	result = warm_up(bench, gateway, error);
	if (!result)
		result = measure_memory(bench, gateway, error);
	if (!result)
		result = measure_pace(bench, gateway, error);
	if (!result)
		result = measure_speed(bench, gateway, error);
	gateway_stop(gateway);
	return result;
}

const struct measure measure_streams = {
	.name = "streams",
	.text = "1,000 model streams at once through the gateway, beside a bare libcurl",
	.run = run,
};
