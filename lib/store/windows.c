#include "database.h"

static const char put_windows[] = "INSERT OR REPLACE INTO windows VALUES(1, ?, ?, ?, ?,"
				  " (SELECT ifnull(max(number), 0) FROM call))";

int store_windows_put(struct store *store, const struct windows_row *row, struct error *error)
{
	struct query q;

	query_begin(&q, store, put_windows, error);
	query_int(&q, row->hour);
	query_int(&q, row->day);
	query_int(&q, row->hour_ms);
	query_int(&q, row->day_ms);
	return query_run(&q);
}

/* A newer call in another window: what was kept is over. */
static const char windows_in_force[] =
	"SELECT iif(call = number OR windows.hour = newest.hour, windows.hour, newest.hour),"
	" iif(call = number OR windows.hour = newest.hour, hour_ms, 0),"
	" iif(call = number OR windows.day = newest.day, windows.day, newest.day),"
	" iif(call = number OR windows.day = newest.day, day_ms, 0)"
	" FROM (SELECT number, hour, day FROM call"
	"  WHERE number = (SELECT max(number) FROM call)) AS newest"
	" LEFT JOIN windows";

int store_windows(struct store *store, struct windows_row *ret_row, struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, windows_in_force, error);
	r = query_next(&q);
	if (r < 0)
		return r;
	if (!r)
		return error_set(error, ERROR_NOT_FOUND, "no model was called yet");
	ret_row->hour = column_int(&q);
	ret_row->hour_ms = column_int(&q);
	ret_row->day = column_int(&q);
	ret_row->day_ms = column_int(&q);
	query_end(&q);
	return 0;
}
