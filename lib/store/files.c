#include "database.h"

static const char delete_files[] = "DELETE FROM file WHERE repository = ?";
static const char insert_file[] = "INSERT OR REPLACE INTO file VALUES(?,?,?,?,?,?,?)";
static const char all_files[] = "SELECT * FROM file ORDER BY repository, path";

static int insert_row(struct store *store, const char *repository, const struct file_row *row,
		      struct error *error)
{
	struct query q;

	query_begin(&q, store, insert_file, error);
	query_text(&q, repository);
	query_text(&q, row->path);
	query_int(&q, row->stamp.size);
	query_int(&q, row->stamp.mtime_ns);
	query_int(&q, row->stamp.ctime_ns);
	query_int(&q, (int64_t)row->stamp.inode);
	query_text(&q, row->blob);
	return query_run(&q);
}

static int replace_rows(struct store *store, const char *repository, const struct file_row *rows,
			size_t count, struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, delete_files, error);
	query_text(&q, repository);
	r = query_run(&q);
	for (size_t i = 0; !r && i < count; i++)
		r = insert_row(store, repository, &rows[i], error);
	return r;
}

int store_files_put(struct store *store, const char *repository, const struct file_row *rows,
		    size_t count, struct error *error)
{
	int r = savepoint_begin(store, error);

	if (r)
		return r;
	r = replace_rows(store, repository, rows, count, error);
	if (!r)
		r = savepoint_keep(store, error);
	if (r)
		savepoint_undo(store);
	return r;
}

static void read_file(struct query *q, struct file_row *ret_row)
{
	ret_row->repository = column_text(q);
	ret_row->path = column_text(q);
	ret_row->stamp.size = column_int(q);
	ret_row->stamp.mtime_ns = column_int(q);
	ret_row->stamp.ctime_ns = column_int(q);
	ret_row->stamp.inode = (uint64_t)column_int(q);
	ret_row->blob = column_text(q);
}

int store_files(struct store *store, store_file_visit visit, void *context, struct error *error)
{
	struct file_row row;
	int r, visited = 0;
	struct query q;

	query_begin(&q, store, all_files, error);
	while (!visited && (r = query_next(&q)) > 0) {
		read_file(&q, &row);
		visited = visit(context, &row);
	}
	if (visited)
		query_end(&q);
	return visited ? visited : r;
}
