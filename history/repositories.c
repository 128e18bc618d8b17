#include "repositories.h"

#include <pthread.h>

struct open_repository {
	char *name;
	struct history *history;
};

struct repositories {
	pthread_mutex_t lock;
	char *workspace;
	int dir;
	struct open_repository items[REPOSITORIES_OPEN_MAX]; /* least recently used first */
	size_t count;
};

struct repositories *repositories_new(const char *workspace, int dir)
{
	struct repositories *r = xcalloc(1, sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	r->workspace = xstrdup(workspace);
	r->dir = dir;
	return r;
}

void repositories_free(struct repositories *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		history_free(r->items[i].history);
		free(r->items[i].name);
	}
	pthread_mutex_destroy(&r->lock);
	fd_close(&r->dir);
	free(r->workspace);
	free(r);
}

int repositories_dir(const struct repositories *r)
{
	return r->dir;
}

/* DESIGN 2: [a-z0-9][a-z0-9-]{0,62}; `shared` is reserved. */
static bool agent_name_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length && length <= 63 && !name[length] && name[0] != '-' && strcmp(name, "shared");
}

bool repository_name_valid(const char *name)
{
	return !strcmp(name, ".") || (!strncmp(name, "agents/", 7) && agent_name_valid(name + 7));
}

int repositories_open(struct repositories *r, const char *name, bool create,
		      struct history **ret_history, struct error *error)
{
	_free_ char *path = !strcmp(name, ".") ? xstrdup(r->workspace)
					       : xasprintf("%s/%s", r->workspace, name);
	_fd_ int fd = -1;
	int result = directory_open_beneath(r->dir, name, &fd,
					    error); /* no symbolic link on the way */

	return result ? result : history_open(path, create, ret_history, error);
}

/* Takes item `i` out; the lock is held. */
static struct history *remove_item(struct repositories *r, size_t i)
{
	struct history *history = r->items[i].history;

	free(r->items[i].name);
	r->count--;
	memmove(&r->items[i], &r->items[i + 1], (r->count - i) * sizeof(r->items[0]));
	return history;
}

int repositories_take(struct repositories *r, const char *name, bool create,
		      struct history **ret_history, struct error *error)
{
	struct history *history = NULL;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->count && !history; i++)
		if (!strcmp(r->items[i].name, name))
			history = remove_item(r, i);
	pthread_mutex_unlock(&r->lock);
	if (!history)
		return repositories_open(r, name, create, ret_history, error);
	*ret_history = history;
	return 0;
}

void repositories_put(struct repositories *r, const char *name, struct history *history)
{
	struct history *oldest = NULL;

	pthread_mutex_lock(&r->lock);
	if (r->count == REPOSITORIES_OPEN_MAX)
		oldest = remove_item(r, 0);
	r->items[r->count++] = (struct open_repository){ xstrdup(name), history };
	pthread_mutex_unlock(&r->lock);
	history_free(oldest);
}
