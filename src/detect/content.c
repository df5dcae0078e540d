#include "content.h"

#include <stdio.h>
#include <string.h>

struct ds_text ds_blob_text(const struct ds_blob *blob)
{
	return (struct ds_text){blob->bytes.len ? blob->bytes.bytes : "", blob->bytes.len};
}

/* What a checkout leaves in place of a large file that was not fetched. */
static bool is_lfs_pointer(const struct ds_buf *bytes)
{
	static const char first_line[] = "version https://git-lfs.github.com/spec/v1\n";
	size_t len = sizeof first_line - 1;
	return bytes->len >= len && memcmp(bytes->bytes, first_line, len) == 0;
}

bool ds_is_content(struct ds_reading *out, const struct ds_blob *blob)
{
	switch (blob->kind) {
	case DS_REGULAR:
		if (!is_lfs_pointer(&blob->bytes))
			return true;
		ds_reading_fail(out, DS_UNVERIFIABLE, "a Git LFS pointer is in its place");
		return false;
	case DS_MISSING:
		ds_reading_fail(out, DS_MISSING_COPY, "%s", "");
		return false;
	case DS_INDETERMINATE:
		ds_reading_fail(out, DS_UNVERIFIABLE, "%s", blob->why);
		return false;
	default:
		ds_reading_fail(out, DS_UNREADABLE, "%s", blob->why);
		return false;
	}
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

void ds_blame_conflict(struct ds_reading *reading, struct ds_text bytes)
{
	/* Nothing that a parser says of one is of help. */
	size_t conflict = reading->code == DS_MALFORMED ? find_conflict(bytes) : 0;
	if (conflict)
		snprintf(reading->why, sizeof reading->why,
			 "a merge left conflict markers, from line %zu on", conflict);
}
