#include "identity.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#define HOST_MAX 64

/* Written once by identity_start, before there are threads. */
static struct identity user;

static void take(char *out, size_t size, const char *text, size_t length)
{
	if (length >= size)
		length = utf8_cut((struct span){ text, length }, size - 1);
	memcpy(out, text, length);
	out[length] = '\0';
}

bool identity_is_agent(const char *email)
{
	size_t length = strlen(email), suffix = strlen("@agentd.local");

	return length > suffix && !strcmp(email + length - suffix, "@agentd.local");
}

/* Fills what `config` sets and leaves the rest. */
static void identity_read(git_config *config, struct identity *identity)
{
	CLEANUP(git_buf_dispose) git_buf name = { 0 };
	CLEANUP(git_buf_dispose) git_buf email = { 0 };

	if (!git_config_get_string_buf(&email, config, "user.email") && email.size &&
	    !identity_is_agent(email.ptr))
		take(identity->email, sizeof(identity->email), email.ptr, email.size);
	else if (email.size)
		return; /* an agent's name would go with an agent's address */
	if (!git_config_get_string_buf(&name, config, "user.name") && name.size)
		take(identity->name, sizeof(identity->name), name.ptr, name.size);
}

/* The first field of GECOS, in which & stands for the login (passwd(5)); else the login. And the
 * home. */
static void identity_of_login(struct identity *ret_identity, char *home, size_t home_size)
{
	char memory[4096], host[HOST_MAX + 1] = "localhost";
	struct passwd entry, *found = NULL;
	struct span full = { NULL, 0 };

	if (getpwuid_r(geteuid(), &entry, memory, sizeof(memory), &found) || !found) {
		snprintf(ret_identity->name, sizeof(ret_identity->name), "user-%u",
			 (unsigned)geteuid());
	} else {
		take(home, home_size, found->pw_dir, strlen(found->pw_dir));
		full = span_of(found->pw_gecos);
		full.length = strcspn(found->pw_gecos, ",&");
		full = span_trim(full);
		if (!full.length)
			full = span_of(found->pw_name);
		take(ret_identity->name, sizeof(ret_identity->name), full.data, full.length);
	}
	gethostname(host, HOST_MAX);
	snprintf(ret_identity->email, sizeof(ret_identity->email), "%s@%s",
		 found ? found->pw_name : ret_identity->name, host);
}

static void add_file(git_config *config, git_config_level_t level, const char *folder,
		     const char *file)
{
	_free_ char *path = xasprintf("%s%s", folder, file);

	if (folder[0] == '/')
		git_config_add_file_ondisk(config, path, level, NULL, 0);
}

void identity_start(void)
{
	CLEANUP(git_config_free) git_config *config = NULL;
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	char login_home[PATH_MAX] = "";

	identity_of_login(&user, login_home, sizeof(login_home));
	if (!home)
		home = login_home;
	if (git_config_new(&config))
		return;
	add_file(config, GIT_CONFIG_LEVEL_SYSTEM, "/etc", "/gitconfig");
	add_file(config, GIT_CONFIG_LEVEL_XDG, xdg ? xdg : home,
		 xdg ? "/git/config" : "/.config/git/config");
	add_file(config, GIT_CONFIG_LEVEL_GLOBAL, home, "/.gitconfig");
	identity_read(config, &user);
}

void identity_of(git_repository *repository, struct identity *ret_identity)
{
	CLEANUP(git_config_free) git_config *config = NULL;

	*ret_identity = user;
	if (!git_repository_config_snapshot(&config, repository))
		identity_read(config, ret_identity);
}

/* What git itself drops from names (ident.c, "crud") and what would end one early. */
static void clean(char *out, size_t size, const char *text, const char *instead)
{
	struct span s;

	take(out, size, text, strlen(text));
	for (char *at = out; *at; at++)
		if (*at == '<' || *at == '>' || (unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	s = span_of(out);
	while (s.length && strchr(" .,:;\"\\'", s.data[0]))
		s = span_slice(s, 1, s.length);
	while (s.length && strchr(" .,:;\"\\'", s.data[s.length - 1]))
		s.length--;
	memmove(out, s.data, s.length);
	out[s.length] = '\0';
	if (!s.length)
		take(out, size, instead, strlen(instead));
}

int identity_sign(const struct history_author *author, git_signature **ret_signature,
		  struct error *error)
{
	struct identity clear;
	int result;

	clean(clear.name, sizeof(clear.name), author->name, "unknown");
	clean(clear.email, sizeof(clear.email), author->email, "unknown@localhost");
	result = git_signature_new(ret_signature, clear.name, clear.email, author->at, 0);
	return result ? git_refuse(error, result, "signing a commit as %s", clear.name) : 0;
}
