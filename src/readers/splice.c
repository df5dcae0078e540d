#include "splice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As everybody will read it: a front matter counts only as far as it is looked for. */
static void read_at(struct ds_reading *out, const struct ds_splice *splice, const char *at,
		    struct ds_text bytes, struct ds_arena *scratch)
{
	const struct ds_extent *extent = &splice->reader->extent;
	bool whole = !extent->enough || bytes.len <= extent->limit;

	if (!whole)
		bytes.len = extent->limit;
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
		      const struct ds_record *record, const struct ds_reading *reading,
		      struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	const struct ds_reader *reader = splice->reader;
	bool missing = reading->code == DS_MISSING_STATUS;

	if (reading->code && !(missing && splice->insert))
		return ds_edit_refuse(why, "%s",
				      *reading->why ? reading->why : "it cannot be read");
	if (missing && !reading->placed && !reader->insert)
		return ds_edit_refuse(why, "nothing can be put in there");
	if (missing && !reading->placed)
		return reader->insert(edit, before, record, splice->at, splice->behind,
				      splice->word, scratch, why);
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

	if (!make_edit(edit, splice, before, NULL, reading, scratch, why))
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

/* ---- Records ------------------------------------------------------------ */

enum { PASSES = 3 }; /* what one refuses is left out of the next */

struct splicing {
	const struct ds_splice_records *splice;
	const char *fields[2];
	struct ds_text before;
	struct ds_record_edit *edits; /* in the order of their places, from make_edits on */
	size_t count;
	struct ds_records was;
	struct ds_records is;
	struct ds_arena *scratch;
};

static bool read_records(struct splicing *s, struct ds_records *out, struct ds_text bytes)
{
	return s->splice->reader->records(out, bytes, &s->splice->spec, s->fields, s->scratch);
}

/* The value that is edited, of those of a record. */
static const struct ds_value *value_of(const struct splicing *s, const struct ds_record *record)
{
	return &record->values[s->splice->field != NULL];
}

static bool refuse(struct splicing *s, struct ds_record_edit *edit, const char *why)
{
	edit->outcome = DS_SPLICE_REFUSED;
	edit->why = ds_arena_string(s->scratch, why);
	return edit->why != NULL;
}

static bool make_record_edit(struct splicing *s, struct ds_record_edit *edit,
			     const struct ds_record *record, const struct ds_reading *reading)
{
	const struct ds_reader *reader = s->splice->reader;
	struct ds_splice splice = {.reader = reader,
				   .at = s->splice->at,
				   .word = edit->word,
				   .insert = edit->insert,
				   .behind = s->splice->behind};
	char why[DS_WHY_ROOM] = "";

	edit->outcome = DS_SPLICE_DONE;
	if (!make_edit(&edit->edit, &splice, s->before, record, reading, s->scratch, why))
		return *why && refuse(s, edit, why);
	if (edit->edit.start < record->start || edit->edit.end > record->end)
		return refuse(s, edit, "it would change more than its own part of the file");
	return true;
}

/* A word, or a null that may be one: what is empty has no bytes to give way. */
static bool has_bytes(const struct ds_reading *reading)
{
	return reading->code ? reading->code == DS_MISSING_STATUS && reading->editable &&
				       reading->start < reading->end
			     : reading->word;
}

/* Bytes for bytes. */
static bool begin_swap(struct splicing *s, struct ds_record_edit *edit,
		       const struct ds_reading *reading)
{
	struct ds_text raw = {s->before.at + reading->start, reading->end - reading->start};

	if (!has_bytes(reading) ||
	    (!ds_text_equal(raw, edit->word) && !ds_text_equal(raw, edit->instead)))
		return refuse(s, edit, "something else stands there");
	edit->edit = (struct ds_edit){reading->start, reading->end, edit->word};
	edit->outcome = ds_text_equal(raw, edit->word) ? DS_SPLICE_SAME : DS_SPLICE_DONE;
	return true;
}

static bool begin_edit(struct splicing *s, struct ds_record_edit *edit)
{
	char why[DS_WHY_ROOM] = "";
	struct ds_reading reading;

	edit->edit = (struct ds_edit){0};
	if (!edit->instead.at && !is_word(edit->word, why))
		return refuse(s, edit, why);
	if (edit->record >= s->was.len || !ds_text_is(s->was.at[edit->record].id, edit->id))
		return refuse(s, edit,
			      s->was.defect.code ? s->was.defect.why : "it is not where it was");
	const struct ds_record *record = &s->was.at[edit->record];
	ds_reading_of(&reading, value_of(s, record));
	if (edit->instead.at)
		return begin_swap(s, edit, &reading);
	if (!says(&reading, edit->word))
		return make_record_edit(s, edit, record, &reading);
	edit->outcome = DS_SPLICE_SAME;
	edit->edit.start = edit->edit.end = reading.start;
	return true;
}

static int compare_places(const void *left, const void *right)
{
	const struct ds_record_edit *a = left;
	const struct ds_record_edit *b = right;

	if (a->edit.start != b->edit.start)
		return a->edit.start < b->edit.start ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

/* One value cannot say two words. */
static bool refuse_overlaps(struct splicing *s)
{
	struct ds_record_edit *last = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct ds_record_edit *edit = &s->edits[i];
		if (edit->outcome != DS_SPLICE_DONE)
			continue;
		if (last && (edit->record == last->record || edit->edit.start < last->edit.end)) {
			if (!refuse(s, edit, "another change has the same place"))
				return false;
		} else {
			last = edit;
		}
	}
	return true;
}

static bool begin_edits(struct splicing *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!begin_edit(s, &s->edits[i]))
			return false;
	qsort(s->edits, s->count, sizeof *s->edits, compare_places);
	return refuse_overlaps(s);
}

/* All bytes but those of the edits are taken over as they are. */
static bool apply_all(struct splicing *s, struct ds_buf *after, size_t *changed)
{
	size_t begin = after->len;
	size_t done = 0;

	*changed = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct ds_record_edit *edit = &s->edits[i];
		if (edit->outcome != DS_SPLICE_DONE)
			continue;
		ds_buf_append(after, s->before.at + done, edit->edit.start - done);
		edit->at = after->len - begin;
		ds_buf_append(after, edit->edit.text.at, edit->edit.text.len);
		done = edit->edit.end;
		++*changed;
	}
	return ds_buf_append(after, s->before.at + done, s->before.len - done) && !after->failed;
}

static bool same_value(const struct ds_value *was, const struct ds_value *is)
{
	return was->code == is->code && ds_text_equal(was->text, is->text);
}

/* Whether a record has what it had, but for the value that was edited. */
static bool is_kept(const struct splicing *s, size_t i, bool edited)
{
	const struct ds_record *was = &s->was.at[i];
	const struct ds_record *is = &s->is.at[i];

	if (!ds_text_equal(was->id, is->id))
		return false;
	if (edited)
		return !s->splice->field || same_value(was->values, is->values);
	return same_value(was->values, is->values) &&
	       (!s->splice->field || same_value(value_of(s, was), value_of(s, is)));
}

static bool others_are_kept(struct splicing *s)
{
	bool *edited = calloc(s->was.len + 1, sizeof *edited);
	bool kept = edited && s->is.len == s->was.len;

	for (size_t i = 0; i < s->count && kept; i++)
		if (s->edits[i].outcome == DS_SPLICE_DONE)
			edited[s->edits[i].record] = true;
	for (size_t i = 0; i < s->was.len && kept; i++)
		kept = is_kept(s, i, edited[i]);
	free(edited);
	return kept;
}

/* What cannot be told apart is refused as a whole. */
static bool refuse_all(struct splicing *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->edits[i].outcome == DS_SPLICE_DONE &&
		    !refuse(s, &s->edits[i], "other parts of the file would be read differently"))
			return false;
	return true;
}

static bool check_word(struct splicing *s, struct ds_record_edit *edit)
{
	const struct ds_value *value = value_of(s, &s->is.at[edit->record]);
	struct ds_reading reading;

	size_t end = edit->at + edit->edit.text.len;
	bool exact = value->start == edit->at && value->end == end;

	ds_reading_of(&reading, value);
	if (edit->instead.at ? !has_bytes(&reading) || !reading.editable
			     : !says(&reading, edit->word))
		return refuse(s, edit, "written there it would not be read as that");
	if (value->start < edit->at || value->end > end || (edit->instead.at && !exact))
		return refuse(s, edit, "written there it would be read elsewhere");
	edit->lead = value->start - edit->at;
	edit->plain = exact && edit->edit.start < edit->edit.end;
	return true;
}

static bool check_words(struct splicing *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->edits[i].outcome == DS_SPLICE_DONE && !check_word(s, &s->edits[i]))
			return false;
	return true;
}

static size_t count_done(const struct splicing *s)
{
	size_t done = 0;
	for (size_t i = 0; i < s->count; i++)
		done += s->edits[i].outcome == DS_SPLICE_DONE;
	return done;
}

/* Applies what is not refused, until nothing more is. */
static bool settle(struct splicing *s, struct ds_buf *after)
{
	size_t begin = after->len;
	size_t changed;

	for (int pass = 1;; pass++) {
		ds_buf_cut(after, begin);
		if (!apply_all(s, after, &changed))
			return false;
		if (!changed)
			return true;
		ds_records_free(&s->is);
		struct ds_text content = {after->bytes + begin, after->len - begin};
		if (!read_records(s, &s->is, content))
			return false;
		bool well = !others_are_kept(s) || pass > PASSES ? refuse_all(s) : check_words(s);
		if (!well || count_done(s) == changed)
			return well;
	}
}

bool ds_splice_records(struct ds_buf *after, struct ds_record_edit *edits, size_t count,
		       const struct ds_splice_records *splice, struct ds_text before,
		       struct ds_arena *scratch)
{
	struct splicing s = {.splice = splice,
			     .fields = {splice->field},
			     .before = before,
			     .edits = edits,
			     .count = count,
			     .scratch = scratch};
	size_t begin = after->len;

	if (!before.at)
		s.before.at = "";
	bool well = read_records(&s, &s.was, s.before) && begin_edits(&s) && settle(&s, after);
	ds_records_free(&s.was);
	ds_records_free(&s.is);
	if (!well)
		ds_buf_cut(after, begin);
	return well;
}
