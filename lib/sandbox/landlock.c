#include "landlock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From the kernel's include/uapi/linux/landlock.h; Debian 12's copy ends at REFER. */
#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_DIR (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_DIR (1ULL << 7)
#define FS_MAKE_REG (1ULL << 8)
#define FS_MAKE_SOCK (1ULL << 9)
#define FS_MAKE_FIFO (1ULL << 10)
#define FS_MAKE_BLOCK (1ULL << 11)
#define FS_MAKE_SYM (1ULL << 12)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define FS_FIRST_ABI ((1ULL << 13) - 1)
#define FS_OF_A_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)

#define SCOPE_ABSTRACT_UNIX (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

#define CREATE_RULESET_VERSION (1U << 0)
#define RULE_PATH_BENEATH 1

/* Larger than what an old kernel knows is fine as long as the rest is zero. */
struct ruleset_attr {
	uint64_t fs, net, scope;
};

struct path_beneath_attr {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

/* What each ABI added. 7 added audit records, which need nothing from us. */
static const struct ruleset_attr added[] = {
	[1] = { .fs = FS_FIRST_ABI },
	[2] = { .fs = FS_REFER },
	[3] = { .fs = FS_TRUNCATE },
	[4] = { .net = NET_BIND_TCP | NET_CONNECT_TCP },
	[5] = { .fs = FS_IOCTL_DEV },
	[6] = { .scope = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[7] = { 0 },
};

/* What a write rule gives: a session replaces files by new ones, so it needs no truncation. libgit2
 * truncates, removes folders, and makes a symbolic link to find out whether it could (if not, it
 * writes core.symlinks=false into the repository). Devices, sockets and FIFOs are for nobody. */
#define WRITE_SESSION (FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER)
#define WRITE_FULL (WRITE_SESSION | FS_REMOVE_DIR | FS_TRUNCATE | FS_MAKE_SYM)

static const uint64_t write_rights[] = {
	[SANDBOX_SESSION] = WRITE_SESSION,
	[SANDBOX_HISTORY] = WRITE_FULL,
	[SANDBOX_GATEWAY] = WRITE_FULL,
};

/* Files of the system that a role's libraries read: git's configuration and the user table for
 * libgit2, names, certificates and zones for the gateway. Missing ones are skipped. */
static const char *const history_places[] = { "/etc", "/usr/share", "/dev/urandom", "/dev/null",
					      NULL };
static const char *const gateway_places[] = {
	"/etc",
	"/usr/share",
	"/usr/local/share",
	"/usr/lib/ssl",
	"/var/lib/ca-certificates",
	"/run/systemd/resolve",
	"/run/NetworkManager",
	"/run/resolvconf",
	"/run/connman",
	"/mnt/wsl",
	"/dev/urandom",
	"/dev/null",
	NULL,
};
static const char *const no_places[] = { NULL };

static const char *const *const places[] = {
	[SANDBOX_SESSION] = no_places,
	[SANDBOX_HISTORY] = history_places,
	[SANDBOX_GATEWAY] = gateway_places,
};

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
#ifdef AGENTD_FAILPOINTS
	const char *mask = getenv("AGENTD_LANDLOCK_ABI");

	if (mask && abi > strtol(mask, NULL, 10))
		abi = strtol(mask, NULL, 10);
#endif
	return abi > 0 ? (int)abi : 0;
}

static struct ruleset_attr known_rights(int abi)
{
	struct ruleset_attr all = { 0 };

	for (int i = 1; i <= abi && i < (int)ARRAY_LENGTH(added); i++) {
		all.fs |= added[i].fs;
		all.net |= added[i].net;
		all.scope |= added[i].scope;
	}
	return all;
}

static int add_rule(int ruleset, int fd, uint64_t rights, struct error *error)
{
	struct path_beneath_attr attr = { rights, fd };
	struct stat st;

	if (fstat(fd, &st))
		return error_set_system(error, errno, "the sandbox's rule for descriptor %d", fd);
	if (!S_ISDIR(st.st_mode))
		attr.allowed &= FS_OF_A_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0))
		return error_set_system(error, errno, "the sandbox's rule for descriptor %d", fd);
	return 0;
}

static int add_place(int ruleset, const char *path, struct error *error)
{
	_fd_ int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? 0 : add_rule(ruleset, fd, FS_READ_FILE | FS_READ_DIR, error);
}

static int add_rules(int ruleset, const struct sandbox_policy *policy, uint64_t handled,
		     struct error *error)
{
	int result = 0;

	for (size_t i = 0; !result && i < policy->rule_count; i++) {
		uint64_t rights = FS_READ_FILE | FS_READ_DIR;

		if (policy->rules[i].write)
			rights |= write_rights[policy->role];
		result = add_rule(ruleset, policy->rules[i].fd, rights & handled, error);
	}
	for (const char *const *path = places[policy->role]; !result && *path; path++)
		result = add_place(ruleset, *path, error);
	return result;
}

int landlock_restrict(const struct sandbox_policy *policy, int abi, struct error *error)
{
	struct ruleset_attr attr = known_rights(abi);
	_fd_ int ruleset = -1;
	int result;

	if (!attr.fs)
		return error_set(error, ERROR_UNSUPPORTED,
				 "this kernel offers no Landlock; see `agentctl doctor`");
	if (policy->role == SANDBOX_GATEWAY)
		attr.net &= ~NET_CONNECT_TCP;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return error_set_system(error, errno, "making a Landlock ruleset of ABI %d", abi);
	result = add_rules(ruleset, policy, attr.fs, error);
	if (!result && syscall(SYS_landlock_restrict_self, ruleset, 0))
		return error_set_system(error, errno, "putting up Landlock");
	return result;
}
