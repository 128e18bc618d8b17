/* The paths that a model may write and what they lead to; reading, listing and writing files. The
 * walls are tested in test/unit/sandbox: here no kernel but our own code has to refuse. */
#include "files.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct desk {
	char root[40];
	struct folders folders;
};

static struct desk desk;

static int open_in(const char *name)
{
	_free_ char *path = xasprintf("%s/%s", desk.root, name);
	int fd = -1;

	if (mkdir(path, 0700) || directory_open(path, &fd, NULL))
		BUG("%s: %s", path, strerror(errno));
	return fd;
}

static void put(size_t folder, const char *name, const char *text)
{
	struct error error;
	_fd_ int fd = -1;

	if (file_create(desk.folders.items[folder].fd, name, 0644, &fd, &error) ||
	    fd_write_all(fd, span_of(text), &error))
		BUG("%s: %s", name, error.message);
}

enum { KNOWLEDGE, SKILLS, WORK, LOGS };

static int desk_make(void **state)
{
	static const char *const names[] = { "knowledge", "skills", "work", "/var/log/app" };

	(void)state;
	snprintf(desk.root, sizeof(desk.root), "/tmp/agentd-desk-XXXXXX");
	if (!mkdtemp(desk.root))
		return -1;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		desk.folders.items[desk.folders.count++] = (struct folder){
			.name = xstrdup(names[i]),
			.fd = open_in(i == LOGS ? "app" : names[i]),
			.write = i == WORK,
		};
	put(KNOWLEDGE, "facts.md", "Two plus two is four.\n");
	put(WORK, "note.md", "a note");
	put(LOGS, "app.log", "line 1\n");
	return 0;
}

static int delete (const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static int desk_clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < desk.folders.count; i++)
		close(desk.folders.items[i].fd);
	folders_clear(&desk.folders);
	return nftw(desk.root, delete, 16, FTW_PHYS | FTW_DEPTH);
}

/* ---- paths ---- */

static void paths_are_understood(void **state)
{
	static const struct {
		const char *path, *name; /* name NULL: refused */
	} rows[] = {
		{ "knowledge/facts.md", "knowledge/facts.md" },
		{ "./knowledge//facts.md", "knowledge/facts.md" },
		{ "/knowledge/facts.md", "knowledge/facts.md" },
		{ "knowledge/", "knowledge" },
		{ "work/reports/a.md", "work/reports/a.md" },
		{ "/work/a.md", "work/a.md" },
		{ "/reports/a.md", "work/reports/a.md" },
		{ "reports/a.md", "work/reports/a.md" },
		{ "a.md", "work/a.md" },
		{ "knowledge2/x", "work/knowledge2/x" },
		{ "workshop", "work/workshop" },
		{ "Work/x", "work/Work/x" },
		{ "/var/log/app/app.log", "/var/log/app/app.log" },
		{ "/var/log/app", "/var/log/app" },
		{ "/var/log//app/./app.log", "/var/log/app/app.log" },
		{ "/var/log/app2/app.log", "work/var/log/app2/app.log" },
		{ "var/log/app/app.log", "work/var/log/app/app.log" },
		{ "/etc/passwd", "work/etc/passwd" },
		{ "%2e%2e/SOUL.md", "work/%2e%2e/SOUL.md" },
		{ "..\\SOUL.md", "work/..\\SOUL.md" },
		{ ".../x", "work/.../x" },
		{ "", "/" },
		{ "/", "/" },
		{ ".", "/" },
		{ "..", NULL },
		{ "../SOUL.md", NULL },
		{ "work/../SOUL.md", NULL },
		{ "work/..", NULL },
		{ "/var/log/app/../../../etc/passwd", NULL },
		{ "knowledge/../../max/MEMORY.md", NULL },
		{ "a\nb", NULL },
		{ "a\x7f", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(place_clear) struct place place = { 0 };
		struct error error;
		int result = place_find(&desk.folders, rows[i].path, &place, &error);

		if (rows[i].name && result)
			print_error("%s: %s\n", rows[i].path, error.message);
		assert_int_equal(result, rows[i].name ? 0 : -ERROR_INVALID);
		if (rows[i].name)
			assert_string_equal(place.name, rows[i].name);
	}
}

static void long_paths_are_refused(void **state)
{
	char path[6000];
	struct place place;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[256] = '\0'; /* longer than a name can be */
	assert_int_equal(place_find(&desk.folders, path, &place, NULL), -ERROR_INVALID);
	path[256] = 'a';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(place_find(&desk.folders, path, &place, NULL), -ERROR_INVALID);
}

static void folders_come_from_rules(void **state)
{
	static const struct {
		const char *word;
		int result;
		bool write;
	} rows[] = {
		{ "work:6", 0, true },
		{ "/srv/a:b:5", 0, false },
		{ "work:7", -ERROR_INVALID, false },
		{ "work", -ERROR_INVALID, false },
		{ ":6", -ERROR_INVALID, false },
		{ "work:", -ERROR_INVALID, false },
		{ "work:06", -ERROR_INVALID, false },
		{ "work:0", -ERROR_INVALID, false },
	};
	const struct sandbox_policy policy = { .rules = { { 5, false }, { 6, true } },
					       .rule_count = 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(folders_clear) struct folders folders = { 0 };
		struct error error;

		assert_int_equal(folders_add(&folders, rows[i].word, &policy, &error),
				 rows[i].result);
		if (!rows[i].result)
			assert_int_equal(folders.items[0].write, rows[i].write);
	}
}

/* ---- reading ---- */

static void expect_read(const char *path, size_t limit, const char *text)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(1 << 20);
	struct error error;

	if (files_read(&desk.folders, path, limit, &out, &error))
		fail_msg("%s: %s", path, error.message);
	assert_string_equal(out.data ? out.data : "", text);
}

static void expect_refused(const char *path, int result, const char *message)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(1 << 20);
	struct error error;

	assert_int_equal(files_read(&desk.folders, path, 100, &out, &error), result);
	if (!strstr(error.message, message))
		fail_msg("\"%s\" does not say \"%s\"", error.message, message);
	assert_int_equal(out.length, 0);
}

static void files_are_read(void **state)
{
	(void)state;
	expect_read("knowledge/facts.md", 100, "Two plus two is four.\n");
	expect_read("note.md", 100, "a note");
	expect_read("/var/log/app/app.log", 100, "line 1\n");
	put(WORK, "empty", "");
	expect_read("empty", 100, "");
}

static void long_files_are_cut_between_code_points(void **state)
{
	static const struct {
		size_t limit;
		const char *text;
	} rows[] = {
		{ 7, "a\xe4\xbd\xa0\xe5\xa5\xbd" },
		{ 6, "a\xe4\xbd\xa0\n[cut: the first 4 of 7 bytes of work/hello]" },
		{ 5, "a\xe4\xbd\xa0\n[cut: the first 4 of 7 bytes of work/hello]" },
		{ 4, "a\xe4\xbd\xa0\n[cut: the first 4 of 7 bytes of work/hello]" },
		{ 1, "a\n[cut: the first 1 of 7 bytes of work/hello]" },
	};

	(void)state;
	put(WORK, "hello", "a\xe4\xbd\xa0\xe5\xa5\xbd");
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		expect_read("hello", rows[i].limit, rows[i].text);
}

static void bad_bytes_are_replaced(void **state)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(100);

	(void)state;
	text_append_clean(&out, (struct span){ "a\0b\xff\xed\xa0\x80", 7 }, 100);
	assert_string_equal(out.data, "a\xef\xbf\xbd"
				      "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void only_plain_files_are_read(void **state)
{
	int work = desk.folders.items[WORK].fd;
	_free_ char *soul = xasprintf("%s/SOUL.md", desk.root);
	_fd_ int fd = open(soul, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(symlinkat("../SOUL.md", work, "link"), 0);
	assert_int_equal(symlinkat("..", work, "up"), 0);
	assert_int_equal(symlinkat("loop", work, "loop"), 0);
	assert_int_equal(linkat(AT_FDCWD, soul, work, "hard", 0), 0);
	assert_int_equal(mkfifoat(work, "fifo", 0600), 0);
	expect_refused("work/link", -ERROR_DENIED, "symbolic link");
	expect_refused("work/up/SOUL.md", -ERROR_DENIED, "symbolic link");
	expect_refused("work/loop", -ERROR_DENIED, "symbolic link");
	expect_refused("work/hard", -ERROR_DENIED, "hard links");
	expect_refused("work/fifo", -ERROR_DENIED, "no regular file");
	expect_refused("work/none.md", -ERROR_NOT_FOUND, "there is no work/none.md");
	expect_refused("work/note.md/x", -ERROR_DENIED, "no folder");
	expect_refused("work", -ERROR_INVALID, "is a folder");
	expect_refused("", -ERROR_INVALID, "path of a file");
}

/* ---- listing ---- */

static void expect_list(const char *path, size_t limit, const char *text)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(1 << 20);
	struct error error;

	if (files_list(&desk.folders, path, limit, &out, &error))
		fail_msg("%s: %s", path, error.message);
	assert_string_equal(out.data, text);
}

static void folders_are_listed(void **state)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(100);
	struct error error;

	(void)state;
	expect_list("", 1000, "knowledge/\nskills/\nwork/\n/var/log/app/\n");
	expect_list("knowledge", 1000, "facts.md\n");
	expect_list("skills/", 1000, "(nothing)");
	assert_int_equal(mkdirat(desk.folders.items[SKILLS].fd, "sum", 0700), 0);
	put(SKILLS, "zeta.md", "");
	put(SKILLS, "Alpha.md", "");
	put(SKILLS, "old.md~", "");
	put(SKILLS, ".agentd-0123456789abcdef~", "");
	expect_list("skills", 1000, "Alpha.md\nsum/\nzeta.md\n");
	expect_list("skills", 12, "Alpha.md\n[cut: there are more]");
	assert_int_equal(files_list(&desk.folders, "skills/none", 100, &out, &error),
			 -ERROR_NOT_FOUND);
	assert_int_equal(files_list(&desk.folders, "knowledge/facts.md", 100, &out, &error),
			 -ERROR_DENIED);
}

/* ---- writing ---- */

static int write_text(const char *path, const char *text, bool rehearse, struct buffer *out)
{
	struct error error = { 0 };
	int result = files_write(&desk.folders, path, span_of(text), rehearse, out, &error);

	if (result)
		buffer_append_text(out, error.message);
	return result;
}

static void files_are_written(void **state)
{
	static const struct {
		const char *path, *said, *name;
	} rows[] = {
		{ "work/reports/day/1.md", "wrote work/reports/day/1.md (4 bytes)",
		  "work/reports/day/1.md" },
		{ "/reports/2.md", "wrote work/reports/2.md (4 bytes)", "work/reports/2.md" },
		{ "note.md", "wrote work/note.md (4 bytes)", "work/note.md" },
		{ "/etc/passwd", "wrote work/etc/passwd (4 bytes)", "work/etc/passwd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(1000);

		assert_int_equal(write_text(rows[i].path, "text", false, &out), 0);
		assert_string_equal(out.data, rows[i].said);
		expect_read(rows[i].name, 100, "text");
	}
	expect_list("work/reports", 100, "2.md\nday/\n"); /* no temporary file is left */
}

static void what_is_not_work_is_not_written(void **state)
{
	static const struct {
		const char *path, *said;
	} rows[] = {
		{ "knowledge/facts.md", "can only be read" },
		{ "skills/new/SKILL.md", "can only be read" },
		{ "/var/log/app/app.log", "can only be read" },
		{ "work", "path of a file" },
		{ "", "path of a file" },
		{ "../SOUL.md", "\"..\"" },
		{ "work/up/SOUL.md", "symbolic link" },
		{ "work/up/new/SOUL.md", "symbolic link" },
		{ "work/folder", "work/folder was not written: " },
		{ "work/fifo/x", "no folder" },
	};

	(void)state;
	assert_int_equal(mkdirat(desk.folders.items[WORK].fd, "folder", 0700), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(1000);

		assert_true(write_text(rows[i].path, "text", false, &out) < 0);
		if (!strstr(out.data, rows[i].said))
			fail_msg("%s: \"%s\"", rows[i].path, out.data);
	}
	expect_read("knowledge/facts.md", 100, "Two plus two is four.\n");
}

static void a_link_is_replaced_and_not_followed(void **state)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(1000);
	_free_ char *soul = xasprintf("%s/SOUL.md", desk.root);
	struct stat st;

	(void)state;
	assert_int_equal(write_text("work/link", "text", false, &out), 0);
	assert_int_equal(write_text("work/hard", "text", false, &out), 0);
	expect_read("work/link", 100, "text");
	expect_read("work/hard", 100, "text");
	assert_int_equal(stat(soul, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void a_rehearsal_writes_nothing(void **state)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(1000);

	(void)state;
	assert_int_equal(write_text("work/new/a.md", "text", true, &out), 0);
	assert_string_equal(out.data, "rehearsal: work/new/a.md is not written (4 bytes)");
	expect_refused("work/new/a.md", -ERROR_NOT_FOUND, "there is no");
	buffer_reset(&out);
	assert_true(write_text("knowledge/a.md", "text", true, &out) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_understood),
		cmocka_unit_test(long_paths_are_refused),
		cmocka_unit_test(folders_come_from_rules),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(long_files_are_cut_between_code_points),
		cmocka_unit_test(bad_bytes_are_replaced),
		cmocka_unit_test(only_plain_files_are_read),
		cmocka_unit_test(folders_are_listed),
		cmocka_unit_test(files_are_written),
		cmocka_unit_test(what_is_not_work_is_not_written),
		cmocka_unit_test(a_link_is_replaced_and_not_followed),
		cmocka_unit_test(a_rehearsal_writes_nothing),
	};

	return cmocka_run_group_tests(tests, desk_make, desk_clear);
}
