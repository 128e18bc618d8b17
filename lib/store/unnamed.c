#include "database.h"

/* What is to be done about a row, found before anything is: a list must not change while it is
 * walked. */
struct change {
	enum named kind;
	bool is_named, is_old;
	char *name, *key, *mark;
};

struct changes {
	struct change *items;
	size_t count, max;
};

static void changes_clear(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		free(changes->items[i].name);
		free(changes->items[i].key);
		free(changes->items[i].mark);
	}
	free(changes->items);
}
CLEANUP_DEFINE_VALUE(struct changes, changes_clear)

/* Since when nothing names a row stands among the counters, under its mark. An agent's name has no
 * space, so that no two rows share one. The order of enum named. */
static const char all_rows[] =
	"SELECT kind, row.name, key, mark, ifnull(value, 0) FROM ("
	"SELECT 0 AS kind, agent AS name, key, 'unnamed section ' || agent || ' ' || key AS mark"
	"  FROM section"
	" UNION ALL SELECT 1, agent, '', 'unnamed agent ' || agent FROM agent"
	" UNION ALL SELECT 2, repository, '', 'unnamed files ' || repository"
	"  FROM (SELECT DISTINCT repository FROM file)"
	" UNION ALL SELECT 3, key, '', 'unnamed breaker ' || key FROM breaker"
	" UNION ALL SELECT 4, key, '', 'unnamed learned ' || key FROM learned"
	") AS row LEFT JOIN counter ON counter.name = mark";

static const char *const deletions[] = {
	[NAMED_SECTION] = "DELETE FROM section WHERE agent = ?1 AND key = ?2",
	[NAMED_AGENT] = "DELETE FROM agent WHERE agent = ?1 AND ?2 = ''",
	[NAMED_FILES] = "DELETE FROM file WHERE repository = ?1 AND ?2 = ''",
	[NAMED_BREAKER] = "DELETE FROM breaker WHERE key = ?1 AND ?2 = ''",
	[NAMED_LEARNED] = "DELETE FROM learned WHERE key = ?1 AND ?2 = ''",
};
static const char put_mark[] = "INSERT OR REPLACE INTO counter VALUES(?1, ?2)";
static const char delete_mark[] = "DELETE FROM counter WHERE name = ?";
/* Of rows that left in another way: a section that has another key. */
static const char delete_marks[] = "DELETE FROM counter WHERE name GLOB 'unnamed *' AND value < ?";

static int find(struct store *store, store_is_named is_named, void *context, int64_t now,
		int64_t before, struct changes *changes, struct error *error)
{
	struct query q;
	int r = 1;

	query_begin(&q, store, all_rows, error);
	while (changes->count < changes->max && (r = query_next(&q)) > 0) {
		enum named kind = (enum named)column_int(&q);
		const char *name = column_text(&q), *key = column_text(&q), *mark = column_text(&q);
		int64_t since = column_int(&q);
		bool known = is_named(context, kind, name, key), old = since < before;

		if (known ? !since : since && since <= now && !old)
			continue;
		changes->items[changes->count++] = (struct change){
			kind, known, since && old, xstrdup(name), xstrdup(key), xstrdup(mark),
		};
	}
	if (r > 0)
		query_end(&q);
	return r < 0 ? r : 0;
}

static int change_row(struct store *store, const struct change *change, int64_t now,
		      struct error *error)
{
	bool is_marked = !change->is_named && !change->is_old;
	struct query q;
	int r = 0;

	if (change->is_old && !change->is_named) {
		query_begin(&q, store, deletions[change->kind], error);
		query_text(&q, change->name);
		query_text(&q, change->key);
		r = query_run(&q);
	}
	if (r)
		return r;
	query_begin(&q, store, is_marked ? put_mark : delete_mark, error);
	query_text(&q, change->mark);
	if (is_marked)
		query_int(&q, now);
	return query_run(&q);
}

int store_unnamed_prune(struct store *store, store_is_named is_named, void *context, int64_t now,
			int64_t before, size_t max, size_t *ret_count, struct error *error)
{
	CLEANUP(changes_clear)
	struct changes changes = { xcalloc(max, sizeof(struct change)), 0, max };
	struct query q;
	int r = find(store, is_named, context, now, before, &changes, error);

	for (size_t i = 0; !r && i < changes.count; i++)
		r = change_row(store, &changes.items[i], now, error);
	if (!r && changes.count < max) {
		query_begin(&q, store, delete_marks, error);
		query_int(&q, before);
		r = query_run(&q);
	}
	if (!r)
		*ret_count = changes.count;
	return r;
}
