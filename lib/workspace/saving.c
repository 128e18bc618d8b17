/* Was a text read whole, or caught in the middle of a save? */
#include "source.h"

#define UNTOUCHED_MS 60000 /* of a file that is new to us: nobody is at it, though it is open */

static bool changed_within(const struct source *source, int64_t now_ms, int64_t ms)
{
	int64_t age_ms = now_ms - source->stamp.ctime_ns / 1000000;

	return age_ms >= 0 && age_ms < ms;
}

/* Somebody can still write to it, or has done so while it was read. */
static bool is_open(int dir, const char *path, const struct source *source)
{
	struct file_stamp stamp;
	_fd_ int fd = -1;
	struct stat st;

	if (file_open_beneath(dir, path, &fd, &st, NULL))
		return true; /* a moment ago it could be read */
	file_stamp_of(&st, &stamp);
	return !file_stamp_equal(&stamp, &source->stamp) || (size_t)st.st_size != source->length ||
	       file_has_writer(fd);
}

bool source_is_half_saved(int dir, const char *path, const struct source *source,
			  const char *in_force, int64_t now_ms)
{
	if (!source->data || !strcmp(source->id, in_force))
		return false;
	if (!*in_force && !changed_within(source, now_ms, UNTOUCHED_MS))
		return false;
	if (*in_force && !source->length && changed_within(source, now_ms, FILE_EMPTIED_MS))
		return true;
	return is_open(dir, path, source);
}

unsigned workspace_half_saved(const struct workspace *workspace, const char *agent,
			      const struct sources *sources, const char in_force[AGENT_FILES][41],
			      int64_t now_ms)
{
	unsigned found = 0;

	for (size_t i = 0; i < AGENT_FILES; i++) {
		_free_ char *path = xasprintf("agents/%s/%s", agent, agent_file_names[i]);

		if (source_is_half_saved(workspace->dir, path, &sources->files[i], in_force[i],
					 now_ms))
			found |= 1U << i;
	}
	return found;
}
