#include "source.h"

#include <nettle/sha1.h>
#include <stdio.h>

const char *const agent_file_names[AGENT_FILES] = {
	[FILE_SOUL] = "SOUL.md",           [FILE_CONSTITUTION] = "CONSTITUTION.md",
	[FILE_HEARTBEAT] = "HEARTBEAT.md", [FILE_MEMORY] = "MEMORY.md",
	[FILE_REHEARSAL] = "REHEARSAL.md",
};

void blob_id(struct span bytes, char out[41])
{
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha1;
	char head[32];
	int length = snprintf(head, sizeof(head), "blob %zu", bytes.length);

	sha1_init(&sha1);
	sha1_update(&sha1, (size_t)length + 1, (const uint8_t *)head);
	sha1_update(&sha1, bytes.length, (const uint8_t *)bytes.data);
	sha1_digest(&sha1, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

int source_read(int dir, const char *path, size_t max, struct source *ret_source,
		struct error *error)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(max);
	struct source source = { 0 };
	struct error why = { 0 };
	struct stat st;
	int result = file_read(dir, path, &text, &st, &why);

	if (result == -(int)ERROR_NOT_FOUND) {
		*ret_source = source;
		return 0;
	}
	if (result) {
		if (error)
			*error = why;
		return result;
	}
	file_stamp_of(&st, &source.stamp);
	blob_id(buffer_span(&text), source.id);
	source.length = text.length;
	source.data = buffer_steal(&text);
	*ret_source = source;
	return 0;
}

int workspace_read(int dir, const char *agent, enum agent_file file, struct source *ret_source,
		   struct error *error)
{
	_free_ char *path = xasprintf("agents/%s/%s", agent, agent_file_names[file]);
	int result = source_read(dir, agent_file_names[file], AGENT_FILE_MAX, ret_source, error);

	if (result)
		error_at(error, path, 0, 0);
	return result;
}

int workspace_read_all(int dir, const char *agent, struct sources *ret_sources, struct error *error)
{
	CLEANUP(sources_clear) struct sources sources = { 0 };
	int result = 0;

	for (int file = 0; file < AGENT_FILES && !result; file++)
		result = workspace_read(dir, agent, (enum agent_file)file, &sources.files[file],
					error);
	if (result)
		return result;
	*ret_sources = sources;
	sources = (struct sources){ 0 };
	return 0;
}

void source_clear(struct source *source)
{
	free(source->data);
	*source = (struct source){ 0 };
}

void sources_clear(struct sources *sources)
{
	for (size_t i = 0; i < AGENT_FILES; i++)
		source_clear(&sources->files[i]);
}
