#include "failpoint.h"

#ifdef AGENTD_FAILPOINTS

#include "span.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define POINTS_MAX 16

enum action { ACTION_KILL, ACTION_ERROR, ACTION_DELAY, ACTION_EAT, ACTION_SPIN };

struct point {
	char name[48];
	enum action action;
	int value;   /* errno, milliseconds, or bytes that are borne */
	unsigned at; /* n-th hit; 0: every */
	bool onward; /* from the n-th on */
	unsigned hits;
};

static struct point points[POINTS_MAX];
static size_t point_count;
static const char *log_path;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
	const char *name;
	int value;
} errnos[] = {
	{ "ENOSPC", ENOSPC }, { "EIO", EIO },       { "EMFILE", EMFILE }, { "EROFS", EROFS },
	{ "EDQUOT", EDQUOT }, { "EACCES", EACCES }, { "EINTR", EINTR },   { "ENOMEM", ENOMEM },
};

static int errno_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(errnos); i++)
		if (!strcmp(errnos[i].name, name))
			return errnos[i].value;
	return (int)strtol(name, NULL, 10);
}

/* name=kill | name=error:ENOSPC | name=delay:250 | name=eat[:bytes] | name=spin, each with @n or
 * @n+ */
static void point_read(char *text)
{
	struct point *point = &points[point_count];
	char *action = strchr(text, '='), *at;

	if (!action || point_count == POINTS_MAX)
		return;
	*action++ = '\0';
	snprintf(point->name, sizeof(point->name), "%s", text);
	at = strchr(action, '@');
	if (at) {
		*at++ = '\0';
		point->at = (unsigned)strtoul(at, NULL, 10);
		point->onward = strchr(at, '+') != NULL;
	}
	if (!strcmp(action, "kill")) {
		point->action = ACTION_KILL;
	} else if (!strncmp(action, "eat", 3)) {
		point->action = ACTION_EAT;
		point->value = action[3] == ':' ? (int)strtol(action + 4, NULL, 10) : -1;
	} else if (!strcmp(action, "spin")) {
		point->action = ACTION_SPIN;
	} else if (!strncmp(action, "error:", 6)) {
		point->action = ACTION_ERROR;
		point->value = errno_by_name(action + 6);
	} else if (!strncmp(action, "delay:", 6)) {
		point->action = ACTION_DELAY;
		point->value = (int)strtol(action + 6, NULL, 10);
	} else {
		return;
	}
	point_count++;
}

static void points_read(void)
{
	const char *setting = getenv("AGENTD_FAILPOINTS"), *log = getenv("AGENTD_FAILPOINTS_LOG");
	_free_ char *copy = xstrdup(setting ? setting : "");
	char *rest = copy, *item;

	while ((item = strsep(&rest, ",")))
		point_read(item);
	if (log)
		log_path = xstrdup(log); /* the daemon wipes its environment */
}

/* Opened for each hit: a descriptor that is kept would be closed by the walls, and its number taken
 * by another file. */
static void log_hit(const char *name)
{
	_free_ char *line = xasprintf("%s\n", name);
	int fd = log_path ? open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	if (write(fd, line, strlen(line)) < 0)
		fprintf(stderr, "failpoint %s: not logged\n", name);
	close(fd);
}

static bool point_fires(struct point *point, int64_t bytes)
{
	if (point->action == ACTION_EAT && bytes <= point->value)
		return false;
	point->hits++;
	if (!point->at)
		return true;
	return point->onward ? point->hits >= point->at : point->hits == point->at;
}

#ifdef __SANITIZE_ADDRESS__
/* What a machine does, and not a report. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
#endif

/* More than any limit of ours, and then more than any machine has. */
static _Noreturn void eat(void)
{
	for (unsigned i = 0; i < 64; i++)
		*(volatile char *)xmalloc(64 << 20) = 1;
	xmalloc(SIZE_MAX >> 4);
	abort();
}

static int point_act(const struct point *point)
{
	struct timespec delay = { point->value / 1000, point->value % 1000 * 1000000L };

	switch (point->action) {
	case ACTION_KILL:
		kill(getpid(), SIGKILL);
		__builtin_trap(); /* behind walls that refuse kill(2) */
	case ACTION_EAT: eat();
	case ACTION_SPIN:
		for (volatile unsigned round = 0;; round++)
			;
	case ACTION_DELAY: nanosleep(&delay, NULL); return 0;
	default: return point->value;
	}
}

int failpoint_hit(const char *name, int64_t bytes)
{
	struct point fired = { 0 };

	pthread_once(&once, points_read);
	log_hit(name);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < point_count && !fired.name[0]; i++)
		if (!strcmp(points[i].name, name) && point_fires(&points[i], bytes))
			fired = points[i];
	pthread_mutex_unlock(&lock);
	return fired.name[0] ? point_act(&fired) : 0;
}

#else
typedef int failpoints_are_not_built_in;
#endif
