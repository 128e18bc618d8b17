#include "recovery.h"

#include "shell.h"

#include "base/clock.h"
#include "base/file.h"
#include "history/history.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMITS_MAX 10000
#define TEXT_MAX ((size_t)16 * 1024 * 1024)

static int wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	return -1;
}

/* ---- repositories ---- */

typedef int (*repository_visit)(void *context, const char *path, const char *name);

/* The workspace itself and each agent's folder that has a SOUL.md. */
static int each_repository(const char *root, repository_visit visit, void *context)
{
	char path[PATH_MAX], soul[PATH_MAX + 16], agents[PATH_MAX];
	int result = visit(context, root, ".");
	struct dirent *entry;
	DIR *dir;

	snprintf(agents, sizeof(agents), "%s/agents", root);
	dir = opendir(agents);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/agents/%s", root, entry->d_name);
		snprintf(soul, sizeof(soul), "%s/SOUL.md", path);
		if (entry->d_name[0] != '.' && !access(soul, F_OK))
			result |= visit(context, path, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return result;
}

static int add_line(void *context, const struct history_entry *entry)
{
	struct story *story = context;

	story->lines[story->count++] = xasprintf("%s: %s", entry->author, entry->subject);
	return 0;
}

/* Newest first. */
static int story_read(const char *path, struct story *story)
{
	struct history *h = NULL;
	struct error error = { 0 };
	int result = history_open(path, false, &h, &error);

	story->lines = xcalloc(COMMITS_MAX, sizeof(*story->lines));
	if (!result)
		result = history_log(h, COMMITS_MAX, false, add_line, story, &error);
	history_free(h);
	return result == -(int)ERROR_NOT_FOUND ? 0
	       : result                        ? wrong("log of %s: %s", path, error.message)
					       : 0;
}

static int begin_one(void *context, const char *path, const char *name)
{
	struct recovery *r = context;

	r->stories = xreallocarray(r->stories, r->story_count + 1, sizeof(*r->stories));
	r->stories[r->story_count] = (struct story){ .repository = xstrdup(name) };
	return story_read(path, &r->stories[r->story_count++]);
}

void recovery_begin(struct recovery *recovery, const char *root)
{
	if (each_repository(root, begin_one, recovery))
		abort();
}

/* ---- what had been promised ---- */

/* The commit that an answer of agentd-history names. */
static bool names_commit(struct span text, char id[HISTORY_ID_SIZE])
{
	static const char key[] = "\"commit\":\"";
	const char *at = text.length ? memmem(text.data, text.length, key, strlen(key)) : NULL;

	if (!at || text.data + text.length - at < (long)strlen(key) + 41)
		return false;
	memcpy(id, at + strlen(key), 40);
	id[40] = '\0';
	return id[strspn(id, "0123456789abcdef")] == '\0';
}

/* What a message of agentd's that begins so promises: as many of these rows as such messages. */
static const struct {
	const char *says, *rows;
} answers[] = {
	{ "{\"jsonrpc\":\"2.0\",\"result\":{\"content\":\"remembered\"",
	  "SELECT count(*) FROM step WHERE kind = 'remember' AND result IS NOT NULL" },
	{ "{\"jsonrpc\":\"2.0\",\"result\":{\"content\":\"posted\"",
	  "SELECT count(*) FROM step WHERE kind = 'bulletin_post' AND result IS NOT NULL" },
	{ "{\"jsonrpc\":\"2.0\",\"result\":{\"reply\":",
	  "SELECT count(*) FROM step WHERE kind = 'model' AND result IS NOT NULL" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"complete\",\"params\":{\"call\":",
	  "SELECT count(*) FROM call JOIN step ON step.session = call.session AND step.seq = call.seq" },
};

static int64_t number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = -1;

	if (!sqlite3_prepare_v2(db, sql, -1, &statement, NULL) &&
	    sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static int check_rows(sqlite3 *db, const char *sql, int64_t least)
{
	int64_t number = number_of(db, sql);

	return number >= least ? 0
			       : wrong("state.db: %lld instead of %lld: %s", (long long)number,
				       (long long)least, sql);
}

static int check_promised_rows(const struct recovery *r, size_t happened, sqlite3 *db)
{
	int64_t told[ARRAY_LENGTH(answers)] = { 0 };
	int result = 0;

	for (size_t i = 0; i < happened; i++) {
		const struct operation *o = &r->operations[i];
		char sql[1024];
		long long least;

		if (o->kind == OPERATION_MESSAGE && !strcmp(o->path, "agentd"))
			for (size_t k = 0; k < ARRAY_LENGTH(answers); k++)
				told[k] += span_starts_with(o->data, span_of(answers[k].says));
		if (o->kind == OPERATION_MARK &&
		    sscanf(o->data.data, "rows %lld %1023[^\n]", &least, sql) == 2)
			result |= check_rows(db, sql, least);
	}
	for (size_t k = 0; k < ARRAY_LENGTH(answers); k++)
		if (told[k])
			result |= check_rows(db, answers[k].rows, told[k]);
	return result;
}

static size_t count_lines(const char *text, const char *line)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, line)); at += strlen(line))
		count++;
	return count;
}

static int check_line(const char *root, const char *file, const char *line)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(TEXT_MAX);
	struct error error = { 0 };
	_fd_ int dir = -1;
	int result = directory_open(root, &dir, &error);
	size_t count;

	if (!result)
		result = file_read(dir, file, &text, NULL, &error);
	if (result)
		return wrong("%s, which holds <%s>: %s", file, line, error.message);
	buffer_append_text(&text, "");
	count = count_lines(text.data ? text.data : "", line);
	return count == 1 ? 0 : wrong("%s holds <%s> %zu times", file, line, count);
}

static int check_promised_lines(const struct recovery *r, size_t happened, const char *root)
{
	int result = 0;

	for (size_t i = 0; i < happened; i++) {
		const struct operation *o = &r->operations[i];
		char file[256], line[512];

		if (o->kind == OPERATION_MARK &&
		    sscanf(o->data.data, "line %255s %511[^\n]", file, line) == 2)
			result |= check_line(root, file, line);
	}
	return result;
}

struct look {
	const struct recovery *r;
	const char *root;
	size_t happened, found; /* commits that are in this repository */
	int64_t at;
};

static bool holds_commit(git_repository *repository, const char *id)
{
	git_oid head, commit;

	return !git_reference_name_to_id(&head, repository, "HEAD") &&
	       !git_oid_fromstr(&commit, id) &&
	       (git_oid_equal(&head, &commit) ||
		git_graph_descendant_of(repository, &head, &commit) == 1);
}

static int count_commits(void *context, const char *path, const char *name)
{
	struct look *look = context;
	git_repository *repository = NULL;
	char id[HISTORY_ID_SIZE];

	(void)name;
	if (git_repository_open(&repository, path))
		return wrong("%s: cannot be opened", path);
	for (size_t i = 0; i < look->happened; i++) {
		const struct operation *o = &look->r->operations[i];

		if (o->kind == OPERATION_MESSAGE && !strcmp(o->path, "agentd-history") &&
		    names_commit(o->data, id))
			look->found += holds_commit(repository, id);
	}
	git_repository_free(repository);
	return 0;
}

static int check_promised_commits(const struct recovery *r, size_t happened, const char *root)
{
	struct look look = { .r = r, .root = root, .happened = happened };
	char id[HISTORY_ID_SIZE];
	size_t told = 0;

	for (size_t i = 0; i < happened; i++)
		told += r->operations[i].kind == OPERATION_MESSAGE &&
			!strcmp(r->operations[i].path, "agentd-history") &&
			names_commit(r->operations[i].data, id);
	if (each_repository(root, count_commits, &look))
		return -1;
	return look.found == told
		       ? 0
		       : wrong("of %zu commits that were answered %zu are there", told, look.found);
}

/* ---- recovering ---- */

static int recover_store(const char *root)
{
	struct store *store = NULL;
	struct error error = { 0 };
	char path[PATH_MAX];
	_fd_ int dir = -1;
	int result;

	snprintf(path, sizeof(path), "%s/.agentd", root);
	if (access(path, F_OK))
		return 0; /* it had not been made */
	result = directory_open(path, &dir, &error);
	if (!result)
		result = store_open(dir, false, &store, &error);
	store_close(store);
	return result ? wrong("state.db: %s", error.message) : 0;
}

static int check_store(const struct recovery *r, size_t happened, const char *root)
{
	char path[PATH_MAX];
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int result = 0;

	snprintf(path, sizeof(path), "%s/.agentd/state.db", root);
	if (access(path, F_OK))
		return 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) ||
	    sqlite3_step(statement) != SQLITE_ROW)
		result = wrong("state.db: %s", sqlite3_errmsg(db));
	else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok"))
		result = wrong("state.db: %s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	result |= check_promised_rows(r, happened, db);
	sqlite3_close(db);
	return result;
}

static int recover_repository(void *context, const char *path, const char *name)
{
	struct look *look = context;
	struct history *h = NULL;
	struct error error = { 0 };
	char commit[HISTORY_ID_SIZE];
	size_t merged;
	int result = history_open(path, true, &h, &error);

	if (!result)
		result = history_commit_edits(h, look->at, commit, &merged, NULL, &error);
	history_free(h);
	return result ? wrong("%s: %s", name, error.message) : 0;
}

/* The same commits as in the undisturbed run, up to some point. */
static int check_story(void *context, const char *path, const char *name)
{
	const struct look *look = context;
	struct story now = { 0 };
	const struct story *full = NULL;
	int result = story_read(path, &now);

	for (size_t i = 0; i < look->r->story_count; i++)
		if (!strcmp(look->r->stories[i].repository, name))
			full = &look->r->stories[i];
	for (size_t i = 0; full && i < now.count; i++) {
		const char *line = now.lines[now.count - 1 - i];
		const char *expected = i < full->count ? full->lines[full->count - 1 - i]
						       : "nothing";

		if (strcmp(line, expected)) {
			result = wrong("%s: commit %zu is <%s> instead of <%s>", name, i + 1, line,
				       expected);
			break;
		}
	}
	for (size_t i = 0; i < now.count; i++)
		free(now.lines[i]);
	free(now.lines);
	return result;
}

/* What git says, and what should not be left. */
static int check_git(void *context, const char *path, const char *name)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(TEXT_MAX);
	_free_ char *command = xasprintf(
		"cd '%s' && { git fsck --strict --no-dangling --no-progress 2>&1 | grep -v ^notice; "
		"git status --porcelain; find .git -name '*.lock'; ls .git | grep agentd; "
		"find . -path ./agents/* -prune -o -name '.agentd-*~' -print; }",
		path);

	(void)context;
	if (shell(command, &said) < 0)
		return wrong("%s: git cannot be asked", name);
	return said.length ? wrong("%s: git says\n%.*s", name, (int)said.length, said.data) : 0;
}

static void add_head(const char *path, struct buffer *out)
{
	git_repository *repository = NULL;
	char hex[HISTORY_ID_SIZE] = "none";
	git_oid head;

	if (!git_repository_open(&repository, path) &&
	    !git_reference_name_to_id(&head, repository, "HEAD"))
		git_oid_tostr(hex, sizeof(hex), &head);
	git_repository_free(repository);
	buffer_printf(out, "%s %s\n", path, hex);
}

static int add_heads(void *context, const char *path, const char *name)
{
	(void)name;
	add_head(path, context);
	return 0;
}

static int recover(struct look *look)
{
	int result = recover_store(look->root);

	return result | each_repository(look->root, recover_repository, look);
}

int recovery_check(const struct recovery *r, size_t happened, const char *path)
{
	CLEANUP(buffer_clear) struct buffer first = BUFFER(TEXT_MAX), second = BUFFER(TEXT_MAX);
	struct look look = { .r = r, .root = path, .happened = happened, .at = clock_wall_s() };
	int result = recover(&look);

	each_repository(path, add_heads, &first);
	if (!result)
		result |= check_store(r, happened, path) |
			  check_promised_commits(r, happened, path) |
			  check_promised_lines(r, happened, path) |
			  each_repository(path, check_story, &look) |
			  each_repository(path, check_git, &look);
	look.at++;
	if (!result)
		result |= recover(&look);
	each_repository(path, add_heads, &second);
	if (!result && !span_equal(buffer_span(&first), buffer_span(&second)))
		result = wrong("taken up once more it differs:\n%s%s", first.data, second.data);
	return result;
}
