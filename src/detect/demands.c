#include "demands.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "content.h"
#include "readers.h"
#include "rules.h"
#include "scan.h"

size_t ds_rollup_count(const struct ds_rule *rule)
{
	size_t count = 0;

	while (rule->rollups && (rule->rollups[count].path || rule->rollups[count].children))
		count++;
	return count;
}

static const struct ds_reader *box_reader(void)
{
	return ds_reader_find("checkbox");
}

bool ds_can_count_parts(const struct ds_rule *rule)
{
	size_t count = ds_rollup_count(rule);

	for (size_t i = 0; i < count; i++)
		if (rule->rollups[i].path && !box_reader())
			return false;
	return count <= DS_ROLLUP_LIMIT;
}

/* ---- Boxes of a file ---------------------------------------------------- */

static void count_box(struct ds_parts *parts, const struct ds_record *box, struct ds_text bytes)
{
	const struct ds_value *value = box->values;
	bool done = ds_text_is(value->text, "[x]") || ds_text_is(value->text, "[X]");
	size_t column;

	parts->count++;
	parts->done += done;
	parts->begun += !done && !ds_text_is(value->text, "[ ]");
	if (!done && !parts->line)
		ds_text_position(bytes, value->start, &parts->line, &column);
}

static void count_boxes(struct ds_desk *desk, struct ds_parts *parts)
{
	static const struct ds_spec every = {"", NULL};
	const struct ds_extent whole = {.limit = desk->limit ? desk->limit : DS_FILE_LIMIT,
					.beside = ds_is_beside_copy(desk, parts->path)};
	struct ds_records boxes = {0};

	desk->source->ops->read(desk->source, parts->path, &whole, &desk->parts_blob);
	if (!ds_is_content(&parts->defect, &desk->parts_blob))
		return;
	struct ds_text bytes = ds_blob_text(&desk->parts_blob);
	if (!box_reader()->records(&boxes, bytes, &every, NULL, &desk->scratch))
		ds_reading_fail(&boxes.defect, DS_UNREADABLE, "out of memory");
	parts->defect = boxes.defect;
	for (size_t i = 0; boxes.defect.code == DS_NO_CODE && i < boxes.len; i++)
		count_box(parts, &boxes.at[i], bytes);
	ds_records_free(&boxes);
}

/* ---- Other items -------------------------------------------------------- */

static int compare_kin(const void *a, const void *b)
{
	return strcmp(((const struct ds_kin *)a)->path, ((const struct ds_kin *)b)->path);
}

static void add_parts(struct ds_parts *into, const struct ds_parts *from)
{
	into->count += from->count;
	into->done += from->done;
	into->begun += from->begun;
	into->vague += from->vague;
}

/* Under way is what is no longer where all begin. */
static bool is_begun(const struct ds_rule *rule, const struct ds_status_word *word)
{
	for (const struct ds_status_word *other = rule->vocabulary->statuses; other->word; other++)
		if (other->rank < word->rank)
			return !word->terminal;
	return word->in_progress;
}

static struct ds_kin kin_of(const struct ds_rule *rule, const struct ds_item *item)
{
	const struct ds_status_word *word =
		item->status == DS_NO_STATUS ? NULL : &rule->vocabulary->statuses[item->status];

	return (struct ds_kin){.path = item->path,
			       .parts = {.count = 1,
					 .done = word && word->terminal,
					 .begun = word && is_begun(rule, word),
					 .vague = !word}};
}

static void merge_kin(struct ds_kinship *kin)
{
	size_t kept = 0;

	qsort(kin->at, kin->len, sizeof *kin->at, compare_kin);
	for (size_t i = 0; i < kin->len; i++)
		if (kept && strcmp(kin->at[kept - 1].path, kin->at[i].path) == 0)
			add_parts(&kin->at[kept - 1].parts, &kin->at[i].parts);
		else
			kin->at[kept++] = kin->at[i];
	kin->len = kept;
}

bool ds_find_kin(struct ds_kinship *out, const struct ds_scan *scan, const struct ds_rollup *rollup)
{
	const struct ds_rule *const *rule = scan->child_rules;
	const struct ds_scanned *const *scanned = scan->children;

	*out = (struct ds_kinship){0};
	if (!rollup->children || !rule || !scanned)
		return true;
	while (*rule && strcmp((*rule)->name, rollup->children) != 0) {
		rule++;
		scanned++;
	}
	if (!*rule || !*scanned || !(*scanned)->items.len)
		return true;
	const struct ds_items *items = &(*scanned)->items;
	out->at = calloc(items->len, sizeof *out->at);
	for (size_t i = 0; out->at && i < items->len; i++)
		out->at[out->len++] = kin_of(*rule, &items->at[i]);
	if (out->at)
		merge_kin(out);
	return out->at != NULL;
}

static bool is_path_seen(const struct ds_desk *desk, int copy)
{
	for (int i = 0; i < copy; i++)
		if (strcmp(desk->copies[i].path, desk->copies[copy].path) == 0)
			return true;
	return false;
}

static void count_kin(struct ds_desk *desk, struct ds_parts *parts, const struct ds_kinship *kin)
{
	for (int i = 0; i < desk->copy_count; i++) {
		struct ds_kin key = {.path = desk->copies[i].path};
		const struct ds_kin *found =
			kin->len && !is_path_seen(desk, i)
				? bsearch(&key, kin->at, kin->len, sizeof key, compare_kin)
				: NULL;
		if (found)
			add_parts(parts, &found->parts);
	}
}

/* ---- Whether a status fits them ----------------------------------------- */

static bool fits(ds_status_set wanted, ds_status_set said)
{
	return !wanted || (wanted & said);
}

/* Whether it does not matter how many parts are done. */
static bool fits_any(const struct ds_desk *desk, const struct ds_rollup *rollup)
{
	ds_status_set said = ds_judged_set(desk);

	if (desk->rule->authority == DS_PARTS && ds_has_mismatch(desk))
		return false;
	return !said ||
	       (fits(rollup->all, said) && fits(rollup->some, said) && fits(rollup->none, said));
}

void ds_collect_parts(struct ds_desk *desk, const struct ds_item *item)
{
	size_t count = ds_rollup_count(desk->rule);

	for (size_t i = 0; i < count; i++)
		desk->parts[i] = (struct ds_parts){0};
	for (size_t i = 0; i < count; i++) {
		const struct ds_rollup *rollup = &desk->rule->rollups[i];
		struct ds_parts *parts = &desk->parts[i];
		bool made;
		if (fits_any(desk, rollup))
			continue;
		if (!rollup->path && desk->kin)
			count_kin(desk, parts, &desk->kin[i]);
		if (!rollup->path)
			continue;
		parts->path = ds_desk_path(desk, item, rollup->path, &made);
		if (parts->path && made)
			count_boxes(desk, parts);
	}
}

ds_status_set ds_fitting(const struct ds_desk *desk, size_t rollup, int *first)
{
	const struct ds_rollup *rule = &desk->rule->rollups[rollup];
	const struct ds_parts *parts = &desk->parts[rollup];

	*first = DS_NO_STATUS;
	if (!parts->count || parts->vague)
		return 0;
	if (parts->done == parts->count) {
		*first = rule->all_first;
		return rule->all;
	}
	bool some = parts->done || parts->begun;
	*first = some ? rule->some_first : rule->none_first;
	return some ? rule->some : rule->none;
}

bool ds_is_rollup_broken(const struct ds_desk *desk, size_t rollup)
{
	ds_status_set said = ds_judged_set(desk);
	int first;

	return said && !fits(ds_fitting(desk, rollup, &first), said);
}

/* ---- Constraints -------------------------------------------------------- */

static bool holds(const struct ds_constraint *constraint, const struct ds_value *value)
{
	if (value->code == DS_MISSING_STATUS || constraint->absent)
		return constraint->absent && value->code == DS_MISSING_STATUS;
	if (value->code != DS_NO_CODE)
		return false;
	for (const char *const *wanted = constraint->values; wanted && *wanted; wanted++)
		if (ds_text_is(value->text, *wanted))
			return true;
	return !constraint->values;
}

static bool forbids(const struct ds_desk *desk, const struct ds_constraint *constraint,
		    ds_status_set set)
{
	return set && !(set & constraint->allowed) &&
	       holds(constraint, &desk->copies[constraint->copy].fields[constraint->field]);
}

bool ds_is_constraint_broken(const struct ds_desk *desk, const struct ds_constraint *constraint)
{
	return forbids(desk, constraint, desk->copies[constraint->copy].set);
}

const struct ds_constraint *ds_constraint_against(const struct ds_desk *desk, int status)
{
	const struct ds_constraint *constraint = desk->rule->constraints;

	for (; constraint && constraint->copy != DS_NO_COPY; constraint++)
		if (forbids(desk, constraint, (ds_status_set)1 << status))
			return constraint;
	return NULL;
}

bool ds_is_demand_broken(const struct ds_desk *desk)
{
	const struct ds_rule *rule = desk->rule;
	const struct ds_constraint *constraint = rule->constraints;

	if (ds_severity_in(rule, DS_CONSTRAINT) == DS_ERROR)
		for (; constraint && constraint->copy != DS_NO_COPY; constraint++)
			if (ds_is_constraint_broken(desk, constraint))
				return true;
	if (!rule->rollups || ds_severity_in(rule, DS_ROLLUP_MISMATCH) != DS_ERROR)
		return false;
	for (size_t i = 0; i < ds_rollup_count(rule); i++)
		if (ds_is_rollup_broken(desk, i))
			return true;
	return false;
}
