/*
 * The reader for what stands at the head of a document: a key of its front matter, or else a
 * line or heading of that name. So that one copy is enough for documents of both kinds.
 */
#include <string.h>

#include "err.h"
#include "frontmatter.h"
#include "readers.h"

static int preamble_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	if (spec->at && strpbrk(spec->at, ".[]{}|=\" \t"))
		return ds_fail(err, DS_TROUBLE,
			       "\"%s\": a key of a front matter and the label of a line is one "
			       "word, as in at: status",
			       spec->at);
	return ds_line_reader.check(spec, many, err);
}

static void preamble_read(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
			  struct ds_arena *scratch)
{
	struct ds_text head = bytes;

	if (head.len > DS_FRONTMATTER_LIMIT)
		head.len = DS_FRONTMATTER_LIMIT;
	ds_frontmatter_reader.read(out, head, whole && head.len == bytes.len, at, scratch);
	if (out->code != DS_MISSING_STATUS || out->placed)
		return;
	ds_line_reader.read(out, bytes, whole, at, scratch);
	if (out->code == DS_MISSING_STATUS && !out->placed)
		ds_reading_fail(out, DS_MISSING_STATUS,
				"it has no \"%s\" in a front matter, in a line before its second "
				"heading, or as a heading",
				at);
}

static bool preamble_edit(struct ds_edit *out, struct ds_text bytes,
			  const struct ds_reading *reading, struct ds_text word,
			  struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_slice slice = ds_frontmatter_slice(bytes, true);
	bool inside = slice.kind == DS_SLICE_CLOSED && reading->start < slice.end;
	const struct ds_reader *reader = inside ? &ds_frontmatter_reader : &ds_line_reader;

	return reader->edit(out, bytes, reading, word, scratch, why);
}

/* Nobody is given a front matter who had none: they have lines, or neither yet. */
static bool preamble_insert(struct ds_edit *out, struct ds_text bytes,
			    const struct ds_record *record, const char *at, const char *behind,
			    struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	if (ds_frontmatter_slice(bytes, true).kind != DS_SLICE_CLOSED)
		return ds_edit_refuse(why, "it has no front matter to put it in");
	return ds_frontmatter_reader.insert(out, bytes, record, at, behind, word, scratch, why);
}

const struct ds_reader ds_preamble_reader = {
	.name = "preamble",
	.extent = {.first = 16 * 1024, .limit = DS_FILE_LIMIT},
	.check = preamble_check,
	.read = preamble_read,
	.edit = preamble_edit,
	.insert = preamble_insert,
};
