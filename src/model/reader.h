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

struct ds_reading {
	ds_code code;        /* DS_NO_CODE: there is a status, `text` */
	struct ds_text text; /* decoded and trimmed; in the bytes or in scratch; holds no NUL */
	bool word;           /* false: a value is there that can be no status, text spells it */
	bool editable;       /* the span can be replaced by another word as it is */
	size_t start;        /* the text's bytes as they stand, without quotes; where code is */
	size_t end;          /* set, start is where to look */
	bool placed;         /* start means something */
	char why[160];       /* for a person, where code is set */
};

/* An edit: the bytes from start to end give way to `text`, and no others. */
struct ds_edit {
	size_t start;
	size_t end; /* as start: an insertion */
	struct ds_text text;
};

enum { DS_WHY_ROOM = 160 };

struct ds_reader {
	const char *name;
	struct ds_extent extent;

	/* `at` says where: keys joined by dots. `whole` as in struct ds_blob. */
	void (*read)(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		     struct ds_arena *scratch);

	/* What makes the value that was read say `word`, in the quotes that it has. False
	 * with `why` where that needs another style of writing it. */
	bool (*edit)(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		     struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM]);

	/* What gives these bytes a field that they do not have: behind the field
	 * `behind`, with its indent and line end, where that is not NULL and is there. */
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

#endif
