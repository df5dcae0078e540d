#include "keypath_rows.h"

#include <stdint.h>
#include <string.h>

/* Troubles of a key that is not there. */
enum { ABSENT = DS_SLOT_TROUBLES, RESEMBLED };

static const struct {
	ds_code code;
	const char *before;
	const char *after;
} troubles[] = {
	[DS_SLOT_TWICE] = {DS_AMBIGUOUS_STATUS, "the key \"", "\" is there twice"},
	[DS_SLOT_INDIRECT] = {DS_AMBIGUOUS_STATUS, "\"",
			      "\" depends on an alias, an anchor or a tag"},
	[DS_SLOT_MERGE] = {DS_AMBIGUOUS_STATUS, "\"", "\" may come from what is merged in here"},
	[DS_SLOT_VARIANT] = {DS_AMBIGUOUS_STATUS, "some parsers take this key for \"", "\" too"},
	[ABSENT] = {DS_MISSING_STATUS, "it has no \"", "\""},
	[RESEMBLED] = {DS_MISSING_STATUS, "it has no \"", "\", only a key that looks like it"},
};

struct ds_value ds_value_fail(ds_code code, size_t start, size_t end, const char *why)
{
	return (struct ds_value){
		.code = code, .placed = true, .start = start, .end = end, .why = why};
}

/* ---- Slots -------------------------------------------------------------- */

static void add_slot(struct ds_rows *rows, struct ds_text key)
{
	struct ds_slot *slot = &rows->slots[rows->len];

	slot->key = key;
	slot->same = rows->len++;
	for (size_t i = 0; key.len && i < slot->same; i++)
		if (ds_text_equal(rows->slots[i].key, key))
			slot->same = rows->slots[i].same;
}

bool ds_rows_open(struct ds_rows *rows, struct ds_records *out, const struct ds_keypath *path,
		  const char *const *fields, struct ds_arena *arena)
{
	const struct ds_keypath_step *steps = path->steps;
	struct ds_text none = {0};
	size_t len = DS_SLOT_FIELDS;

	while (fields && fields[len - DS_SLOT_FIELDS])
		len++;
	*rows = (struct ds_rows){.out = out, .arena = arena};
	rows->slots = ds_arena_alloc(arena, len * sizeof *rows->slots);
	if (!rows->slots)
		return false;
	add_slot(rows, steps[path->id].key);
	add_slot(rows, path->len > path->id + 1 ? steps[path->id + 1].key : none);
	for (; fields && *fields; fields++)
		add_slot(rows, ds_text_of(*fields));
	return true;
}

void ds_rows_begin(struct ds_rows *rows)
{
	for (size_t i = 0; i < rows->len; i++) {
		rows->slots[i].had = false;
		for (size_t t = 0; t < DS_SLOT_TROUBLES; t++)
			rows->slots[i].trouble[t] = SIZE_MAX;
	}
}

void ds_slot_note(struct ds_slot *slot, enum ds_slot_trouble trouble, size_t at)
{
	if (slot->trouble[trouble] == SIZE_MAX)
		slot->trouble[trouble] = at;
}

void ds_rows_note(struct ds_rows *rows, enum ds_slot_trouble trouble, size_t at)
{
	for (size_t i = 0; i < rows->len; i++)
		ds_slot_note(&rows->slots[i], trouble, at);
}

void ds_slot_fill(struct ds_slot *slot, const struct ds_value *value)
{
	slot->had = true;
	slot->value = *value;
}

struct ds_slot *ds_rows_slot(struct ds_rows *rows, struct ds_text key, size_t at,
			     enum ds_key_match (*match)(struct ds_text key, struct ds_text wanted))
{
	struct ds_slot *found = NULL;

	for (size_t i = 0; i < rows->len; i++) {
		struct ds_slot *slot = &rows->slots[i];
		if (!slot->key.len || slot->same != i)
			continue;
		enum ds_key_match kind = match(key, slot->key);
		if (kind == DS_KEY_VARIANT)
			ds_slot_note(slot, DS_SLOT_VARIANT, at);
		if (kind == DS_KEY_EXACT && slot->had)
			ds_slot_note(slot, DS_SLOT_TWICE, at);
		else if (kind == DS_KEY_EXACT)
			found = slot;
	}
	if (found)
		found->had = true;
	return found;
}

/* ---- Judging ------------------------------------------------------------ */

/* NULL: memory ran out. */
static const char *why(struct ds_rows *rows, struct ds_slot *slot, size_t trouble)
{
	struct ds_buf text = {0};

	/* The id is a key, and the status what stands behind it: that is all there can be. */
	if (!slot->key.len)
		return slot == rows->slots ? "its key depends on an alias, an anchor or a tag"
					   : "its value depends on an alias, an anchor or a tag";
	if (slot->why[trouble])
		return slot->why[trouble];
	ds_buf_puts(&text, troubles[trouble].before);
	ds_buf_append(&text, slot->key.at, slot->key.len);
	if (ds_buf_puts(&text, troubles[trouble].after) && !text.failed)
		slot->why[trouble] = ds_arena_copy(rows->arena, text.bytes, text.len);
	ds_buf_free(&text);
	return slot->why[trouble];
}

/* The first that matters, or ABSENT: none. */
static size_t gravest(const size_t trouble[DS_SLOT_TROUBLES], bool there)
{
	size_t t = DS_SLOT_TWICE;

	while (t != ABSENT && (trouble[t] == SIZE_MAX || (t == DS_SLOT_MERGE && there)))
		t++;
	return t;
}

bool ds_key_defect(struct ds_reading *out, const size_t trouble[DS_SLOT_TROUBLES], bool there,
		   const char *at)
{
	size_t t = gravest(trouble, there);
	size_t say = t == DS_SLOT_VARIANT && !there ? RESEMBLED : t;

	if (t == ABSENT && there)
		return false;
	ds_reading_fail_at(out, troubles[say].code, t == ABSENT ? 0 : trouble[t], "%s%s%s",
			   troubles[say].before, at, troubles[say].after);
	out->placed = t != ABSENT;
	return true;
}

static bool judge(struct ds_value *out, struct ds_rows *rows, size_t i)
{
	struct ds_slot *slot = &rows->slots[rows->slots[i].same];
	size_t t = gravest(slot->trouble, slot->had);

	*out = t == ABSENT && slot->had ? slot->value : (struct ds_value){0};
	if (t == ABSENT && slot->had)
		return true;
	out->placed = t != ABSENT;
	out->start = out->end = out->placed ? slot->trouble[t] : 0;
	t = t == DS_SLOT_VARIANT && !slot->had ? RESEMBLED : t;
	out->code = troubles[t].code;
	out->why = why(rows, slot, t);
	return out->why != NULL;
}

static bool is_whole(struct ds_text text)
{
	size_t i = text.len && *text.at == '-';
	size_t first = i;

	while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9')
		i++;
	return i > first && i == text.len;
}

/* Which item this is about; or what is wrong with that, in place of the status. */
static struct ds_text take_id(struct ds_value *status, const struct ds_value *id, size_t start)
{
	if (!id->code && (id->word || is_whole(id->text)))
		return id->text;
	if (status->code == DS_MISSING_STATUS)
		return (struct ds_text){0};
	if (status->code == DS_AMBIGUOUS_STATUS)
		return (struct ds_text){"", 0};
	if (!id->code)
		*status = ds_value_fail(DS_MALFORMED, id->start, id->end, "its id is no text");
	else if (id->code == DS_MISSING_STATUS)
		*status = ds_value_fail(DS_MALFORMED, id->placed ? id->start : start,
					id->placed ? id->end : start, "it has no id");
	else
		*status = *id;
	return (struct ds_text){"", 0};
}

bool ds_rows_add(struct ds_rows *rows, size_t start, size_t end)
{
	size_t count = rows->len - DS_SLOT_STATUS;
	struct ds_record record = {.start = start, .end = end};
	struct ds_value id;
	struct ds_value status;

	if (!judge(&id, rows, DS_SLOT_ID) || !judge(&status, rows, DS_SLOT_STATUS))
		return false;
	record.id = take_id(&status, &id, start);
	if (!record.id.at)
		return true;
	struct ds_value *values = ds_arena_alloc(rows->arena, count * sizeof *values);
	if (!values)
		return false;
	values[0] = status;
	for (size_t i = 1; i < count; i++)
		if (!judge(&values[i], rows, DS_SLOT_STATUS + i))
			return false;
	record.values = values;
	return ds_records_add(rows->out, &record);
}

/* ---- The way ------------------------------------------------------------ */

struct ds_way ds_way_of(const char *at)
{
	return (struct ds_way){
		.all = at, .at = at, .blocked = SIZE_MAX, .trouble = DS_SLOT_TROUBLES};
}

static void judge_way(const struct ds_way *way, struct ds_reading *defect)
{
	enum ds_slot_trouble t = way->trouble;

	if (t != DS_SLOT_TROUBLES && (t != DS_SLOT_VARIANT || way->there))
		ds_reading_fail_at(defect, troubles[t].code, way->where, "%s%.*s%s",
				   troubles[t].before, (int)way->key.len, way->key.at,
				   troubles[t].after);
	else if (!way->there && !*way->at && way->blocked != SIZE_MAX)
		ds_reading_fail_at(defect, DS_MALFORMED, way->blocked, "no %s where one must be",
				   way->wants_array ? "array" : "object");
	else if (!way->there && !*way->at && way->other && !way->none)
		ds_reading_fail(defect, DS_MISSING_STATUS, "nothing at %s", way->all);
}

bool ds_way_next(struct ds_way *way, struct ds_records *records)
{
	if (!records->defect.code)
		judge_way(way, &records->defect);
	if (records->defect.code)
		records->len = 0;
	if (records->defect.code || way->there || !*way->at)
		return false;
	way->trouble = DS_SLOT_TROUBLES;
	return !ds_keypath_parse(&way->path, &way->at);
}

static void note(struct ds_way *way, enum ds_slot_trouble trouble, struct ds_text key, size_t at)
{
	if (way->trouble <= trouble)
		return;
	way->trouble = trouble;
	way->key = key;
	way->where = at;
}

void ds_way_note(struct ds_way *way, enum ds_slot_trouble trouble, int level, size_t at)
{
	const struct ds_keypath_step *step = &way->path.steps[level];
	note(way, trouble, level && step[-1].key.len ? step[-1].key : ds_text_of("records"), at);
}

/* Behind a star anything may stand, and null may anywhere but at the root: that is where the
 * records would be, and there are none. */
void ds_way_block(struct ds_way *way, int level, bool is_null, size_t at)
{
	const struct ds_keypath_step *step = &way->path.steps[level];

	way->none |= level && is_null;
	if (way->blocked != SIZE_MAX || (level && (is_null || step[-1].kind)))
		return;
	way->blocked = at;
	way->wants_array = step->kind == DS_KEYPATH_SELECT;
}

bool ds_way_leads_on(struct ds_way *way, int level, struct ds_text key, size_t at, bool *had,
		     enum ds_key_match (*match)(struct ds_text key, struct ds_text wanted))
{
	const struct ds_keypath_step *step = &way->path.steps[level];

	way->other = true;
	if (step->kind == DS_KEYPATH_ANY)
		return true;
	enum ds_key_match kind = match(key, step->key);
	if (kind == DS_KEY_VARIANT)
		note(way, DS_SLOT_VARIANT, step->key, at);
	if (kind != DS_KEY_EXACT)
		return false;
	if (*had)
		note(way, DS_SLOT_TWICE, step->key, at);
	*had = true;
	return true;
}
