/*
 * reader.h - how a status is found in bytes
 *
 * A reader is one entry of a table (readers.h) and one file. It gets bytes and a
 * location, and gives the text that stands there with its exact place, or the
 * reason why there is none. It neither allocates beyond `scratch` nor keeps
 * anything.
 */
#ifndef DS_READER_H
#define DS_READER_H

#include "arena.h"
#include "blob.h"
#include "desync.h"
#include "text.h"

enum { DS_WHY_ROOM = 160 };

struct ds_reading {
	ds_code code;          /* DS_NO_CODE: there is a status, `text` */
	struct ds_text text;   /* decoded and trimmed; in the bytes or in scratch; holds no NUL */
	bool word;             /* false: a value is there that can be no status, text spells it */
	bool editable;         /* the span can be replaced by another word as it is; so it can
				* be where a status is missing because it is null or empty */
	size_t start;          /* the text's bytes as they stand, without quotes; where code is */
	size_t end;            /* set, start is where to look */
	bool placed;           /* start means something */
	char why[DS_WHY_ROOM]; /* for a person, where code is set */
};

/* An edit: the bytes from start to end give way to `text`, and no others. */
struct ds_edit {
	size_t start;
	size_t end; /* as start: an insertion */
	struct ds_text text;
};

/* The two that make edits return false with `why`, which stays empty where memory
 * ran out; it must be empty before. They take what `read` said about the same bytes for
 * granted, and do not judge their own work: splice.h reads before and after, and it
 * alone calls them. */
struct ds_reader {
	const char *name;
	struct ds_extent extent;

	/* `at` says where: keys joined by dots. `whole` as in struct ds_blob. */
	void (*read)(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		     struct ds_arena *scratch);

	/* What makes the value that was read, and is editable, say `word`, in the quotes
	 * that it has. Refuses what needs another style of writing it. */
	bool (*edit)(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		     struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM]);

	/* What gives these bytes a field that they do not have (DS_MISSING_STATUS, and
	 * nothing placed that would be in its way): behind the field
	 * `behind` (a location as `at` is), with its indent and line end, where that is
	 * not NULL and is there beside it; else as the last one. */
	bool (*insert)(struct ds_edit *out, struct ds_text bytes, const char *at,
		       const char *behind, struct ds_text word, struct ds_arena *scratch,
		       char why[DS_WHY_ROOM]);
};

/* Fills a reading that found no status. */
void ds_reading_fail(struct ds_reading *out, ds_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the offset to look at. */
void ds_reading_fail_at(struct ds_reading *out, ds_code code, size_t offset, const char *format,
			...) __attribute__((format(printf, 4, 5)));

/* Fills an edit with a copy of the text in scratch, and frees the text; false: memory
 * ran out, now or while the text was written. */
bool ds_edit_make(struct ds_edit *out, size_t start, size_t end, struct ds_buf *text,
		  struct ds_arena *scratch);

/* Says why there is no edit; always false. */
bool ds_edit_refuse(char why[DS_WHY_ROOM], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
