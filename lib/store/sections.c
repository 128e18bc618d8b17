#include "database.h"

static const char put_section[] = "INSERT OR REPLACE INTO section"
				  " VALUES(?,?,?,?,?,?,?,?,?,?,?)";
static const char all_sections[] = "SELECT * FROM section ORDER BY agent, key";

int store_section_put(struct store *store, const struct section *section, struct error *error)
{
	struct query q;

	query_begin(&q, store, put_section, error);
	query_text(&q, section->agent);
	query_text(&q, section->key);
	query_text(&q, section->schedule);
	query_int(&q, section->first_seen);
	query_int(&q, section->next);
	query_int(&q, section->last_run);
	query_text(&q, section->inputs);
	query_int(&q, section->past);
	query_int(&q, section->pending);
	query_int(&q, section->woken);
	query_text(&q, section->heard);
	return query_run(&q);
}

static void read_section(struct query *q, struct section *ret_section)
{
	ret_section->agent = column_text(q);
	ret_section->key = column_text(q);
	ret_section->schedule = column_text(q);
	ret_section->first_seen = column_int(q);
	ret_section->next = column_int(q);
	ret_section->last_run = column_int(q);
	ret_section->inputs = column_text(q);
	ret_section->past = column_int(q);
	ret_section->pending = column_int(q);
	ret_section->woken = column_int(q);
	ret_section->heard = column_text(q);
}

int store_sections(struct store *store, store_section_visit visit, void *context,
		   struct error *error)
{
	struct section section;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, all_sections, error);
	while (!visited && (r = query_next(&q)) > 0) {
		read_section(&q, &section);
		visited = visit(context, &section);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}

/* The new key may have rows of a section that stood there long ago: its place is taken, its slots
 * stay, and of two slots of one moment the one that has the new key already is kept under it. */
static const char *const renames[] = {
	"UPDATE OR REPLACE section SET key = ?3 WHERE agent = ?1 AND key = ?2",
	("UPDATE OR IGNORE slot SET section = ?3 WHERE agent = ?1 AND section = ?2 AND event = ''"
	 " AND slots = 1"),
	"UPDATE slot SET section = ?3 WHERE agent = ?1 AND section = ?2 AND slots > 1",
	"UPDATE OR IGNORE slot SET section = ?3 WHERE agent = ?1 AND section = ?2 AND event <> ''",
	"UPDATE session SET section = ?3 WHERE agent = ?1 AND section = ?2",
};

static int rename_rows(struct store *store, const char *const names[3], struct error *error)
{
	int r = 0, changes = 0;
	struct query q;

	for (size_t i = 0; !r && i < ARRAY_LENGTH(renames); i++) {
		query_begin(&q, store, renames[i], error);
		for (size_t name = 0; name < 3; name++)
			query_text(&q, names[name]);
		r = query_change(&q, &changes);
		if (!r && !i && !changes)
			r = error_set(error, ERROR_NOT_FOUND, "%s has no section \"%s\"", names[0],
				      names[1]);
	}
	return r;
}

int store_section_rename(struct store *store, const char *agent, const char *from, const char *to,
			 struct error *error)
{
	const char *names[3] = { agent, from, to };
	int r = savepoint_begin(store, error);

	if (r)
		return r;
	r = rename_rows(store, names, error);
	if (!r)
		r = savepoint_keep(store, error);
	if (r)
		savepoint_undo(store);
	return r;
}
