/* The daemon's original environment, which holds the keys; read once from a sealed memory file. */
#ifndef GATEWAY_SECRETS_H
#define GATEWAY_SECRETS_H

#include "base/alloc.h"
#include "base/error.h"

#include <jansson.h>

/* Reads {"NAME":"value"} from a descriptor, from its beginning. */
int secrets_read(int fd, json_t **ret_secrets, struct error *error);

/* The key of a provider: {"env":NAME}, {"file":PATH} (read now) or {"credential":NAME} (a file in
 * $CREDENTIALS_DIRECTORY); JSON null or NULL: none, *ret_key is NULL. Blanks and line ends around
 * it are dropped. Errors name the variable or the file, never the value: NOT_FOUND (nothing there),
 * DENIED (may not be read), INVALID (no key that a header could carry). key_free wipes it. */
int secrets_find_key(const json_t *secrets, const json_t *where, char **ret_key,
		     struct error *error);
void key_free(char *key);

/* Overwrites with '*' what a text has of a key: all of it, or 8 bytes and more of its beginning,
 * because a text may have been cut. `key` NULL: nothing; of less than 4 bytes: it is no secret. */
void key_hide(const char *key, char *text, size_t length);

/* Overwrites it in every string of a reply, names in objects excepted: whole occurrences only, and
 * of keys that no honest text holds by chance (a local server's may be "none"). */
void key_hide_in_reply(const char *key, json_t *reply);

CLEANUP_DEFINE(char *, key_free)
CLEANUP_DEFINE(json_t *, json_decref)

#endif
