#include "sandbox.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const role_names[] = {
	[SANDBOX_SESSION] = "session",
	[SANDBOX_HISTORY] = "history",
	[SANDBOX_GATEWAY] = "gateway",
};

/* ---- for people ---- */

static void print_bytes(struct buffer *out, const char *what, uint64_t bytes)
{
	if (!bytes)
		buffer_printf(out, "; %s unlimited", what);
	else if (bytes >> 20 << 20 == bytes)
		buffer_printf(out, "; %s %" PRIu64 " MiB", what, bytes >> 20);
	else
		buffer_printf(out, "; %s %" PRIu64 " bytes", what, bytes);
}

void sandbox_policy_print(const struct sandbox_policy *policy, struct buffer *out)
{
	buffer_printf(out, "%s: ", role_names[policy->role]);
	for (size_t i = 0; i < policy->rule_count; i++)
		buffer_printf(out, "%s%s fd %d", i ? ", " : "",
			      policy->rules[i].write ? "write" : "read", policy->rules[i].fd);
	if (!policy->rule_count)
		buffer_append_text(out, "no files");
	print_bytes(out, "memory", policy->memory_bytes);
	print_bytes(out, "a file", policy->file_bytes);
	if (policy->cpu_s)
		buffer_printf(out, "; cpu %" PRIu64 " s", policy->cpu_s);
	if (policy->off)
		buffer_append_text(out, "; sandbox off");
}

/* ---- as words of a command line ---- */

size_t sandbox_policy_words(const struct sandbox_policy *policy, char *words[SANDBOX_WORDS_MAX])
{
	size_t count = 0;

	words[count++] = xasprintf("role=%s", role_names[policy->role]);
	for (size_t i = 0; i < policy->rule_count; i++)
		words[count++] = xasprintf("%s=%d", policy->rules[i].write ? "write" : "read",
					   policy->rules[i].fd);
	if (policy->memory_bytes)
		words[count++] = xasprintf("memory=%" PRIu64, policy->memory_bytes);
	if (policy->file_bytes)
		words[count++] = xasprintf("file=%" PRIu64, policy->file_bytes);
	if (policy->cpu_s)
		words[count++] = xasprintf("cpu=%" PRIu64, policy->cpu_s);
	if (policy->off)
		words[count++] = xstrdup("sandbox=off");
	return count;
}

static bool read_number(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || number > (max - (uint64_t)(*text - '0')) / 10)
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	*ret_number = number;
	return true;
}

static bool read_role(struct sandbox_policy *policy, const char *value)
{
	for (size_t i = 0; i < ARRAY_LENGTH(role_names); i++) {
		if (strcmp(value, role_names[i]))
			continue;
		policy->role = (enum sandbox_role)i;
		return true;
	}
	return false;
}

static bool add_rule(struct sandbox_policy *policy, const char *value, bool write)
{
	uint64_t fd;

	if (!read_number(value, INT16_MAX, &fd) || fd <= 2 ||
	    policy->rule_count == SANDBOX_RULES_MAX)
		return false;
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].fd == (int)fd)
			return false;
	policy->rules[policy->rule_count++] = (struct sandbox_rule){ (int)fd, write };
	return true;
}

static bool read_rule(struct sandbox_policy *policy, const char *value)
{
	return add_rule(policy, value, false);
}

static bool read_write_rule(struct sandbox_policy *policy, const char *value)
{
	return add_rule(policy, value, true);
}

static bool read_memory(struct sandbox_policy *policy, const char *value)
{
	return read_number(value, INT64_MAX, &policy->memory_bytes) && policy->memory_bytes;
}

static bool read_file_bytes(struct sandbox_policy *policy, const char *value)
{
	return read_number(value, INT64_MAX, &policy->file_bytes) && policy->file_bytes;
}

static bool read_cpu(struct sandbox_policy *policy, const char *value)
{
	return read_number(value, INT32_MAX, &policy->cpu_s) && policy->cpu_s;
}

static bool read_off(struct sandbox_policy *policy, const char *value)
{
	policy->off = true;
	return !strcmp(value, "off");
}

static const struct {
	const char *key;
	bool repeats;
	bool (*read)(struct sandbox_policy *policy, const char *value);
} keys[] = {
	{ "role=", false, read_role },       { "read=", true, read_rule },
	{ "write=", true, read_write_rule }, { "memory=", false, read_memory },
	{ "file=", false, read_file_bytes }, { "cpu=", false, read_cpu },
	{ "sandbox=", false, read_off },
};

/* Index of the key that `word` begins with, or ARRAY_LENGTH(keys). */
static size_t find_key(const char *word)
{
	size_t i = 0;

	while (i < ARRAY_LENGTH(keys) && strncmp(word, keys[i].key, strlen(keys[i].key)))
		i++;
	return i;
}

int sandbox_policy_read(char *const *words, size_t count, struct sandbox_policy *ret_policy,
			struct error *error)
{
	struct sandbox_policy policy = { 0 };
	bool seen[ARRAY_LENGTH(keys)] = { false };

	for (size_t i = 0; i < count; i++) {
		size_t key = find_key(words[i]);

		if (key == ARRAY_LENGTH(keys) || (seen[key] && !keys[key].repeats) ||
		    !keys[key].read(&policy, words[i] + strlen(keys[key].key)))
			return error_set(error, ERROR_INVALID,
					 "\"%s\" is no word of a sandbox policy", words[i]);
		seen[key] = true;
	}
	if (!seen[0])
		return error_set(error, ERROR_INVALID, "a sandbox policy needs role=…");
	*ret_policy = policy;
	return 0;
}
