#include "choice.h"

const char *const choice_names[CHOICE_KINDS] = {
	"everything reached the disk",
	"nothing but what was synced",
	"all but one",
	"one alone",
	"names, and no data",
	"names and sizes, zeros for data",
	"data, and no names",
	"each by even chance",
	"few",
	"most",
	"names in their order up to one, data by chance",
	"a torn write",
};

struct choice {
	const struct disk *disk;
	const struct operation *operations;
	const struct region *region;
	struct state *state;
	uint64_t random;
	size_t *open; /* not durable, and not old */
	size_t count;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(struct choice *c)
{
	uint64_t z = c->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t below(struct choice *c, size_t n)
{
	return n ? (size_t)(draw(c) % n) : 0;
}

static bool happens(struct choice *c, unsigned percent)
{
	return draw(c) % 100 < percent;
}

static void find_open(struct choice *c)
{
	unsigned old_too = (unsigned)below(c, 10);

	for (size_t i = 0; i < c->state->happened; i++) {
		c->state->fates[i] = FATE_KEPT;
		if (!disk_changes(c->disk, i) || disk_is_durable(c->disk, i, c->state->happened))
			continue;
		if (i >= c->region->old || old_too == 0)
			c->open[c->count++] = i;
		else if (old_too == 1 && happens(c, 50))
			c->state->fates[i] = FATE_LOST;
	}
}

static void set_all(struct choice *c, enum fate name, enum fate data)
{
	for (size_t i = 0; i < c->count; i++)
		c->state->fates[c->open[i]] =
			(unsigned char)(disk_is_name(c->disk, c->open[i]) ? name : data);
}

static enum fate any_data(struct choice *c)
{
	return happens(c, 15) ? FATE_ZERO : happens(c, 50) ? FATE_LOST : FATE_KEPT;
}

static void set_by_chance(struct choice *c, unsigned percent)
{
	for (size_t i = 0; i < c->count; i++)
		if (!happens(c, percent))
			c->state->fates[c->open[i]] = happens(c, 20) && !disk_is_name(c->disk,
										      c->open[i])
							      ? FATE_ZERO
							      : FATE_LOST;
}

/* As a journal of names does it that is never late with data. */
static void set_in_order(struct choice *c)
{
	size_t cut = below(c, c->count + 1);

	for (size_t i = 0; i < c->count; i++) {
		bool name = disk_is_name(c->disk, c->open[i]);
		enum fate fate = i < cut ? FATE_KEPT : FATE_LOST;

		c->state->fates[c->open[i]] = (unsigned char)(name ? fate : any_data(c));
	}
}

/* The last write, or another one, in each of its blocks; around it all, nothing or some. */
static void set_torn(struct choice *c)
{
	size_t torn = SIZE_MAX, seen = 0;
	bool last = happens(c, 60);

	if (happens(c, 30))
		set_all(c, FATE_LOST, FATE_LOST);
	else if (happens(c, 50))
		set_by_chance(c, 50);
	for (size_t i = c->count; i-- > 0 && !(last && seen);) {
		if (c->operations[c->open[i]].kind == OPERATION_WRITE && !below(c, ++seen))
			torn = c->open[i];
	}
	if (torn == SIZE_MAX)
		return;
	c->state->fates[torn] = (unsigned char)(FATE_TORN_512 + below(c, 3));
	c->state->blocks = (unsigned)below(
		c, c->operations[torn].data.length /
				   (c->state->fates[torn] == FATE_TORN_4096 ? 4096 : 512) +
			   2);
}

static void set_fates(struct choice *c, unsigned kind)
{
	size_t one = c->count ? c->open[below(c, c->count)] : 0;

	switch (kind) {
	case 1: set_all(c, FATE_LOST, FATE_LOST); break;
	case 2:
		if (c->count)
			c->state->fates[one] = FATE_LOST;
		break;
	case 3:
		set_all(c, FATE_LOST, FATE_LOST);
		if (c->count)
			c->state->fates[one] = FATE_KEPT;
		break;
	case 4: set_all(c, FATE_KEPT, FATE_LOST); break;
	case 5: set_all(c, FATE_KEPT, FATE_ZERO); break;
	case 6: set_all(c, FATE_LOST, FATE_KEPT); break;
	case 7: set_by_chance(c, 50); break;
	case 8: set_by_chance(c, 15); break;
	case 9: set_by_chance(c, 85); break;
	case 10: set_in_order(c); break;
	case 11: set_torn(c); break;
	default: break;
	}
}

unsigned choose(const struct disk *disk, const struct operation *operations,
		const struct region *region, uint64_t seed, struct state *ret_state)
{
	struct choice c = { .disk = disk,
			    .operations = operations,
			    .region = region,
			    .state = ret_state,
			    .random = seed };
	unsigned kind;

	draw(&c);
	ret_state->happened = region->from + 1 + below(&c, region->to - region->from);
	ret_state->blocks = 0;
	c.open = xcalloc(ret_state->happened + 1, sizeof(*c.open));
	find_open(&c);
	kind = (unsigned)below(&c, CHOICE_KINDS);
	set_fates(&c, kind);
	free(c.open);
	return kind;
}
