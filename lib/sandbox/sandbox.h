/* The walls: what a process may still do once it has said so.
 *
 * A policy is a printable value; applying it is a few calls. Landlock with every right that the
 * kernel's ABI knows (our own table: Debian 12's header ends at ABI 2), a seccomp allow-list,
 * no_new_privs, rlimits, no capabilities, user, mount and ipc namespaces where an ordinary user may
 * have them. Less than Landlock + seccomp + no_new_privs and nothing starts: there is no best
 * effort.
 *
 *     agentd, once:          sandbox_filter_build(SANDBOX_SESSION, &filter_fd)     sealed memfd
 *     agentd, each session:  sandbox_policy + directory fds → argv and fds of the child
 *     session, first lines:  sandbox_enter(&policy, filter_fd, &error)            before any text
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "base/buffer.h"
#include "base/error.h"

#define SANDBOX_RULES_MAX 16

enum sandbox_role {
	SANDBOX_SESSION, /* no socket but the inherited pair, no exec, no fork, files by Landlock
			    only */
	SANDBOX_HISTORY, /* threads and files of the workspace; no network, no exec */
	SANDBOX_GATEWAY, /* network; no workspace, no exec */
};

struct sandbox_rule {
	int fd;     /* a folder, already open (or a file, to be read); must not be listed twice */
	bool write; /* read and write; else read only */
};

struct sandbox_policy {
	enum sandbox_role role;
	struct sandbox_rule rules[SANDBOX_RULES_MAX];
	size_t rule_count;
	uint64_t memory_bytes; /* RLIMIT_AS; 0: none */
	uint64_t file_bytes;   /* RLIMIT_FSIZE; 0: none */
	uint64_t cpu_s;        /* RLIMIT_CPU: SIGXCPU then, and the end soon after; 0: none */
	bool off; /* the user's explicit `sandbox: off`: only no_new_privs and rlimits */
};

/* "session: read fd 5, write fd 6; memory 512 MiB; …", for doctor and logs. */
void sandbox_policy_print(const struct sandbox_policy *policy, struct buffer *out);

/* A policy as words of a command line ("role=session", "read=5", "write=6", "memory=…"), and back.
 * Bad words are ERROR_INVALID: nothing starts. */
#define SANDBOX_WORDS_MAX (SANDBOX_RULES_MAX + 7)
size_t sandbox_policy_words(const struct sandbox_policy *policy, char *words[SANDBOX_WORDS_MAX]);
int sandbox_policy_read(char *const *words, size_t count, struct sandbox_policy *ret_policy,
			struct error *error);

/* Compiles the seccomp filter of a role (libseccomp) into a sealed memory file. */
int sandbox_filter_build(enum sandbox_role role, int *ret_fd, struct error *error);

/* Puts up all walls around the calling process. Closes every descriptor that is not 0-2, named in a
 * rule or in `keep`. After success only the policy's rights are left; after failure the process
 * must exit at once. With AGENTD_LANDLOCK_ABI=N (test builds) the table is masked to that ABI. */
int sandbox_enter(const struct sandbox_policy *policy, int filter_fd, const int *keep,
		  size_t keep_count, struct error *error);

/* What stands around this process since sandbox_enter: "landlock abi 7, seccomp, …"; for logs. */
void sandbox_in_force_print(struct buffer *out);

/* What this machine offers; for doctor. */
struct sandbox_support {
	int landlock_abi; /* 0: none */
	bool seccomp, no_new_privs, user_namespaces;
	bool enough;    /* sessions can start */
	char mend[256]; /* where not enough: the one line that mends it; else empty */
};
void sandbox_probe(struct sandbox_support *ret_support);

#endif
