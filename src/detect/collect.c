#include "collect.h"

#include <stdio.h>
#include <string.h>

#include "readers.h"
#include "rules.h"

bool ds_desk_prepare(struct ds_desk *desk, const struct ds_rule *rule, struct ds_source *source)
{
	*desk = (struct ds_desk){.rule = rule, .source = source};
	for (int i = 0; rule->copies[i].name; i++) {
		desk->readers[i] = ds_reader_find(rule->copies[i].read);
		if (!desk->readers[i])
			return false;
		desk->copy_count = i + 1;
	}
	return true;
}

void ds_desk_clear(struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		ds_blob_free(&desk->copies[i].blob);
	ds_arena_free(&desk->scratch);
	ds_buf_free(&desk->path);
}

/* What a checkout leaves in place of a large file that was not fetched. */
static bool is_lfs_pointer(const struct ds_buf *bytes)
{
	static const char first_line[] = "version https://git-lfs.github.com/spec/v1\n";
	size_t len = sizeof first_line - 1;
	return bytes->len >= len && memcmp(bytes->bytes, first_line, len) == 0;
}

/* The first line of a conflict that a merge left, from 1; 0 where there is none. */
static size_t find_conflict(struct ds_text bytes)
{
	static const char marker[] = "<<<<<<< ";
	size_t line = 1;

	for (const char *at = bytes.at, *end = at + bytes.len; at < end; line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		if ((size_t)(end - at) >= sizeof marker - 1 &&
		    memcmp(at, marker, sizeof marker - 1) == 0)
			return line;
		at = stop ? stop + 1 : end;
	}
	return 0;
}

static const struct ds_extent *extent_of(const struct ds_desk *desk, int i)
{
	static const struct ds_extent whole = {.limit = DS_FILE_LIMIT};
	return desk->whole ? &whole : &desk->readers[i]->extent;
}

static void read_bytes(struct ds_desk *desk, int i, const struct ds_item *item)
{
	struct ds_blob *blob = &desk->copies[i].blob;
	struct ds_source *source = desk->source;

	ds_buf_cut(&desk->path, 0);
	if (ds_copy_path(&desk->path, desk->rule, i, item->path, item->id) != DS_PATH_MEMORY) {
		source->ops->read(source, desk->path.bytes, extent_of(desk, i), blob);
		return;
	}
	blob->kind = DS_UNUSABLE;
	strcpy(blob->why, "out of memory");
}

static void understand(struct ds_desk *desk, int i)
{
	struct ds_seen_copy *copy = &desk->copies[i];
	const struct ds_blob *blob = &copy->blob;

	switch (blob->kind) {
	case DS_REGULAR:
		break;
	case DS_MISSING:
		ds_reading_fail(&copy->reading, DS_MISSING_COPY, "%s", "");
		return;
	case DS_INDETERMINATE:
		ds_reading_fail(&copy->reading, DS_UNVERIFIABLE, "%s", blob->why);
		return;
	default:
		ds_reading_fail(&copy->reading, DS_UNREADABLE, "%s", blob->why);
		return;
	}
	if (is_lfs_pointer(&blob->bytes)) {
		ds_reading_fail(&copy->reading, DS_UNVERIFIABLE,
				"a Git LFS pointer is in its place");
		return;
	}
	struct ds_text bytes = {blob->bytes.len ? blob->bytes.bytes : "", blob->bytes.len};
	desk->readers[i]->read(&copy->reading, bytes, blob->whole, desk->rule->copies[i].at,
			       &desk->scratch);
	/* Nothing that a parser says of one is of help. */
	size_t conflict = copy->reading.code == DS_MALFORMED ? find_conflict(bytes) : 0;
	if (conflict)
		snprintf(copy->reading.why, sizeof copy->reading.why,
			 "a merge left conflict markers, from line %zu on", conflict);
}

static void look_up(const struct ds_vocabulary *vocabulary, struct ds_seen_copy *copy)
{
	copy->status = DS_NO_STATUS;
	copy->set = 0;
	if (copy->reading.code != DS_NO_CODE || !copy->reading.word)
		return;
	copy->status = ds_vocabulary_find(vocabulary, copy->reading.text);
	if (copy->status != DS_NO_STATUS)
		copy->set = (ds_status_set)1 << copy->status;
}

void ds_collect(struct ds_desk *desk, const struct ds_item *item)
{
	ds_arena_reset(&desk->scratch);
	for (int i = 0; i < desk->copy_count; i++) {
		read_bytes(desk, i, item);
		understand(desk, i);
		look_up(desk->rule->vocabulary, &desk->copies[i]);
	}
}
