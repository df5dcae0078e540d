/* From the log to a plan: which change is meant, and what it did to which items. */
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "array.h"
#include "reversal.h"
#include "rules.h"
#include "scan.h"
#include "settle.h"
#include "undo.h"

/* ---- Which change ------------------------------------------------------- */

enum { LATEST_SHOWN = 3 };

struct change {
	char txid[64];
	bool undo;
	bool undone;
};

struct changes {
	struct change *at;
	size_t len;
	size_t room;
	struct ds_arena scratch; /* of one line */
	bool failed;
};

static struct change *last_named(struct changes *changes, const char *txid)
{
	for (size_t i = changes->len; i > 0; i--)
		if (strcmp(changes->at[i - 1].txid, txid) == 0)
			return &changes->at[i - 1];
	return NULL;
}

static bool add_change(struct changes *changes, const struct ds_logged *logged)
{
	if (!ds_grow(&changes->at, &changes->room, changes->len, sizeof *changes->at))
		return false;
	struct change *change = &changes->at[changes->len++];
	*change = (struct change){.undo = logged->frame.undoes != NULL};
	memcpy(change->txid, logged->txid, strlen(logged->txid) + 1);
	return true;
}

/* The lines of one change stand together. */
static int note_change(void *context, struct ds_text line)
{
	struct changes *changes = context;
	struct ds_logged logged;

	ds_arena_reset(&changes->scratch);
	ds_logline_peek(&logged, line, &changes->scratch);
	if (!logged.txid || strlen(logged.txid) >= sizeof changes->at->txid)
		return 0;
	if (!changes->len || strcmp(changes->at[changes->len - 1].txid, logged.txid) != 0)
		changes->failed = !add_change(changes, &logged);
	struct change *undone =
		logged.frame.undoes ? last_named(changes, logged.frame.undoes) : NULL;
	if (undone)
		undone->undone = true;
	return changes->failed;
}

static int fail_unknown(const struct changes *changes, const char *txid, ds_error *err)
{
	struct ds_buf why = {0};
	size_t shown = changes->len < LATEST_SHOWN ? changes->len : LATEST_SHOWN;

	ds_buf_puts(&why, shown ? "no such change in the log; the latest are "
				: "no such change: the log has none");
	for (size_t i = 0; i < shown; i++) {
		ds_buf_puts(&why, i ? ", " : "");
		ds_escape(&why, ds_text_of(changes->at[changes->len - 1 - i].txid));
	}
	int status =
		why.failed ? ds_fail_memory(err) : ds_fail_path(err, DS_TROUBLE, txid, why.bytes);
	ds_buf_free(&why);
	return status;
}

static int choose(struct ds_plan *plan, struct changes *changes, const char *txid, ds_error *err)
{
	const struct change *chosen = txid ? last_named(changes, txid) : NULL;

	if (txid && !chosen)
		return fail_unknown(changes, txid, err);
	for (size_t i = changes->len; i > 0 && !chosen; i--)
		if (!changes->at[i - 1].undo && !changes->at[i - 1].undone)
			chosen = &changes->at[i - 1];
	if (!chosen)
		return ds_fail(err, DS_TROUBLE,
			       "the log has no change that was not taken back already");
	plan->undoes = ds_arena_string(&plan->strings, chosen->txid);
	return plan->undoes ? 0 : ds_fail_memory(err);
}

static int choose_change(struct ds_plan *plan, struct ds_txn *txn, const char *txid, ds_error *err)
{
	struct changes changes = {0};
	int status = ds_txn_log(txn, note_change, &changes, err);

	if (changes.failed)
		status = ds_fail_memory(err);
	else if (!status)
		status = choose(plan, &changes, txid, err);
	free(changes.at);
	ds_arena_free(&changes.scratch);
	return status;
}

/* ---- What it did -------------------------------------------------------- */

struct gathering {
	struct ds_plan *plan;
	const struct ds_rule *rule; /* the items are this rule's */
	const struct ds_items *items;
	struct ds_arena scratch;
	size_t edits;  /* of the change, also where their lines cannot be understood */
	size_t kept;   /* of all rules */
	size_t *steps; /* for each item the number of its step, from 1 */
	bool failed;
};

static bool copy_is_at(const struct gathering *g, const struct ds_item *item, int copy,
		       const char *path)
{
	struct ds_buf is = {0};

	if (g->rule->copies[copy].many)
		return true; /* in which of its files it is, undo.c asks */
	ds_buf_puts(&is, g->plan->prefix);
	bool same = ds_copy_path(&is, g->rule, copy, item->path, item->id) == DS_PATH_MADE &&
		    strcmp(is.bytes, path) == 0;
	ds_buf_free(&is);
	return same;
}

/* The items are in order of their ids. */
static const struct ds_item *find_item(const struct gathering *g, const struct ds_logged *logged,
				       int copy)
{
	size_t low = 0;
	size_t high = g->items->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(g->items->at[middle].id, logged->frame.item) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < g->items->len; low++) {
		const struct ds_item *item = &g->items->at[low];
		if (strcmp(item->id, logged->frame.item) != 0)
			break;
		if (copy_is_at(g, item, copy, logged->frame.path))
			return item;
	}
	return NULL;
}

/* The rule's own string for a field that it knows, or NULL. */
static const char *field_of(const struct ds_copy_rule *copy, const char *field)
{
	if (strcmp(copy->at, field) == 0)
		return copy->at;
	for (const struct ds_follow *follow = copy->follow; follow && follow->field; follow++)
		if (strcmp(follow->field, field) == 0)
			return follow->field;
	return NULL;
}

static struct ds_planned *planned_for(struct gathering *g, const struct ds_item *item)
{
	struct ds_plan *plan = g->plan;
	size_t *number = &g->steps[item - g->items->at];

	if (*number)
		return &plan->steps[*number - 1];
	struct ds_planned planned = {.rule = g->rule, .to = DS_NO_STATUS};
	planned.path = ds_arena_string(&plan->strings, item->path);
	planned.step = (ds_step){.rule = g->rule->name, .to = "", .wanted = true};
	planned.step.item = ds_arena_string(&plan->strings, item->id);
	planned.reversal = ds_arena_alloc(&plan->strings, sizeof *planned.reversal);
	if (!planned.path || !planned.step.item || !planned.reversal)
		return NULL;
	*number = plan->count + 1;
	return ds_plan_add(plan, &planned);
}

static struct ds_reversed_file *file_for(struct gathering *g, struct ds_planned *planned,
					 const struct ds_logged *logged)
{
	struct ds_arena *strings = &g->plan->strings;
	struct ds_reversal *reversal = planned->reversal;
	struct ds_reversed_file **end = &reversal->files;

	for (; *end; end = &(*end)->next)
		if (strcmp((*end)->path, logged->frame.path) == 0)
			return *end;
	struct ds_reversed_file *file = ds_arena_alloc(strings, sizeof *file);
	if (!file)
		return NULL;
	file->path = ds_arena_string(strings, logged->frame.path);
	file->before = ds_arena_string(strings, logged->frame.before);
	file->after = ds_arena_string(strings, logged->frame.after);
	if (!file->path || !file->before || !file->after)
		return NULL;
	return *end = file;
}

static bool keep_edit(struct gathering *g, struct ds_reversed_file *file, int copy,
		      const char *field, const struct ds_made *made)
{
	struct ds_arena *strings = &g->plan->strings;
	struct ds_reversed_edit *edit = ds_arena_alloc(strings, sizeof *edit);

	if (!edit)
		return false;
	*edit = (struct ds_reversed_edit){.next = file->edits, .copy = copy, .made = *made};
	edit->made.field = field;
	edit->made.old = ds_arena_string(strings, made->old);
	edit->made.new = ds_arena_string(strings, made->new);
	edit->made.from = made->from ? ds_arena_string(strings, made->from) : NULL;
	edit->made.to = made->to ? ds_arena_string(strings, made->to) : NULL;
	file->edits = edit;
	return edit->made.old && edit->made.new && (!made->from || edit->made.from) &&
	       (!made->to || edit->made.to);
}

static int status_of(const struct ds_rule *rule, const char *word)
{
	return word ? ds_vocabulary_find(rule->vocabulary, ds_text_of(word)) : DS_NO_STATUS;
}

/* An undo leads from what was written to what was there. */
static bool describe(struct gathering *g, struct ds_planned *planned,
		     const struct ds_reversed_edit *edit)
{
	const char *from = edit->made.to;
	const char *to = edit->made.from;

	planned->change |= 1u << edit->copy;
	planned->step.copies = ds_copy_names(g->rule, planned->change, &g->plan->strings);
	if (strcmp(edit->made.field, g->rule->copies[edit->copy].at) == 0) {
		planned->step.from = from;
		planned->step.to = to ? to : "";
		planned->step.kind = ds_kind_between(g->rule->vocabulary, status_of(g->rule, from),
						     status_of(g->rule, to));
	}
	return planned->step.copies != NULL;
}

static bool keep_line(struct gathering *g, const struct ds_item *item, int copy, const char *field,
		      const struct ds_logged *logged)
{
	struct ds_planned *planned = planned_for(g, item);
	struct ds_reversed_file *file = planned ? file_for(g, planned, logged) : NULL;

	return file && keep_edit(g, file, copy, field, &logged->made) &&
	       describe(g, planned, file->edits);
}

static int gather_line(void *context, struct ds_text line)
{
	struct gathering *g = context;
	struct ds_logged logged;

	ds_arena_reset(&g->scratch);
	ds_logline_peek(&logged, line, &g->scratch);
	if (!logged.txid || strcmp(logged.txid, g->plan->undoes) != 0)
		return 0;
	g->edits++;
	if (!ds_logline_read(&logged, line, &g->scratch) ||
	    strcmp(logged.frame.rule, g->rule->name) != 0)
		return 0;
	int copy = ds_copy_named(g->rule, logged.frame.copy);
	const char *field =
		copy == DS_NO_COPY ? NULL : field_of(&g->rule->copies[copy], logged.made.field);
	const struct ds_item *item = field ? find_item(g, &logged, copy) : NULL;
	g->kept += item != NULL;
	g->failed = item && !keep_line(g, item, copy, field, &logged);
	return g->failed;
}

/* Every item of the rule is listed: the log may be about any of them. */
static int gather_rule(struct gathering *g, struct ds_txn *txn, const struct ds_rule *rule,
		       ds_error *err)
{
	struct ds_scan scan = {
		.rule = rule, .source = g->plan->source, .limit = g->plan->limit, .all = true};
	struct ds_scanned found = {0};
	int status = ds_read_ledgers(&scan, &found, err);

	if (!status)
		status = ds_select(&scan, &found, err);
	g->rule = rule;
	g->items = &found.items;
	g->edits = 0;
	g->steps = calloc(found.items.len + 1, sizeof *g->steps);
	if (!status && !g->steps)
		status = ds_fail_memory(err);
	if (!status)
		status = ds_txn_log(txn, gather_line, g, err);
	if (g->failed)
		status = ds_fail_memory(err);
	g->items = NULL;
	free(g->steps);
	ds_scanned_free(&found);
	return status;
}

static int gather(struct ds_plan *plan, struct ds_txn *txn, const struct ds_rule *const *rules,
		  ds_error *err)
{
	struct gathering g = {.plan = plan};
	int status = 0;

	for (; *rules && !status; rules++)
		status = gather_rule(&g, txn, *rules, err);
	ds_arena_free(&g.scratch);
	if (status)
		return status;
	if (!g.kept)
		return ds_fail_path(err, DS_TROUBLE, plan->undoes,
				    "nothing that it changed is found here");
	if (g.kept < g.edits &&
	    !ds_plan_say(plan, "%zu of the %zu edits of %s are not found here: left as they are",
			 g.edits - g.kept, g.edits, plan->undoes))
		return ds_fail_memory(err);
	return 0;
}

/* ---- The plan ----------------------------------------------------------- */

/* Tries every step, and drops those that have nothing to take back any more. */
static int try_steps(struct ds_plan *plan, ds_error *err)
{
	int status = ds_plan_try(plan, err);
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].made || plan->steps[i].step.state != DS_STEP_PLANNED)
			plan->steps[kept++] = plan->steps[i];
	plan->count = kept;
	return status;
}

int ds_undo_plan(struct ds_plan *plan, struct ds_txn *txn, const struct ds_rule *const *rules,
		 const char *txid, ds_error *err)
{
	int status = choose_change(plan, txn, txid, err);

	if (!status)
		status = gather(plan, txn, rules, err);
	if (!status)
		status = try_steps(plan, err);
	ds_plan_sort(plan);
	return status;
}
