#include "yaml_rows.h"

#include <stdint.h>
#include <string.h>

#include "keypath_rows.h"
#include "yaml_events.h"
#include "yaml_plain.h"
#include "yaml_read.h"

/* ---- A value ------------------------------------------------------------ */

/* There is a field, and nothing in it: a word may take the place. */
static void take_nothing(struct ds_value *out, const char *why)
{
	bool editable = out->editable;

	*out = ds_value_fail(DS_MISSING_STATUS, out->start, out->end, why);
	out->editable = editable;
}

void ds_yaml_value(struct ds_value *out, const struct ds_yaml_found *found, struct ds_text slice)
{
	struct ds_text spelled = {slice.at + found->start, found->end - found->start};

	*out = (struct ds_value){.placed = true, .start = found->start, .end = found->end};
	out->editable = !found->block && found->type != DS_YAML_COLLECTION;
	out->word = found->type == DS_YAML_SCALAR && !memchr(found->text.at, '\0', found->text.len);
	out->text = ds_text_trim(out->word ? found->text : spelled);
	if (found->type == DS_YAML_NULL)
		take_nothing(out, found->text.len ? "it is null" : "it is empty");
	else if (!out->text.len)
		take_nothing(out, "it is empty");
}

bool ds_yaml_defect(struct ds_reading *out, const struct ds_yaml_error *error)
{
	if (error->at == SIZE_MAX)
		ds_reading_fail(out, DS_UNREADABLE, "%s", error->why);
	else
		ds_reading_fail_at(out, DS_MALFORMED, error->at, "not valid YAML: %s", error->why);
	return error->at != SIZE_MAX;
}

/* ---- The walk ----------------------------------------------------------- */

struct walk {
	struct ds_yaml_events s;
	struct ds_way way;
	struct ds_rows rows;
};

static bool walk_value(struct walk *w, int depth, int level);

static bool take(struct walk *w, struct ds_slot *slot, int depth)
{
	struct ds_yaml_found found;
	struct ds_value value;

	if (ds_yaml_is_indirect(&w->s.event))
		ds_slot_note(slot, DS_SLOT_INDIRECT, ds_yaml_here(&w->s));
	if (!ds_yaml_take(&w->s, depth, &found))
		return false;
	ds_yaml_value(&value, &found, w->s.slice);
	ds_slot_fill(slot, &value);
	return true;
}

/* The slot of the value behind the key at hand. */
static struct ds_slot *slot_behind(struct walk *w)
{
	const yaml_event_t *event = &w->s.event;
	size_t at = ds_yaml_here(&w->s);

	if (event->type == YAML_ALIAS_EVENT)
		ds_rows_note(&w->rows, DS_SLOT_INDIRECT, at);
	if (ds_yaml_is_merge(event))
		ds_rows_note(&w->rows, DS_SLOT_MERGE, at);
	if (event->type != YAML_SCALAR_EVENT || ds_yaml_is_merge(event))
		return NULL;
	struct ds_slot *slot = ds_rows_slot(&w->rows, ds_yaml_scalar(event), at, ds_key_match);
	if (slot && ds_yaml_is_indirect(event))
		ds_slot_note(slot, DS_SLOT_INDIRECT, at);
	return slot;
}

static bool walk_members(struct walk *w, int depth)
{
	if (!ds_yaml_depth(&w->s, depth) || !ds_yaml_advance(&w->s))
		return false;
	while (w->s.event.type != YAML_MAPPING_END_EVENT) {
		struct ds_slot *slot = slot_behind(w);
		if (!ds_yaml_skip(&w->s, depth + 1) ||
		    !(slot ? take(w, slot, depth + 1) : ds_yaml_skip(&w->s, depth + 1)))
			return false;
	}
	return ds_yaml_advance(&w->s);
}

/* What is no mapping has no fields: that is worth a word where an id leads to it. */
static bool walk_other(struct walk *w, int depth)
{
	bool nothing = ds_yaml_is_null(&w->s.event);
	struct ds_yaml_found found;
	struct ds_value value;

	if (!ds_yaml_take(&w->s, depth, &found))
		return false;
	value = ds_value_fail(DS_MALFORMED, found.start, found.end,
			      "not an object where one must be");
	if (!nothing)
		ds_slot_fill(&w->rows.slots[DS_SLOT_STATUS], &value);
	return true;
}

/* An element, or what stands behind the id; the slot of an id that is a key is filled. */
static bool walk_record(struct walk *w, int depth)
{
	struct ds_slot *status = &w->rows.slots[DS_SLOT_STATUS];
	bool selects = w->rows.slots[DS_SLOT_ID].key.len;
	bool mapping = w->s.event.type == YAML_MAPPING_START_EVENT;
	size_t start = ds_yaml_here(&w->s);
	bool block = mapping && w->s.slice.at[start] != '{';

	if (selects && !mapping && w->s.event.type != YAML_ALIAS_EVENT)
		return ds_yaml_skip(&w->s, depth);
	/* An edit of it would show elsewhere too. */
	if (ds_yaml_is_indirect(&w->s.event))
		ds_slot_note(status, DS_SLOT_INDIRECT, start);
	if (!(!status->key.len ? take(w, status, depth)
	      : mapping        ? walk_members(w, depth)
			       : walk_other(w, depth)))
		return false;
	size_t end = ds_yaml_behind(&w->s);
	/* A line belongs to it to its end, behind which another key may be put. */
	end = block ? ds_yaml_line_end(w->s.slice, end) : end;
	return ds_rows_add(&w->rows, start, end) || ds_yaml_fail_memory(&w->s);
}

static bool walk_sequence(struct walk *w, int depth)
{
	w->way.there = true;
	if (!ds_yaml_advance(&w->s))
		return false;
	while (w->s.event.type != YAML_SEQUENCE_END_EVENT) {
		ds_rows_begin(&w->rows);
		if (!walk_record(w, depth + 1))
			return false;
	}
	return ds_yaml_advance(&w->s);
}

static bool walk_id(struct walk *w, int depth)
{
	ds_rows_begin(&w->rows);
	return take(w, &w->rows.slots[DS_SLOT_ID], depth) && walk_record(w, depth);
}

/* Whether the way goes on behind the key at hand. */
static bool leads_on(struct walk *w, int level, bool *had)
{
	const yaml_event_t *event = &w->s.event;
	size_t at = ds_yaml_here(&w->s);

	if (event->type == YAML_ALIAS_EVENT)
		ds_way_note(&w->way, DS_SLOT_INDIRECT, level + 1, at);
	if (event->type != YAML_SCALAR_EVENT ||
	    !ds_way_leads_on(&w->way, level, ds_yaml_scalar(event), at, had, ds_key_match))
		return false;
	if (ds_yaml_is_indirect(event))
		ds_way_note(&w->way, DS_SLOT_INDIRECT, level + 1, at);
	return true;
}

/* What is merged in may be what is looked for, unless that is there. */
static bool walk_merge(struct walk *w, int depth, size_t *merge)
{
	*merge = ds_yaml_here(&w->s);
	return ds_yaml_skip(&w->s, depth) && ds_yaml_skip(&w->s, depth);
}

static bool walk_pair(struct walk *w, int depth, int level, bool *had)
{
	if (level == w->way.path.id)
		return walk_id(w, depth);
	bool leads = leads_on(w, level, had);
	return ds_yaml_skip(&w->s, depth) &&
	       (leads ? walk_value(w, depth, level + 1) : ds_yaml_skip(&w->s, depth));
}

static bool walk_mapping(struct walk *w, int depth, int level)
{
	size_t merge = SIZE_MAX;
	bool had = false;

	w->way.there |= level == w->way.path.id;
	if (!ds_yaml_advance(&w->s))
		return false;
	while (w->s.event.type != YAML_MAPPING_END_EVENT)
		if (!(ds_yaml_is_merge(&w->s.event) ? walk_merge(w, depth + 1, &merge)
						    : walk_pair(w, depth + 1, level, &had)))
			return false;
	if (merge != SIZE_MAX && !had)
		ds_way_note(&w->way, DS_SLOT_MERGE, level + 1, merge);
	return ds_yaml_advance(&w->s);
}

/* What `level` steps of the path lead to. */
static bool walk_value(struct walk *w, int depth, int level)
{
	const yaml_event_t *event = &w->s.event;
	bool array = w->way.path.steps[level].kind == DS_KEYPATH_SELECT;
	bool fits = event->type == (array ? YAML_SEQUENCE_START_EVENT : YAML_MAPPING_START_EVENT);

	if (ds_yaml_is_indirect(event) && (fits || event->type == YAML_ALIAS_EVENT))
		ds_way_note(&w->way, DS_SLOT_INDIRECT, level, ds_yaml_here(&w->s));
	if (fits)
		return array ? walk_sequence(w, depth) : walk_mapping(w, depth, level);
	ds_way_block(&w->way, level, ds_yaml_is_null(event), ds_yaml_here(&w->s));
	return ds_yaml_skip(&w->s, depth);
}

/* ---- A map of plain words ------------------------------------------------ */

/* Of lines that are `id: word`, at the top or below the one key that leads there. */
struct plain {
	const struct ds_keypath *path;
	size_t indent; /* of the lines below the last key of the top; 0: no such line was there */
	bool open;     /* there may be such lines */
	bool inside;   /* and they are records */
	bool there;
};

/* False: what it means is for libyaml to say. */
static bool take_top(struct plain *p, const struct ds_yaml_line *line)
{
	if (!p->path->id)
		return p->there = p->inside = true;
	enum ds_key_match match = ds_key_match(line->key, p->path->steps[0].key);
	p->indent = 0;
	p->open = line->empty;
	p->inside = match == DS_KEY_EXACT;
	if (match == DS_KEY_VARIANT || (p->inside && (p->there || !p->open)))
		return false;
	p->there |= p->inside;
	return true;
}

static bool take_below(struct plain *p, const struct ds_yaml_line *line)
{
	if (!p->indent)
		p->indent = line->indent;
	return p->open && line->indent == p->indent && !line->empty;
}

/* False: memory ran out. */
static bool add_plain(struct ds_rows *rows, struct ds_text slice, const struct ds_yaml_line *line)
{
	size_t start = (size_t)(line->text.at - slice.at);
	bool quoted = slice.at[start - 1] != ' ';
	struct ds_value id = {.text = line->key, .word = true};
	struct ds_value status = {.text = ds_text_trim(line->text),
				  .word = true,
				  .editable = true,
				  .placed = true,
				  .start = start,
				  .end = start + line->text.len};

	ds_rows_begin(rows);
	ds_slot_fill(&rows->slots[DS_SLOT_ID], &id);
	ds_slot_fill(&rows->slots[DS_SLOT_STATUS], &status);
	return ds_rows_add(rows, status.start - quoted, status.end + quoted);
}

bool ds_yaml_plain_rows(struct ds_rows *rows, struct ds_text slice, const struct ds_keypath *path,
			bool *done)
{
	struct plain p = {.path = path};
	struct ds_yaml_line line;
	size_t before = rows->out->len;
	size_t at = 0;
	int more = -1;
	bool fits = path->len == path->id + 1 &&
		    (!path->id || (path->id == 1 && path->steps[0].kind == DS_KEYPATH_KEY));

	while (fits && (more = ds_yaml_plain_line(slice, &at, &line)) > 0) {
		fits = line.indent ? take_below(&p, &line) : take_top(&p, &line);
		if (!fits || !p.inside || (!line.indent && path->id))
			continue;
		fits = ds_yaml_plain_says(&line) && ds_text_trim(line.text).len;
		if (fits && !add_plain(rows, slice, &line))
			return false;
	}
	*done = fits && !more && rows->out->len > before;
	if (!*done)
		rows->out->len = before;
	return true;
}

/* ---- The document ------------------------------------------------------- */

/* False: memory ran out. */
static bool walk(struct walk *w, struct ds_text slice, struct ds_reading *defect)
{
	struct ds_arena *arena = w->rows.arena;
	struct ds_yaml_error error;
	bool well = ds_yaml_open(&w->s, slice, arena, &error) &&
		    (w->s.event.type == YAML_STREAM_END_EVENT || walk_value(w, 0, 0)) &&
		    ds_yaml_finish(&w->s);
	ds_yaml_close(&w->s);
	return well || ds_yaml_defect(defect, &error);
}

bool ds_yaml_rows(struct ds_records *out, struct ds_text slice, const struct ds_spec *spec,
		  const char *const *fields, struct ds_arena *arena)
{
	struct walk w = {.way = ds_way_of(spec->at)};
	bool done;

	while (ds_way_next(&w.way, out)) {
		if (!ds_rows_open(&w.rows, out, &w.way.path, fields, arena) ||
		    !ds_yaml_plain_rows(&w.rows, slice, &w.way.path, &done))
			return false;
		w.way.there |= done;
		if (!done && !walk(&w, slice, &out->defect))
			return false;
	}
	return true;
}
