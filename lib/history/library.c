#include "identity.h"
#include "lock.h"
#include "reboot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Agents' repositories are many and small; 256 MiB, libgit2's default, is for few and large. */
#define OBJECT_CACHE_BYTES ((ssize_t)4 * 1024 * 1024)

/* The system's and the user's settings could name hooks, filters, attributes and other work trees.
 * None of them is read (identity.c takes the user's name alone). */
static int settings_off(void)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				      GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL };
	int result = git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");

	for (size_t i = 0; !result && i < ARRAY_LENGTH(levels); i++)
		result = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	return result;
}

int history_library_start(struct error *error)
{
	int result = git_libgit2_init();

	if (result < 0)
		return git_refuse(error, result, "starting libgit2");
	identity_start();
	lock_start();
	reboot_start();
	result = settings_off();
	if (!result)
		result = git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, OBJECT_CACHE_BYTES);
	if (result) {
		git_libgit2_shutdown();
		return git_refuse(error, result, "setting up libgit2");
	}
	return 0;
}

void history_library_stop(void)
{
	git_libgit2_shutdown();
}

static const struct {
	int result;
	enum error_code code;
} codes[] = {
	{ GIT_ENOTFOUND, ERROR_NOT_FOUND },  { GIT_EEXISTS, ERROR_EXISTS },
	{ GIT_ELOCKED, ERROR_BUSY },         { GIT_EMODIFIED, ERROR_CONFLICT },
	{ GIT_EOWNER, ERROR_DENIED },        { GIT_EINVALID, ERROR_INVALID },
	{ GIT_EINVALIDSPEC, ERROR_INVALID },
};

int git_refuse(struct error *error, int result, const char *format, ...)
{
	const git_error *last = git_error_last();
	int system = last && last->klass == GIT_ERROR_OS ? errno : 0;
	_free_ char *what = NULL;
	enum error_code code = ERROR_SYSTEM;
	va_list args;

	va_start(args, format);
	what = xvasprintf(format, args);
	va_end(args);
	if (last && last->klass == GIT_ERROR_NOMEMORY)
		BUG("no memory while %s", what);
	for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
		if (codes[i].result == result)
			code = codes[i].code;
	error_set(error, code, "%s: %s", what,
		  last && last->message ? last->message : "git failed");
	if (error && code == ERROR_SYSTEM)
		error->system = system;
	return -(int)code;
}

void history_files_clear(struct history_files *files)
{
	free(files->items);
	*files = (struct history_files){ 0 };
}
