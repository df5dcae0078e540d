#include "collect.h"

#include <string.h>

#include "content.h"
#include "demands.h"
#include "readers.h"
#include "rules.h"

bool ds_desk_prepare(struct ds_desk *desk, const struct ds_rule *rule, struct ds_source *source)
{
	*desk = (struct ds_desk){.rule = rule, .source = source};
	for (int i = 0; rule->copies[i].name; i++) {
		desk->readers[i] = ds_reader_find(rule->copies[i].read);
		if (!desk->readers[i])
			return false;
		desk->copy_count = i + 1;
	}
	return ds_can_count_parts(rule);
}

void ds_desk_clear(struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		ds_blob_free(&desk->copies[i].blob);
	ds_blob_free(&desk->parts_blob);
	ds_arena_free(&desk->scratch);
	ds_buf_free(&desk->path);
}

/* ---- A file of its own -------------------------------------------------- */

/* The limit is for those that are read as a whole; others have one by their nature. */
static struct ds_extent extent_of(const struct ds_desk *desk, int i)
{
	struct ds_extent extent = desk->readers[i]->extent;

	if (desk->whole || !extent.enough)
		extent = (struct ds_extent){.limit = desk->limit ? desk->limit : DS_FILE_LIMIT};
	return extent;
}

static struct ds_source *source_of(const struct ds_desk *desk, int i)
{
	return desk->rule->copies[i].from == DS_FROM_HEAD ? desk->head : desk->source;
}

const char *ds_desk_path(struct ds_desk *desk, const struct ds_item *item, const char *pattern,
			 bool *made)
{
	ds_buf_cut(&desk->path, 0);
	enum ds_path_made how =
		ds_item_path(&desk->path, desk->rule, pattern, item->path, item->id);
	*made = how == DS_PATH_MADE;
	return how == DS_PATH_MEMORY
		       ? NULL
		       : ds_arena_copy(&desk->scratch, desk->path.bytes, desk->path.len);
}

/* False: the reading says why there is nothing to read. */
static bool find_file(struct ds_desk *desk, int i, const struct ds_item *item)
{
	struct ds_seen_copy *copy = &desk->copies[i];
	bool made;

	copy->path = ds_desk_path(desk, item, desk->rule->copies[i].path, &made);
	copy->blob.kind = DS_MISSING;
	ds_buf_cut(&copy->blob.bytes, 0);
	if (!copy->path) {
		copy->path = desk->rule->copies[i].path;
		ds_reading_fail(&copy->reading, DS_UNREADABLE, "out of memory");
	} else if (!made) {
		ds_reading_fail(&copy->reading, DS_MISSING_COPY, "%s", "");
	} else {
		return true;
	}
	return false;
}

/* What stands beside the status, for constraints. */
static void read_fields(struct ds_desk *desk, int i, struct ds_text bytes)
{
	const struct ds_copy_rule *rule = &desk->rule->copies[i];
	const struct ds_reader *reader = desk->readers[i];
	struct ds_seen_copy *copy = &desk->copies[i];

	for (int k = 0; k < DS_FIELD_LIMIT && rule->fields[k]; k++) {
		struct ds_reading reading;
		ds_buf_cut(&desk->path, 0);
		bool well = reader->beside ? reader->beside(&desk->path, rule->at, rule->fields[k])
					   : ds_buf_puts(&desk->path, rule->fields[k]);
		if (well)
			reader->read(&reading, bytes, copy->blob.whole, desk->path.bytes,
				     &desk->scratch);
		if (!well || !ds_value_of(&copy->fields[k], &reading, &desk->scratch))
			copy->fields[k] =
				(struct ds_value){.code = DS_UNREADABLE, .why = "out of memory"};
	}
}

static void read_file(struct ds_desk *desk, int i, const struct ds_item *item)
{
	struct ds_source *source = source_of(desk, i);
	struct ds_seen_copy *copy = &desk->copies[i];
	const struct ds_copy_rule *rule = &desk->rule->copies[i];
	struct ds_extent extent = extent_of(desk, i);

	if (!find_file(desk, i, item))
		return;
	source->ops->read(source, copy->path, &extent, &copy->blob);
	if (!ds_is_content(&copy->reading, &copy->blob))
		return;
	struct ds_text bytes = ds_blob_text(&copy->blob);
	desk->readers[i]->read(&copy->reading, bytes, copy->blob.whole, rule->at, &desk->scratch);
	ds_blame_conflict(&copy->reading, bytes);
	if (rule->fields)
		read_fields(desk, i, bytes);
}

/* The status is a piece of the path; only whether anything is there has to be asked. */
static void read_path(struct ds_desk *desk, int i, const struct ds_item *item)
{
	struct ds_source *source = source_of(desk, i);
	struct ds_seen_copy *copy = &desk->copies[i];
	const char *at = desk->rule->copies[i].at;

	if (!find_file(desk, i, item))
		return;
	source->ops->read(source, copy->path, NULL, &copy->blob);
	struct ds_text value = ds_item_capture(desk->rule, item->path, at);
	if (copy->blob.kind == DS_MISSING || !value.at)
		ds_reading_fail(&copy->reading, DS_MISSING_COPY, "%s", "");
	else
		desk->readers[i]->read(&copy->reading, value, true, at, &desk->scratch);
}

/* ---- A record of many --------------------------------------------------- */

static void take_record(struct ds_seen_copy *copy, const struct ds_copy_rule *rule,
			const struct ds_entry *entry)
{
	copy->document = entry->document;
	copy->record = entry->record;
	copy->path = entry->document->path;
	ds_reading_of(&copy->reading, &entry->record->values[0]);
	for (int k = 0; rule->fields && k < DS_FIELD_LIMIT && rule->fields[k]; k++)
		copy->fields[k] = entry->record->values[k + 1];
}

static void miss_record(struct ds_seen_copy *copy, const struct ds_ledger *ledger)
{
	const struct ds_document *defect = ledger->defect;

	if (ledger->document_count == 1)
		copy->path = ledger->documents[0].path;
	if (defect) {
		copy->path = defect->path;
		copy->reading = defect->records.defect;
		copy->reading.placed = false;
		copy->said = true;
	} else {
		ds_reading_fail(&copy->reading, DS_MISSING_COPY, "%s",
				ledger->document_count ? "it has no entry for it" : "");
	}
}

static void look_in_ledger(struct ds_desk *desk, int i, const struct ds_item *item)
{
	struct ds_seen_copy *copy = &desk->copies[i];
	const struct ds_copy_rule *rule = &desk->rule->copies[i];
	const struct ds_entry *first;

	copy->path = rule->path;
	if (!desk->ledgers || !desk->ledgers[i].rule) {
		ds_reading_fail(&copy->reading, DS_UNREADABLE, "its file was not read");
		return;
	}
	copy->claims = ds_ledger_find_next(&desk->ledgers[i], item->id, &desk->next[i], &first);
	if (copy->claims)
		take_record(copy, rule, first);
	else
		miss_record(copy, &desk->ledgers[i]);
}

/* ---- The whole ---------------------------------------------------------- */

static void look_up(const struct ds_rule *rule, int i, struct ds_seen_copy *copy)
{
	copy->status = DS_NO_STATUS;
	copy->set = 0;
	copy->more = false;
	if (copy->reading.code != DS_NO_CODE || !copy->reading.word)
		return;
	copy->set = ds_copy_statuses(rule, i, copy->reading.text, &copy->status);
	/* A date behind it, whose number, or who has it, would be lost. */
	copy->more = ds_copy_says_more(rule, i, copy->reading.text);
	if (copy->more)
		copy->reading.editable = false;
}

/* What two copies read would be set twice, and always agree with itself. Mostly the
 * configuration is refused for that; here it is where only the file can tell. */
static void refuse_shared_place(struct ds_desk *desk, int i)
{
	struct ds_seen_copy *copy = &desk->copies[i];

	for (int k = 0; k < i && copy->reading.code == DS_NO_CODE && copy->reading.placed; k++) {
		const struct ds_seen_copy *other = &desk->copies[k];
		copy->again = other->reading.code == DS_NO_CODE && other->reading.placed &&
			      other->reading.start == copy->reading.start &&
			      source_of(desk, i) == source_of(desk, k) &&
			      strcmp(other->path, copy->path) == 0;
		if (copy->again)
			ds_reading_fail_at(&copy->reading, DS_UNVERIFIABLE, copy->reading.start,
					   "%s reads the same place, so the rule needs one of "
					   "them",
					   desk->rule->copies[k].name);
	}
}

static void collect_copy(struct ds_desk *desk, int i, const struct ds_item *item)
{
	struct ds_seen_copy *copy = &desk->copies[i];

	copy->document = NULL;
	copy->record = NULL;
	copy->claims = 0;
	copy->said = false;
	copy->again = false;
	copy->left = !source_of(desk, i);
	if (desk->rule->copies[i].fields)
		for (int k = 0; k < DS_FIELD_LIMIT; k++)
			copy->fields[k] = (struct ds_value){.code = DS_MISSING_COPY};
	if (copy->left) {
		copy->path = desk->rule->copies[i].path;
		ds_reading_fail(&copy->reading, DS_MISSING_COPY, "%s", "");
	} else if (desk->rule->copies[i].many) {
		look_in_ledger(desk, i, item);
	} else if (desk->readers[i]->in_path) {
		read_path(desk, i, item);
	} else {
		read_file(desk, i, item);
	}
	refuse_shared_place(desk, i);
	look_up(desk->rule, i, copy);
}

void ds_collect(struct ds_desk *desk, const struct ds_item *item)
{
	ds_arena_reset(&desk->scratch);
	for (int i = 0; i < desk->copy_count; i++)
		collect_copy(desk, i, item);
	if (desk->rule->rollups)
		ds_collect_parts(desk, item);
}

bool ds_is_beside_copy(const struct ds_desk *desk, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) + 1 : 0;

	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		const struct ds_copy_rule *rule = &desk->rule->copies[i];
		if (!rule->many && rule->from == DS_FROM_SOURCE && copy->blob.kind == DS_REGULAR &&
		    strncmp(copy->path, path, len) == 0 && !strchr(copy->path + len, '/'))
			return true;
	}
	return false;
}

static const struct ds_blob *blob_of(const struct ds_seen_copy *copy)
{
	return copy->document ? &copy->document->blob : &copy->blob;
}

struct ds_text ds_seen_bytes(const struct ds_seen_copy *copy)
{
	return ds_blob_text(blob_of(copy));
}

bool ds_seen_linked(const struct ds_seen_copy *copy)
{
	return blob_of(copy)->linked;
}

void ds_seen_position(const struct ds_seen_copy *copy, size_t at, size_t *line, size_t *column)
{
	if (copy->document)
		ds_document_position(copy->document, at, line, column);
	else
		ds_text_position(ds_blob_text(&copy->blob), at, line, column);
}
