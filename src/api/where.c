/* From the path of one file to its place. */
#include "where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

/* What says that a directory is the root of something, where git does not. */
static const char *const markers[] = {".specweave", ".desync.yml", ".desync.d", ".desync"};

static bool has_marker(const char *dir)
{
	bool there = false;
	for (size_t i = 0; !there && i < sizeof markers / sizeof *markers; i++) {
		struct ds_buf path = {0};
		ds_buf_printf(&path, "%s/%s", dir, markers[i]);
		there = !path.failed && access(path.bytes, F_OK) == 0;
		ds_buf_free(&path);
	}
	return there;
}

bool ds_where_root(struct ds_buf *out, const char *dir)
{
	ds_buf_puts(out, dir);
	while (!out->failed && !has_marker(out->bytes)) {
		const char *slash = strrchr(out->bytes, '/');
		if (!slash || slash == out->bytes)
			return false;
		ds_buf_cut(out, (size_t)(slash - out->bytes));
	}
	return !out->failed;
}

/* The directory part of the path, without links; freed by the caller. */
static char *directory_of(const char *path, const char **name)
{
	struct ds_buf dir = {0};
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	/* With the slash: the directory of "/x" is "/". */
	ds_buf_append(&dir, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1);
	char *real = dir.failed ? NULL : realpath(dir.bytes, NULL);
	ds_buf_free(&dir);
	return real;
}

static int fill(struct ds_where *where, const char *dir, const char *name, ds_error *err)
{
	struct ds_buf marker = {0};
	struct ds_buf file = {0};
	bool marked = ds_where_root(&marker, dir);

	int status = ds_place_find(&where->place, dir, marked ? marker.bytes : NULL, err);
	ds_buf_free(&marker);
	if (status)
		return status;
	ds_buf_printf(&file, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
	where->file = file.bytes;
	if (file.failed)
		return ds_fail_memory(err);
	size_t top = strlen(where->place.top);
	where->path = strdup(where->file + top + (where->place.top[top - 1] != '/'));
	return where->path ? 0 : ds_fail_memory(err);
}

int ds_where_find(struct ds_where *out, const char *path, ds_error *err)
{
	const char *name;

	if (!*path)
		return ds_fail(err, DS_TROUBLE, "no file was named");
	char *dir = directory_of(path, &name);
	if (!dir)
		return ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
	int status = fill(out, dir, name, err);
	free(dir);
	return status;
}

void ds_where_free(struct ds_where *where)
{
	ds_place_free(&where->place);
	free(where->file);
	free(where->path);
	*where = (struct ds_where){0};
}
