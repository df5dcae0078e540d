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

/* Where in a file. Both are words that only the reader understands; the loader of the
 * configuration has asked it (`check`) whether it does. */
struct ds_spec {
	const char *at; /* keys joined by dots, the name of a column, a label, ... */
	const char *id; /* where a record says which item it is about; NULL where `at` has the
			 * {id}, or the file holds one status and no records */
};

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

/*
 * One record of a file that holds many: a row, an element of an array, a task block. The
 * texts are in the bytes or in the arena. What there is to say of a value is a ds_value: a
 * reading without its room for words, as there may be a hundred thousand of them.
 */
struct ds_value {
	ds_code code;
	bool word;
	bool editable;
	bool placed;
	struct ds_text text;
	size_t start;
	size_t end;
	const char *why; /* NULL: nothing; constant or in the arena */
};

struct ds_record {
	struct ds_text id; /* as it stands, trimmed, never empty */
	size_t start;      /* the whole record: nothing outside is touched by an edit of it */
	size_t end;
	const struct ds_value *values; /* the status; then the fields, in the order asked for */
};

struct ds_records {
	struct ds_record *at;
	size_t len;
	size_t room;
	/* What keeps the file from being read as a whole: no records then. Where a single
	 * record is in the way (no id, an id twice among keys), it has a value that says so. */
	struct ds_reading defect; /* code is DS_NO_CODE: none */
};

/* Appends; false when memory ran out. */
bool ds_records_add(struct ds_records *records, const struct ds_record *record);
void ds_records_free(struct ds_records *records);

/* A value as a reading, and a reading as a value (its words go to the arena). */
void ds_reading_of(struct ds_reading *out, const struct ds_value *value);
bool ds_value_of(struct ds_value *out, const struct ds_reading *reading, struct ds_arena *arena);

/* The two that make edits return false with `why`, which stays empty where memory
 * ran out; it must be empty before. They take what `read` said about the same bytes for
 * granted, and do not judge their own work: splice.h reads before and after, and it
 * alone calls them. */
struct ds_reader {
	const char *name;
	struct ds_extent extent;

	/* Whether the spec can be understood; DS_TROUBLE with what is wrong and what would be
	 * right, without the name of any file. *many says whether it means records. */
	int (*check)(const struct ds_spec *spec, bool *many, ds_error *err);

	/* One status. `at` says where. `whole` as in struct ds_blob. NULL where there are
	 * always records. */
	void (*read)(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		     struct ds_arena *scratch);

	/* Every record, in their order, with the status and the `fields` (names of what stands
	 * beside the status; NULL-ended, or NULL). The bytes are a whole file, and outlive
	 * the records. A record whose id is empty or no text is left out, unless its status
	 * says that it should be there: then its id is "". One pass, however many there are.
	 * False: memory ran out. NULL where there are never any. */
	bool (*records)(struct ds_records *out, struct ds_text bytes, const struct ds_spec *spec,
			const char *const *fields, struct ds_arena *arena);

	/* What makes the value that was read, and is editable, say `word`, in the quotes
	 * that it has. Refuses what needs another style of writing it. */
	bool (*edit)(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		     struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM]);

	/* What gives these bytes a field that they do not have (DS_MISSING_STATUS, and
	 * nothing placed that would be in its way): behind the field
	 * `behind` (a location as `at` is), with its indent and line end, where that is
	 * not NULL and is there beside it; else as the last one. In a record, where there are
	 * any; NULL: the file holds one status. NULL where nothing can be put in. */
	bool (*insert)(struct ds_edit *out, struct ds_text bytes, const struct ds_record *record,
		       const char *at, const char *behind, struct ds_text word,
		       struct ds_arena *scratch, char why[DS_WHY_ROOM]);

	/* Appends the location of a field beside the status: "a.b.updated" beside
	 * "a.b.status". NULL: its name alone. */
	bool (*beside)(struct ds_buf *out, const char *at, const char *field);

	/* The source is not asked for bytes: the status is in the path. `read` gets, as its
	 * bytes, what the capture that `at` names has matched. */
	bool in_path;
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
