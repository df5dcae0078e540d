#include "json_rows.h"

#include <stdint.h>

#include "keypath_rows.h"

/* ---- A value ------------------------------------------------------------ */

/* There is a field, and nothing in it: a word may take the place. */
static void take_nothing(struct ds_value *out, const char *why)
{
	*out = ds_value_fail(DS_MISSING_STATUS, out->start, out->end, why);
	out->editable = true;
}

static bool take_string(struct ds_value *out, bool escapes, struct ds_arena *arena)
{
	struct ds_text text = out->text;

	out->editable = true;
	if (escapes) {
		char *decoded = ds_arena_alloc(arena, text.len + 1);
		if (!decoded)
			return false;
		text = (struct ds_text){decoded, ds_json_decode(decoded, text)};
		if (text.len == SIZE_MAX) /* no text: shown as it is spelled */
			return true;
	}
	out->text = ds_text_trim(text);
	out->word = true;
	if (!out->text.len)
		take_nothing(out, "it is empty");
	return true;
}

bool ds_json_take(struct ds_value *out, const struct ds_json_found *found, struct ds_text bytes,
		  struct ds_arena *arena)
{
	*out = (struct ds_value){.placed = true, .start = found->start, .end = found->end};
	out->text = (struct ds_text){bytes.at + found->start, found->end - found->start};
	if (found->type == DS_JSON_STRING)
		return take_string(out, found->escapes, arena);
	if (found->type == DS_JSON_NULL)
		take_nothing(out, "it is null");
	return true;
}

/* ---- The walk ----------------------------------------------------------- */

struct walk {
	struct ds_json_cursor at;
	struct ds_text bytes;
	struct ds_way way;
	struct ds_rows rows;
	bool memory; /* ran out */
};

static bool walk_value(struct walk *w, int depth, int level);

static size_t offset(const struct walk *w)
{
	return (size_t)(w->at.at - w->at.begin);
}

static bool fail_memory(struct walk *w)
{
	w->memory = true;
	return false;
}

static bool take(struct walk *w, struct ds_slot *slot, int depth)
{
	struct ds_json_found found;
	struct ds_value value;

	if (!ds_json_value(&w->at, depth, &found))
		return false;
	if (!ds_json_take(&value, &found, w->bytes, w->rows.arena))
		return fail_memory(w);
	ds_slot_fill(slot, &value);
	return true;
}

static bool walk_members(struct walk *w, int depth)
{
	struct ds_text key;
	bool escapes;
	char close = 0;
	int more;

	while ((more = ds_json_step(&w->at, &close)) > 0) {
		if (!ds_json_key(&w->at, &key, &escapes))
			return false;
		struct ds_slot *slot = ds_rows_slot(&w->rows, key, (size_t)(key.at - w->at.begin),
						    escapes ? ds_json_key_match : ds_key_match);
		if (!(slot ? take(w, slot, depth + 1) : ds_json_value(&w->at, depth + 1, NULL)))
			return false;
	}
	return more == 0;
}

/* What is no object has no fields: that is worth a word where an id leads to it. */
static bool walk_other(struct walk *w, enum ds_json_type type, int depth)
{
	struct ds_json_found found;
	struct ds_value value;

	if (!ds_json_value(&w->at, depth, &found))
		return false;
	value = ds_value_fail(DS_MALFORMED, found.start, found.end,
			      "not an object where one must be");
	if (type != DS_JSON_NULL)
		ds_slot_fill(&w->rows.slots[DS_SLOT_STATUS], &value);
	return true;
}

/* An element, or what stands behind the id; the slot of an id that is a key is filled. */
static bool walk_record(struct walk *w, int depth)
{
	struct ds_slot *status = &w->rows.slots[DS_SLOT_STATUS];
	bool selects = w->rows.slots[DS_SLOT_ID].key.len;
	enum ds_json_type type;

	if (!ds_json_peek(&w->at, &type))
		return false;
	size_t start = offset(w);
	if (type != DS_JSON_OBJECT && selects)
		return ds_json_value(&w->at, depth, NULL);
	if (!(!status->key.len         ? take(w, status, depth)
	      : type == DS_JSON_OBJECT ? walk_members(w, depth)
				       : walk_other(w, type, depth)))
		return false;
	return ds_rows_add(&w->rows, start, offset(w)) || fail_memory(w);
}

static bool walk_array(struct walk *w, int depth)
{
	char close = 0;
	int more;

	w->way.there = true;
	while ((more = ds_json_step(&w->at, &close)) > 0) {
		ds_rows_begin(&w->rows);
		if (!walk_record(w, depth + 1))
			return false;
	}
	return more == 0;
}

static bool walk_id(struct walk *w, struct ds_text key, bool escapes, int depth)
{
	size_t start = (size_t)(key.at - w->at.begin);
	struct ds_json_found found = {
		.type = DS_JSON_STRING, .start = start, .end = start + key.len, .escapes = escapes};
	struct ds_value id;

	if (!ds_json_take(&id, &found, w->bytes, w->rows.arena))
		return fail_memory(w);
	ds_rows_begin(&w->rows);
	ds_slot_fill(&w->rows.slots[DS_SLOT_ID], &id);
	return walk_record(w, depth);
}

static bool walk_object(struct walk *w, int depth, int level)
{
	bool holds = level == w->way.path.id;
	struct ds_text key;
	bool escapes;
	bool had = false;
	char close = 0;
	int more;

	w->way.there |= holds;
	while ((more = ds_json_step(&w->at, &close)) > 0) {
		if (!ds_json_key(&w->at, &key, &escapes))
			return false;
		size_t at = (size_t)(key.at - w->at.begin);
		if (!(holds ? walk_id(w, key, escapes, depth + 1)
		      : ds_way_leads_on(&w->way, level, key, at, &had,
					escapes ? ds_json_key_match : ds_key_match)
			      ? walk_value(w, depth + 1, level + 1)
			      : ds_json_value(&w->at, depth + 1, NULL)))
			return false;
	}
	return more == 0;
}

/* What `level` steps of the path lead to. */
static bool walk_value(struct walk *w, int depth, int level)
{
	bool array = w->way.path.steps[level].kind == DS_KEYPATH_SELECT;
	enum ds_json_type type;

	if (!ds_json_peek(&w->at, &type))
		return false;
	if (type == (array ? DS_JSON_ARRAY : DS_JSON_OBJECT))
		return array ? walk_array(w, depth) : walk_object(w, depth, level);
	ds_way_block(&w->way, level, type == DS_JSON_NULL, offset(w));
	return ds_json_value(&w->at, depth, NULL);
}

/* ---- The document ------------------------------------------------------- */

static void walk(struct walk *w, struct ds_reading *defect)
{
	struct ds_json_error error;

	if (!(ds_json_open(&w->at, w->bytes, &error) && walk_value(w, 0, 0) &&
	      ds_json_close(&w->at)) &&
	    !w->memory)
		ds_reading_fail_at(defect, DS_MALFORMED, error.at, "not valid JSON: %s", error.why);
}

bool ds_json_rows(struct ds_records *out, struct ds_text bytes, const struct ds_spec *spec,
		  const char *const *fields, struct ds_arena *arena)
{
	struct walk w = {.bytes = bytes, .way = ds_way_of(spec->at)};

	while (!w.memory && ds_way_next(&w.way, out)) {
		w.memory = !ds_rows_open(&w.rows, out, &w.way.path, fields, arena);
		if (!w.memory)
			walk(&w, &out->defect);
	}
	return !w.memory;
}
