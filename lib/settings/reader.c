#include "reader.h"

#include "schedule/schedule.h"
#include "value.h"

/* A value on its way into its field. */
struct reading {
	const struct key *key;
	const struct yaml *yaml;
	struct span text;
	void *into;
	struct error error;
};

/* NULL: no field takes the value so far. */
static void *field_of(const struct reading *r)
{
	return r->key->offset == UNUSED_YET ? NULL : (char *)r->into + r->key->offset;
}

/* ---- into fields ---- */

static void store_number(const struct reading *r, int64_t value)
{
	void *field = field_of(r);

	if (!field)
		return;
	if (r->key->size == sizeof(int64_t))
		*(int64_t *)field = value;
	else if (r->key->size == sizeof(uint32_t))
		*(uint32_t *)field = (uint32_t)value;
	else
		*(bool *)field = value;
}

static void store_text(const struct reading *r)
{
	void *field = field_of(r);

	if (!field)
		return;
	if (r->key->size == sizeof(char *)) {
		free(*(char **)field);
		*(char **)field = span_dup(r->text);
	} else {
		memcpy(field, r->text.data, r->text.length);
		((char *)field)[r->text.length] = '\0';
	}
}

/* ---- one type each ---- */

static int in_range(struct reading *r, int64_t value, const char *range)
{
	if (value < r->key->min || value > r->key->max)
		return error_set(&r->error, ERROR_INVALID, "it is out of range, which is %s",
				 range);
	store_number(r, value);
	return 0;
}

static int read_number(struct reading *r)
{
	int64_t value = 0;
	char range[SETTING_RANGE_SIZE];
	int e;

	switch (r->key->type) {
	case TYPE_USD: e = value_decimal(r->text, 6, &value, &r->error); break;
	case TYPE_SHARE: e = value_share(r->text, &value, &r->error); break;
	case TYPE_SIZE: e = value_size(r->text, &value, &r->error); break;
	case TYPE_DURATION: e = value_duration(r->text, &value, &r->error); break;
	default: e = value_decimal(r->text, 0, &value, &r->error); break;
	}
	if (e)
		return e;
	if (r->key->type == TYPE_DURATION) {
		if (value % r->key->unit)
			return error_set(&r->error, ERROR_INVALID, "write whole seconds");
		value /= r->key->unit;
	}
	key_range(r->key, range);
	return in_range(r, value, range);
}

static int read_hour(struct reading *r)
{
	int64_t hour;
	int e = value_hour(r->text, &hour, &r->error);

	if (!e)
		store_number(r, hour);
	return e;
}

static int read_switch(struct reading *r)
{
	int64_t on;
	int e = value_switch(r->text, &on, &r->error);

	if (!e)
		store_number(r, on);
	return e;
}

static int read_choice(struct reading *r)
{
	int64_t index;
	int e = value_choice(r->text, r->key->words, &index, &r->error);

	if (!e)
		store_number(r, index + r->key->min);
	return e;
}

static int read_text(struct reading *r)
{
	static int (*const checks[])(struct span, struct error *) = {
		[TYPE_NAME] = value_name,
		[TYPE_ZONE] = value_zone,
		[TYPE_URL] = value_url,
		[TYPE_PATH] = value_path,
	};
	int e = 0;

	if (!r->text.length || r->text.length > 4000)
		return error_set(&r->error, ERROR_INVALID, "write a text of 1 to 4000 bytes");
	if (r->key->type != TYPE_TEXT)
		e = checks[r->key->type](r->text, &r->error);
	if (!e)
		store_text(r);
	return e;
}

_Static_assert(offsetof(struct front_matter, active_end) ==
		       offsetof(struct front_matter, active_begin) + sizeof(uint16_t),
	       "TYPE_HOURS fills two neighbours");

static int read_hours(struct reading *r)
{
	uint16_t begin, end, *field = field_of(r);

	if (schedule_parse_range(r->text, &begin, &end, NULL))
		return error_set(&r->error, ERROR_INVALID,
				 "write a range of hours such as 08:00-22:00");
	field[0] = begin;
	field[1] = end;
	*(bool *)((char *)r->into + r->key->flag) = true;
	return 0;
}

/* ---- lists ---- */

#define LIST_MAX 256

static int check_item(const struct yaml *item, enum value_type type, struct error *error)
{
	if (item->kind != YAML_SCALAR)
		return error_set(error, ERROR_INVALID,
				 "write a list of plain texts, such as [one, two]");
	return type == TYPE_PATHS ? value_path(span_of(item->scalar), error)
				  : value_name(span_of(item->scalar), error);
}

/* Addresses and what stands for a key may hold a secret; they are not repeated in a message. */
static void say_wrong(const struct yaml *yaml, const struct key *key, const char *message,
		      struct diagnostics *found)
{
	bool shown = yaml->scalar && key->type != TYPE_URL && key->scope != SCOPE_API_KEY;

	diagnostics_add(found, SEVERITY_ERROR, "settings-value", yaml->line, yaml->column,
			shown ? "%s: \"%.100s\": %s" : "%s: %.0s%s", key->path,
			shown ? yaml->scalar : "", message);
}

/* Items that are wrong are left out; the others hold. A single word is a list of one. */
static bool read_list(const struct yaml *yaml, const struct key *key, void *into,
		      struct diagnostics *found)
{
	const struct yaml *item = yaml->kind == YAML_LIST ? yaml->first : yaml;
	size_t room = yaml->kind == YAML_LIST ? yaml->count : 1, count = 0;
	char **list = xcalloc(room + 1, sizeof(*list));
	bool good = true;

	for (; item && room--; item = item->next) {
		struct error error = { 0 };
		int e = count < LIST_MAX
				? check_item(item, key->type, &error)
				: error_set(&error, ERROR_INVALID, "at most 256 are allowed");

		if (e) {
			say_wrong(item, key, error.message, found);
			good = false;
			continue;
		}
		list[count++] = xstrdup(item->scalar);
	}
	*(char ***)((char *)into + key->offset) = list;
	*(size_t *)((char *)into + key->flag) = count;
	return good;
}

/* ---- values and maps ---- */

static int (*const readers[])(struct reading *) = {
	[TYPE_TEXT] = read_text,     [TYPE_NAME] = read_text,    [TYPE_ZONE] = read_text,
	[TYPE_URL] = read_text,      [TYPE_PATH] = read_text,    [TYPE_SWITCH] = read_switch,
	[TYPE_CHOICE] = read_choice, [TYPE_COUNT] = read_number, [TYPE_DURATION] = read_number,
	[TYPE_SIZE] = read_number,   [TYPE_USD] = read_number,   [TYPE_SHARE] = read_number,
	[TYPE_HOUR] = read_hour,     [TYPE_HOURS] = read_hours,
};

static int read_scalar(struct reading *r, const char *text)
{
	r->text = span_trim(span_of(text));
	return readers[r->key->type](r);
}

/* One value by its row; false where it was wrong. */
static bool read_value(const struct yaml *yaml, const struct key *key, void *into,
		       struct diagnostics *found)
{
	struct reading r = { .key = key, .yaml = yaml, .into = into };

	if (key->type == TYPE_MAP || yaml->kind == YAML_NULL)
		return true;
	if (key->type == TYPE_WORDS || key->type == TYPE_PATHS)
		return read_list(yaml, key, into, found);
	if (yaml->kind != YAML_SCALAR) {
		say_wrong(yaml, key, "write a single value, not a list or a map", found);
		return false;
	}
	if (!read_scalar(&r, yaml->scalar))
		return true;
	say_wrong(yaml, key, r.error.message, found);
	return false;
}

void reader_defaults(enum scope scope, void *into)
{
	for (size_t i = 0; i < key_count; i++) {
		struct reading r = { .key = &keys[i], .into = into };
		const char *fallback = keys[i].fallback;

		if (keys[i].scope != scope || !fallback || *fallback == '(')
			continue;
		if (read_scalar(&r, fallback))
			BUG("the default of %s is wrong: %s", keys[i].path, r.error.message);
	}
}

bool reader_is_map(const struct yaml *yaml, const char *what, struct diagnostics *found)
{
	if (!yaml || yaml->kind == YAML_NULL || yaml->kind == YAML_MAP)
		return true;
	diagnostics_add(found, SEVERITY_ERROR, "settings-type", yaml->line, yaml->column,
			"%s is not a map; write keys and values below it", what);
	return false;
}

const struct yaml *reader_members(const struct yaml *yaml)
{
	return yaml && (yaml->kind == YAML_MAP || yaml->kind == YAML_LIST) ? yaml->first : NULL;
}

static void say_unknown(const struct yaml *member, enum scope scope, const char *what,
			enum severity severity, struct diagnostics *found)
{
	const char *nearest = key_nearest(scope, member->key);

	diagnostics_add(found, severity, "settings-unknown", member->key_line, member->key_column,
			nearest ? "%s has no key \"%s\"; did you mean \"%s\"?"
				: "%s has no key \"%s\"; see agentd.yaml(5) for those it has",
			what, member->key, nearest);
}

bool reader_map(const struct yaml *yaml, enum scope scope, void *into, const char *what,
		struct diagnostics *found)
{
	bool good = reader_is_map(yaml, what, found);

	for (const struct yaml *member = good ? reader_members(yaml) : NULL; member;
	     member = member->next) {
		const struct key *key = key_find(scope, member->key);

		if (!key)
			say_unknown(member, scope, what, SEVERITY_ERROR, found);
		good = key && read_value(member, key, into, found) && good;
	}
	return good;
}

static const char *file_name(unsigned file)
{
	return file == FILE_SOUL        ? "SOUL.md"
	       : file == FILE_HEARTBEAT ? "HEARTBEAT.md"
					: "agentd.yaml";
}

bool reader_front_matter(const struct yaml *yaml, unsigned file, void *into,
			 struct diagnostics *found)
{
	bool good = reader_is_map(yaml, "the front matter", found);

	for (const struct yaml *member = good ? reader_members(yaml) : NULL; member;
	     member = member->next) {
		const struct key *key = key_find(SCOPE_FRONT_MATTER, member->key);

		if (!key) {
			say_unknown(member, SCOPE_FRONT_MATTER, "the front matter",
				    SEVERITY_WARNING, found);
		} else if (!(key->files & file)) {
			diagnostics_add(found, SEVERITY_WARNING, "settings-place", member->key_line,
					member->key_column,
					"\"%s\" belongs into %s; it is ignored here", member->key,
					file_name(key->files & ~file));
		} else {
			good = read_value(member, key, into, found) && good;
		}
	}
	return good;
}
