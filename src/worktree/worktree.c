#define _GNU_SOURCE /* d_type */
#include "worktree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beneath.h"
#include "err.h"

struct worktree {
	struct ds_source source;
	int root;
	const struct ds_place *place; /* or NULL */
	long wait_ms;                 /* for its lock */
	char *prefix;                 /* of paths as the place has them, with a "/"; or "" */
	const struct ds_interrupted *interrupted; /* or NULL; its files are sorted */
	atomic_bool unlocked;
};

static int root_of(struct ds_source *source)
{
	return ((struct worktree *)source)->root;
}

/* ---- Reading ------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void unusable(struct ds_blob *blob, const char *format,
							   ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(blob->why, sizeof blob->why, format, args);
	va_end(args);
	blob->kind = DS_UNUSABLE;
}

static void refuse(struct ds_blob *blob, int why)
{
	if (why == EXDEV)
		unusable(blob, "a link that is absolute or leads outside the repository");
	else if (why == ELOOP)
		unusable(blob, "links that lead in a circle, or may not be followed here");
	else
		unusable(blob, "%s", strerror(why));
}

/* A name that is too long for any file is not there either. */
static bool is_absent(int why)
{
	return why == ENOENT || why == ENOTDIR || why == ENAMETOOLONG;
}

static bool leads_nowhere(int root, const char *path)
{
	int fd = ds_open_beneath(root, path, 0);
	if (fd >= 0)
		close(fd); /* only looked at: nothing to lose */
	return fd < 0 && is_absent(errno);
}

/* A link to nothing, at the end of the path or on the way, is damage; nothing at all
 * is only a gap. Goes up until something is there: mostly that is one step. */
static void note_missing(struct ds_blob *blob, int root, const char *path, bool beside)
{
	struct ds_buf way = {0};
	struct stat st;

	blob->kind = DS_MISSING;
	ds_buf_puts(&way, path);
	while (way.len && !way.failed) {
		if (ds_look_beneath(root, way.bytes, &st) == 0) {
			if (S_ISLNK(st.st_mode) && leads_nowhere(root, way.bytes))
				unusable(blob, "a link that leads nowhere");
			break;
		}
		if (beside)
			break;
		const char *slash = strrchr(way.bytes, '/');
		ds_buf_cut(&way, slash ? (size_t)(slash - way.bytes) : 0);
	}
	if (way.failed)
		unusable(blob, "out of memory");
	ds_buf_free(&way);
}

static const char *kind_of(mode_t mode)
{
	return S_ISDIR(mode)    ? "a directory"
	       : S_ISFIFO(mode) ? "a FIFO"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

/* Reads up to `want` bytes in all; false after an error. A read that stops short
 * exactly where fstat saw the end has reached it: no second call to ask. */
static bool fill(struct ds_blob *blob, int fd, size_t want, size_t size)
{
	if (!ds_buf_reserve(&blob->bytes, want - blob->bytes.len)) {
		unusable(blob, "out of memory");
		return false;
	}
	while (blob->bytes.len < want) {
		char *at = blob->bytes.bytes + blob->bytes.len;
		ssize_t got = read(fd, at, want - blob->bytes.len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			unusable(blob, "%s", strerror(errno));
			return false;
		}
		ds_buf_cut(&blob->bytes, blob->bytes.len + (size_t)got);
		blob->whole = got == 0 || (blob->bytes.len < want && blob->bytes.len == size);
		if (blob->whole)
			break;
	}
	return true;
}

static void read_whole(struct ds_blob *blob, int fd, size_t size, const struct ds_extent *extent)
{
	if (size > extent->limit) {
		ds_blob_too_large(blob, extent->limit);
		return;
	}
	/* One byte more than there was shows a file that grew meanwhile. */
	if (!fill(blob, fd, size + 1, size))
		return;
	while (!blob->whole && blob->bytes.len <= extent->limit)
		if (!fill(blob, fd, blob->bytes.len * 2, size))
			return;
	if (blob->bytes.len > extent->limit)
		ds_blob_too_large(blob, extent->limit);
}

static void read_part(struct ds_blob *blob, int fd, size_t size, const struct ds_extent *extent)
{
	size_t want = extent->first;
	while (fill(blob, fd, want, size) && !blob->whole && want < extent->limit &&
	       !extent->enough(blob->bytes.bytes, blob->bytes.len))
		want = want * 4 < extent->limit ? want * 4 : extent->limit;
}

static void read_open(struct ds_blob *blob, int fd, const struct ds_extent *extent)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		unusable(blob, "%s", strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		unusable(blob, "not a regular file but %s", kind_of(st.st_mode));
		return;
	}
	blob->kind = DS_REGULAR;
	if (extent->enough)
		read_part(blob, fd, (size_t)st.st_size, extent);
	else
		read_whole(blob, fd, (size_t)st.st_size, extent);
}

/* Asked for a directory. */
static bool is_linked(int root, const char *path)
{
	int fd = ds_open_without_links(root, path, O_DIRECTORY);
	bool linked = fd < 0 && (errno == ELOOP || errno == ENOTDIR);

	if (fd >= 0)
		close(fd); /* only looked at: nothing to lose */
	return linked;
}

/* What a path names, without reading it. */
static void look(struct ds_blob *blob, int root, const char *path)
{
	struct stat st;
	int fd = -1;
	int status = ds_look_beneath(root, path, &st);

	if (status == 0 && S_ISLNK(st.st_mode)) {
		fd = ds_open_beneath(root, path, 0);
		status = fd < 0 ? -1 : fstat(fd, &st);
	}
	if (status != 0 && is_absent(errno))
		note_missing(blob, root, path, false);
	else if (status != 0)
		refuse(blob, errno);
	else if (S_ISREG(st.st_mode))
		blob->kind = DS_REGULAR;
	else if (S_ISDIR(st.st_mode))
		blob->kind = DS_DIRECTORY;
	else
		unusable(blob, "not a regular file but %s", kind_of(st.st_mode));
	if (fd >= 0)
		close(fd); /* only looked at: nothing to lose */
	blob->linked = blob->kind == DS_DIRECTORY && is_linked(root, path);
}

static void read_extent(struct ds_blob *blob, int root, const char *path,
			const struct ds_extent *extent)
{
	int fd = ds_open_without_links(root, path, 0);

	blob->linked = fd < 0 && (errno == ELOOP || errno == ENOTDIR);
	if (blob->linked)
		fd = ds_open_beneath(root, path, 0);
	if (fd >= 0) {
		read_open(blob, fd, extent);
		close(fd); /* only read from: nothing to lose */
	} else if (is_absent(errno)) {
		note_missing(blob, root, path, extent->beside);
	} else if (errno == ENXIO) {
		unusable(blob, "not a regular file but a socket or a device");
	} else {
		refuse(blob, errno);
	}
}

/* ---- As recovery would put it back --------------------------------------- */

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct ds_put_back *)a)->path, ((const struct ds_put_back *)b)->path);
}

/* False: it is as it stands on the disk. */
static bool read_put_back(struct ds_blob *blob, const struct worktree *worktree, const char *path,
			  const struct ds_extent *extent)
{
	const struct ds_interrupted *interrupted = worktree->interrupted;
	struct ds_buf whole = {0};
	const struct ds_put_back *file = NULL;

	ds_buf_printf(&whole, "%s%s", worktree->prefix, path);
	struct ds_put_back key = {.path = whole.bytes};
	if (!whole.failed && interrupted->count)
		file = bsearch(&key, interrupted->files, interrupted->count, sizeof key,
			       compare_files);
	if (whole.failed ||
	    (file && extent && !ds_buf_append(&blob->bytes, file->bytes.bytes, file->bytes.len)))
		unusable(blob, "out of memory");
	else if (file)
		blob->kind = DS_REGULAR;
	blob->whole = true;
	bool read = whole.failed || file;
	ds_buf_free(&whole);
	return read;
}

static void worktree_read(struct ds_source *source, const char *path,
			  const struct ds_extent *extent, struct ds_blob *blob)
{
	const struct worktree *worktree = (const struct worktree *)source;

	ds_buf_cut(&blob->bytes, 0);
	blob->why[0] = '\0';
	blob->linked = false;
	if (worktree->interrupted && read_put_back(blob, worktree, path, extent))
		return;
	blob->whole = false;
	if (extent)
		read_extent(blob, worktree->root, path, extent);
	else
		look(blob, worktree->root, path);
}

/* ---- Listing ------------------------------------------------------------ */

static enum ds_entry_kind entry_kind(int dir, const struct dirent *entry)
{
	struct stat st;
	switch (entry->d_type) {
	case DT_DIR:
		return DS_ENTRY_DIRECTORY;
	case DT_REG:
		return DS_ENTRY_FILE;
	case DT_LNK:
		return DS_ENTRY_LINK;
	case DT_UNKNOWN:
		break;
	default:
		return DS_ENTRY_OTHER;
	}
	if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return DS_ENTRY_OTHER;
	return S_ISDIR(st.st_mode)   ? DS_ENTRY_DIRECTORY
	       : S_ISREG(st.st_mode) ? DS_ENTRY_FILE
	       : S_ISLNK(st.st_mode) ? DS_ENTRY_LINK
				     : DS_ENTRY_OTHER;
}

static int list_open(DIR *dir, ds_entry_fn entry, void *context, ds_error *err)
{
	for (;;) {
		errno = 0;
		const struct dirent *next = readdir(dir);
		if (!next && errno)
			return ds_fail(err, DS_TROUBLE, "%s", strerror(errno));
		if (!next)
			return 0;
		if (strcmp(next->d_name, ".") == 0 || strcmp(next->d_name, "..") == 0)
			continue;
		int status = entry(context, next->d_name, entry_kind(dirfd(dir), next));
		if (status)
			return status;
	}
}

static int worktree_list(struct ds_source *source, const char *path, ds_entry_fn entry,
			 void *context, ds_error *err)
{
	struct ds_blob reason = {0};
	int fd = ds_open_beneath(root_of(source), *path ? path : ".", O_DIRECTORY);

	if (fd < 0 && errno == ENOENT) {
		note_missing(&reason, root_of(source), path, false);
		if (reason.kind == DS_MISSING)
			return 0;
		return ds_fail(err, DS_TROUBLE, "%s", reason.why);
	}
	if (fd < 0) {
		refuse(&reason, errno);
		return ds_fail(err, DS_TROUBLE, "%s", reason.why);
	}
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return ds_fail_memory(err);
	}
	int status = list_open(dir, entry, context, err);
	closedir(dir); /* only read from: nothing to lose */
	return status;
}

/* ---- The source --------------------------------------------------------- */

/* The lock is waited for once: somebody who holds it for long, or is stopped, must not
 * hold up every item. */
static void worktree_confirm(struct ds_source *source, void (*again)(void *), void *context)
{
	struct worktree *worktree = (struct worktree *)source;
	long wait = atomic_load(&worktree->unlocked) ? 0 : worktree->wait_ms;

	if (!worktree->place)
		again(context);
	else if (!ds_txn_shared(worktree->place, NULL, wait, again, context))
		atomic_store(&worktree->unlocked, true);
}

static const struct ds_source_ops worktree_ops;

void ds_worktree_wait(struct ds_source *source, long wait_ms)
{
	if (source->ops == &worktree_ops)
		((struct worktree *)source)->wait_ms = wait_ms;
}

bool ds_worktree_was_unlocked(struct ds_source *source)
{
	return source->ops == &worktree_ops &&
	       atomic_exchange(&((struct worktree *)source)->unlocked, false);
}

int ds_worktree_guard(struct ds_source *source, const char *root, const struct ds_place *place,
		      long wait_ms, ds_error *err)
{
	struct worktree *worktree = (struct worktree *)source;
	size_t top = strlen(place->top);
	struct ds_buf prefix = {0};

	/* The root lies at or beneath the top; "/" is the one that ends in a slash. */
	const char *rest = root + (strcmp(place->top, "/") == 0 ? 0 : top);
	ds_buf_puts(&prefix, *rest == '/' ? rest + 1 : rest);
	if (prefix.len)
		ds_buf_puts(&prefix, "/");
	if (prefix.failed || !prefix.bytes) {
		ds_buf_free(&prefix);
		return ds_fail_memory(err);
	}
	free(worktree->prefix);
	worktree->prefix = prefix.bytes;
	worktree->place = place;
	worktree->wait_ms = wait_ms;
	return 0;
}

void ds_worktree_foresee(struct ds_source *source, struct ds_interrupted *interrupted)
{
	if (interrupted && interrupted->count)
		qsort(interrupted->files, interrupted->count, sizeof *interrupted->files,
		      compare_files);
	((struct worktree *)source)->interrupted = interrupted;
}

static void worktree_free(struct ds_source *source)
{
	struct worktree *worktree = (struct worktree *)source;

	close(worktree->root); /* only read from: nothing to lose */
	free(worktree->prefix);
	free(worktree);
}

static const struct ds_source_ops worktree_ops = {
	.name = "worktree",
	.list = worktree_list,
	.read = worktree_read,
	.confirm = worktree_confirm,
	.free = worktree_free,
};

int ds_worktree_open(struct ds_source **out, const char *root, ds_error *err)
{
	struct worktree *worktree = calloc(1, sizeof *worktree);
	if (!worktree)
		return ds_fail_memory(err);
	worktree->source.ops = &worktree_ops;
	worktree->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (worktree->root < 0) {
		int why = errno;
		free(worktree);
		return ds_fail_path(err, DS_TROUBLE, root, strerror(why));
	}
	*out = &worktree->source;
	return 0;
}
