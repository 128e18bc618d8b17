#include "secrets.h"

#include "base/alloc.h"
#include "base/file.h"

#include <jansson.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What the daemon itself goes on reading, and what children may see of it. */
static const struct {
	const char *name;
	bool for_children, for_commands;
} kept[] = {
	{ "HOME", false, true },
	{ "LANG", false, false },
	{ "NOTIFY_SOCKET", false, false },
	{ "WATCHDOG_USEC", false, false },
	{ "WATCHDOG_PID", false, false },
	{ "CREDENTIALS_DIRECTORY", false, false },
	{ "TZDIR", false, false },
	{ "DBUS_SESSION_BUS_ADDRESS", false, true },
	{ "XDG_RUNTIME_DIR", false, true },
	{ "DISPLAY", false, true },
	{ "WAYLAND_DISPLAY", false, true },
#ifdef AGENTD_FAILPOINTS
	{ "AGENTD_FAILPOINTS", true, true },
	{ "AGENTD_FAILPOINTS_LOG", true, true },
	{ "AGENTD_CLOCK_OFFSET", true, true },
	{ "AGENTD_LANDLOCK_ABI", true, true },
	{ "ASAN_OPTIONS", true, true },
	{ "UBSAN_OPTIONS", true, true },
	{ "LSAN_OPTIONS", true, true },
#endif
};

static const char *child_environment[ARRAY_LENGTH(kept) + 3];
static const char *identity_environment[ARRAY_LENGTH(kept) + 4];
static const char *command_environment[ARRAY_LENGTH(kept) + 3];

static void keep_for(const char *environment[], bool commands)
{
	size_t count = 0;

	environment[count++] = "PATH=/usr/local/bin:/usr/bin:/bin";
	environment[count++] = "LANG=C.UTF-8";
	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
		const char *value = getenv(kept[i].name);

		if (value && (commands ? kept[i].for_commands : kept[i].for_children))
			environment[count++] = xasprintf("%s=%s", kept[i].name, value);
	}
}

/* What is put together here lives as long as we do. */
static void keep(void)
{
	size_t count = 0;

	keep_for(child_environment, false);
	keep_for(command_environment, true);
	memcpy(identity_environment, child_environment, sizeof(child_environment));
	while (identity_environment[count])
		count++;
	if (getenv("HOME"))
		identity_environment[count] = xasprintf("HOME=%s", getenv("HOME"));
}

static json_t *environment_json(void)
{
	json_t *all = json_object();

	for (char **entry = environ; *entry; entry++) {
		char *equals = strchr(*entry, '=');
		_free_ char *name = equals ? xstrndup(*entry, (size_t)(equals - *entry)) : NULL;

		if (name)
			json_object_set_new(all, name,
					    json_string(equals + 1)); /* not UTF-8: dropped */
	}
	return all;
}

/* The strings that execve put on our stack are what /proc/PID/environ shows: keep those on the list
 * as copies, then overwrite all of them in place. */
static void wipe(void)
{
	char **originals = environ;
	_free_ char **copies = xcalloc(ARRAY_LENGTH(kept), sizeof(char *));

	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
		copies[i] = getenv(kept[i].name) ? xstrdup(getenv(kept[i].name)) : NULL;
	for (char **entry = originals; *entry; entry++)
		explicit_bzero(*entry, strlen(*entry));
	clearenv();
	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
		if (copies[i])
			setenv(kept[i].name, copies[i], 1);
		free(copies[i]);
	}
}

int secrets_seal(int *ret_fd, struct error *error)
{
	json_t *all = environment_json();
	char *text = json_dumps(all, JSON_COMPACT);
	int result;

	json_decref(all);
	if (prctl(PR_SET_DUMPABLE, 0))
		BUG("PR_SET_DUMPABLE failed");
	result = memory_file_sealed("agentd-secrets", span_of(text), ret_fd, error);
	explicit_bzero(text, strlen(text));
	free(text);
	if (result)
		return result;
	keep();
	wipe();
	return 0;
}

const char *const *secrets_child_environment(bool identity)
{
	return identity ? identity_environment : child_environment;
}

const char *const *secrets_command_environment(void)
{
	return command_environment;
}
