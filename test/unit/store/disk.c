#include "suite.h"

#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define FILE_MAX ((size_t)2 * 1024 * 1024)
#define CALLS_MAX 20000

enum which { DATABASE, LOG, FILES };
static const char *const names[FILES] = { "state.db", "state.db-wal" };

enum kind { CALL_WRITE, CALL_TRUNCATE, CALL_SYNC, CALL_SYNC_FAILED };

struct call {
	enum kind kind;
	enum which file;
	size_t at, length; /* of a truncation: the new length */
	char *bytes;
};

static struct call calls[CALLS_MAX];
static size_t call_count;
static unsigned syncs_left; /* until one fails; 0: none does */
static bool stands, has_failed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static char *copied(const void *bytes, size_t length)
{
	char *copy = xmalloc(length);

	memcpy(copy, bytes, length);
	return copy;
}

static void note(enum kind kind, enum which file, size_t at, const void *bytes, size_t length)
{
	struct call call = { .kind = kind, .file = file, .at = at, .length = length };

	if (bytes)
		call.bytes = copied(bytes, length);
	pthread_mutex_lock(&lock);
	assert_true(call_count < CALLS_MAX);
	calls[call_count++] = call;
	pthread_mutex_unlock(&lock);
}

static bool sync_is_to_fail(void)
{
	bool fails;

	pthread_mutex_lock(&lock);
	fails = syncs_left == 1;
	if (syncs_left)
		syncs_left--;
	has_failed |= fails;
	pthread_mutex_unlock(&lock);
	return fails;
}

/* ---- a file, as SQLite sees it ---- */

struct device_file {
	sqlite3_file base;
	enum which which; /* FILES: one of no interest */
	sqlite3_file *real;
};

static struct sqlite3_vfs device;
static sqlite3_vfs *system_vfs;

#define REAL(file) (((struct device_file *)(file))->real)
#define WHICH(file) (((struct device_file *)(file))->which)

static int do_close(sqlite3_file *file)
{
	return REAL(file)->pMethods ? REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
}

static int do_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 at)
{
	return REAL(file)->pMethods->xRead(REAL(file), bytes, length, at);
}

static int do_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
	if (WHICH(file) != FILES)
		note(CALL_WRITE, WHICH(file), (size_t)at, bytes, (size_t)length);
	return REAL(file)->pMethods->xWrite(REAL(file), bytes, length, at);
}

static int do_truncate(sqlite3_file *file, sqlite3_int64 length)
{
	if (WHICH(file) != FILES)
		note(CALL_TRUNCATE, WHICH(file), 0, NULL, (size_t)length);
	return REAL(file)->pMethods->xTruncate(REAL(file), length);
}

static int do_sync(sqlite3_file *file, int flags)
{
	bool fails = WHICH(file) != FILES && sync_is_to_fail();

	(void)flags;
	if (WHICH(file) != FILES)
		note(fails ? CALL_SYNC_FAILED : CALL_SYNC, WHICH(file), 0, NULL, 0);
	errno = fails ? EIO : errno;
	return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int do_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return REAL(file)->pMethods->xFileSize(REAL(file), size);
}

static int do_lock(sqlite3_file *file, int level)
{
	return REAL(file)->pMethods->xLock(REAL(file), level);
}

static int do_unlock(sqlite3_file *file, int level)
{
	return REAL(file)->pMethods->xUnlock(REAL(file), level);
}

static int do_check_lock(sqlite3_file *file, int *is_held)
{
	return REAL(file)->pMethods->xCheckReservedLock(REAL(file), is_held);
}

static int do_control(sqlite3_file *file, int what, void *argument)
{
	return REAL(file)->pMethods->xFileControl(REAL(file), what, argument);
}

static int do_sector_size(sqlite3_file *file)
{
	return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static int do_characteristics(sqlite3_file *file)
{
	return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static int do_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **map)
{
	return REAL(file)->pMethods->xShmMap(REAL(file), region, size, extend, map);
}

static int do_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return REAL(file)->pMethods->xShmLock(REAL(file), offset, count, flags);
}

static void do_shm_barrier(sqlite3_file *file)
{
	REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static int do_shm_unmap(sqlite3_file *file, int remove)
{
	return REAL(file)->pMethods->xShmUnmap(REAL(file), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = do_close,
	.xRead = do_read,
	.xWrite = do_write,
	.xTruncate = do_truncate,
	.xSync = do_sync,
	.xFileSize = do_file_size,
	.xLock = do_lock,
	.xUnlock = do_unlock,
	.xCheckReservedLock = do_check_lock,
	.xFileControl = do_control,
	.xSectorSize = do_sector_size,
	.xDeviceCharacteristics = do_characteristics,
	.xShmMap = do_shm_map,
	.xShmLock = do_shm_lock,
	.xShmBarrier = do_shm_barrier,
	.xShmUnmap = do_shm_unmap,
};

static enum which which_of(int flags)
{
	if (!stands)
		return FILES;
	return flags & SQLITE_OPEN_MAIN_DB ? DATABASE : flags & SQLITE_OPEN_WAL ? LOG : FILES;
}

static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		   int *ret_flags)
{
	struct device_file *own = (struct device_file *)file;
	int code;

	(void)vfs;
	own->real = (sqlite3_file *)(own + 1);
	own->which = which_of(flags);
	code = system_vfs->xOpen(system_vfs, name, own->real, flags, ret_flags);
	own->base.pMethods = own->real->pMethods ? &methods : NULL;
	return code;
}

/* ---- standing ---- */

void disk_begin(void)
{
	disk_clear();
	if (!system_vfs) {
		system_vfs = sqlite3_vfs_find(NULL);
		device = *system_vfs;
		device.zName = "device";
		device.szOsFile += (int)sizeof(struct device_file);
		device.xOpen = do_open;
	}
	sqlite3_vfs_register(&device, true);
	stands = true;
}

void disk_fail_sync(unsigned nth)
{
	pthread_mutex_lock(&lock);
	syncs_left = nth;
	pthread_mutex_unlock(&lock);
}

bool disk_has_failed(void)
{
	return has_failed;
}

void disk_end(void)
{
	stands = false;
}

size_t disk_now(void)
{
	size_t now;

	pthread_mutex_lock(&lock);
	now = call_count;
	pthread_mutex_unlock(&lock);
	return now;
}

bool disk_is_sync(size_t at)
{
	return calls[at].kind == CALL_SYNC || calls[at].kind == CALL_SYNC_FAILED;
}

void disk_clear(void)
{
	for (size_t i = 0; i < call_count; i++)
		free(calls[i].bytes);
	call_count = 0;
	syncs_left = 0;
	has_failed = stands = false;
	if (system_vfs)
		sqlite3_vfs_register(system_vfs, true);
}

/* ---- what is left ---- */

struct image {
	char *kernel, *device; /* FILE_MAX bytes each */
	size_t length, durable_length;
	bool dirty[FILE_MAX / PAGE];
};

static bool drawn(unsigned *seed)
{
	return *seed < 2 ? *seed : rand_r(seed) & 1;
}

static void write_back(struct image *image, size_t page)
{
	memcpy(image->device + page * PAGE, image->kernel + page * PAGE, PAGE);
	if (image->durable_length < image->length && (page + 1) * PAGE > image->durable_length)
		image->durable_length = (page + 1) * PAGE < image->length ? (page + 1) * PAGE
									  : image->length;
}

/* Some of what is dirty reaches the device. */
static void write_some(struct image *image, unsigned *seed)
{
	for (size_t page = 0; page < FILE_MAX / PAGE; page++)
		if (image->dirty[page] && drawn(seed))
			write_back(image, page);
	if (image->length < image->durable_length && drawn(seed))
		image->durable_length = image->length;
}

static void cut_to(char *bytes, size_t from, size_t to)
{
	if (to > from)
		memset(bytes + from, 0, to - from);
}

static void play(struct image *image, const struct call *call, unsigned *seed)
{
	switch (call->kind) {
	case CALL_WRITE:
		assert_true(call->at + call->length <= FILE_MAX);
		memcpy(image->kernel + call->at, call->bytes, call->length);
		if (image->length < call->at + call->length)
			image->length = call->at + call->length;
		for (size_t page = call->at / PAGE; page * PAGE < call->at + call->length; page++)
			image->dirty[page] = true;
		return;
	case CALL_TRUNCATE:
		cut_to(image->kernel, call->length, image->length);
		image->length = call->length;
		return;
	case CALL_SYNC: write_some(image, &(unsigned){ 1 }); break;
	case CALL_SYNC_FAILED: write_some(image, seed); break;
	}
	memset(image->dirty, false, sizeof(image->dirty));
}

static void put_image(int dir, const char *name, struct image *image)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(
		0, fd_write_all(fd, (struct span){ image->device, image->durable_length }, NULL));
	close(fd);
}

void disk_cut(int dir, size_t at, unsigned seed)
{
	for (enum which file = DATABASE; file < FILES; file++) {
		struct image *image = xcalloc(1, sizeof(*image));

		image->kernel = xcalloc(1, FILE_MAX);
		image->device = xcalloc(1, FILE_MAX);
		for (size_t i = 0; i < at; i++)
			if (calls[i].file == file)
				play(image, &calls[i], &seed);
		write_some(image, &seed);
		put_image(dir, names[file], image);
		free(image->kernel);
		free(image->device);
		free(image);
	}
}
