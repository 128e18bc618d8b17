/* Looking keys up, and naming the one that a person probably meant. */
#include "table.h"

#include "base/buffer.h"

#include <stdio.h>

/* The last part of its path. */
static const char *name_of(const struct key *key)
{
	const char *dot = strrchr(key->path, '.');

	return dot ? dot + 1 : key->path;
}

const struct key *key_find(enum scope scope, const char *name)
{
	for (size_t i = 0; i < key_count; i++)
		if (keys[i].scope == scope && (!strcmp(name_of(&keys[i]), name) ||
					       (keys[i].alias && !strcmp(keys[i].alias, name))))
			return &keys[i];
	return NULL;
}

#define WORD_MAX 48

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1] = { 0 };
	size_t m = strlen(a), n = strlen(b);

	if (m > WORD_MAX || n > WORD_MAX)
		return strcmp(a, b) ? UINT32_MAX : 0;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], two[j - 2] + 1);
		}
	}
	return rows[m % 3][n];
}

/* A third of the letters may be wrong, but not more than 3. A key that the word is a part of
 * counts, too: `per_session` for `per_session_usd`. */
const char *key_nearest(enum scope scope, const char *name)
{
	const char *nearest = NULL;
	size_t length = strlen(name);
	unsigned best = length < 9 ? (unsigned)(length + 2) / 3 + 1 : 4;

	for (size_t i = 0; i < key_count; i++) {
		const char *candidate = name_of(&keys[i]);
		unsigned distance;

		if (keys[i].scope != scope)
			continue;
		distance = edit_distance(name, candidate);
		if (distance >= best && length >= 4 && best > 3 && strstr(candidate, name))
			distance = best - 1;
		if (distance < best) {
			best = distance;
			nearest = candidate;
		}
	}
	return nearest;
}

/* ---- what the manual prints ---- */

static const char *const type_names[] = {
	[TYPE_TEXT] = "text",           [TYPE_NAME] = "name",    [TYPE_ZONE] = "time zone",
	[TYPE_URL] = "address",         [TYPE_PATH] = "path",    [TYPE_SWITCH] = "on or off",
	[TYPE_CHOICE] = "choice",       [TYPE_COUNT] = "number", [TYPE_DURATION] = "time",
	[TYPE_SIZE] = "size",           [TYPE_USD] = "USD",      [TYPE_SHARE] = "share",
	[TYPE_HOUR] = "hour",           [TYPE_HOURS] = "hours",  [TYPE_WORDS] = "list of names",
	[TYPE_PATHS] = "list of paths", [TYPE_MAP] = "map",
};

struct step {
	int64_t size;
	const char *name;
};

/* The largest unit that divides the value. */
static void print_with_unit(int64_t value, const struct step *steps, char *out, size_t size)
{
	while (steps->size > 1 && (!value || value % steps->size))
		steps++;
	snprintf(out, size, "%lld %s", (long long)(value / steps->size), steps->name);
}

static void print_bound(const struct key *key, int64_t value, char *out, size_t size)
{
	static const struct step times[] = {
		{ 86400000, "days" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" }, { 1, "ms" }
	};
	static const struct step sizes[] = { { INT64_C(1) << 30, "GiB" },
					     { INT64_C(1) << 20, "MiB" },
					     { INT64_C(1) << 10, "KiB" },
					     { 1, "bytes" } };

	if (key->type == TYPE_DURATION)
		print_with_unit(value * key->unit, times, out, size);
	else if (key->type == TYPE_SIZE)
		print_with_unit(value, sizes, out, size);
	else
		snprintf(out, size, "%lld",
			 (long long)(key->type == TYPE_COUNT ? value : value / 1000000));
}

void key_range(const struct key *key, char out[SETTING_RANGE_SIZE])
{
	char from[64], to[64];

	out[0] = '\0';
	if (key->type == TYPE_CHOICE)
		snprintf(out, SETTING_RANGE_SIZE, "%s", key->words);
	if (!key->max)
		return;
	print_bound(key, key->min, from, sizeof(from));
	print_bound(key, key->max, to, sizeof(to));
	snprintf(out, SETTING_RANGE_SIZE, "%s to %s", from, to);
}

static char *files_text(unsigned files)
{
	static const char *const names[] = { "agentd.yaml", "SOUL.md", "HEARTBEAT.md" };
	struct buffer text = BUFFER(64);

	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
		if (files & (1U << i))
			buffer_printf(&text, "%s%s", text.length ? ", " : "", names[i]);
	return buffer_steal(&text);
}

static const char *fallback_text(const struct key *key)
{
	return key->fallback ? key->fallback : "";
}

/* Made once and kept: the rows live as long as the program. */
const struct setting_row *settings_table(size_t *ret_count)
{
	static struct setting_row *rows;

	*ret_count = key_count;
	if (rows)
		return rows;
	rows = xcalloc(key_count, sizeof(*rows));
	for (size_t i = 0; i < key_count; i++) {
		char range[SETTING_RANGE_SIZE];

		key_range(&keys[i], range);
		rows[i] = (struct setting_row){
			.key = keys[i].path,
			.files = files_text(keys[i].files),
			.type = type_names[keys[i].type],
			.range = xstrdup(range),
			.fallback = fallback_text(&keys[i]),
			.text = keys[i].text,
			.not_yet = keys[i].offset == UNUSED_YET && keys[i].type != TYPE_MAP,
		};
	}
	return rows;
}
