#include "words.h"

#include <errno.h>

static int read_output(struct words *words, const char *text, struct error *error)
{
	char *end;
	long fd;

	errno = 0;
	fd = strtol(text, &end, 10);
	if (errno || end == text || *end || fd < 3 || fd > 1024)
		return error_set(error, ERROR_INVALID, "\"output=%s\" names no descriptor", text);
	words->output = (int)fd;
	return 0;
}

static int read_own(struct words *words, const char *word, struct error *error)
{
	if (!strncmp(word, "workspace=/", 11)) {
		words->workspace = word + 10;
		return 0;
	}
	if (!strncmp(word, "output=", 7))
		return read_output(words, word + 7, error);
	return error_set(error, ERROR_INVALID, "\"%s\" is no word of ours", word);
}

int words_read(char *const *argv, size_t count, struct words *ret_words, struct error *error)
{
	struct words words = { .output = -1 };
	size_t own = 0;
	int result;

	while (own < count && strncmp(argv[own], "workspace=", 10) &&
	       strncmp(argv[own], "output=", 7))
		own++;
	result = sandbox_policy_read(argv, own, &words.policy, error);
	for (; !result && own < count; own++)
		result = read_own(&words, argv[own], error);
	if (!result && words.policy.role != SANDBOX_HISTORY)
		result = error_set(error, ERROR_INVALID, "the policy is not that of history");
	if (!result && !words.workspace)
		result = error_set(error, ERROR_INVALID, "workspace=PATH is missing");
	if (!result)
		*ret_words = words;
	return result;
}
