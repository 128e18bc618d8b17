#include "zone.h"

#include "file.h"
#include "hash.h"
#include "zone_rule.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define FILE_MAX (64 * 1024)
#define TRANSITIONS_MAX 4096
#define NAME_MAX_BYTES 64
#define HEADER_SIZE 44

/* Civil years end at 9999; nothing beyond is ever asked for in earnest. */
#define LOCAL_MIN ((int64_t)-62135596800)
#define LOCAL_MAX ((int64_t)253402300799)

/* One block of memory; what the rule says anyway is not stored (Berlin: 1.1 KB instead of 3). */
struct zone {
	struct zone_rule rule;
	uint32_t count;       /* transitions */
	int32_t first_offset; /* before the first one */
	int32_t *offsets;     /* [count], in force from times[i] on */
	uint64_t hash;        /* of the file's bytes */
	char *name;
	int64_t times[];
};

/* ---- TZif ---- */

struct tzif {
	const unsigned char *at;
	size_t left;
	unsigned version, time_size;
	uint32_t isut_count, isstd_count, leap_count, time_count, type_count, char_count;
};

static uint32_t big32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t big64(const unsigned char *p)
{
	return (int64_t)((uint64_t)big32(p) << 32 | big32(p + 4));
}

static uint64_t body_size(const struct tzif *f)
{
	return (uint64_t)f->time_count * (f->time_size + 1) + (uint64_t)f->type_count * 6 +
	       f->char_count + (uint64_t)f->leap_count * (f->time_size + 4) + f->isstd_count +
	       f->isut_count;
}

/* Reads one header; leaves `at` on the data block behind it, which is all there. */
static bool read_header(struct tzif *f, unsigned time_size)
{
	const unsigned char *p = f->at;

	if (f->left < HEADER_SIZE || memcmp(p, "TZif", 4))
		return false;
	f->version = p[4] ? p[4] - '0' : 1;
	f->time_size = time_size;
	f->isut_count = big32(p + 20);
	f->isstd_count = big32(p + 24);
	f->leap_count = big32(p + 28);
	f->time_count = big32(p + 32);
	f->type_count = big32(p + 36);
	f->char_count = big32(p + 40);
	f->at += HEADER_SIZE;
	f->left -= HEADER_SIZE;
	return f->version <= 9 && body_size(f) <= f->left;
}

static void skip_body(struct tzif *f)
{
	f->at += body_size(f);
	f->left -= body_size(f);
}

static int64_t time_at(const struct tzif *f, uint32_t i)
{
	const unsigned char *p = f->at + (size_t)i * f->time_size;

	return f->time_size == 8 ? big64(p) : (int32_t)big32(p);
}

static unsigned type_at(const struct tzif *f, uint32_t i)
{
	return f->at[(size_t)f->time_count * f->time_size + i];
}

static int32_t type_offset(const struct tzif *f, unsigned type)
{
	return (int32_t)big32(f->at + (size_t)f->time_count * (f->time_size + 1) + type * 6u);
}

static bool body_valid(const struct tzif *f)
{
	if (!f->type_count || f->type_count > 256 || f->time_count > TRANSITIONS_MAX)
		return false;
	for (unsigned i = 0; i < f->type_count; i++)
		if (type_offset(f, i) < -ZONE_OFFSET_MAX || type_offset(f, i) > ZONE_OFFSET_MAX)
			return false;
	for (uint32_t i = 0; i < f->time_count; i++)
		if (type_at(f, i) >= f->type_count || (i && time_at(f, i) <= time_at(f, i - 1)))
			return false;
	return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n" behind the second data block; may be empty. */
static bool read_footer(const struct tzif *f, struct zone_rule *ret_rule)
{
	struct span rest = { (const char *)f->at, f->left };
	const char *end;

	*ret_rule = (struct zone_rule){ 0 };
	if (rest.length < 2 || rest.data[0] != '\n')
		return false;
	rest = span_slice(rest, 1, rest.length);
	end = memchr(rest.data, '\n', rest.length);
	if (!end)
		return false;
	rest.length = (size_t)(end - rest.data);
	return !rest.length || zone_rule_parse(rest, ret_rule);
}

/* ---- building ---- */

static struct zone *zone_new(const char *name, uint32_t count)
{
	size_t times = count * sizeof(int64_t), offsets = count * sizeof(int32_t);
	struct zone *zone = xcalloc(1, sizeof(*zone) + times + offsets + strlen(name) + 1);

	zone->count = count;
	zone->offsets = (int32_t *)(void *)((char *)zone->times + times);
	zone->name = (char *)zone->offsets + offsets;
	memcpy(zone->name, name, strlen(name) + 1);
	return zone;
}

/* Copies the transitions at which the offset really changes; returns their number. */
static uint32_t copy_changes(const struct tzif *f, int64_t *times, int32_t *offsets)
{
	int32_t before = type_offset(f, 0);
	uint32_t count = 0;

	for (uint32_t i = 0; i < f->time_count; i++) {
		int32_t offset = type_offset(f, type_at(f, i));

		if (offset != before) {
			times[count] = time_at(f, i);
			offsets[count++] = offset;
		}
		before = offset;
	}
	return count;
}

/* Drops transitions at the end that the rule gives as well: "fat" files list them up to 2037. */
static uint32_t drop_ruled(const struct zone_rule *rule, const int64_t *times,
			   const int32_t *offsets, uint32_t count)
{
	struct segment here, before;

	if (!rule->present)
		return count;
	for (; count >= 2; count--) {
		here = zone_rule_segment(rule, times[count - 1]);
		before = zone_rule_segment(rule, times[count - 2]);
		if (here.offset != offsets[count - 1] || before.offset != offsets[count - 2] ||
		    before.end != times[count - 1])
			break;
	}
	return count;
}

static struct zone *build(const char *name, const struct tzif *f, const struct zone_rule *rule)
{
	_free_ int64_t *times = xcalloc(f->time_count + 1, sizeof(*times));
	_free_ int32_t *offsets = xcalloc(f->time_count + 1, sizeof(*offsets));
	uint32_t count = drop_ruled(rule, times, offsets, copy_changes(f, times, offsets));
	struct zone *zone = zone_new(name, count);

	memcpy(zone->times, times, count * sizeof(*times));
	memcpy(zone->offsets, offsets, count * sizeof(*offsets));
	zone->first_offset = type_offset(f, 0);
	zone->rule = *rule;
	return zone;
}

int zone_parse(const char *name, struct span tzif, struct zone **ret_zone, struct error *error)
{
	struct tzif f = { .at = (const unsigned char *)tzif.data, .left = tzif.length }, behind;
	struct zone_rule rule = { 0 };
	bool valid = tzif.data && read_header(&f, 4);

	if (valid && f.version >= 2) {
		skip_body(&f);
		valid = read_header(&f, 8);
		behind = f;
		if (valid) {
			skip_body(&behind);
			valid = read_footer(&behind, &rule);
		}
	}
	if (!valid || !body_valid(&f))
		return error_set(
			error, ERROR_INVALID,
			"the time zone file of \"%s\" is not valid TZif (RFC 9636): reinstall "
			"tzdata",
			name);
	if (f.leap_count)
		return error_set(
			error, ERROR_UNSUPPORTED,
			"time zone \"%s\" counts leap seconds: write the name without \"right/\"",
			name);
	*ret_zone = build(name, &f, &rule);
	(*ret_zone)->hash = hash_span(HASH_BEGIN, tzif);
	return 0;
}

/* ---- loading ---- */

static bool name_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > NAME_MAX_BYTES || name[0] == '/' || name[0] == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7F)
			return false;
	return !strstr(name, "..") && !strstr(name, "//");
}

static int open_file(const char *name, int *ret_fd, struct error *error)
{
	const char *folder = getenv("TZDIR");
	_free_ char *path = xasprintf("%s/%s", folder && *folder ? folder : "/usr/share/zoneinfo",
				      name);
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(error, ERROR_NOT_FOUND,
				 "no time zone \"%s\": write a name such as Europe/Berlin or UTC",
				 name);
	if (fd < 0)
		return error_set_system(error, errno, "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(
			error, ERROR_NOT_FOUND,
			"\"%s\" is no time zone: write a name such as Europe/Berlin or UTC", name);
	}
	*ret_fd = fd;
	return 0;
}

int zone_load(const char *name, struct zone **ret_zone, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(FILE_MAX);
	_fd_ int fd = -1;
	int r;

	if (!name_valid(name))
		return error_set(
			error, ERROR_INVALID,
			"\"%s\" cannot be a time zone: write a name such as Europe/Berlin or UTC",
			name);
	r = open_file(name, &fd, error);
	if (r < 0)
		return r;
	r = fd_read_all(fd, &bytes, error);
	if (r < 0)
		return r;
	return zone_parse(name, buffer_span(&bytes), ret_zone, error);
}

void zone_free(struct zone *zone)
{
	free(zone);
}

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

bool zone_equal(const struct zone *a, const struct zone *b)
{
	return a->hash == b->hash && !strcmp(a->name, b->name);
}

/* ---- questions ---- */

static uint32_t transitions_until(const struct zone *zone, int64_t instant)
{
	uint32_t low = 0, high = zone->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (zone->times[middle] <= instant)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct segment segment_at(const struct zone *zone, int64_t instant)
{
	uint32_t i = transitions_until(zone, instant);
	struct segment s = { i ? zone->times[i - 1] : INT64_MIN, INT64_MAX,
			     i ? zone->offsets[i - 1] : zone->first_offset };

	if (i < zone->count) {
		s.end = zone->times[i];
	} else if (zone->rule.present) {
		int64_t begin = s.begin;

		s = zone_rule_segment(&zone->rule, instant);
		if (s.begin < begin)
			s.begin = begin;
	}
	return s;
}

int32_t zone_offset(const struct zone *zone, int64_t instant)
{
	return segment_at(zone, instant).offset;
}

void zone_to_local(const struct zone *zone, int64_t instant, struct civil *ret_local)
{
	int64_t t = instant < LOCAL_MIN ? LOCAL_MIN : instant > LOCAL_MAX ? LOCAL_MAX : instant;
	int64_t local = t + zone_offset(zone, t);

	civil_from_instant(local < LOCAL_MIN   ? LOCAL_MIN
			   : local > LOCAL_MAX ? LOCAL_MAX
					       : local,
			   ret_local);
}

/* Walks along the offsets from a moment at which the clock surely showed less, to the first
 * one at which it shows `local` or, behind a gap, more. */
int64_t zone_from_local(const struct zone *zone, const struct civil *local)
{
	int64_t wall = instant_from_civil(local);
	struct segment s = segment_at(zone, wall - ZONE_OFFSET_MAX);

	while (wall - s.offset >= s.end)
		s = segment_at(zone, s.end);
	return s.begin > wall - s.offset ? s.begin : wall - s.offset;
}

int64_t zone_next_change(const struct zone *zone, int64_t after)
{
	struct segment s = segment_at(zone, after), next;

	while (s.end != INT64_MAX) {
		next = segment_at(zone, s.end);
		if (next.offset != s.offset)
			return s.end;
		s = next;
	}
	return INT64_MAX;
}

/* ---- the host ---- */

/* What is behind ".../zoneinfo/" of a path, or the text itself. */
static const char *behind_zoneinfo(const char *text)
{
	const char *found = strstr(text, "/zoneinfo/");

	return found ? found + strlen("/zoneinfo/") : text;
}

static bool use_name(const char *text, char out[65])
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	const char *name = behind_zoneinfo(text);

	if (!name_valid(name) || zone_load(name, &zone, NULL) < 0)
		return false;
	memcpy(out, name, strlen(name) + 1);
	return true;
}

static bool name_from_environment(char out[65])
{
	const char *tz = getenv("TZ");

	return tz && use_name(tz[0] == ':' ? tz + 1 : tz, out);
}

static bool name_from_etc_timezone(char out[65])
{
	char text[128];
	_fd_ int fd = open("/etc/timezone", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, " \t\r\n#")] = '\0';
	return use_name(text, out);
}

static bool name_from_etc_localtime(char out[65])
{
	char path[PATH_MAX];
	ssize_t n = readlink("/etc/localtime", path, sizeof(path) - 1);

	if (n <= 0)
		return false;
	path[n] = '\0';
	return strstr(path, "/zoneinfo/") && use_name(path, out);
}

void zone_host_name(char out[65])
{
	if (!name_from_environment(out) && !name_from_etc_timezone(out) &&
	    !name_from_etc_localtime(out))
		memcpy(out, "UTC", 4);
}
