#include "splice.h"

#include <string.h>

/* As everybody will read it: a front matter counts only as far as it is looked for. */
static void read_at(struct ds_reading *out, const struct ds_splice *splice, const char *at,
		    struct ds_text bytes, struct ds_arena *scratch)
{
	size_t limit = splice->reader->extent.limit;
	bool whole = bytes.len <= limit;

	if (!whole)
		bytes.len = limit;
	splice->reader->read(out, bytes, whole, at, scratch);
}

static bool says(const struct ds_reading *reading, struct ds_text word)
{
	return reading->code == DS_NO_CODE && reading->word && ds_text_equal(reading->text, word);
}

/* What would never be read back is not worth a try, nor a guess why it failed. */
static bool is_word(struct ds_text word, char why[DS_WHY_ROOM])
{
	if (!word.len)
		return ds_edit_refuse(why, "there is no word to write");
	if (!ds_text_equal(ds_text_trim(word), word))
		return ds_edit_refuse(why, "blanks around a word are not read back");
	return (ds_utf8_valid(word) && !memchr(word.at, '\0', word.len)) ||
	       ds_edit_refuse(why, "it is no text: not UTF-8, or with a NUL in it");
}

static bool make_edit(struct ds_edit *edit, const struct ds_splice *splice, struct ds_text before,
		      const struct ds_reading *reading, struct ds_arena *scratch,
		      char why[DS_WHY_ROOM])
{
	const struct ds_reader *reader = splice->reader;
	bool missing = reading->code == DS_MISSING_STATUS;

	if (reading->code && !(missing && splice->insert))
		return ds_edit_refuse(why, "%s", reading->why);
	if (missing && !reading->placed)
		return reader->insert(edit, before, NULL, splice->at, splice->behind, splice->word,
				      scratch, why);
	if (!reading->editable)
		return ds_edit_refuse(why, "%s",
				      missing ? reading->why
					      : "it is written in a way that only a person "
						"should change");
	return reader->edit(edit, before, reading, splice->word, scratch, why);
}

/* All bytes but those of the edit are taken over as they are. */
static bool apply(struct ds_buf *after, struct ds_text before, const struct ds_edit *edit)
{
	return ds_buf_append(after, before.at, edit->start) &&
	       ds_buf_append(after, edit->text.at, edit->text.len) &&
	       ds_buf_append(after, before.at + edit->end, before.len - edit->end);
}

static bool says_the_word(const struct ds_splice *splice, const struct ds_edit *edit,
			  struct ds_text after, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_reading reading;

	read_at(&reading, splice, splice->at, after, scratch);
	if (!says(&reading, splice->word))
		return ds_edit_refuse(why, "written there it would not be read as that: %s",
				      reading.code ? reading.why : "it would say something else");
	return (reading.start >= edit->start && reading.end <= edit->start + edit->text.len) ||
	       ds_edit_refuse(why, "written there it would be read elsewhere");
}

/* A field that was put in must leave its neighbour as it was. */
static bool leaves_neighbour(const struct ds_splice *splice, struct ds_text before,
			     struct ds_text after, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_reading was;
	struct ds_reading is;

	if (!splice->behind)
		return true;
	read_at(&was, splice, splice->behind, before, scratch);
	read_at(&is, splice, splice->behind, after, scratch);
	return (was.code == is.code && ds_text_equal(was.text, is.text)) ||
	       ds_edit_refuse(why, "it would change \"%s\" too", splice->behind);
}

static enum ds_splice_outcome change(struct ds_buf *after, struct ds_edit *edit,
				     const struct ds_splice *splice, struct ds_text before,
				     const struct ds_reading *reading, struct ds_arena *scratch,
				     char why[DS_WHY_ROOM])
{
	size_t begin = after->len;

	if (!make_edit(edit, splice, before, reading, scratch, why))
		return *why ? DS_SPLICE_REFUSED : DS_SPLICE_MEMORY;
	if (!apply(after, before, edit))
		return DS_SPLICE_MEMORY;
	struct ds_text content = {after->bytes + begin, after->len - begin};
	return says_the_word(splice, edit, content, scratch, why) &&
			       leaves_neighbour(splice, before, content, scratch, why)
		       ? DS_SPLICE_DONE
		       : DS_SPLICE_REFUSED;
}

enum ds_splice_outcome ds_splice(struct ds_buf *after, struct ds_edit *edit,
				 const struct ds_splice *splice, struct ds_text before,
				 struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	size_t begin = after->len;
	struct ds_reading reading;

	*edit = (struct ds_edit){0};
	why[0] = '\0';
	if (!before.at)
		before.at = "";
	if (!is_word(splice->word, why))
		return DS_SPLICE_REFUSED;
	read_at(&reading, splice, splice->at, before, scratch);
	if (says(&reading, splice->word)) {
		edit->start = edit->end = reading.start;
		return ds_buf_append(after, before.at, before.len) ? DS_SPLICE_SAME
								   : DS_SPLICE_MEMORY;
	}
	enum ds_splice_outcome outcome =
		change(after, edit, splice, before, &reading, scratch, why);
	if (outcome != DS_SPLICE_DONE)
		ds_buf_cut(after, begin);
	return outcome;
}
