#include "processes.h"

#include "base/buffer.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#define PROC_FILE_MAX (1024 * 1024)

static bool read_proc(const char *path, struct buffer *out)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	buffer_reset(out);
	return fd >= 0 && !fd_read_all(fd, out, NULL) && out->length;
}

/* The number behind `key` in "key:   123 kB". */
static double number_after(const struct buffer *text, const char *key)
{
	const char *at = strstr(text->data, key);

	return at ? strtod(at + strlen(key), NULL) : 0;
}

/* Calls `visit` for each thread of a process. */
static void each_thread(pid_t pid, void (*visit)(const char *folder, void *context), void *context)
{
	_free_ char *tasks = xasprintf("/proc/%d/task", (int)pid);
	DIR *dir = opendir(tasks);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_free_ char *folder = xasprintf("%s/%s", tasks, entry->d_name);

		if (entry->d_name[0] != '.')
			visit(folder, context);
	}
	if (dir)
		closedir(dir);
}

static void add_thread(const char *folder, void *context)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(PROC_FILE_MAX);
	_free_ char *status = xasprintf("%s/status", folder);
	_free_ char *schedstat = xasprintf("%s/schedstat", folder);
	struct usage *usage = context;

	if (read_proc(status, &text))
		usage->wakeups += number_after(&text, "\nvoluntary_ctxt_switches:");
	if (read_proc(schedstat, &text)) /* nanoseconds on a processor, waiting, slices */
		usage->cpu_ms += strtod(text.data, NULL) / 1e6;
}

static bool add_process(pid_t pid, struct usage *usage)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(PROC_FILE_MAX);
	_free_ char *rollup = xasprintf("/proc/%d/smaps_rollup", (int)pid);

	if (!read_proc(rollup, &text))
		return false;
	usage->processes++;
	usage->pss_kib += number_after(&text, "\nPss:");
	each_thread(pid, add_thread, usage);
	return true;
}

static void collect_children(const char *folder, void *context)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(PROC_FILE_MAX);
	_free_ char *path = xasprintf("%s/children", folder);

	if (read_proc(path, &text))
		buffer_append(context, buffer_span(&text));
}

/* Calls add_process for each child; `usage` may be NULL. Returns how many there are. */
static size_t each_child(pid_t pid, struct usage *usage)
{
	CLEANUP(buffer_clear) struct buffer list = BUFFER(PROC_FILE_MAX);
	size_t count = 0;
	char *at, *end;
	long child;

	each_thread(pid, collect_children, &list);
	for (at = list.data; at && (child = strtol(at, &end, 10)) > 0; at = end) {
		count++;
		if (usage)
			add_process((pid_t)child, usage);
	}
	return count;
}

size_t children_count(pid_t pid)
{
	return each_child(pid, NULL);
}

int usage_read(pid_t pid, struct usage *ret_usage, struct error *error)
{
	struct usage usage = { 0 };

	if (!add_process(pid, &usage))
		return error_set(error, ERROR_CLOSED, "agentd is gone");
	each_child(pid, &usage);
	*ret_usage = usage;
	return 0;
}
