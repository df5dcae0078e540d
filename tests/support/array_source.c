#include "array_source.h"

#include <stdio.h>
#include <string.h>

#include "err.h"

static int list(struct ds_source *source, const char *directory, ds_entry_fn entry, void *context,
		ds_error *err)
{
	struct test_source *s = (struct test_source *)source;
	size_t base = strlen(directory);
	char seen[64][64];
	size_t seen_count = 0;

	s->lists++;
	if (s->unlistable && strcmp(s->unlistable, directory) == 0)
		return ds_fail(err, DS_TROUBLE, "Permission denied");
	for (const struct test_file *file = s->files; file->path; file++) {
		const char *rest = file->path;
		if (base) {
			if (strncmp(rest, directory, base) != 0 || rest[base] != '/')
				continue;
			rest += base + 1;
		}
		size_t len = strcspn(rest, "/");
		char name[64];
		size_t i = 0;
		snprintf(name, sizeof name, "%.*s", (int)len, rest);
		while (i < seen_count && strcmp(seen[i], name) != 0)
			i++;
		if (i < seen_count || seen_count == 64)
			continue;
		memcpy(seen[seen_count++], name, sizeof name);
		int status = entry(context, name, rest[len] ? DS_ENTRY_DIRECTORY : DS_ENTRY_FILE);
		if (status)
			return status;
	}
	return 0;
}

static void fill(struct ds_blob *blob, const struct test_file *file, const struct ds_extent *extent)
{
	size_t len = file->len ? file->len : strlen(file->bytes);

	if (!extent->enough && len > extent->limit) {
		blob->kind = DS_UNUSABLE;
		snprintf(blob->why, sizeof blob->why, "too large");
		return;
	}
	blob->whole = len <= extent->limit;
	ds_buf_append(&blob->bytes, file->bytes, blob->whole ? len : extent->limit);
}

static void read_file(struct ds_source *source, const char *path, const struct ds_extent *extent,
		      struct ds_blob *blob)
{
	struct test_source *s = (struct test_source *)source;
	size_t len = strlen(path);

	ds_buf_cut(&blob->bytes, 0);
	blob->kind = DS_MISSING;
	blob->why[0] = '\0';
	blob->whole = false;
	s->reads++;
	for (const struct test_file *file = s->files; file->path; file++) {
		if (strncmp(file->path, path, len) == 0 && file->path[len] == '/')
			blob->kind = DS_DIRECTORY;
		if (strcmp(file->path, path) != 0)
			continue;
		blob->kind = DS_REGULAR;
		if (file->wrong) {
			blob->kind = DS_UNUSABLE;
			snprintf(blob->why, sizeof blob->why, "%s", file->wrong);
		} else if (extent) {
			fill(blob, file, extent);
		}
		return;
	}
}

static void confirm(struct ds_source *source, void (*again)(void *), void *context)
{
	struct test_source *s = (struct test_source *)source;
	s->confirms++;
	if (s->after_confirm)
		s->files = s->after_confirm;
	again(context);
}

/* Long enough to tell the contents of tests from each other: the end is where they differ. */
static bool content_id(struct ds_source *source, const char *path, struct ds_content_id *id)
{
	struct test_source *s = (struct test_source *)source;

	*id = (struct ds_content_id){.len = 20};
	for (const struct test_file *file = s->files; file->path; file++) {
		if (strcmp(file->path, path) != 0 || file->wrong)
			continue;
		for (size_t i = 0; file->bytes[i]; i++)
			id->bytes[i % 20] =
				(unsigned char)(id->bytes[i % 20] * 31 + file->bytes[i]);
		return true;
	}
	return false;
}

static void want(struct ds_source *source, const char *path)
{
	struct test_source *s = (struct test_source *)source;
	size_t len = strlen(s->wanted);
	snprintf(s->wanted + len, sizeof s->wanted - len, "%s\n", path ? path : "end");
}

static void release(struct ds_source *source)
{
	(void)source;
}

static const struct ds_source_ops ops = {
	.name = "array", .list = list, .read = read_file, .confirm = confirm, .free = release};

void test_source_init(struct test_source *source, const struct test_file *files)
{
	*source = (struct test_source){.source = {&ops}, .files = files};
}

void test_source_init_named(struct test_source *source, const struct test_file *files)
{
	static const struct ds_source_ops named = {.name = "array",
						   .list = list,
						   .read = read_file,
						   .want = want,
						   .content_id = content_id,
						   .free = release};
	*source = (struct test_source){.source = {&named}, .files = files};
}
