#include "repository.h"

#define REFERENCES_MAX 10000

/* A bundle in the making: what it says it holds, and the pack behind that. */
struct bundle {
	struct history *h;
	git_packbuilder *pack;
	git_revwalk *walk;
	struct buffer head;
	int fd;
	struct error *error;
};

static void bundle_clear(struct bundle *b)
{
	git_packbuilder_free(b->pack);
	git_revwalk_free(b->walk);
	buffer_clear(&b->head);
}
CLEANUP_DEFINE_VALUE(struct bundle, bundle_clear)

static void announce(struct bundle *b, const git_oid *id, const char *name)
{
	char hex[HISTORY_ID_SIZE];

	buffer_printf(&b->head, "%s %s\n", git_oid_tostr(hex, sizeof(hex), id), name);
}

/* A tag may be an object of its own, in front of what it names. */
static int add_reference(struct bundle *b, const git_reference *reference)
{
	git_reference *direct = NULL;
	git_object *object = NULL;
	const git_oid *id;
	int result = git_reference_resolve(&direct, reference);

	if (result == GIT_ENOTFOUND)
		return 0; /* points nowhere yet */
	if (result)
		return result;
	id = git_reference_target(direct);
	announce(b, id, git_reference_name(reference));
	result = git_object_lookup(&object, b->h->repository, id, GIT_OBJECT_ANY);
	if (!result && git_object_type(object) == GIT_OBJECT_COMMIT)
		result = git_revwalk_push(b->walk, id);
	else if (!result)
		result = git_packbuilder_insert_recur(b->pack, id, NULL);
	git_object_free(object);
	git_reference_free(direct);
	return result;
}

static int add_matching(struct bundle *b, const char *glob)
{
	CLEANUP(git_reference_iterator_free) git_reference_iterator *iterator = NULL;
	git_reference *reference;
	int result = git_reference_iterator_glob_new(&iterator, b->h->repository, glob), added = 0;

	for (size_t n = 0; !result && !added && n < REFERENCES_MAX; n++) {
		result = git_reference_next(&reference, iterator);
		if (result)
			break;
		added = add_reference(b, reference);
		git_reference_free(reference);
	}
	return added ? added : result == GIT_ITEROVER ? 0 : result;
}

static int add_head(struct bundle *b)
{
	CLEANUP(git_reference_free) git_reference *head = NULL;
	int result = git_reference_lookup(&head, b->h->repository, "HEAD");

	return result ? result : add_reference(b, head);
}

static int put_pack(void *bytes, size_t size, void *context)
{
	struct bundle *b = context;

	return fd_write_all(b->fd, (struct span){ bytes, size }, b->error) ? GIT_EUSER : 0;
}

static int gather(struct bundle *b)
{
	int result = git_packbuilder_new(&b->pack, b->h->repository);

	if (!result)
		result = git_revwalk_new(&b->walk, b->h->repository);
	if (!result)
		result = add_head(b);
	if (!result)
		result = add_matching(b, "refs/heads/*");
	if (!result)
		result = add_matching(b, "refs/tags/*");
	if (!result)
		result = git_packbuilder_insert_walk(b->pack, b->walk);
	return result;
}

int history_bundle(struct history *h, int fd, struct error *error)
{
	CLEANUP(bundle_clear)
	struct bundle b = { .h = h, .fd = fd, .error = error, .head = BUFFER(8 * 1024 * 1024) };
	size_t empty;
	int result = history_refresh(h, error);

	if (result)
		return result;
	buffer_append_text(&b.head, "# v2 git bundle\n");
	empty = b.head.length;
	result = gather(&b);
	if (result)
		return git_refuse(error, result, "bundling %s", h->path);
	if (b.head.length == empty)
		return error_set(error, ERROR_NOT_FOUND, "%s has no commit yet", h->path);
	buffer_append_text(&b.head, "\n");
	if (b.head.overflow)
		return error_set(error, ERROR_TOO_LARGE, "%s has too many references", h->path);
	result = fd_write_all(fd, buffer_span(&b.head), error);
	if (result)
		return result;
	result = git_packbuilder_foreach(b.pack, put_pack, &b);
	if (result == GIT_EUSER)
		return error_prefix(error, "bundling %s: ", h->path);
	return result ? git_refuse(error, result, "bundling %s", h->path) : 0;
}
