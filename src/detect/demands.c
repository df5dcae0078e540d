#include "demands.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "config.h"
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

bool ds_find_boxes(bool *found, const struct ds_rule *rule, const struct ds_rollup *rollup,
		   struct ds_source *source, const struct ds_items *items)
{
	struct ds_buf path = {0};

	*found = false;
	for (size_t i = 0; i < items->len && !*found && !path.failed; i++) {
		ds_buf_cut(&path, 0);
		if (ds_item_path(&path, rule, rollup->path, items->at[i].path, items->at[i].id) ==
		    DS_PATH_MADE)
			*found = ds_is_there(source, path.bytes);
	}
	bool well = !path.failed;
	ds_buf_free(&path);
	return well;
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

/* Where nobody is believed, what a desynced item is said to be is one answer of several. */
static bool is_vague(const struct ds_item *item)
{
	return item->status == DS_NO_STATUS || item->state == DS_ITEM_UNCHECKED || item->guessed;
}

static struct ds_kin kin_of(const struct ds_rule *rule, const struct ds_item *item)
{
	const struct ds_status_word *word =
		is_vague(item) ? NULL : &rule->vocabulary->statuses[item->status];

	return (struct ds_kin){.path = item->path,
			       .parts = {.count = 1,
					 .done = word && word->terminal,
					 .begun = word && is_begun(rule, word),
					 .vague = !word}};
}

/* Records that do not say which item they are; a file of which nothing is known counts as one. */
static size_t count_unseen(const struct ds_document *document)
{
	const struct ds_records *records = &document->records;
	size_t count = 0;

	if (records->defect.code != DS_NO_CODE)
		return records->defect.code != DS_MISSING_COPY &&
		       records->defect.code != DS_MISSING_STATUS;
	for (size_t i = 0; i < records->len; i++)
		count += !records->at[i].id.len && records->at[i].values[0].code != DS_NO_CODE;
	return count;
}

static void add_vague(struct ds_kinship *out, const char *path, size_t count)
{
	if (count)
		out->at[out->len++] =
			(struct ds_kin){.path = path, .parts = {.count = count, .vague = count}};
}

/* An item stands for the first of its records, and in that one's file. */
static void add_unseen(struct ds_kinship *out, const struct ds_ledger *ledger)
{
	for (size_t i = 0; i < ledger->document_count; i++)
		add_vague(out, ledger->documents[i].path, count_unseen(&ledger->documents[i]));
	for (size_t i = 1; i < ledger->entry_count; i++)
		if (strcmp(ledger->entries[i].id, ledger->entries[i - 1].id) == 0 &&
		    !ds_id_is_ignored(ledger->rule, ledger->entries[i].record->id))
			add_vague(out, ledger->entries[i].document->path, 1);
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

/* What the items of a rule are as parts, and what may be parts beside them. */
static bool gather_kin(struct ds_kinship *out, const struct ds_rule *rule,
		       const struct ds_scanned *scanned)
{
	size_t most = scanned->items.len;

	for (int i = 0; rule->copies[i].name; i++)
		if (rule->copies[i].lists)
			most += scanned->ledgers[i].document_count +
				scanned->ledgers[i].entry_count;
	out->at = calloc(most ? most : 1, sizeof *out->at);
	if (!out->at)
		return false;
	for (size_t i = 0; i < scanned->items.len; i++)
		out->at[out->len++] = kin_of(rule, &scanned->items.at[i]);
	for (int i = 0; rule->copies[i].name; i++)
		if (rule->copies[i].lists)
			add_unseen(out, &scanned->ledgers[i]);
	merge_kin(out);
	return true;
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
	return !*rule || !*scanned || gather_kin(out, *rule, *scanned);
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

/* How the work may stand, as far as the parts tell: one way, where all of them are known. */
struct standing {
	ds_status_set fitting; /* empty: any fits */
	int first;
};

enum { STANDINGS = 3 };

static size_t find_standings(struct standing *out, const struct ds_rollup *rollup,
			     const struct ds_parts *parts)
{
	bool moved = parts->done || parts->begun;
	size_t count = 0;

	if (parts->count && parts->done + parts->vague == parts->count)
		out[count++] = (struct standing){rollup->all, rollup->all_first};
	if (parts->vague || (moved && parts->done < parts->count))
		out[count++] = (struct standing){rollup->some, rollup->some_first};
	if (parts->count && !moved)
		out[count++] = (struct standing){rollup->none, rollup->none_first};
	return count;
}

/* In how many of them one of these statuses fits. */
static size_t count_fits(const struct standing *standings, size_t count, ds_status_set said)
{
	size_t fits = 0;

	for (size_t i = 0; i < count; i++)
		fits += !standings[i].fitting || (standings[i].fitting & said);
	return fits;
}

/* Whether it does not matter how many parts are done. What is to be written may be another
 * status, and has to fit the parts of every rollup. */
static bool fits_any(const struct ds_desk *desk, const struct ds_rollup *rollup)
{
	static const struct ds_parts unknown = {.count = 1, .vague = 1};
	ds_status_set said = ds_judged_set(desk);
	struct standing all[STANDINGS];

	if (desk->rule->authority == DS_PARTS &&
	    (ds_has_mismatch(desk) || ds_rollup_count(desk->rule) > 1))
		return false;
	size_t count = find_standings(all, rollup, &unknown);
	return !said || count_fits(all, count, said) == count;
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

ds_status_set ds_fitting(const struct ds_desk *desk, size_t rollup)
{
	struct standing all[STANDINGS];
	size_t count = find_standings(all, &desk->rule->rollups[rollup], &desk->parts[rollup]);

	return count == 1 ? all[0].fitting : 0;
}

/* One that fits them all, of which the first that a rollup asks for is written. */
ds_status_set ds_fitting_all(const struct ds_desk *desk, int *first)
{
	ds_status_set every = ~(ds_status_set)0;
	ds_status_set fitting = every;
	struct standing all[DS_ROLLUP_LIMIT * STANDINGS];
	size_t count = 0;

	*first = DS_NO_STATUS;
	for (size_t i = 0; i < ds_rollup_count(desk->rule); i++) {
		ds_code defect = desk->parts[i].defect.code;
		if (defect != DS_NO_CODE && defect != DS_MISSING_COPY)
			return 0;
		count += find_standings(&all[count], &desk->rule->rollups[i], &desk->parts[i]);
	}
	for (size_t i = 0; i < count; i++)
		fitting &= all[i].fitting ? all[i].fitting : every;
	for (size_t i = 0; i < count && *first == DS_NO_STATUS; i++)
		if (all[i].fitting && (fitting >> all[i].first & 1))
			*first = all[i].first;
	return *first == DS_NO_STATUS ? 0 : fitting;
}

bool ds_is_rollup_broken(const struct ds_desk *desk, size_t rollup)
{
	ds_status_set said = ds_judged_set(desk);
	struct standing all[STANDINGS];
	size_t count = find_standings(all, &desk->rule->rollups[rollup], &desk->parts[rollup]);

	return said && count && !count_fits(all, count, said);
}

bool ds_is_rollup_open(const struct ds_desk *desk, size_t rollup)
{
	ds_status_set said = ds_judged_set(desk);
	struct standing all[STANDINGS];
	size_t count = find_standings(all, &desk->rule->rollups[rollup], &desk->parts[rollup]);
	size_t fits = count_fits(all, count, said);

	return said && fits && fits < count;
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
