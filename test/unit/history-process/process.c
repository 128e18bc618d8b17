/* agentd-history as agentd sees it: requests in, answers out, behind its walls. */
#include "child.h"

#include "words.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int setup(void **state)
{
	struct child *child = xcalloc(1, sizeof(*child));

	child_setup(child, 3);
	*state = child;
	return 0;
}

static int teardown(void **state)
{
	child_teardown(*state);
	free(*state);
	return 0;
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static void edits_then_writes(void **state)
{
	struct child *child = *state;
	struct error error;
	json_t *result = call(child, "edits", edits_params("agents/a0"), &error);

	assert_non_null(result);
	assert_int_equal(40, strlen(text(result, "commit")));
	assert_int_equal(0, json_integer_value(json_object_get(result, "merged")));
	assert_int_equal(2, json_array_size(json_object_get(result, "files")));
	json_decref(result);

	result = call(child, "edits", edits_params("agents/a0"), &error);
	assert_true(json_is_null(json_object_get(result, "commit")));
	json_decref(result);

	result = call(child, "write",
		      write_params(child, "agents/a0", "MEMORY.md", 9, 0, "- one\n"), &error);
	assert_non_null(result);
	json_decref(result);
	assert_sh(child,
		  "kira <kira@agentd.local> memory: 1 fact\n"
		  "Mika Person <mika@example.org> begin agent a0\n",
		  "git -C agents/a0 log --format='%an <%ae> %s'");
	assert_sh(child, "# Memory\n- one\n", "cat agents/a0/MEMORY.md");
	assert_sh(child, "",
		  "git -C agents/a0 status --porcelain; "
		  "git -C agents/a0 fsck --strict --no-progress 2>&1 | grep -v ^notice");
}

static void the_workspaces_own_repository(void **state)
{
	struct child *child = *state;
	struct error error;
	json_t *result = call(child, "edits", edits_params("."), &error);

	assert_non_null(result);
	json_decref(result);
	assert_sh(child, ".gitignore\nagentd.yaml\n", "git ls-files");
	result = call(child, "write", write_params(child, ".", "shared/BULLETIN.md", 0, 0, "# B\n"),
		      &error);
	assert_non_null(result);
	json_decref(result);
	assert_sh(child, "memory: 1 fact\nbegin workspace\n", "git log --format=%s");
	assert_sh(child, "", "git status --porcelain");
}

static void a_write_that_was_done_is_fine(void **state)
{
	struct child *child = *state;
	struct error error;
	json_t *params = write_params(child, "agents/a0", "MEMORY.md", 9, 0, "- one\n");

	for (int i = 0; i < 3; i++) {
		json_t *result = call(child, "write", json_incref(params), &error);

		if (!result)
			fail_msg("%s", error.message);
		json_decref(result);
	}
	json_decref(params);
	assert_sh(child, "2\n", "git -C agents/a0 rev-list --count HEAD");
	assert_sh(child, "# Memory\n- one\n", "cat agents/a0/MEMORY.md");
}

struct refusal {
	const char *method, *params;
	enum error_code code;
};

#define AUTHOR "\"author\":{\"name\":\"k\",\"email\":\"k@x\",\"at\":1},\"message\":\"m\"}"
#define ID "\"0123456789012345678901234567890123456789\""

static const struct refusal refusals[] = {
	{ "edits", "{}", ERROR_INVALID },
	{ "edits", "{\"repository\":\"agents/a0\"}", ERROR_PROTOCOL },
	{ "edits", "{\"repository\":\"agents/..\",\"at\":1}", ERROR_INVALID },
	{ "edits", "{\"repository\":\"agents/a0/../a1\",\"at\":1}", ERROR_INVALID },
	{ "edits", "{\"repository\":\"/etc\",\"at\":1}", ERROR_INVALID },
	{ "edits", "{\"repository\":\"agents/shared\",\"at\":1}", ERROR_INVALID },
	{ "edits", "{\"repository\":\"agents/Kira\",\"at\":1}", ERROR_INVALID },
	{ "edits", "{\"repository\":\"agents/-a\",\"at\":1}", ERROR_INVALID },
	{ "edits", "{\"repository\":\"agents/none\",\"at\":1,\"create\":true}", ERROR_NOT_FOUND },
	{ "edits", "{\"repository\":\"agents/a2\",\"at\":1}", ERROR_NOT_FOUND },
	{ "edits", "{\"repository\":\"agents/link\",\"at\":1,\"create\":true}", ERROR_DENIED },
	{ "write", "{\"repository\":\"agents/a0\"}", ERROR_PROTOCOL },
	{ "write",
	  "{\"repository\":\"agents/a0\",\"path\":\"MEMORY.md\",\"expected\":" ID
	  ",\"insert\":\"x\"," AUTHOR,
	  ERROR_CONFLICT },
	{ "write", "{\"repository\":\"agents/a0\",\"path\":\"MEMORY.md\",\"insert\":\"x\"," AUTHOR,
	  ERROR_CONFLICT },
	{ "write",
	  "{\"repository\":\"agents/a0\",\"path\":\"NEW.md\",\"offset\":5,\"insert\":\"x\"," AUTHOR,
	  ERROR_INVALID },
	{ "write",
	  "{\"repository\":\"agents/a0\",\"path\":\"N.md\",\"remove\":1,\"insert\":\"x\"," AUTHOR,
	  ERROR_INVALID },
	{ "write",
	  "{\"repository\":\"agents/a0\",\"path\":\"N.md\",\"offset\":-1,\"insert\":\"x\"," AUTHOR,
	  ERROR_PROTOCOL },
	{ "write", "{\"repository\":\"agents/a0\",\"path\":\"../a1/X.md\",\"insert\":\"x\"," AUTHOR,
	  ERROR_INVALID },
	{ "write",
	  "{\"repository\":\"agents/a0\",\"path\":\".git/hooks/x\",\"insert\":\"x\"," AUTHOR,
	  ERROR_INVALID },
	{ "log", "{\"repositories\":[\"..\"],\"max\":1}", ERROR_INVALID },
	{ "log", "{\"repositories\":\".\",\"max\":1}", ERROR_PROTOCOL },
	{ "log", "{\"repositories\":[],\"max\":0}", ERROR_PROTOCOL },
	{ "bundle", "{\"repository\":\"agents/a0\"}", ERROR_PROTOCOL },
	{ "bundle", "{\"repository\":\"agents/a0\",\"file\":\"../x\"}", ERROR_DENIED },
	{ "bundle", "{\"repository\":\"agents/a2\",\"file\":\"x\"}", ERROR_NOT_FOUND },
};

static void bad_requests_are_refused(void **state)
{
	struct child *child = *state;
	struct error error;

	sh(child, "ln -s /tmp agents/link");
	json_decref(call(child, "edits", edits_params("agents/a0"), &error));
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		json_t *params = json_loads(refusals[i].params, 0, NULL);
		json_t *result = call(child, refusals[i].method, params, &error);

		if (result || error.code != refusals[i].code)
			fail_msg("%s %s: %s (%s)", refusals[i].method, refusals[i].params,
				 error_code_name(error.code), error.message);
	}
	assert_sh(child, "1\n", "git -C agents/a0 rev-list --count HEAD");
}

struct tally {
	size_t done, failed;
};

static void count(void *context, const json_t *result, const struct error *error)
{
	struct tally *tally = context;

	(void)error;
	tally->done++;
	tally->failed += !result;
}

static void wait_for(struct child *child, const struct tally *tally, size_t all)
{
	struct error error;

	while (tally->done < all)
		if (rpc_wait(child->rpc, 30000, &error))
			fail_msg("%s", error.message);
}

/* Each is based on what the one before it leaves, so that any other order would be a conflict. */
static void jobs_of_one_repository_are_done_in_order(void **state)
{
	struct child *child = *state;
	struct tally tally = { 0 };
	CLEANUP(buffer_clear) struct buffer content = BUFFER(65536);
	char name[16];

	for (int i = 0; i < 60; i++) {
		json_t *params;

		snprintf(name, sizeof(name), "agents/a%d", i % 3);
		if (i % 3 == 0 && i)
			buffer_append_text(&content, "- x\n");
		put(child, "../expected", "# Memory\n");
		params = write_params(child, name, "../../../expected", 9 + content.length, 0,
				      "- x\n");
		json_object_set_new(params, "path", json_string("MEMORY.md"));
		if (content.length) {
			CLEANUP(buffer_clear) struct buffer whole = BUFFER(65536);

			buffer_printf(&whole, "# Memory\n%s", content.data);
			put(child, "../expected", whole.data);
			sh(child, "git hash-object --no-filters ../expected");
			json_object_set_new(params, "expected",
					    json_stringn(child->output.data, 40));
		}
		assert_int_equal(0, rpc_request(child->rpc, "write", params, count, &tally));
	}
	wait_for(child, &tally, 60);
	assert_int_equal(0, tally.failed);
	assert_sh(child, "21\n21\n21\n",
		  "for i in 0 1 2; do git -C agents/a$i rev-list --count HEAD; done");
}

static void the_log_is_one_story(void **state)
{
	struct child *child = *state;
	struct error error;
	json_t *result, *entries;

	for (int i = 0; i < 2; i++) {
		json_t *params = edits_params(i ? "agents/a1" : "agents/a0");

		json_object_set_new(params, "at", json_integer(NOON + 100 * i));
		json_decref(call(child, "edits", params, &error));
	}
	json_decref(call(child, "write",
			 write_params(child, "agents/a0", "MEMORY.md", 9, 0, "- \xc3\xa9\n"),
			 &error));
	result = call(child, "log",
		      json_pack("{s:[s,s,s],s:i,s:b}", "repositories", "agents/a0", "agents/a1",
				"agents/a2", "max", 10, "patch", 1),
		      &error);
	entries = json_object_get(result, "entries");
	assert_int_equal(3, json_array_size(entries));
	assert_string_equal("agents/a1", text(json_array_get(entries, 0), "repository"));
	assert_string_equal("memory: 1 fact", text(json_array_get(entries, 1), "subject"));
	assert_string_equal("Session: 01JD6Y3V3W0000000000000000",
			    text(json_array_get(entries, 1), "body"));
	assert_string_equal("kira@agentd.local", text(json_array_get(entries, 1), "email"));
	assert_non_null(strstr(text(json_array_get(entries, 1), "patch"), "\n+- \xc3\xa9\n"));
	assert_string_equal("begin agent a0", text(json_array_get(entries, 2), "subject"));
	json_decref(result);
	result = call(
		child, "log",
		json_pack("{s:[s,s],s:i}", "repositories", "agents/a0", "agents/a1", "max", 1),
		&error);
	entries = json_object_get(result, "entries");
	assert_int_equal(1, json_array_size(entries));
	assert_string_equal("begin agent a1", text(json_array_get(entries, 0), "subject"));
	assert_true(json_is_null(json_object_get(json_array_get(entries, 0), "patch")));
	json_decref(result);
}

static void a_bundle_is_written_beneath_output(void **state)
{
	struct child *child = *state;
	struct error error;
	json_t *result;

	json_decref(call(child, "edits", edits_params("agents/a0"), &error));
	result = call(child, "bundle",
		      json_pack("{s:s,s:s}", "repository", "agents/a0", "file", "a0.bundle"),
		      &error);
	assert_non_null(result);
	assert_true(json_integer_value(json_object_get(result, "bytes")) > 100);
	json_decref(result);
	assert_sh(child, "I am 0.\n",
		  "git clone -q ../out/a0.bundle ../clone; cat ../clone/SOUL.md");
}

/* Git in a person's hands, behind our back: what the walls must not be in the way of. */
static void locks_and_traps_behind_the_walls(void **state)
{
	struct child *child = *state;
	struct error error;
	json_t *result;

	json_decref(call(child, "edits", edits_params("agents/a0"), &error));
	sh(child,
	   "cd agents/a0; git gc -q; touch -d '1 hour ago' .git/index.lock;"
	   "printf '#!/bin/sh\\ntouch %s/trapped\\n' > .git/hooks/post-commit;"
	   "chmod +x .git/hooks/post-commit; git config core.fsmonitor 'touch trapped';"
	   "echo more >> SOUL.md",
	   child->root);
	result = call(
		child, "write",
		write_params(child, "agents/a0", "memory/archive/2026-11.md", 0, 0, "- old\n"),
		&error);
	if (!result)
		fail_msg("%s", error.message);
	json_decref(result);
	assert_sh(child, "memory: 1 fact\nedit SOUL.md\nbegin agent a0\n",
		  "cd agents/a0; git config --unset core.fsmonitor; git log --format=%s;"
		  "git status --porcelain; ls ../../../trapped trapped 2>/dev/null");
}

/* Everything begins again with the same request. */
static void killed_at_any_point_a_write_can_be_repeated(void **state)
{
	static const char *const points[] = { "history.note=kill@2",  "history.file=kill",
					      "history.ref=kill@1",   "history.ref=kill@2",
					      "history.index=kill@2", "history.rename=kill@2",
					      "history.done=kill@2" };
	struct child *child = *state;
	struct error error;

#ifndef AGENTD_FAILPOINTS
	skip();
#endif
	for (size_t i = 0; i < ARRAY_LENGTH(points); i++) {
		json_t *params, *result;

		sh(child, "rm -rf agents/a0/.git; echo '# Memory' > agents/a0/MEMORY.md");
		params = write_params(child, "agents/a0", "MEMORY.md", 9, 0, "- one\n");
		child_stop(child);
		child_start(child, points[i]);
		assert_null(call(child, "write", json_incref(params), &error));
		assert_true(child_stop(child).signalled);
		child_start(child, NULL);
		result = call(child, "write", params, &error);
		if (!result)
			fail_msg("%s: %s", points[i], error.message);
		json_decref(result);
		assert_sh(child,
			  "kira memory: 1 fact\nMika Person begin agent a0\n# Memory\n- one\n",
			  "cd agents/a0; git log --format='%an %s'; cat MEMORY.md; "
			  "git status --porcelain; ls .git | grep -E 'agentd|lock'");
	}
}

struct words_row {
	const char *words[5];
	bool good;
};

static const struct words_row lines[] = {
	{ { "role=history", "write=5", "workspace=/srv/ws" }, true },
	{ { "role=history", "write=5", "workspace=/srv/ws", "output=6" }, true },
	{ { "role=history", "write=5" }, false },
	{ { "role=history", "write=5", "workspace=ws" }, false },
	{ { "role=session", "write=5", "workspace=/srv/ws" }, false },
	{ { "role=history", "write=5", "workspace=/srv/ws", "output=x" }, false },
	{ { "role=history", "write=5", "workspace=/srv/ws", "write=6" }, false },
	{ { "role=history", "nonsense", "workspace=/srv/ws" }, false },
	{ { NULL }, false },
};

static void words_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		char *argv[5];
		size_t n = 0;
		struct words words;
		struct error error;

		for (; n < 5 && lines[i].words[n]; n++)
			argv[n] = (char *)(uintptr_t)lines[i].words[n];
		assert_int_equal(lines[i].good, !words_read(argv, n, &words, &error));
	}
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read),
		WITH(edits_then_writes),
		WITH(the_workspaces_own_repository),
		WITH(a_write_that_was_done_is_fine),
		WITH(bad_requests_are_refused),
		WITH(jobs_of_one_repository_are_done_in_order),
		WITH(the_log_is_one_story),
		WITH(a_bundle_is_written_beneath_output),
		WITH(locks_and_traps_behind_the_walls),
		WITH(killed_at_any_point_a_write_can_be_repeated),
	};
	struct sandbox_support support;

	sandbox_probe(&support);
	if (!support.enough || access("/usr/bin/git", X_OK)) {
		puts("skipped: no walls or no git on this machine");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
