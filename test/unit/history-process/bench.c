/* bench-history [WRITES]: durable commits a second over the socket, one repository and then eight.
 */
#include "child.h"

#include "base/clock.h"

#include <stdio.h>

#define LINE "- 2026-11-21: a fact of about eighty characters, as agents write them down here.\n"

struct lane {
	struct child *child;
	char name[32];
	struct buffer text;
	size_t left;
	json_t *params;
};

static size_t open_lanes;

static void next(struct lane *lane);

static void written(void *context, const json_t *result, const struct error *error)
{
	struct lane *lane = context;
	const json_t *files = json_object_get(result, "files"), *file;
	size_t i;

	if (!result)
		fail_msg("%s", error->message);
	buffer_append_text(&lane->text, LINE);
	json_array_foreach((json_t *)(uintptr_t)files, i, file)
		if (!strcmp(json_string_value(json_object_get(file, "path")), "MEMORY.md"))
			json_object_set(lane->params, "expected", json_object_get(file, "blob"));
	next(lane);
}

static void next(struct lane *lane)
{
	if (!lane->left--) {
		open_lanes--;
		return;
	}
	json_object_set_new(lane->params, "offset", json_integer((json_int_t)lane->text.length));
	rpc_request(lane->child->rpc, "write", json_deep_copy(lane->params), written, lane);
}

static void run(struct child *child, int from, int to, size_t writes)
{
	static struct lane lanes[16];
	int64_t start;
	double seconds;

	for (int i = from; i < to; i++) {
		struct lane *lane = &lanes[i];

		*lane = (struct lane){ .child = child,
				       .text = BUFFER(1024 * 1024),
				       .left = writes };
		snprintf(lane->name, sizeof(lane->name), "agents/a%d", i);
		buffer_append_text(&lane->text, "# Memory\n");
		lane->params = write_params(child, lane->name, "MEMORY.md", 0, 0, LINE);
	}
	start = clock_monotonic_us();
	open_lanes = (size_t)(to - from);
	for (int i = from; i < to; i++)
		next(&lanes[i]);
	while (open_lanes)
		rpc_wait(child->rpc, -1, NULL);
	seconds = (double)(clock_monotonic_us() - start) / 1e6;
	printf("%d repositor%s: %.0f commits a second, %.2f ms each\n", to - from,
	       to - from == 1 ? "y" : "ies", (double)writes * (to - from) / seconds,
	       1000 * seconds / (double)writes / (to - from));
	for (int i = from; i < to; i++) {
		json_decref(lanes[i].params);
		buffer_clear(&lanes[i].text);
	}
}

int main(int argc, char **argv)
{
	size_t writes = argc > 1 ? strtoul(argv[1], NULL, 10) : 300;
	struct child child;
	struct error error;
	char name[32];

	child_setup(&child, 9);
	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "agents/a%d", i);
		json_decref(call(&child, "edits", edits_params(name), &error));
	}
	run(&child, 0, 1, writes);
	run(&child, 1, 9, writes);
	sh(&child, "grep -E 'VmRSS|RssAnon' /proc/%d/status", (int)child.process.pid);
	printf("%s", child.output.data);
	child_teardown(&child);
	return 0;
}
