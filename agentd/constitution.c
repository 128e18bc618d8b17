#include "constitution.h"

#include "alerts.h"
#include "log.h"
#include "names.h"
#include "roster.h"

#define FOLDER "last-good"
#define SUFFIX "-CONSTITUTION.md"
#define INCIDENT "constitution "
#define TEXT_MAX (AGENT_FILE_MAX * 4) /* bytes that are no UTF-8 grow when they are cleaned */
#define FILES_MAX (10 * WORKSPACE_AGENTS_MAX) /* some of them of agents that are gone */

/* One text on its way to the disk. */
struct keeping {
	struct daemon *daemon;
	char agent[AGENT_NAME_MAX + 1];
	char *text;
	bool is_submitted; /* the store's thread has it, else it waits to be tried (again) */
	bool is_told;      /* that it could not be written */
};

static void keeping_free(struct keeping *keeping)
{
	if (keeping)
		free(keeping->text);
	free(keeping);
}

/* What the store's thread has is freed when it comes back. */
static void let_go(struct keeping *keeping)
{
	if (keeping && !keeping->is_submitted)
		keeping_free(keeping);
}

void constitution_known_clear(struct constitution_known *known)
{
	let_go(known->keeping);
	*known = (struct constitution_known){ 0 };
}

/* ---- the file: on the store's thread, but for reading ---- */

static char *path_of(const char *agent)
{
	return xasprintf(FOLDER "/%s" SUFFIX, agent);
}

/* NULL: there is no such file. */
static char *kept_read(const struct daemon *daemon, const char *agent)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(TEXT_MAX);
	_free_ char *path = path_of(agent);

	if (file_read(daemon->state_dir, path, &text, NULL, NULL))
		return NULL;
	return text.length ? buffer_steal(&text) : xstrdup("");
}

/* Made beside it under a name that is always the same, so that a kill leaves nothing for long. */
static int kept_replace(int dir, const char *path, const char *text, struct error *error)
{
	_free_ char *scratch = xasprintf("%s~", path);
	_fd_ int fd = -1;
	int result = file_create(dir, scratch, 0600, &fd, error);

	if (!result)
		result = fd_write_all(fd, span_of(text), error);
	if (!result)
		result = fd_sync(fd, error);
	return result ? result : file_rename(dir, scratch, path, error);
}

static int kept_write(const struct keeping *keeping, const char *path, struct error *error)
{
	_free_ char *there = kept_read(keeping->daemon, keeping->agent);
	int dir = keeping->daemon->state_dir, result;

	if (there && !strcmp(there, keeping->text))
		return 0;
	result = directory_make(dir, FOLDER, 0700, error);
	return result ? result : kept_replace(dir, path, keeping->text, error);
}

static int work(struct store *store, void *context, struct error *error)
{
	const struct keeping *keeping = context;
	_free_ char *path = path_of(keeping->agent);

	(void)store;
	return kept_write(keeping, path, error);
}

/* ---- keeping ---- */

/* It stays in memory, where it is found as well, until the next look tries again. */
static void tell_failure(struct keeping *keeping, const struct error *error)
{
	if (!keeping->is_told && error->code != ERROR_CLOSED)
		log_event(keeping->daemon->log, LEVEL_WARNING, "constitution_unkept",
			  keeping->agent, NULL,
			  "agents/%s/CONSTITUTION.md cannot be kept for the day it is emptied: %s",
			  keeping->agent, error->message);
	keeping->is_told = true;
}

static void work_done(void *context, int result, const struct error *error)
{
	struct keeping *keeping = context;
	struct resident *resident = roster_find(keeping->daemon->roster, keeping->agent);

	keeping->is_submitted = false;
	if (!resident || resident->constitution.keeping != keeping) {
		keeping_free(keeping);
	} else if (result) {
		tell_failure(keeping, error);
	} else {
		resident->constitution.keeping = NULL;
		keeping_free(keeping);
	}
}

/* Before that thread runs it waits for constitutions_start. */
static void submit(struct keeping *keeping)
{
	struct store_writer *writer = keeping->daemon->writer;

	if (writer && !keeping->is_submitted)
		keeping->is_submitted = !store_submit_later(writer, work, work_done, keeping);
}

static struct keeping *keeping_new(struct daemon *daemon, const char *agent, const char *text)
{
	struct keeping *keeping = xcalloc(1, sizeof(*keeping));

	keeping->daemon = daemon;
	snprintf(keeping->agent, sizeof(keeping->agent), "%s", agent);
	keeping->text = xstrdup(text);
	submit(keeping);
	return keeping;
}

static bool is_known(const struct constitution_known *known, const char *id)
{
	return !strcmp(known->id, id);
}

/* `text` is a good one, cleaned; its id is not known yet. */
static void keep(struct daemon *daemon, struct resident *resident, const char *id, const char *text)
{
	struct constitution_known *known = &resident->constitution;

	snprintf(known->id, sizeof(known->id), "%s", id);
	let_go(known->keeping);
	known->keeping = keeping_new(daemon, resident->name, text);
}

char *constitution_recall(const struct daemon *daemon, const char *agent)
{
	const struct resident *resident = roster_find(daemon->roster, agent);

	if (resident && resident->constitution.keeping)
		return xstrdup(resident->constitution.keeping->text);
	return kept_read(daemon, agent);
}

void constitution_left(struct daemon *daemon, struct resident *resident)
{
	_free_ char *key = xasprintf(INCIDENT "%s", resident->name);

	if (alert_is_open(daemon, key))
		alert_over(daemon, key, "agents/%s is gone", resident->name);
}

/* ---- telling ---- */

static void raise_incident(struct daemon *daemon, const struct resident *resident, const char *key,
			   const char *kept)
{
	const char *name = resident->name;
	const char *what = resident->constitution.file == CONSTITUTION_BLANK ? "says nothing"
									     : "is gone";
	_free_ char *post = NULL;

	if (kept && !constitution_is_blank(span_of(kept))) {
		post = xasprintf("agents/%s/CONSTITUTION.md %s: what it said last holds", name,
				 what);
		alert_raise(daemon, key, name, post,
			    "%s; to put that back: cp " STATE_FOLDER "/" FOLDER "/%s" SUFFIX
			    " agents/%s/CONSTITUTION.md",
			    post, name, name);
		return;
	}
	post = xasprintf("agents/%s/CONSTITUTION.md %s, and what it said last is not known: the "
			 "built-in one holds",
			 name, what);
	alert_raise(daemon, key, name, post, "%s; write there what %s must never do", post, name);
}

/* One that never was there is no incident. */
static void tell(struct daemon *daemon, const struct resident *resident)
{
	enum constitution_file file = resident->constitution.file;
	_free_ char *key = xasprintf(INCIDENT "%s", resident->name), *kept = NULL;
	bool is_open = alert_is_open(daemon, key);

	if (file == CONSTITUTION_GOOD && is_open)
		alert_mended(daemon, key, "agents/%s/CONSTITUTION.md is in force again",
			     resident->name);
	if (file != CONSTITUTION_BLANK && file != CONSTITUTION_MISSING)
		return;
	kept = constitution_recall(daemon, resident->name);
	if (file == CONSTITUTION_BLANK || kept || is_open)
		raise_incident(daemon, resident, key, kept);
}

/* ---- seeing it ---- */

void constitution_look(struct daemon *daemon, struct resident *resident,
		       const struct source *source)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	struct constitution_known *known = &resident->constitution;
	struct span raw = { source->data, source->length };

	if (!source->data)
		known->file = CONSTITUTION_MISSING;
	else if (constitution_is_blank(raw))
		known->file = CONSTITUTION_BLANK;
	else
		known->file = CONSTITUTION_GOOD;
	if (known->file == CONSTITUTION_GOOD && !is_known(known, source->id) &&
	    !markdown_clean(raw, raw.length, &text, NULL))
		keep(daemon, resident, source->id, text.data);
	if (known->keeping)
		submit(known->keeping);
	if (daemon->ready) /* else open incidents are not known yet */
		tell(daemon, resident);
}

void constitution_used(struct daemon *daemon, struct resident *resident,
		       const struct plan_text *text)
{
	struct constitution_known *known = &resident->constitution;

	if (!text->id[0])
		tell(daemon, resident);
	else if (!is_known(known, text->id)) /* the roster has not seen it yet */
		keep(daemon, resident, text->id, text->text);
	if (known->keeping)
		submit(known->keeping);
}

/* ---- at a start ---- */

static const char *fault(struct daemon *daemon, const char *key)
{
	if (strncmp(key, INCIDENT, strlen(INCIDENT)) != 0 ||
	    roster_find(daemon->roster, key + strlen(INCIDENT)))
		return NULL;
	return "the agent is gone";
}

void constitutions_start(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];

		if (resident->constitution.keeping)
			submit(resident->constitution.keeping);
		tell(daemon, resident);
	}
	alerts_review(daemon, fault);
}

/* ---- once a day: on the store's thread ---- */

struct prune {
	struct names *names;
	int dir;
	int64_t now, before;
};

/* Of any other name: what an agentd that was killed had begun to write. */
static bool is_of_an_agent(const struct prune *prune, const char *name)
{
	struct span file = span_of(name);
	size_t length = file.length - strlen(SUFFIX);
	_free_ char *agent = NULL;

	if (file.length <= strlen(SUFFIX) || strcmp(name + length, SUFFIX) != 0)
		return false;
	agent = xstrndup(name, length);
	return names_has(prune->names, NAMED_AGENT, agent, NULL);
}

/* Its time says when its agent was there last, to a quarter of what it is kept for. */
static void note_time(const struct prune *prune, const char *name)
{
	struct timespec now[] = { { prune->now, 0 }, { prune->now, 0 } };
	_fd_ int fd = -1;

	if (!file_open_beneath(prune->dir, name, &fd, NULL, NULL))
		(void)!futimens(fd, now); /* tomorrow again */
}

static int prune_visit(void *context, const char *name, unsigned char type)
{
	const struct prune *prune = context;
	struct stat st;

	(void)type;
	if (file_stat(prune->dir, name, &st, NULL))
		return 0;
	if (!is_of_an_agent(prune, name)) {
		if (st.st_mtime < prune->before)
			file_unlink(prune->dir, name, NULL);
	} else if (st.st_mtime < prune->now - (prune->now - prune->before) / 4) {
		note_time(prune, name);
	}
	return 0;
}

int constitutions_prune(int state_dir, struct names *names, int64_t now, int64_t before,
			struct error *error)
{
	struct prune prune = { .names = names, .dir = -1, .now = now, .before = before };
	int result = directory_open_beneath(state_dir, FOLDER, &prune.dir, error);

	if (!result)
		result = directory_walk(prune.dir, FILES_MAX, prune_visit, &prune, error);
	fd_close(&prune.dir);
	return result == -(int)ERROR_NOT_FOUND ? 0 : result;
}
