#include "board.h"

#include "bulletin/bulletin.h"

struct board {
	struct file_stamp stamp; /* of the file that `digest` is of */
	uint64_t digest;
	bool is_known;
};

struct board *board_new(void)
{
	return xcalloc(1, sizeof(struct board));
}

void board_free(struct board *board)
{
	free(board);
}

/* One that cannot be read is another one with each change of it. */
static uint64_t digest_of_stamp(const struct file_stamp *stamp)
{
	return (uint64_t)stamp->size * 31 + (uint64_t)stamp->mtime_ns + (uint64_t)stamp->ctime_ns;
}

static uint64_t read_digest(const struct workspace *workspace, struct file_stamp *stamp)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(BULLETIN_FILE_MAX);
	int result = file_read(workspace->dir, WORKSPACE_BULLETIN, &text, NULL, NULL);

	if (result && result != -(int)ERROR_NOT_FOUND)
		return digest_of_stamp(stamp);
	return bulletin_digest(buffer_span(&text), WORKSPACE_SYSTEM, NULL);
}

uint64_t workspace_bulletin(const struct workspace *workspace)
{
	struct board *board = workspace->board;
	struct file_stamp stamp = { 0 };
	struct stat st;

	if (!file_stat(workspace->dir, WORKSPACE_BULLETIN, &st, NULL))
		file_stamp_of(&st, &stamp);
	if (board->is_known && file_stamp_equal(&stamp, &board->stamp))
		return board->digest;
	board->digest = read_digest(workspace, &stamp);
	board->stamp = stamp;
	board->is_known = true;
	return board->digest;
}
