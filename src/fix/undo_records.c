/* Values in records of a file: those that are alike go back together. */
#include <stdlib.h>
#include <string.h>

#include "going.h"
#include "splice.h"

/* Whether this edit of another item can be taken back together with g's. */
static bool is_alike(const struct ds_going *g, const struct ds_work_ask *ask)
{
	return ask->left && ask->left->made.plain == g->edit->made.plain &&
	       ds_is_its_turn(g, ask) && ask->left->copy == g->edit->copy &&
	       ask->left->made.field == g->edit->made.field &&
	       ask->planned->step.state == DS_STEP_PLANNED;
}

/* ---- A word for another -------------------------------------------------- */

static bool keep_taken(struct ds_going *g, const struct ds_record_edit *edit)
{
	struct ds_work_ask *ask = &g->file->asks[edit->number];
	const struct ds_made *was = &ask->left->made;
	struct ds_made made = {.field = was->field,
			       .from = was->to,
			       .to = was->from,
			       .plain = true,
			       .at = edit->at};

	ds_go_on(g, ask);
	ds_judge_back(g, edit->outcome == DS_SPLICE_REFUSED ? DS_OTHERS : DS_TAKEN_BACK);
	return edit->outcome != DS_SPLICE_DONE ||
	       ds_work_record(g->bench, g->file, ask, &edit->edit, &made);
}

static size_t gather_alike(const struct ds_going *g, struct ds_record_edit *edits)
{
	size_t count = 0;

	for (size_t i = 0; i < g->file->ask_count; i++) {
		const struct ds_work_ask *ask = &g->file->asks[i];
		if (is_alike(g, ask))
			edits[count++] =
				(struct ds_record_edit){.number = i,
							.record = ask->left->record,
							.id = ask->left->id,
							.word = ds_text_of(ask->left->made.old),
							.instead = ds_text_of(ask->left->made.new)};
	}
	return count;
}

/* Words in many records of the file, together. */
static bool take_back_words(struct ds_going *g)
{
	struct ds_record_edit *edits = calloc(g->file->ask_count, sizeof *edits);
	struct ds_splice_records splice = {
		.reader = g->reader, .spec = {g->copy->at, g->copy->id}, .field = g->name};
	size_t count = edits ? gather_alike(g, edits) : 0;
	size_t before = g->file->edit_count;

	ds_buf_cut(&g->next, 0);
	bool well = edits && ds_splice_records(&g->next, edits, count, &splice,
					       ds_work_content(g->file), &g->bench->strings);
	for (size_t i = 0; i < count && well; i++)
		well = keep_taken(g, &edits[i]);
	if (well && g->file->edit_count > before)
		ds_work_take(g->file, &g->next);
	free(edits);
	return well;
}

/* ---- More than a word ---------------------------------------------------- */

/* Where an edit put more than a word in, or took it out: these bytes for those, as above. */
struct swap {
	struct ds_work_ask *ask;
	const struct ds_reversed_edit *edit;
	size_t start; /* in the content */
	size_t at;    /* as the swaps before it leave it */
	size_t lead;
	bool in; /* there is no such field now */
};

struct swaps {
	struct swap *at;
	size_t count;
	struct ds_record_edit *checks; /* what puts them in again */
	struct ds_buf made;
};

static bool read_records(const struct ds_going *g, struct ds_records *out, struct ds_text content)
{
	struct ds_spec spec = {g->copy->at, g->copy->id};
	const char *const fields[] = {g->name, NULL};

	return g->reader->records(out, content, &spec, fields, &g->bench->strings);
}

/* NULL: the record is not where it was. */
static const struct ds_value *value_in(const struct ds_going *g, const struct ds_records *records,
				       const struct ds_reversed_edit *edit)
{
	bool there =
		edit->record < records->len && ds_text_is(records->at[edit->record].id, edit->id);
	return there ? &records->at[edit->record].values[g->name != NULL] : NULL;
}

/* Offsets of the log hold only in the file as we left it; check_swaps sees where they do not. */
static enum ds_outcome find_swap(const struct ds_going *g, struct swap *swap,
				 const struct ds_records *records)
{
	const struct ds_value *value = value_in(g, records, swap->edit);

	swap->in = value && value->code == DS_MISSING_STATUS;
	if (!value || (!swap->in && (value->code || !value->word)))
		return DS_OTHERS;
	if (swap->in && !g->exact)
		return DS_ALREADY;
	swap->start = swap->in ? swap->edit->made.at : value->start - swap->edit->made.lead;
	return ds_stands_at(g, swap->edit, swap->start) ? DS_TAKEN_BACK : DS_OTHERS;
}

/* All that go the same way. */
static void gather_swaps(struct ds_going *g, struct swaps *swaps, const struct ds_records *records)
{
	const struct ds_going first = *g;

	for (size_t i = 0; i < g->file->ask_count; i++) {
		struct swap *swap = &swaps->at[swaps->count];
		struct ds_work_ask *ask = &g->file->asks[i];
		if (!is_alike(&first, ask))
			continue;
		*swap = (struct swap){.ask = ask, .edit = ask->left};
		enum ds_outcome outcome = find_swap(g, swap, records);
		if (outcome == DS_TAKEN_BACK && swap->in != swaps->at[0].in)
			continue;
		swaps->count += outcome == DS_TAKEN_BACK;
		ds_go_on(g, ask);
		ds_judge_back(g, outcome);
	}
}

static int compare_swaps(const void *left, const void *right)
{
	const struct swap *a = left;
	const struct swap *b = right;
	return (a->start > b->start) - (a->start < b->start);
}

/* False: two of them have the same place, or memory ran out. */
static bool apply_swaps(struct ds_going *g, struct swaps *swaps)
{
	struct ds_text content = ds_work_content(g->file);
	size_t done = 0;

	qsort(swaps->at, swaps->count, sizeof *swaps->at, compare_swaps);
	ds_buf_cut(&g->next, 0);
	for (size_t i = 0; i < swaps->count; i++) {
		struct swap *swap = &swaps->at[i];
		if (swap->start < done)
			return false;
		ds_buf_append(&g->next, content.at + done, swap->start - done);
		swap->at = g->next.len;
		ds_buf_puts(&g->next, swap->edit->made.old);
		done = swap->start + strlen(swap->edit->made.new);
	}
	ds_buf_append(&g->next, content.at + done, content.len - done);
	return !g->next.failed;
}

/* As check_insertion, for all of them. */
static bool check_swaps(struct ds_going *g, struct swaps *swaps)
{
	struct ds_text is = ds_work_content(g->file);
	struct ds_text next = ds_buf_text(&g->next);
	struct ds_text without = swaps->at[0].in ? is : next;
	struct ds_text with = swaps->at[0].in ? next : is;
	struct ds_records records = {0};
	struct ds_splice_records splice = {.reader = g->reader,
					   .spec = {g->copy->at, g->copy->id},
					   .field = g->name,
					   .at = swaps->at[0].edit->made.field,
					   .behind = g->name ? g->copy->at : NULL};
	bool well = read_records(g, &records, with);

	for (size_t i = 0; i < swaps->count && well; i++) {
		struct swap *swap = &swaps->at[i];
		const struct ds_value *value = value_in(g, &records, swap->edit);
		well = value && !value->code && value->word;
		if (!well)
			break;
		swap->lead = swap->in ? value->start - swap->at : 0;
		swaps->checks[i] = (struct ds_record_edit){.record = swap->edit->record,
							   .id = swap->edit->id,
							   .word = value->text,
							   .insert = true};
	}
	ds_records_free(&records);
	return well &&
	       ds_splice_records(&swaps->made, swaps->checks, swaps->count, &splice, without,
				 &g->bench->strings) &&
	       ds_text_equal(ds_buf_text(&swaps->made), with);
}

/* What cannot be put in again as it stands there was never written by us. */
static bool make_swaps(struct ds_going *g, struct swaps *swaps)
{
	bool well = apply_swaps(g, swaps) && check_swaps(g, swaps);

	for (size_t i = 0; i < swaps->count; i++) {
		const struct swap *swap = &swaps->at[i];
		g->ask = swap->ask;
		g->edit = swap->edit;
		ds_judge_back(g, well ? DS_TAKEN_BACK : DS_OTHERS);
		if (well && !ds_keep_back(g, swap->start, swap->at, swap->lead, false))
			return false;
	}
	if (well)
		ds_work_take(g->file, &g->next);
	return true;
}

static bool take_back_swaps(struct ds_going *g)
{
	struct ds_records records = {0};
	struct swaps swaps = {.at = calloc(g->file->ask_count + 1, sizeof *swaps.at),
			      .checks = calloc(g->file->ask_count + 1, sizeof *swaps.checks)};
	bool well = swaps.at && swaps.checks && read_records(g, &records, ds_work_content(g->file));

	if (well)
		gather_swaps(g, &swaps, &records);
	if (well && swaps.count)
		well = make_swaps(g, &swaps);
	ds_records_free(&records);
	ds_buf_free(&swaps.made);
	free(swaps.at);
	free(swaps.checks);
	return well;
}

/* ---- Both ---------------------------------------------------------------- */

bool ds_take_back_records(struct ds_going *g)
{
	return g->edit->made.plain ? take_back_words(g) : take_back_swaps(g);
}
