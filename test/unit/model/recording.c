#include "recording.h"

#include "base/file.h"

#define FOLDER "../shared/wire"
#define FILES_MAX 200
#define WHOLE_SWEEP 16384 /* bytes up to which every cut runs through all layers */

/* jansson's blocks are used again: a sanitizer's malloc takes most of the time of a sweep, and says
 * nothing about a library that was built without it. The other tests run on the real one. */
#define BLOCK_SIZES 64

struct block {
	size_t size; /* in units of 16 bytes */
	struct block *next;
};

static struct block *unused[BLOCK_SIZES];

static void *block_take(size_t bytes)
{
	size_t size = (bytes + 15) / 16;
	struct block *block = size < BLOCK_SIZES ? unused[size] : NULL;

	if (block) {
		unused[size] = block->next;
	} else {
		block = xmalloc(sizeof(*block) + size * 16);
		block->size = size;
	}
	return block + 1;
}

static void block_give(void *bytes)
{
	struct block *block = bytes;

	if (!block)
		return;
	block--;
	if (block->size >= BLOCK_SIZES) {
		free(block);
		return;
	}
	block->next = unused[block->size];
	unused[block->size] = block;
}

static void blocks_free(void)
{
	for (size_t i = 0; i < BLOCK_SIZES; i++) {
		while (unused[i]) {
			struct block *block = unused[i];

			unused[i] = block->next;
			free(block);
		}
	}
}

struct recording recordings[FILES_MAX];
size_t recording_count;

const char *recording_format(const struct recording *r)
{
	if (!strcmp(r->format, "openai-chat"))
		return "openai";
	if (!strcmp(r->format, "openai-responses"))
		return "responses";
	return !strcmp(r->format, "anthropic-messages") ? "anthropic" : NULL;
}

size_t recording_stride(const struct recording *r)
{
	return r->bytes.length <= WHOLE_SWEEP || getenv("AGENTD_TEST_FULL") ? 1 : 61;
}

static void read_recording(int dir, const json_t *entry)
{
	struct recording *r = &recordings[recording_count++];
	struct error error;

	r->name = xstrdup(json_string_value(json_object_get(entry, "file")));
	r->format = xstrdup(json_string_value(json_object_get(entry, "format")));
	r->status = (int)json_integer_value(json_object_get(entry, "status"));
	r->tool_call = json_is_true(json_object_get(entry, "tool_call"));
	r->bytes = BUFFER(16 * 1024 * 1024);
	assert_int_equal(file_read(dir, r->name, &r->bytes, NULL, &error), 0);
}

int recordings_load(void **state)
{
	_fd_ int dir = -1;
	json_t *index, *list, *entry;
	size_t i;

	(void)state;
	json_set_alloc_funcs(block_take, block_give);
	if (directory_open(FOLDER, &dir, NULL))
		return 0;
	index = json_load_file(FOLDER "/index.json", 0, NULL);
	list = json_is_array(index) ? index : json_object_get(index, "files");
	json_array_foreach(list, i, entry) {
		read_recording(dir, entry);
	}
	json_decref(index);
	return 0;
}

int recordings_free(void **state)
{
	(void)state;
	for (size_t i = 0; i < recording_count; i++) {
		free(recordings[i].name);
		free(recordings[i].format);
		buffer_clear(&recordings[i].bytes);
	}
	blocks_free();
	return 0;
}

void recordings_needed(void)
{
	if (recording_count)
		return;
	print_message("%s is not there: skipped\n", FOLDER);
	skip();
}

void recordings_each(recording_visit visit)
{
	recordings_needed();
	for (size_t i = 0; i < recording_count; i++)
		if (recording_format(&recordings[i]))
			visit(&recordings[i], recording_format(&recordings[i]));
}
