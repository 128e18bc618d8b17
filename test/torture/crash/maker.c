/* Makes crash states of a record and recovers each.
 *
 *     crash-maker RECORD FOLDER WORK [STATES] [seed=N] [only=REGION:ATTEMPT] [deaf=PATH] [make=DIR]
 * [posix]
 *
 * FOLDER is what was recorded, as the undisturbed run left it; WORK, best on a tmpfs, is where
 * states are made. A region is what happens from one commit's end to the next one's. Tries STATES
 * distinct states of each; with only= this one alone, and with make= it is made in an empty DIR,
 * for others to look at, with the lines that had been promised on stdout. With deaf= the disk
 * ignores syncs of files with PATH in their path: then states have to fail. Prints what it tried,
 * and each state that does not recover with all that was lost in it; ends with 1 when there was
 * one. */
#include "choice.h"
#include "recovery.h"
#include "shell.h"

#include "history/history.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS 2
#define REGIONS_MAX 256
#define ATTEMPTS_PER_STATE 30
#define TIMEOUT_S 120
#define SEEN_BITS 20
#define FAILURES_MAX 20 /* then it is enough */
#define LOST_SHOWN 40

struct job {
	pid_t pid; /* 0: free */
	size_t region, attempt;
	unsigned kind;
	struct state state;
	char path[256], said[300];
};

struct maker {
	struct operation *operations;
	size_t count, root_length;
	struct disk *disk;
	struct recovery recovery;
	struct region regions[REGIONS_MAX];
	size_t region_count, states, only_region, only_attempt;
	uint64_t seed, *seen;
	const char *work, *deaf, *make;
	bool posix;
	struct job jobs[JOBS];
	size_t made, distinct, failures, of_kind[CHOICE_KINDS], least, most;
	size_t enough; /* failures */
};

/* ---- regions ---- */

static bool moves_branch(const struct operation *o)
{
	return (o->kind == OPERATION_RENAME || o->kind == OPERATION_LINK) &&
	       strstr(o->target, "/.git/refs/heads/") && !strstr(o->target, ".lock");
}

/* From `begin` on; what follows the last commit is a region, too. */
static void find_regions(struct maker *m)
{
	size_t from = 0, old = 0;

	for (size_t i = 0; i < m->count && m->region_count < REGIONS_MAX; i++) {
		const struct operation *o = &m->operations[i];

		if (o->kind == OPERATION_MARK && span_starts_with(o->data, SPAN("begin")))
			from = old = i;
		if (!from || (!moves_branch(o) && i + 1 < m->count))
			continue;
		m->regions[m->region_count++] = (struct region){ old, from, i };
		old = from;
		from = i;
	}
}

/* ---- jobs ---- */

#define SAID_MAX ((size_t)1024 * 1024)

/* An empty folder in the place of the last state. */
static void folder_renew(const char *path)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(SAID_MAX);
	_free_ char *command = xasprintf(
		"chmod -R u+rwX '%s' 2>/dev/null; rm -rf '%s' && mkdir '%s'", path, path, path);

	if (shell(command, &said)) {
		fprintf(stderr, "crash-maker: %s\n", said.data ? said.data : path);
		exit(2);
	}
}

static void show_said(const char *path)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(SAID_MAX);
	_free_ char *command = xasprintf("sed 's/^/  | /' '%s'", path);

	shell(command, &said);
	printf("%s", said.data ? said.data : "");
	fflush(stdout);
}

static bool was_seen(struct maker *m, uint64_t hash)
{
	size_t mask = ((size_t)1 << SEEN_BITS) - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		if (m->seen[i] == hash)
			return true;
		if (!m->seen[i]) {
			m->seen[i] = hash;
			return false;
		}
	}
}

static void show_state(const struct maker *m, const struct job *job)
{
	static const char *const fates[] = {
		[FATE_LOST] = "lost",
		[FATE_ZERO] = "zeros",
		[FATE_TORN_512] = "torn at 512",
		[FATE_TORN_4096] = "torn at 4096",
		[FATE_TORN_END] = "its end alone",
	};
	char text[1024];
	size_t shown = 0;

	printf("NOT RECOVERED seed=%llu only=%zu:%zu, after %zu operations, %s\n",
	       (unsigned long long)m->seed, job->region, job->attempt, job->state.happened,
	       choice_names[job->kind]);
	printf("  last: %s\n", operation_print(&m->operations[job->state.happened - 1],
					       m->root_length, text, sizeof(text)));
	for (size_t i = job->state.happened; i-- > 0 && shown < LOST_SHOWN;)
		if (job->state.fates[i] && !disk_is_durable(m->disk, i, job->state.happened)) {
			printf("  %s: %zu %s\n", fates[job->state.fates[i]], i,
			       operation_print(&m->operations[i], m->root_length, text,
					       sizeof(text)));
			shown++;
		}
}

static void job_reap(struct maker *m, struct job *job, int status)
{
	job->pid = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	m->failures++;
	show_state(m, job);
	if (WIFSIGNALED(status))
		printf("  killed by signal %d\n", WTERMSIG(status));
	show_said(job->said);
}

static void job_wait(struct maker *m)
{
	int status;
	pid_t pid = wait(&status);

	for (size_t i = 0; i < JOBS; i++)
		if (m->jobs[i].pid == pid && pid > 0)
			job_reap(m, &m->jobs[i], status);
}

static struct job *job_free(struct maker *m)
{
	for (;;) {
		for (size_t i = 0; i < JOBS; i++)
			if (!m->jobs[i].pid)
				return &m->jobs[i];
		job_wait(m);
	}
}

static void job_start(struct maker *m, struct job *job)
{
	folder_renew(job->path);
	disk_make(m->disk, &job->state, job->path);
	fflush(stdout);
	job->pid = (fork)(); /* what it finds out dies with it, and so does its memory */
	if (job->pid < 0)
		abort();
	if (job->pid)
		return;
	if (!freopen(job->said, "we", stdout))
		_exit(2);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	alarm(TIMEOUT_S);
	if (recovery_check(&m->recovery, job->state.happened, job->path)) {
		fflush(stdout);
		_exit(1);
	}
	_exit(0);
}

/* ---- all of it ---- */

static bool attempt_state(struct maker *m, size_t region, size_t attempt)
{
	struct job *job = job_free(m);
	uint64_t hash;

	job->region = region;
	job->attempt = attempt;
	job->kind = choose(m->disk, m->operations, &m->regions[region],
			   m->seed * 1000003 + region * 1000000007 + attempt, &job->state);
	m->made++;
	hash = disk_make(m->disk, &job->state, NULL);
	if (was_seen(m, hash ? hash : 1))
		return false;
	m->distinct++;
	m->of_kind[job->kind]++;
	job_start(m, job);
	return true;
}

static void make_for_others(struct maker *m)
{
	struct job *job = &m->jobs[0];
	size_t region = m->only_region % m->region_count;

	choose(m->disk, m->operations, &m->regions[region],
	       m->seed * 1000003 + region * 1000000007 + m->only_attempt, &job->state);
	disk_make(m->disk, &job->state, m->make);
	for (size_t i = 0; i < job->state.happened; i++)
		if (m->operations[i].kind == OPERATION_MARK &&
		    span_starts_with(m->operations[i].data, SPAN("line ")))
			printf("%s", m->operations[i].data.data);
}

static void attempt_region(struct maker *m, size_t region)
{
	size_t distinct = 0, attempt = 0;

	for (; distinct < m->states && attempt < m->states * ATTEMPTS_PER_STATE &&
	       m->failures < m->enough;
	     attempt++)
		distinct += attempt_state(m, region, attempt);
	if (distinct < m->least)
		m->least = distinct;
	if (distinct > m->most)
		m->most = distinct;
}

static void report(const struct maker *m)
{
	printf("%zu operations, %zu commits; %zu states made, %zu distinct, %zu to %zu a commit:\n",
	       m->count, m->region_count - 1, m->made, m->distinct, m->least, m->most);
	for (size_t i = 0; i < CHOICE_KINDS; i++)
		printf("%8zu  %s\n", m->of_kind[i], choice_names[i]);
	printf("%zu of them did not recover\n", m->failures);
}

static void words(struct maker *m, char **word)
{
	unsigned long long seed;

	for (; *word; word++)
		if (sscanf(*word, "seed=%llu", &seed) == 1)
			m->seed = seed;
		else if (!strncmp(*word, "deaf=", 5))
			m->deaf = *word + 5, m->enough = 1;
		else if (!strncmp(*word, "make=", 5))
			m->make = *word + 5;
		else if (!strcmp(*word, "posix"))
			m->posix = true;
		else if (sscanf(*word, "only=%zu:%zu", &m->only_region, &m->only_attempt) != 2)
			m->states = strtoul(*word, NULL, 10);
}

int main(int argc, char **argv)
{
	struct maker m = { .states = 1000,
			   .only_region = SIZE_MAX,
			   .seed = 1,
			   .least = SIZE_MAX,
			   .enough = FAILURES_MAX };
	struct error error = { 0 };

	if (argc < 4) {
		fprintf(stderr, "usage: crash-maker RECORD FOLDER WORK [STATES] [seed=N] "
				"[only=REGION:ATTEMPT] [deaf=PATH] [make=DIR] [posix]\n");
		return 2;
	}
	words(&m, argv + 4);
	if (operations_read(argv[1], &m.operations, &m.count, &error) ||
	    history_library_start(&error)) {
		fprintf(stderr, "crash-maker: %s\n", error.message);
		return 2;
	}
	m.root_length = strlen(argv[2]);
	m.work = argv[3];
	m.disk = disk_new(m.operations, m.count, argv[2], m.posix, m.deaf);
	m.recovery.operations = m.operations;
	recovery_begin(&m.recovery, argv[2]);
	find_regions(&m);
	m.seen = xcalloc((size_t)1 << SEEN_BITS, sizeof(*m.seen));
	for (size_t i = 0; i < JOBS; i++) {
		m.jobs[i].state.fates = xcalloc(m.count + 1, 1);
		snprintf(m.jobs[i].path, sizeof(m.jobs[i].path), "%s/state-%zu", m.work, i);
		snprintf(m.jobs[i].said, sizeof(m.jobs[i].said), "%s/said-%zu", m.work, i);
	}
	if (m.make) {
		make_for_others(&m);
		return 0;
	}
	if (m.only_region < m.region_count)
		attempt_state(&m, m.only_region, m.only_attempt);
	for (size_t i = 0; m.only_region == SIZE_MAX && i < m.region_count && m.failures < m.enough;
	     i++)
		attempt_region(&m, i);
	for (bool any = true; any;) {
		any = false;
		for (size_t i = 0; i < JOBS; i++)
			any = any || m.jobs[i].pid;
		if (any)
			job_wait(&m);
	}
	report(&m);
	return m.failures ? 1 : 0;
}
