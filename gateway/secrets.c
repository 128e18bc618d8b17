#include "secrets.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define SECRETS_MAX (8 * 1024 * 1024)
#define KEY_MAX (16 * 1024)
#define TELLING_PART 8
#define SHORTEST_SECRET 4
#define SHORTEST_IN_REPLY 20

static void buffer_wipe(struct buffer *b)
{
	if (b->data)
		explicit_bzero(b->data, b->capacity);
	buffer_clear(b);
}
CLEANUP_DEFINE_VALUE(struct buffer, buffer_wipe)

int secrets_read(int fd, json_t **ret_secrets, struct error *error)
{
	CLEANUP(buffer_wipe) struct buffer text = BUFFER(SECRETS_MAX);
	json_t *secrets;

	/* An earlier gateway may have read the same open file. */
	if (lseek(fd, 0, SEEK_SET) || fd_read_all(fd, &text, error))
		return error_set(error, ERROR_INVALID,
				 "descriptor %d: the environment cannot be read", fd);
	secrets = json_loadb(text.data ? text.data : "", text.length, 0, NULL);
	if (!json_is_object(secrets)) {
		json_decref(secrets);
		return error_set(error, ERROR_INVALID, "descriptor %d holds no JSON object", fd);
	}
	*ret_secrets = secrets;
	return 0;
}

void key_free(char *key)
{
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
}

static size_t common_length(const char *key, const char *text, size_t length)
{
	size_t common = 0;

	while (common < length && key[common] && key[common] == text[common])
		common++;
	return common;
}

void key_hide(const char *key, char *text, size_t length)
{
	size_t size = key ? strlen(key) : 0, least = size < TELLING_PART ? size : TELLING_PART;

	if (size < SHORTEST_SECRET)
		return;
	for (size_t i = 0; i + least <= length; i++) {
		size_t common = common_length(key, text + i, length - i);

		if (common < least)
			continue;
		memset(text + i, '*', common);
		i += common - 1;
	}
}

static void hide_in_string(const char *key, json_t *string)
{
	struct span text = { json_string_value(string), json_string_length(string) };
	size_t size = strlen(key);
	_free_ char *copy = NULL;

	if (!memmem(text.data, text.length, key, size))
		return;
	copy = span_dup(text);
	for (char *at = copy; (at = memmem(at, text.length - (size_t)(at - copy), key, size));)
		memset(at, '*', size);
	json_string_setn(string, copy, text.length);
}

static void hide_in(const char *key, json_t *value)
{
	const char *name;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		hide_in_string(key, value);
	json_object_foreach(value, name, item)
		hide_in(key, item);
	json_array_foreach(value, i, item)
		hide_in(key, item);
}

void key_hide_in_reply(const char *key, json_t *reply)
{
	if (key && strlen(key) >= SHORTEST_IN_REPLY)
		hide_in(key, reply);
}

static int check_key(struct span text, const char *what, const char *name, char **ret_key,
		     struct error *error)
{
	struct span key = span_trim(text);

	if (!key.length)
		return error_set(error, ERROR_NOT_FOUND, "the key is missing: %s %s is empty", what,
				 name);
	/* A line end inside it would end the header and begin another. */
	for (size_t i = 0; i < key.length; i++) {
		if ((unsigned char)key.data[i] <= ' ' || key.data[i] == 0x7f)
			return error_set(
				error, ERROR_INVALID,
				"%s %s holds more than a key: blanks or control characters", what,
				name);
	}
	*ret_key = span_dup(key);
	return 0;
}

static int read_key_file(const char *path, char **ret_key, struct error *error)
{
	CLEANUP(buffer_wipe) struct buffer text = BUFFER(KEY_MAX);
	/* Links are followed: /run/secrets of a container is made of them. */
	_free_ char *real = path[0] == '/' ? realpath(path, NULL) : NULL;
	_free_ char *folder = real ? xstrndup(real, (size_t)(strrchr(real, '/') - real) + 1) : NULL;
	_fd_ int dir = -1;
	int result;

	if (path[0] != '/')
		return error_set(error, ERROR_INVALID, "the key file %s needs an absolute path",
				 path);
	if (!real)
		return error_set(error, ERROR_NOT_FOUND,
				 "the key is missing: there is no file %s that the gateway may see",
				 path);
	if (!strcmp(real, "/"))
		return error_set(error, ERROR_INVALID, "the key file %s is a folder", path);
	/* The walls may know the file and not its folder: that is walked through, not read. */
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	result = dir < 0 ? error_set_system(error, errno, "opening %s", folder) : 0;
	if (!result)
		result = file_read(dir, strrchr(real, '/') + 1, &text, NULL, error);
	if (result == -ERROR_DENIED)
		return error_set(
			error, ERROR_DENIED,
			"the key file %s may not be read: check its owner and mode; if it is "
			"new in agentd.yaml, the gateway's walls learn of it when it starts "
			"anew, after a minute without a call",
			path);
	if (result)
		return error_prefix(error, "the key file %s: ", path);
	return check_key(buffer_span(&text), "file", path, ret_key, error);
}

static int key_from_environment(const json_t *secrets, const char *name, char **ret_key,
				struct error *error)
{
	const char *value = json_string_value(json_object_get(secrets, name));

	if (!value)
		return error_set(
			error, ERROR_NOT_FOUND,
			"the key is missing: set the environment variable %s where agentd is "
			"started, and start it again",
			name);
	return check_key(span_of(value), "environment variable", name, ret_key, error);
}

static int key_from_file(const json_t *secrets, const char *path, char **ret_key,
			 struct error *error)
{
	(void)secrets;
	return read_key_file(path, ret_key, error);
}

/* https://www.freedesktop.org/software/systemd/man/systemd.exec.html: LoadCredential= */
static int key_from_credential(const json_t *secrets, const char *name, char **ret_key,
			       struct error *error)
{
	const char *folder = json_string_value(json_object_get(secrets, "CREDENTIALS_DIRECTORY"));
	_free_ char *path = NULL;

	if (!*name || strchr(name, '/') || !strcmp(name, ".."))
		return error_set(error, ERROR_INVALID, "\"%s\" is no name of a credential", name);
	if (!folder)
		return error_set(
			error, ERROR_NOT_FOUND,
			"the key is missing: credential %s needs LoadCredential=%s:… in the "
			"service of agentd",
			name, name);
	path = xasprintf("%s/%s", folder, name);
	return read_key_file(path, ret_key, error);
}

static const struct {
	const char *word;
	int (*find)(const json_t *secrets, const char *name, char **ret_key, struct error *error);
} places[] = {
	{ "env", key_from_environment },
	{ "file", key_from_file },
	{ "credential", key_from_credential },
};

int secrets_find_key(const json_t *secrets, const json_t *where, char **ret_key,
		     struct error *error)
{
	if (!where || json_is_null(where)) {
		*ret_key = NULL;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		const char *name = json_string_value(json_object_get(where, places[i].word));

		if (name)
			return places[i].find(secrets, name, ret_key, error);
	}
	return error_set(error, ERROR_INVALID,
			 "a key is {\"env\":…}, {\"file\":…} or {\"credential\":…}");
}
