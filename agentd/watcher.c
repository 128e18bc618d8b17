#include "watcher.h"

#include "committer.h"
#include "handle.h"
#include "log.h"
#include "scheduler.h"
#include "settle.h"
#include "supervisor.h"

#include "base/depth.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "watch/watch.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#define FOLDERS_MAX 100000
#define FOLDER_ENTRIES_MAX 20000
#define CHAINS 8192   /* of folders by their paths: a dozen in each where there are FOLDERS_MAX */
#define POLL_MS 30000 /* how often all is looked at where not all can be watched */

/* A folder that is watched; its index is its tag less one. */
struct folder {
	char *path; /* from the workspace, "" is the workspace itself */
	bool used;
	uint32_t next; /* tag of the next one in its chain, 0: none */
};

struct watcher {
	struct daemon *daemon;
	struct watch *watch;
	uv_poll_t *poll;
	uv_timer_t *look; /* runs only when a watch could not be had */
	struct settle *settle;
	struct folder *folders;
	size_t count, capacity, free_hint;
	uint32_t chains[CHAINS]; /* tags of the first in each */
	bool limit_told, depth_told;
	bool lost;  /* events were: a rescan is due */
	bool stale; /* agents/ or shared/ is another folder now: likewise */
	bool fresh; /* nothing is watched yet: no folder can be known */
};

/* ---- folders ---- */

static size_t chain_of(const char *path)
{
	return hash_span(HASH_BEGIN, span_of(path)) % CHAINS;
}

/* 0: it is not known. By chains, as a look at an agent asks for each of its folders, and a program
 * that unpacks thousands of them has us look every second. */
static uint64_t folder_find(const struct watcher *watcher, const char *path)
{
	uint32_t tag = watcher->chains[chain_of(path)];

	while (tag && strcmp(watcher->folders[tag - 1].path, path) != 0)
		tag = watcher->folders[tag - 1].next;
	return tag;
}

/* 0: there are too many. */
static uint64_t folder_new(struct watcher *watcher, const char *path)
{
	uint32_t *chain = &watcher->chains[chain_of(path)];

	if (FAILPOINT("watcher.folder"))
		return 0;
	for (; watcher->free_hint < watcher->count; watcher->free_hint++)
		if (!watcher->folders[watcher->free_hint].used)
			break;
	if (watcher->free_hint == watcher->count) {
		if (array_grow((void **)&watcher->folders, watcher->count, &watcher->capacity,
			       sizeof(struct folder), FOLDERS_MAX))
			return 0;
		watcher->count++;
	}
	watcher->folders[watcher->free_hint] = (struct folder){ xstrdup(path), true, *chain };
	*chain = (uint32_t)watcher->free_hint + 1;
	return *chain;
}

static void folder_drop(struct watcher *watcher, uint64_t tag)
{
	struct folder *folder = &watcher->folders[tag - 1];
	uint32_t *link;

	if (!folder->used)
		return;
	link = &watcher->chains[chain_of(folder->path)];
	while (*link != tag)
		link = &watcher->folders[*link - 1].next;
	*link = folder->next;
	free(folder->path);
	*folder = (struct folder){ 0 };
	if (tag - 1 < watcher->free_hint)
		watcher->free_hint = tag - 1;
}

static void look_around(uv_timer_t *timer)
{
	struct watcher *watcher = timer->data;

	settle_everything(watcher->settle);
}

/* Never deaf without a word: what cannot be watched is looked at now and then. */
static void limit_reached(struct watcher *watcher, const struct error *error)
{
	if (watcher->limit_told)
		return;
	watcher->limit_told = true;
	log_event(watcher->daemon->log, LEVEL_WARNING, "watch_limit", NULL, NULL,
		  "%s; all files are looked at every %d s, until that is mended and agentd "
		  "hears SIGHUP",
		  error->message, POLL_MS / 1000);
	uv_timer_start(watcher->look, look_around, POLL_MS, POLL_MS);
}

/* What is not there, or nothing that may be opened, has nothing to be heard. */
static bool is_limit(const struct error *error)
{
	return error->code == ERROR_TOO_LARGE ||
	       (error->code == ERROR_SYSTEM && error->system != ENOTDIR);
}

static int folder_open(struct watcher *watcher, const char *path)
{
	struct error error;
	int dir;

	if (!directory_open_beneath(watcher->daemon->workspace->dir, *path ? path : ".", &dir,
				    &error))
		return dir;
	if (is_limit(&error))
		limit_reached(watcher, &error);
	return -1;
}

/* Returns the open folder, or -1 when it is not there or there are too many. *ret_new: it is
 * watched and was not before. One that cannot be is never new, however often it is seen: the look
 * now and then tells what is another in it. */
static int folder_watch(struct watcher *watcher, const char *path, bool *ret_new)
{
	struct error error;
	uint64_t tag;
	bool is_new = false;
	int dir = folder_open(watcher, path);

	*ret_new = false;
	if (dir < 0)
		return -1;
	tag = watcher->fresh ? 0 : folder_find(watcher, path);
	if (!tag) {
		is_new = !watcher->fresh;
		tag = folder_new(watcher, path);
	}
	if (!tag) {
		error_set(&error, ERROR_TOO_LARGE, "there are more than %d folders to watch",
			  FOLDERS_MAX);
		limit_reached(watcher, &error);
		close(dir);
		return -1;
	}
	if (watch_add(watcher->watch, dir, tag, &error)) {
		folder_drop(watcher, tag);
		limit_reached(watcher, &error);
		return dir;
	}
	*ret_new = is_new;
	return dir;
}

static void folder_walk(struct watcher *watcher, const char *path, int dir, directory_visit visit,
			void *context)
{
	struct error error;

	if (!directory_walk(dir, FOLDER_ENTRIES_MAX, visit, context, &error) || !is_limit(&error))
		return;
	error_prefix(&error, "%s: ", path);
	limit_reached(watcher, &error);
}

/* ---- what is watched below an agent ---- */

/* `path`: of the folder that it is in. */
static bool is_machinery(const char *path, const char *name)
{
	bool is_agents = !strncmp(path, "agents/", 7) && !strchr(path + 7, '/');

	return !strcmp(name, ".git") || ((is_agents || !*path) && !strcmp(name, STATE_FOLDER)) ||
	       (is_agents && !strcmp(name, "work"));
}

/* "agents/kira/knowledge" → "kira", and the rest of the path below it. NULL: not below an agent. */
static char *agent_of(const char *path, const char **ret_rest)
{
	const char *name = strncmp(path, "agents/", 7) ? NULL : path + 7, *slash;

	if (!name)
		return NULL;
	slash = strchr(name, '/');
	*ret_rest = slash ? slash + 1 : "";
	return slash ? xstrndup(name, (size_t)(slash - name)) : xstrdup(name);
}

struct descent {
	struct watcher *watcher;
	const char *path;
	int depth;
	bool known,
		tell; /* of an agent that we know; it came just now, and so did the files in it */
};

static void tell_file(const struct descent *descent, const char *name)
{
	const char *rest = "";
	_free_ char *agent = agent_of(descent->path, &rest);
	_free_ char *path = xasprintf("%s%s%s", rest, *rest ? "/" : "", name);

	if (agent && !file_name_is_scratch(name))
		settle_agent(descent->watcher->settle, agent, path, false);
}

/* Once, as such a tree has many of them. */
static void tell_depth(struct watcher *watcher, const char *path)
{
	if (watcher->depth_told)
		return;
	watcher->depth_told = true;
	log_event(watcher->daemon->log, LEVEL_WARNING, "watch_depth", NULL, NULL,
		  "%s lies more than %d folders deep: what is in it, and in others as deep, is "
		  "neither watched nor committed; move it up",
		  path, FOLDER_DEPTH_MAX);
}

static void watch_tree(struct watcher *watcher, const char *path, int depth, bool known);

static int descend(void *context, const char *name, unsigned char type)
{
	const struct descent *descent = context;
	_free_ char *inner = NULL;

	if (type == DT_REG && descent->tell)
		tell_file(descent, name);
	if (type != DT_DIR || is_machinery(descent->path, name))
		return 0;
	inner = xasprintf("%s/%s", descent->path, name);
	if (descent->depth < FOLDER_DEPTH_MAX)
		watch_tree(descent->watcher, inner, descent->depth + 1, descent->known);
	else
		tell_depth(descent->watcher, inner);
	return 0;
}

/* `known`: the agent's own folder was watched before, so what is new in it came to it. */
static void watch_tree(struct watcher *watcher, const char *path, int depth, bool known)
{
	struct descent descent = { watcher, path, depth, known, false };
	bool is_new;
	_fd_ int dir = folder_watch(watcher, path, &is_new);

	if (!depth)
		descent.known = !is_new; /* a whole agent that comes is no change of it */
	descent.tell = is_new && descent.known;
	if (dir >= 0)
		folder_walk(watcher, path, dir, descend, &descent);
}

static void watch_flat(struct watcher *watcher, const char *path)
{
	bool is_new;
	_fd_ int dir = folder_watch(watcher, path, &is_new);

	(void)dir;
}

/* Folders in agents/: also those without a SOUL.md, which may get one. */
static int watch_agent(void *context, const char *name, unsigned char type)
{
	_free_ char *path = xasprintf("agents/%s", name);

	if (type == DT_DIR)
		watch_tree(context, path, 0, false);
	return 0;
}

static void watch_all(struct watcher *watcher)
{
	_fd_ int agents = -1;
	bool is_new;

	watcher->fresh = true;
	watch_flat(watcher, "");
	watch_flat(watcher, "shared");
	agents = folder_watch(watcher, "agents", &is_new);
	if (agents >= 0)
		folder_walk(watcher, "agents", agents, watch_agent, watcher);
	watcher->fresh = false;
}

void watcher_cover(struct daemon *daemon, const char *agent)
{
	_free_ char *path = xasprintf("agents/%s", agent);

	watch_tree(daemon->watcher, path, 0, false);
}

void watcher_look_at(struct daemon *daemon, const char *agent)
{
	settle_agent(daemon->watcher->settle, agent, "", false);
}

static void forget_agent(struct watcher *watcher, const char *name)
{
	_free_ char *path = xasprintf("agents/%s", name), *below = xasprintf("agents/%s/", name);

	for (size_t i = 0; i < watcher->count; i++) {
		const struct folder *folder = &watcher->folders[i];

		if (!folder->used ||
		    (strcmp(folder->path, path) && strncmp(folder->path, below, strlen(below))))
			continue;
		watch_remove(watcher->watch, i + 1);
		folder_drop(watcher, i + 1);
	}
}

static void unwatch_all(struct watcher *watcher)
{
	for (size_t i = 0; i < watcher->count; i++) {
		if (watcher->folders[i].used)
			watch_remove(watcher->watch, i + 1);
		folder_drop(watcher, i + 1);
	}
	watcher->free_hint = 0;
	watcher->limit_told = watcher->depth_told = false; /* it may be another limit by now */
	uv_timer_stop(watcher->look);
}

/* ---- what an event means ---- */

static void agent_event(struct watcher *watcher, const char *path, const struct watch_event *event)
{
	const char *rest = "";
	_free_ char *name = agent_of(path, &rest);
	_free_ char *inner = xasprintf("%s%s%s", rest, *rest ? "/" : "", event->name);

	if (name)
		settle_agent(watcher->settle, name, inner, event->directory);
}

static void root_event(struct watcher *watcher, const struct watch_event *event)
{
	if (!strcmp(event->name, "agentd.yaml"))
		settle_settings(watcher->settle);
	else if (event->directory &&
		 (!strcmp(event->name, "agents") || !strcmp(event->name, "shared")))
		watcher->stale = true;
	else if (!event->directory)
		settle_workspace(watcher->settle);
}

/* agents/: a folder came, went or was renamed. Its own watches are set when it has settled. */
static void agents_event(struct watcher *watcher, const struct watch_event *event)
{
	if (event->change == WATCH_GONE)
		forget_agent(watcher, event->name);
	settle_agent(watcher->settle, event->name, "", true);
}

static void on_change(void *context, const struct watch_event *event)
{
	struct watcher *watcher = context;
	const struct folder *folder;

	if (event->change == WATCH_RESCAN) {
		watcher->lost = true;
		return;
	}
	folder = &watcher->folders[event->tag - 1];
	if (!folder->used)
		return;
	if (event->change == WATCH_SELF) {
		folder_drop(watcher, event->tag);
		return;
	}
	if (is_machinery(folder->path, event->name) || file_name_is_scratch(event->name))
		return;
	if (!*folder->path)
		root_event(watcher, event);
	else if (!strcmp(folder->path, "agents"))
		agents_event(watcher, event);
	else if (!strcmp(folder->path, "shared"))
		settle_workspace(watcher->settle);
	else
		agent_event(watcher, folder->path, event);
}

void watcher_rescan(struct daemon *daemon)
{
	unwatch_all(daemon->watcher);
	watch_all(daemon->watcher);
	settle_everything(daemon->watcher->settle);
}

static void watch_ready(uv_poll_t *poll, int status, int events)
{
	struct watcher *watcher = poll->data;
	struct error error;

	(void)status;
	(void)events;
	if (watch_dispatch(watcher->watch, &error))
		log_event(watcher->daemon->log, LEVEL_ERROR, "watch", NULL, NULL, "%s",
			  error.message);
	if (watcher->lost)
		log_event(watcher->daemon->log, LEVEL_WARNING, "watch_overflow", NULL, NULL,
			  "more happened than the kernel could tell; all files are looked at");
	if (watcher->lost || watcher->stale)
		watcher_rescan(watcher->daemon);
	watcher->lost = watcher->stale = false;
}

/* ---- the value ---- */

int watcher_new(struct daemon *daemon, struct watcher **ret_watcher, struct error *error)
{
	struct watcher *watcher = xcalloc(1, sizeof(*watcher));
	int result = watch_new(on_change, watcher, &watcher->watch, error);

	if (result) {
		free(watcher);
		return result;
	}
	watcher->daemon = daemon;
	watcher->settle = settle_new(daemon);
	watcher->poll = handle_poll(&daemon->loop, watch_fd(watcher->watch), watcher);
	uv_poll_start(watcher->poll, UV_READABLE, watch_ready);
	watcher->look = handle_timer(&daemon->loop, watcher);
	*ret_watcher = watcher;
	return 0;
}

void watcher_start(struct daemon *daemon)
{
	watch_all(daemon->watcher);
}

void watcher_free(struct watcher *watcher)
{
	if (!watcher)
		return;
	uv_poll_stop(watcher->poll);
	uv_close((uv_handle_t *)watcher->poll, handle_free);
	uv_close((uv_handle_t *)watcher->look, handle_free);
	settle_free(watcher->settle);
	for (size_t i = 0; i < watcher->count; i++)
		free(watcher->folders[i].path);
	free(watcher->folders);
	watch_free(watcher->watch);
	free(watcher);
}
