#include "report.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/instant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

struct report {
	json_t *rows;
	size_t missed;
	bool quick;
};

struct report *report_new(bool quick)
{
	struct report *report = xcalloc(1, sizeof(*report));

	report->rows = json_array();
	report->quick = quick;
	printf("%-44s %10s %10s %10s %5s  %-10s %s\n", "MEASURE", "MEDIAN", "MIN", "MAX", "RUNS",
	       "TARGET", "");
	return report;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	json_decref(report->rows);
	free(report);
}

static bool is_reached(const struct row *row, double value)
{
	return row->goal == GOAL_AT_MOST ? value <= row->target : value >= row->target;
}

static void print_row(const struct row *row, const struct series *series, bool reached)
{
	static const char *const signs[] = { "", "<= ", ">= " };
	_free_ char *name = xasprintf("%s [%s]", row->name, row->unit);
	char target[32] = "";

	if (row->goal)
		snprintf(target, sizeof(target), "%s%g", signs[row->goal], row->target);
	printf("%-44s %10.2f %10.2f %10.2f %5zu  %-10s %s%s%s\n", name, series_median(series),
	       series_min(series), series_max(series), series->count, target,
	       !row->goal ? ""
	       : reached  ? "reached"
			  : "MISSED",
	       row->goal && row->note ? "; " : "", row->note ? row->note : "");
	fflush(stdout);
}

void report_add(struct report *report, const struct row *row, const struct series *series)
{
	static const char *const goals[] = { "none", "at most", "at least" };
	bool reached = !row->goal || is_reached(row, series_median(series));
	json_t *json = json_pack("{s:s,s:s,s:f,s:f,s:f,s:I,s:s,s:s*}", "name", row->name, "unit",
				 row->unit, "median", series_median(series), "min",
				 series_min(series), "max", series_max(series), "runs",
				 (json_int_t)series->count, "goal", goals[row->goal], "note",
				 row->note);

	if (row->goal) {
		json_object_set_new(json, "target", json_real(row->target));
		json_object_set_new(json, "reached", json_boolean(reached));
	}
	json_array_append_new(report->rows, json);
	report->missed += !reached;
	print_row(row, series, reached);
}

void report_add_one(struct report *report, const struct row *row, double value)
{
	struct series *series = xcalloc(1, sizeof(*series));

	series_add(series, value);
	report_add(report, row, series);
	free(series);
}

size_t report_missed(const struct report *report)
{
	return report->missed;
}

int report_write(const struct report *report, const char *path, struct error *error)
{
	char time[INSTANT_SIZE];
	struct utsname name;
	json_t *whole;
	_free_ char *text = NULL;
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return error_set_system(error, errno, "cannot write %s", path);
	uname(&name);
	whole = json_pack("{s:s,s:b,s:{s:s,s:s,s:i},s:O}", "time",
			  instant_print(clock_wall_s(), time), "quick", (int)report->quick,
			  "machine", "kernel", name.release, "architecture", name.machine,
			  "processors", (int)sysconf(_SC_NPROCESSORS_ONLN), "rows", report->rows);
	text = json_dumps(whole, JSON_INDENT(2));
	json_decref(whole);
	if (fd_write_all(fd, span_of(text), error))
		return -(int)ERROR_SYSTEM;
	return fd_write_all(fd, SPAN("\n"), error);
}
