/* bench: measures a build of agentd on this machine and prints a table.
 *
 *     bench [--quick] [--json FILE] [--folder FOLDER] BUILD [MEASURE…]
 *
 * Works in a temporary folder beneath FOLDER (the build): its device is the one that is measured.
 */
#include "bench.h"

#include "farm.h"
#include "server.h"

#include "base/alloc.h"
#include "base/file.h"

#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const struct measure *const measures[] = {
	&measure_device,  &measure_ready,   &measure_idle,     &measure_status,
	&measure_reload,  &measure_trigger, &measure_sessions, &measure_prompt,
	&measure_streams, &measure_recover, &measure_lateness,
};

void pause_us(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

static int usage(void)
{
	fputs("usage: bench [--quick] [--json FILE] [--folder FOLDER] BUILD [MEASURE…]\n", stderr);
	for (size_t i = 0; i < ARRAY_LENGTH(measures); i++)
		fprintf(stderr, "  %-10s %s\n", measures[i]->name, measures[i]->text);
	return 2;
}

/* ---- the folder ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int folder_make(struct bench *bench, const char *where, struct error *error)
{
	static const char identity[] = "[user]\n\tname = Bench\n\temail = bench@example.org\n";
	_fd_ int fd = -1;
	int result;

	bench->folder = xasprintf("%s/bench-XXXXXX", where);
	if (!mkdtemp(bench->folder))
		return error_set_system(error, errno, "no folder in %s", where);
	result = directory_open(bench->folder, &bench->dir, error);
	if (!result)
		result = file_create(bench->dir, ".gitconfig", 0644, &fd, error);
	return result ? result : fd_write_all(fd, span_of(identity), error);
}

static void folder_remove(struct bench *bench, bool keep)
{
	fd_close(&bench->dir);
	if (keep)
		fprintf(stderr, "kept: %s\n", bench->folder);
	else if (bench->folder)
		nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(bench->folder);
}

/* ---- the run ---- */

static bool is_chosen(const struct measure *measure, char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], measure->name))
			return true;
	return !count;
}

static int measure_all(struct bench *bench, char **names, int count, struct error *error)
{
	int result = server_start(bench, true, &bench->logged, error);

	if (!result)
		result = server_start(bench, false, &bench->plain, error);
	for (size_t i = 0; !result && i < ARRAY_LENGTH(measures); i++)
		if (is_chosen(measures[i], names, count)) {
			result = measures[i]->run(bench, error);
			if (result)
				error_prefix(error, "%s: ", measures[i]->name);
		}
	return result;
}

static void bench_clear(struct bench *bench, bool keep)
{
	for (size_t i = 0; i < FARMS_MAX; i++)
		farm_free(bench->farms[i]);
	server_stop(bench->logged);
	server_stop(bench->plain);
	report_free(bench->report);
	folder_remove(bench, keep);
}

static int fail(const struct error *error)
{
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX];

	error_print(error, text, sizeof(text));
	fprintf(stderr, "bench: %s\n", text);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "json", required_argument, NULL, 'j' },
		{ "folder", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	const char *json = NULL, *folder = NULL;
	struct bench bench = { .dir = -1 };
	char build[PATH_MAX];
	struct error error;
	int letter, result;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (letter == 'q')
			bench.quick = true;
		else if (letter == 'j')
			json = optarg;
		else if (letter == 'f')
			folder = optarg;
		else
			return usage();
	}
	if (optind == argc || !realpath(argv[optind], build))
		return usage();
	signal(SIGPIPE, SIG_IGN);
	bench.build = build;
	bench.report = report_new(bench.quick);
	result = folder_make(&bench, folder ? folder : build, &error);
	if (!result)
		result = measure_all(&bench, argv + optind + 1, argc - optind - 1, &error);
	if (!result && json)
		result = report_write(bench.report, json, &error);
	bench_clear(&bench, result != 0);
	return result ? fail(&error) : EXIT_SUCCESS;
}
