#include "repository_trouble.h"

#include "alerts.h"
#include "log.h"
#include "remedy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define KEY "repository "
#define TELL_MS 5000
#define WRITER_TELL_MS (10 * 60 * 1000) /* nothing is wrong with somebody who types */
#define ABANDONED_MS 30000
#define PROCESSES_MAX 100000

const char *repository_agent(const char *repository)
{
	return strncmp(repository, "agents/", strlen("agents/")) ? NULL
								 : repository + strlen("agents/");
}

bool trouble_is_writer(const struct error *error)
{
	return error->code == ERROR_BUSY && error->system == ETXTBSY;
}

/* What libgit2 could not do for the system's sake it tells in the system's words alone. */
static const char *remedy_in(const char *message)
{
	static const int numbers[] = { ENOSPC, EDQUOT, EROFS, EMFILE, ENFILE, EIO };

	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
		if (strstr(message, strerror(numbers[i])))
			return remedy_of(numbers[i]);
	return NULL;
}

/* What a person can do where the message does not say it. */
static char *remedy(const struct daemon *daemon, const char *repository, const struct error *error)
{
	const char *system = remedy_of(error->system);
	bool is_top = !strcmp(repository, ".");

	if (trouble_is_writer(error))
		return xstrdup(
			"; end what writes there (fuser -v and the file's name tell what it is)");
	if (!system)
		system = remedy_in(error->message);
	if (system)
		return xasprintf("; %s", system);
	if (error->code != ERROR_SYSTEM && error->code != ERROR_NOT_FOUND)
		return xstrdup(""); /* the message says it */
	if (strstr(error->message, "update-ref"))
		return xstrdup("");
	return xasprintf("; git -C %s%s%s fsck tells what is damaged: put .git back from a backup, "
			 "or move it away, and one is begun with what the files hold now",
			 daemon->workspace->path, is_top ? "" : "/", is_top ? "" : repository);
}

void repository_trouble(struct daemon *daemon, const char *repository, const struct error *error,
			int64_t since_ms)
{
	_free_ char *key = xasprintf(KEY "%s", repository);
	_free_ char *post = xasprintf("%s cannot be committed to", repository);
	_free_ char *mend = remedy(daemon, repository, error);

	if (since_ms < (trouble_is_writer(error) ? WRITER_TELL_MS : TELL_MS) ||
	    alert_is_open(daemon, key))
		return;
	alert_raise(daemon, key, repository_agent(repository), post,
		    "%s: %s%s; until then nothing is lost: what is to be committed waits",
		    repository, error->message, mend);
}

void repository_well(struct daemon *daemon, const char *repository, const char *lock)
{
	_free_ char *key = xasprintf(KEY "%s", repository);

	if (lock)
		log_event(daemon->log, LEVEL_NOTICE, "lock_removed", repository_agent(repository),
			  NULL, "%s/.git had the lock %s that no git held any more; it was removed",
			  repository, lock);
	if (alert_is_open(daemon, key))
		alert_over(daemon, key, "%s is committed to again", repository);
}

static const char *fault(struct daemon *daemon, const char *key)
{
	const char *repository = key + strlen(KEY);
	struct stat st;

	return !strncmp(key, KEY, strlen(KEY)) && file_stat(daemon->workspace->dir, repository, &st,
							    NULL) == -(int)ERROR_NOT_FOUND
		       ? "it is gone"
		       : NULL;
}

void repositories_review(struct daemon *daemon)
{
	alerts_review(daemon, fault);
}

/* ---- who is at work ---- */

struct search {
	char path[PATH_MAX]; /* of the repository */
	bool found;
};

static bool is_below(const char *place, const char *path)
{
	size_t length = strlen(path);

	return !strncmp(place, path, length) && (place[length] == '/' || !place[length]);
}

static bool has_word(int proc, const char *pid, const char *path)
{
	CLEANUP(buffer_clear) struct buffer words = BUFFER(256 * 1024);
	_free_ char *name = xasprintf("%s/cmdline", pid);

	return !file_read(proc, name, &words, NULL, NULL) && words.length &&
	       memmem(words.data, words.length, path, strlen(path));
}

/* One that hides where it is may be there. */
static bool works_in(int proc, const char *pid, const char *path)
{
	_free_ char *link = xasprintf("%s/cwd", pid);
	char place[PATH_MAX];
	ssize_t length = readlinkat(proc, link, place, sizeof(place) - 1);

	if (length < 0)
		return errno != ENOENT && errno != ESRCH; /* else it has ended */
	place[length] = '\0';
	return is_below(place, path) || has_word(proc, pid, path);
}

static int look_at_process(void *context, const char *name, unsigned char type)
{
	struct search *search = context;
	CLEANUP(buffer_clear) struct buffer comm = BUFFER(64);
	_free_ char *path = xasprintf("%s/comm", name);
	_fd_ int proc = -1;

	(void)type;
	if (name[0] < '0' || name[0] > '9' || directory_open("/proc", &proc, NULL) ||
	    file_read(proc, path, &comm, NULL, NULL) ||
	    !span_starts_with(buffer_span(&comm), SPAN("git")))
		return 0;
	search->found = works_in(proc, name, search->path);
	return search->found;
}

bool repository_is_abandoned(const struct daemon *daemon, const char *repository,
			     const struct error *error, int64_t since_ms)
{
	struct search search = { 0 };
	_free_ char *path = xasprintf("%s/%s", daemon->workspace->path, repository);
	_fd_ int proc = -1;

	if (error->code != ERROR_BUSY || trouble_is_writer(error) || since_ms < ABANDONED_MS ||
	    !realpath(path, search.path) || directory_open("/proc", &proc, NULL))
		return false;
	return directory_walk(proc, PROCESSES_MAX, look_at_process, &search, NULL) >= 0 &&
	       !search.found;
}
