#include "board.h"

#include "bulletin/bulletin.h"

#include <stdio.h>

struct board {
	struct file_stamp stamp; /* of the file that `digest` is of */
	struct bulletin_digest digest;
	bool is_known, is_readable;
};

struct board *board_new(void)
{
	return xcalloc(1, sizeof(struct board));
}

void board_free(struct board *board)
{
	if (board)
		bulletin_digest_clear(&board->digest);
	free(board);
}

/* One that cannot be read is another one with each change of it. */
static uint64_t digest_of_stamp(const struct file_stamp *stamp)
{
	return (uint64_t)stamp->size * 31 + (uint64_t)stamp->mtime_ns + (uint64_t)stamp->ctime_ns;
}

static void board_read(const struct workspace *workspace, struct board *board)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(BULLETIN_FILE_MAX);
	int result = file_read(workspace->dir, WORKSPACE_BULLETIN, &text, NULL, NULL);

	bulletin_digest_clear(&board->digest);
	board->is_readable = !result || result == -(int)ERROR_NOT_FOUND;
	if (board->is_readable)
		bulletin_digest(buffer_span(&text), &board->digest);
}

/* As the file is now. Of one of 1 MiB a digest takes as long as a hundred reads, and hundreds of
 * sections may ask for it when one post comes. */
static const struct board *board_of(const struct workspace *workspace)
{
	struct board *board = workspace->board;
	struct file_stamp stamp = { 0 };
	struct stat st;

	if (!file_stat(workspace->dir, WORKSPACE_BULLETIN, &st, NULL))
		file_stamp_of(&st, &stamp);
	if (!board->is_known || !file_stamp_equal(&stamp, &board->stamp))
		board_read(workspace, board);
	board->stamp = stamp;
	board->is_known = true;
	return board;
}

uint64_t workspace_bulletin(const struct workspace *workspace)
{
	const struct board *board = board_of(workspace);

	return board->is_readable ? bulletin_digest_without(&board->digest, WORKSPACE_SYSTEM, NULL)
				  : digest_of_stamp(&board->stamp);
}

void workspace_heard_bulletin(const struct workspace *workspace, const char *agent, char out[17])
{
	const struct board *board = board_of(workspace);

	out[0] = '\0';
	if (board->is_readable)
		snprintf(out, 17, "%016llx",
			 (unsigned long long)bulletin_digest_without(&board->digest,
								     WORKSPACE_SYSTEM, agent));
}
