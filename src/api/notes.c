/* What a person should know of a scan, beside what it found. */
#include <string.h>

#include "compare.h"
#include "demands.h"
#include "result.h"

bool ds_add_note(ds_result *result, const char *line)
{
	const char *old = result->summary.notes;
	size_t len = old ? strlen(old) + 1 : 0;
	char *notes = ds_arena_alloc(&result->strings, len + strlen(line) + 1);

	if (!notes)
		return false;
	if (old)
		memcpy(notes, old, len - 1), notes[len - 1] = '\n';
	memcpy(notes + len, line, strlen(line) + 1);
	result->summary.notes = notes;
	return true;
}

/* ---- Rules that do nothing -------------------------------------------------- */

static bool add_idle(ds_result *result, struct ds_buf *line)
{
	bool well = !line->failed && ds_add_note(result, line->bytes);

	ds_buf_free(line);
	result->summary.idle++;
	return well;
}

static bool has_file(const struct ds_ledger *ledger)
{
	for (size_t i = 0; i < ledger->document_count; i++)
		if (ledger->documents[i].blob.kind != DS_MISSING)
			return true;
	return false;
}

/* A gate that checks nothing has to say so. */
static bool note_idle(ds_result *result, const struct ds_rule *rule,
		      const struct ds_ledger *ledgers)
{
	struct ds_buf line = {0};

	ds_buf_printf(&line, "the rule %s checks nothing: ", rule->name);
	if (rule->items) {
		ds_buf_puts(&line, "no item is at ");
		ds_escape(&line, ds_text_of(rule->items));
		if (rule->file && (rule->exclude || rule->ignore))
			ds_buf_puts(&line, " that exclude and ignore leave");
	}
	for (int i = 0; rule->copies[i].name; i++) {
		if (!rule->copies[i].lists)
			continue;
		ds_buf_puts(&line, line.len && line.bytes[line.len - 1] == ' ' ? "" : ", and ");
		ds_escape(&line, ds_text_of(rule->copies[i].path));
		ds_buf_puts(&line, has_file(&ledgers[i]) ? " lists none" : " is not there");
	}
	return add_idle(result, &line);
}

/* Nor may one that looks at items and has no two statuses of any. */
static bool note_incomparable(ds_result *result, const struct ds_rule *rule)
{
	struct ds_buf line = {0};

	ds_buf_printf(&line,
		      "the rule %s compares nothing: no item has a status in two of its copies",
		      rule->name);
	return add_idle(result, &line);
}

/* Nor one whose rollup counts boxes that nobody has, where it is more than information. */
static bool note_rollup(ds_result *result, const struct ds_rule *rule,
			const struct ds_rollup *rollup, struct ds_source *source,
			const struct ds_items *items)
{
	struct ds_buf line = {0};
	bool found = true;

	if (rollup->path && items->len && ds_severity_in(rule, DS_ROLLUP_MISMATCH) != DS_INFO &&
	    !ds_find_boxes(&found, rule, rollup, source, items))
		return false;
	if (found)
		return true;
	ds_buf_printf(&line, "a rollup of the rule %s checks nothing: no item has a file ",
		      rule->name);
	ds_escape(&line, ds_text_of(rollup->path));
	return add_idle(result, &line);
}

static bool note_rollups(ds_result *result, const struct ds_rule *rule, struct ds_source *source,
			 const struct ds_items *items)
{
	bool well = true;

	for (size_t i = 0; i < ds_rollup_count(rule) && well; i++)
		well = note_rollup(result, rule, &rule->rollups[i], source, items);
	return well;
}

static bool has_errors(const struct ds_scanned *scanned)
{
	for (size_t i = 0; i < scanned->findings.len; i++)
		if (scanned->findings.at[i].severity == DS_ERROR)
			return true;
	return false;
}

static bool is_idle(const struct ds_scanned *scanned)
{
	return !scanned->items.len && !scanned->skipped.len && !scanned->shelves_unlisted;
}

/* A single copy is what some rules are about. */
static bool is_incomparable(const struct ds_rule *rule, const struct ds_scanned *scanned)
{
	size_t copies = 0;

	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		copies += copy->from == DS_FROM_SOURCE;
	if (!scanned->items.len || copies < 2 || rule->rollups || rule->constraints)
		return false;
	for (size_t i = 0; i < scanned->items.len; i++)
		if (scanned->items.at[i].state != DS_ITEM_INCOMPLETE ||
		    scanned->items.at[i].compared)
			return false;
	return true;
}

bool ds_add_notes(ds_result *result, const ds_repo *repo, const ds_scan_options *options)
{
	const char *const *note = repo->ruleset.notes;
	bool well = true;

	for (; note && *note && well; note++)
		well = ds_add_note(result, *note);
	/* Without rules its loader has said so. */
	result->summary.idle += repo->ruleset.configured && !repo->ruleset.count;
	for (size_t i = 0; i < result->rule_count && well && !options->ids; i++) {
		const struct ds_scanned *scanned = &result->scanned[i];
		/* What could not be read says more than that nothing was checked. */
		bool told = has_errors(scanned);
		if (!told && is_idle(scanned))
			well = note_idle(result, repo->rules[i], scanned->ledgers);
		if (!told && is_incomparable(repo->rules[i], scanned))
			well = note_incomparable(result, repo->rules[i]);
		if (well)
			well = note_rollups(result, repo->rules[i], repo->source, &scanned->items);
		if (well && scanned->advice)
			well = ds_add_note(result, scanned->advice);
	}
	result->idle = repo->ruleset.configured && result->summary.idle;
	return well;
}
