/* Runs agentd and kills it, or one of its processes, right before its n-th system call that writes.
 *
 *     killer [--kill WHO:N] [--list] [--log FILE] PROGRAM [ARGUMENT…]
 *
 * WHO is daemon, gateway, history, session, or all: then the n-th call of any of them ends all at
 * once. Calls are counted for each WHO from 1, over all processes that play that part one after the
 * other. FILE gets one line `WHO COUNT` each, `killed WHO N CALL PATH` where it came to that, and
 * with --list every point as `point WHO N CALL PATH`. SIGTERM is passed on to PROGRAM. Ends when
 * the last of its processes has, with PROGRAM's exit status, 128 + its signal, or 99 where this
 * program cannot do its own work.
 *
 * What is killed in the stop before a call (traced.h) does not make it. */
#include "traced.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PROCESSES_MAX 256
#define STATUS_BROKEN TRACED_STATUS_BROKEN

enum opening { OPENS_NOT, OPENS, OPENAT, OPENAT2 };

/* Where `fd` or `path` is the number of the argument that says what is written, from 1. */
static const struct call {
	long number;
	const char *name;
	int fd, path;
	enum opening opening; /* counted where it may make a file */
} calls[] = {
	{ SYS_write, "write", .fd = 1 },
	{ SYS_writev, "writev", .fd = 1 },
	{ SYS_pwrite64, "pwrite64", .fd = 1 },
	{ SYS_pwritev, "pwritev", .fd = 1 },
	{ SYS_pwritev2, "pwritev2", .fd = 1 },
	{ SYS_sendfile, "sendfile", .fd = 1 },
	{ SYS_copy_file_range, "copy_file_range", .fd = 3 },
	{ SYS_sendto, "sendto", .fd = 1 },
	{ SYS_sendmsg, "sendmsg", .fd = 1 },
	{ SYS_sendmmsg, "sendmmsg", .fd = 1 },
	{ SYS_fsync, "fsync", .fd = 1 },
	{ SYS_fdatasync, "fdatasync", .fd = 1 },
	{ SYS_sync_file_range, "sync_file_range", .fd = 1 },
	{ SYS_syncfs, "syncfs", .fd = 1 },
	{ SYS_msync, "msync", .fd = 0 },
	{ SYS_fallocate, "fallocate", .fd = 1 },
	{ SYS_ftruncate, "ftruncate", .fd = 1 },
	{ SYS_truncate, "truncate", .path = 1 },
	{ SYS_mkdirat, "mkdirat", .path = 2 },
	{ SYS_linkat, "linkat", .path = 4 },
	{ SYS_symlinkat, "symlinkat", .path = 3 },
	{ SYS_unlinkat, "unlinkat", .path = 2 },
	{ SYS_renameat2, "renameat2", .path = 4 },
	{ SYS_fchmod, "fchmod", .fd = 1 },
	{ SYS_fchmodat, "fchmodat", .path = 2 },
	{ SYS_utimensat, "utimensat", .path = 2 },
#ifdef SYS_rename
	{ SYS_rename, "rename", .path = 2 },
	{ SYS_mkdir, "mkdir", .path = 1 },
	{ SYS_rmdir, "rmdir", .path = 1 },
	{ SYS_link, "link", .path = 2 },
	{ SYS_symlink, "symlink", .path = 2 },
	{ SYS_unlink, "unlink", .path = 1 },
	{ SYS_chmod, "chmod", .path = 1 },
	{ SYS_creat, "creat", .path = 1 },
	{ SYS_open, "open", .path = 1, .opening = OPENS },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, "renameat", .path = 4 },
#endif
	{ SYS_openat, "openat", .path = 2, .opening = OPENAT },
	{ SYS_openat2, "openat2", .path = 2, .opening = OPENAT2 },
};

enum who { DAEMON, GATEWAY, HISTORY, SESSION, ALL, WHOS };

static const struct {
	const char *name, *program; /* as /proc/PID/comm has it */
} whos[WHOS] = {
	[DAEMON] = { "daemon", "agentd" },
	[GATEWAY] = { "gateway", "agentd-gateway" },
	[HISTORY] = { "history", "agentd-history" },
	[SESSION] = { "session", "agentd-session" },
	[ALL] = { "all", NULL },
};

static pid_t program;
static int program_status;
static pid_t children[PROCESSES_MAX]; /* of the program, 0: free */
static long counts[WHOS];
static enum who victim = WHOS;
static long victim_at;
static bool killed, lists;
static FILE *out;

static void broken(const char *what)
{
	fprintf(stderr, "killer: %s: %s\n", what, strerror(errno));
	exit(STATUS_BROKEN);
}

/* ---- the processes ---- */

static void child_add(pid_t pid)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (!children[i]) {
			children[i] = pid;
			return;
		}
}

static void child_remove(pid_t pid)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (children[i] == pid)
			children[i] = 0;
}

static void kill_all(void)
{
	kill(program, SIGKILL);
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (children[i])
			kill(children[i], SIGKILL);
}

/* The process of a thread. */
static pid_t process_of(pid_t thread)
{
	char path[64], line[256];
	int process = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "Tgid: %d", &process) != 1)
		;
	if (file)
		fclose(file);
	return process;
}

/* Between fork and exec a child has the daemon's name and is nobody yet. */
static enum who who_is(pid_t process)
{
	char path[64], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)process);
	file = fopen(path, "re");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
	for (enum who who = GATEWAY; who < ALL; who++)
		if (!strcmp(name, whos[who].program))
			return who;
	return process == program ? DAEMON : WHOS;
}

/* ---- the calls ---- */

static const struct call *call_find(uint64_t number)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if ((uint64_t)calls[i].number == number)
			return &calls[i];
	return NULL;
}

static bool call_writes(pid_t thread, const struct call *call, const __uint64_t *arguments)
{
	switch (call->opening) {
	case OPENS: return arguments[1] & O_CREAT;
	case OPENAT: return arguments[2] & O_CREAT;
	case OPENAT2: /* struct open_how begins with its flags */
		errno = 0;
		return ptrace(PTRACE_PEEKDATA, thread, (void *)(uintptr_t)arguments[2], NULL) &
		       O_CREAT;
	default: return true;
	}
}

static void read_text(pid_t thread, uint64_t from, char *text, size_t size)
{
	size_t length = 0;
	long word;

	while (length + sizeof(word) < size) {
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, thread, (void *)(uintptr_t)(from + length), NULL);
		if (errno)
			break;
		memcpy(text + length, &word, sizeof(word));
		if (memchr(text + length, '\0', sizeof(word)))
			return;
		length += sizeof(word);
	}
	text[length] = '\0';
}

static void call_describe(pid_t thread, const struct call *call, const __uint64_t *arguments,
			  char *text, size_t size)
{
	char path[64];
	ssize_t length;

	text[0] = '\0';
	if (call->path)
		read_text(thread, arguments[call->path - 1], text, size);
	if (!call->fd)
		return;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)thread, (int)arguments[call->fd - 1]);
	length = readlink(path, text, size - 1);
	text[length > 0 ? length : 0] = '\0';
}

static void say(const char *what, enum who who, long number, const char *call, const char *path)
{
	if (out)
		fprintf(out, "%s %s %ld %s %s\n", what, whos[who].name, number, call, path);
}

/* A thread is about to make one of the calls. */
static void at_call(pid_t thread)
{
	struct __ptrace_syscall_info info;
	pid_t process = process_of(thread);
	enum who who = who_is(process);
	const struct call *call;
	char path[512];

	if (who == WHOS ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return;
	call = call_find(info.seccomp.nr);
	if (!call || !call_writes(thread, call, info.seccomp.args))
		return;
	counts[who]++;
	counts[ALL]++;
	if (!lists && victim == WHOS)
		return;
	if (lists) {
		call_describe(thread, call, info.seccomp.args, path, sizeof(path));
		say("point", who, counts[who], call->name, path);
	}
	if (killed || (victim != who && victim != ALL) || counts[victim] != victim_at)
		return;
	killed = true;
	call_describe(thread, call, info.seccomp.args, path, sizeof(path));
	say("killed", victim, victim_at, call->name, path);
	if (victim == ALL)
		kill_all();
	else
		kill(process, SIGKILL);
}

/* ---- the program ---- */

static void program_start(char **arguments)
{
	long numbers[COUNT(calls)];

	for (size_t i = 0; i < COUNT(calls); i++)
		numbers[i] = calls[i].number;
	program = traced_start(arguments, numbers, COUNT(numbers), 0);
	if (program < 0)
		broken(arguments[0]);
}

/* Returns the signal to go on with, -1: it stays stopped, as its group is. */
static int at_stop(pid_t thread, int status)
{
	unsigned long child = 0;

	switch (status >> 16) {
	case 0: return WSTOPSIG(status);
	case PTRACE_EVENT_SECCOMP: at_call(thread); return 0;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		if (!ptrace(PTRACE_GETEVENTMSG, thread, NULL, &child))
			child_add((pid_t)child);
		return 0;
	case PTRACE_EVENT_STOP: return WSTOPSIG(status) == SIGTRAP ? 0 : -1;
	default: return 0;
	}
}

static void program_follow(void)
{
	for (;;) {
		int status, signal;
		pid_t thread = waitpid(-1, &status, __WALL);

		if (thread < 0 && errno == EINTR)
			continue;
		if (thread < 0)
			return; /* all are gone */
		if (!WIFSTOPPED(status)) {
			child_remove(thread);
			if (thread == program)
				program_status = status;
			continue;
		}
		signal = at_stop(thread, status);
		if (signal < 0)
			ptrace(PTRACE_LISTEN, thread, NULL, NULL);
		else
			ptrace(PTRACE_CONT, thread, NULL, (void *)(intptr_t)signal);
	}
}

static void pass_on(int signal)
{
	if (program > 0)
		kill(program, signal);
}

/* ---- the words ---- */

static void read_victim(const char *word)
{
	const char *colon = strchr(word, ':');

	for (enum who who = DAEMON; colon && who < WHOS; who++)
		if (strlen(whos[who].name) == (size_t)(colon - word) &&
		    !strncmp(whos[who].name, word, (size_t)(colon - word)))
			victim = who;
	victim_at = colon ? strtol(colon + 1, NULL, 10) : 0;
	if (victim == WHOS || victim_at < 1) {
		fprintf(stderr, "killer: %s is no WHO:N\n", word);
		exit(2);
	}
}

static char **read_words(char **words)
{
	for (; *words && !strncmp(*words, "--", 2); words++)
		if (!strcmp(*words, "--list"))
			lists = true;
		else if (!strcmp(*words, "--kill") && words[1])
			read_victim(*++words);
		else if (!strcmp(*words, "--log") && words[1] && (out = fopen(words[1], "we")))
			words++;
		else
			broken(*words);
	return words;
}

int main(int argc, char **argv)
{
	struct sigaction passing = { .sa_handler = pass_on };
	char **arguments = read_words(argv + 1);

	if (argc < 2 || !*arguments) {
		fprintf(stderr, "usage: killer [--kill WHO:N] [--list] [--log FILE] PROGRAM …\n");
		return 2;
	}
	sigaction(SIGTERM, &passing, NULL);
	program_start(arguments);
	program_follow();
	for (enum who who = DAEMON; out && who < WHOS; who++)
		fprintf(out, "%s %ld\n", whos[who].name, counts[who]);
	return WIFSIGNALED(program_status) ? 128 + WTERMSIG(program_status)
					   : WEXITSTATUS(program_status);
}
