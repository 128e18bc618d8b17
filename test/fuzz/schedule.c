/* Headings, labels, canonical text, ranges and durations; the next moment of whatever is a
 * schedule. The zone's file is part of the input as well: what follows a NUL. */
#include "schedule/schedule.h"
#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A valid schedule has canonical text that stands for it, and moments that ascend. */
static void follow(const struct schedule *s, const struct zone *zone)
{
	char text[SCHEDULE_PRINT_SIZE];
	struct schedule again;
	int64_t at = 1790000000, before;

	schedule_print(s, text);
	if (schedule_parse(span_of(text), &again, NULL) < 0 || !schedule_equal(s, &again))
		BUG("\"%s\" does not come back", text);
	for (unsigned i = 0; i < 3; i++) {
		before = at;
		if (schedule_next(s, zone, 1800, before, &at) < 0)
			break;
		if (at <= before)
			BUG("\"%s\" does not ascend", text);
	}
	(void)schedule_shortest_interval(s, 1800);
}

static void read_text(struct span text, const struct zone *zone)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
	struct error error;
	struct schedule s;
	struct span title;
	uint16_t begin, end;
	bool quiet;

	if (schedule_read_heading(text, NULL, 1, &s, &title, &found, &error) == SCHEDULE_READ_OK)
		follow(&s, zone);
	if (title.length &&
	    (title.data < text.data || title.data + title.length > text.data + text.length))
		BUG("the title lies outside");
	if (schedule_read_label(text, NULL, 1, &s, &found, &error) == SCHEDULE_READ_OK)
		follow(&s, zone);
	if (schedule_parse(text, &s, &error) == 0)
		follow(&s, zone);
	schedule_read_gate(text, &quiet, &begin, &end);
	(void)schedule_parse_range(text, &begin, &end, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone *utc; /* loaded once */
	CLEANUP(zone_free) struct zone *zone = NULL;
	struct span text = { (const char *)data, size }, file = { NULL, 0 };
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;

	if (nul) {
		text.length = (size_t)(nul - data);
		file = span_slice((struct span){ (const char *)data, size }, text.length + 1, size);
	}
	if (file.length && zone_parse("fuzz", file, &zone, NULL) == 0)
		read_text(text, zone);
	if (utc || zone_load("UTC", &utc, NULL) == 0)
		read_text(text, utc);
	return 0;
}
