/* Where keys are found, and what is said when they are not. */
#include "secrets.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *secrets, *where;
	int code;           /* 0: found */
	const char *expect; /* the key, or what the message contains; NULL: no key */
} rows[] = {
	{ "{}", "null", 0, NULL },
	{ "{\"K\":\"abc\"}", "{\"env\":\"K\"}", 0, "abc" },
	{ "{\"K\":\" abc\\r\\n\"}", "{\"env\":\"K\"}", 0, "abc" },
	{ "{\"K\":\"abc\"}", "{\"env\":\"L\"}", ERROR_NOT_FOUND, "variable L" },
	{ "{\"K\":\"\"}", "{\"env\":\"K\"}", ERROR_NOT_FOUND, "K is empty" },
	{ "{\"K\":\"a b\"}", "{\"env\":\"K\"}", ERROR_INVALID, "variable K" },
	{ "{\"K\":\"a\\r\\nx: y\"}", "{\"env\":\"K\"}", ERROR_INVALID, "variable K" },
	{ "{\"K\":7}", "{\"env\":\"K\"}", ERROR_NOT_FOUND, "variable K" },
	{ "{}", "{\"env\":7}", ERROR_INVALID, "\"env\"" },
	{ "{}", "{}", ERROR_INVALID, "\"credential\"" },
	{ "{}", "[]", ERROR_INVALID, "\"file\"" },
	{ "{}", "{\"file\":\"key\"}", ERROR_INVALID, "absolute" },
	{ "{}", "{\"file\":\"\"}", ERROR_INVALID, "absolute" },
	{ "{}", "{\"file\":\"/nowhere/k\"}", ERROR_NOT_FOUND, "/nowhere/k" },
	{ "{}", "{\"file\":\"/etc\"}", ERROR_INVALID, "/etc" },
	{ "{}", "{\"file\":\"/\"}", ERROR_INVALID, "is a folder" },
	{ "{}", "{\"file\":\"/dev/null\"}", ERROR_INVALID, "/dev/null" },
	{ "{}", "{\"credential\":\"k\"}", ERROR_NOT_FOUND, "LoadCredential=k" },
	{ "{\"CREDENTIALS_DIRECTORY\":\"/nowhere\"}", "{\"credential\":\"k\"}", ERROR_NOT_FOUND,
	  "/nowhere/k" },
	{ "{\"CREDENTIALS_DIRECTORY\":\"/\"}", "{\"credential\":\"../etc/passwd\"}", ERROR_INVALID,
	  "name of a credential" },
	{ "{\"CREDENTIALS_DIRECTORY\":\"/\"}", "{\"credential\":\"..\"}", ERROR_INVALID,
	  "name of a credential" },
	{ "{\"CREDENTIALS_DIRECTORY\":\"/\"}", "{\"credential\":\"\"}", ERROR_INVALID,
	  "name of a credential" },
};

static void keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		json_t *secrets = json_loads(rows[i].secrets, 0, NULL);
		json_t *where = json_loads(rows[i].where, JSON_DECODE_ANY, NULL);
		CLEANUP(key_free) char *key = NULL;
		struct error error;
		int result = secrets_find_key(secrets, where, &key, &error);

		if (-result != rows[i].code)
			fail_msg("%s: %d %s", rows[i].where, -result, result ? error.message : key);
		if (result && !strstr(error.message, rows[i].expect))
			fail_msg("%s: %s", rows[i].where, error.message);
		if (!result && rows[i].expect)
			assert_string_equal(rows[i].expect, key);
		if (!result && !rows[i].expect)
			assert_null(key);
		json_decref(secrets);
		json_decref(where);
	}
}

/* A gateway that was started anew gets the same open file. */
static void read_twice(void **state)
{
	_fd_ int fd = -1;

	(void)state;
	assert_int_equal(0, memory_file_sealed("s", SPAN("{\"A\":\"b\"}"), &fd, NULL));
	for (int i = 0; i < 2; i++) {
		json_t *secrets = NULL;

		assert_int_equal(0, secrets_read(fd, &secrets, NULL));
		assert_string_equal("b", json_string_value(json_object_get(secrets, "A")));
		json_decref(secrets);
	}
}

static void no_object(void **state)
{
	static const char *const texts[] = { "", "[]", "{", "7", "{\"A\":\"secret-value\"} x" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		_fd_ int fd = -1;
		json_t *secrets;
		struct error error;

		assert_int_equal(0, memory_file_sealed("s", span_of(texts[i]), &fd, NULL));
		assert_int_equal(-ERROR_INVALID, secrets_read(fd, &secrets, &error));
		assert_null(strstr(error.message, "secret-value"));
	}
}

static void hidden_keys(void **state)
{
	static const struct {
		const char *key, *text, *expect;
	} hidden[] = {
		{ "sk-0123456789", "key sk-0123456789.", "key *************." },
		{ "sk-0123456789", "sk-0123456789sk-0123456789", "**************************" },
		{ "sk-0123456789", "it was sk-01234", "it was ********" },
		{ "sk-0123456789", "it was sk-0123", "it was sk-0123" },
		{ "sk-0123456789", "sksk-0123456789", "sk*************" },
		{ "four", "all four", "all ****" },
		{ "two", "all two", "all two" },
		{ NULL, "text", "text" },
		{ "sk-0123456789", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hidden); i++) {
		_free_ char *text = xstrdup(hidden[i].text);

		key_hide(hidden[i].key, text, strlen(text));
		assert_string_equal(hidden[i].expect, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keys), cmocka_unit_test(read_twice),
					    cmocka_unit_test(no_object),
					    cmocka_unit_test(hidden_keys) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
