#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "compare.h"
#include "finding.h"
#include "ledger.h"

enum { BLIND_MOST = 20 };

/* ---- Files and words ---------------------------------------------------------- */

static void add_path(struct ds_seen *seen, const char *path)
{
	if (!ds_grow(&seen->paths, &seen->path_room, seen->path_count, sizeof *seen->paths)) {
		seen->failed = true;
		return;
	}
	const char *kept = ds_arena_string(&seen->strings, path);
	seen->failed |= !kept;
	if (kept)
		seen->paths[seen->path_count++] = kept;
}

static void add_word(struct ds_seen *seen, const struct ds_rule *rule,
		     const struct ds_seen_copy *copy)
{
	struct ds_text text = copy->reading.text;
	struct ds_seen_word *word = seen->words;
	struct ds_seen_word *end = word + seen->word_count;
	size_t column;

	text.len = ds_utf8_fit(text, DS_WORD_SHOWN);
	while (word < end && !(word->rule == rule && ds_text_is(text, word->text)))
		word++;
	if (word == end && seen->word_count == DS_SEEN_MOST) {
		seen->more_words = true;
		return;
	}
	if (word == end) {
		*word = (struct ds_seen_word){
			.rule = rule,
			.text = ds_arena_copy(&seen->strings, text.at, text.len),
			.path = ds_arena_string(&seen->strings, copy->path)};
		seen->failed |= !word->text || !word->path;
		if (seen->failed)
			return;
		ds_seen_position(copy, copy->reading.start, &word->line, &column);
		seen->word_count++;
	}
	word->count++;
}

static void begin(void *context)
{
	struct ds_seen *seen = context;
	seen->path_count = 0;
	seen->word_count = 0;
}

static unsigned see_item(void *context, struct ds_desk *desk, const struct ds_item *item)
{
	struct ds_seen *seen = context;

	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		const struct ds_copy_rule *rule = &desk->rule->copies[i];
		if (copy->left || rule->from != DS_FROM_SOURCE)
			continue;
		if (!rule->many && copy->path)
			add_path(seen, copy->path);
		if (copy->reading.code == DS_NO_CODE && !copy->set && !seen->failed &&
		    (seen->all || !item->archived))
			add_word(seen, desk->rule, copy);
	}
	return 0;
}

struct ds_settler ds_seeing(struct ds_seen *seen)
{
	return (struct ds_settler){begin, see_item, seen};
}

/* The files that hold many items are known from the ledgers. */
void ds_see_result(struct ds_seen *seen, const ds_result *result)
{
	for (size_t i = 0; i < result->scan_count; i++)
		for (int c = 0; c < DS_COPY_LIMIT; c++) {
			const struct ds_ledger *ledger = &result->scanned[i].ledgers[c];
			for (size_t d = 0; d < ledger->document_count; d++)
				add_path(seen, ledger->documents[d].path);
		}
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_paths(struct ds_seen *seen)
{
	if (seen->path_count)
		qsort(seen->paths, seen->path_count, sizeof *seen->paths, compare_paths);
}

bool ds_is_seen(const struct ds_seen *seen, const char *path)
{
	return seen->path_count &&
	       bsearch(&path, seen->paths, seen->path_count, sizeof *seen->paths, compare_paths);
}

void ds_seen_free(struct ds_seen *seen)
{
	ds_arena_free(&seen->strings);
	free(seen->paths);
	ds_buf_free(&seen->strays);
	ds_buf_free(&seen->blind);
}

bool ds_seen_join(struct ds_seen *seen, const struct ds_seen *other)
{
	bool more = false;

	for (size_t i = 0; i < other->path_count; i++)
		more |= !ds_is_seen(seen, other->paths[i]);
	for (size_t i = 0; more && i < other->path_count; i++)
		add_path(seen, other->paths[i]);
	sort_paths(seen);
	return more;
}

/* ---- Records that are no item ------------------------------------------------------ */

struct stray {
	struct ds_seen *seen;
	const struct ds_rule *rule;
};

static int see_stray(void *context, int copy, const struct ds_entry *entry, ds_error *err)
{
	const struct stray *stray = context;
	struct ds_buf *out = &stray->seen->strays;
	size_t line;
	size_t column;

	if (stray->seen->stray_count++ >= DS_SEEN_MOST)
		return 0;
	ds_document_position(entry->document, entry->record->start, &line, &column);
	ds_escape(out, ds_text_of(entry->document->path));
	ds_buf_printf(out, ":%zu: ", line);
	ds_escape(out, ds_text_of(stray->rule->copies[copy].name));
	ds_buf_puts(out, " has an entry for ");
	ds_escape(out, entry->record->id);
	ds_buf_printf(out, ", which is no item of the rule %s\n", stray->rule->name);
	return out->failed ? ds_fail_memory(err) : 0;
}

/* All items are known; those that the rule passes over are none, and their records neither
 * strays. */
static int see_strays(struct ds_seen *seen, const struct ds_rule *rule,
		      const struct ds_scanned *scanned, const struct ds_items *passed,
		      ds_error *err)
{
	struct ds_scanned wide = *scanned;
	struct stray stray = {seen, rule};

	wide.skipped = *passed;
	return ds_unlisted(rule, &wide, see_stray, &stray, err);
}

/* ---- What a rule passes over on purpose ------------------------------------------ */

static int no_problem(void *context, const char *path, bool shelf, const char *why, ds_error *err)
{
	/* The scan has said it. */
	(void)context, (void)path, (void)shelf, (void)why, (void)err;
	return 0;
}

static void see_files(struct ds_seen *seen, const struct ds_rule *rule, const struct ds_item *item,
		      struct ds_buf *path)
{
	for (int i = 0; rule->copies[i].name; i++) {
		ds_buf_cut(path, 0);
		if (ds_copy_path(path, rule, i, item->path, item->id) == DS_PATH_MADE)
			add_path(seen, path->bytes);
	}
	for (const struct ds_rollup *r = rule->rollups; r && (r->path || r->children); r++) {
		ds_buf_cut(path, 0);
		if (r->path &&
		    ds_item_path(path, rule, r->path, item->path, item->id) == DS_PATH_MADE)
			add_path(seen, path->bytes);
	}
}

/* What is excluded or ignored is nothing that was forgotten. */
static int see_rule(struct ds_seen *seen, ds_repo *repo, const struct ds_rule *rule,
		    const struct ds_scanned *scanned, ds_error *err)
{
	struct ds_rule wide = *rule;
	struct ds_items items = {0};
	struct ds_buf path = {0};
	struct ds_expansion expansion = {.rule = &wide,
					 .source = repo->source,
					 .strings = &seen->strings,
					 .items = &items,
					 .archived = &items,
					 .problem = no_problem};

	wide.exclude = NULL;
	wide.ignore = NULL;
	int status = ds_expand(&expansion, err);
	for (size_t i = 0; i < items.len && !status; i++)
		see_files(seen, &wide, &items.at[i], &path);
	if (!status)
		status = see_strays(seen, rule, scanned, &items, err);
	seen->failed |= path.failed;
	ds_buf_free(&path);
	ds_items_free(&items);
	return status;
}

/* Where a copy could not be read, nobody knows which words are in it. */
static void see_blind(struct ds_seen *seen, const ds_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const ds_finding *finding = &result->findings[i];
		if (ds_code_info(finding->code)->status != DS_TROUBLE ||
		    seen->blind_count++ >= BLIND_MOST)
			continue;
		if (finding->copy_count) {
			ds_escape(&seen->blind, ds_text_of(finding->copies[0].path));
			ds_buf_puts(&seen->blind, ": ");
		}
		ds_escape(&seen->blind, ds_text_of(finding->message));
		ds_buf_puts(&seen->blind, "\n");
	}
	if (seen->blind_count > BLIND_MOST)
		ds_buf_printf(&seen->blind, "and %zu more that could not be judged\n",
			      seen->blind_count - BLIND_MOST);
	seen->failed |= seen->blind.failed;
}

int ds_see_rules(struct ds_seen *seen, ds_repo *repo, ds_error *err)
{
	struct ds_settler settler = ds_seeing(seen);
	ds_scan_options options = {.size = sizeof options, .all = true, .jobs = 1};
	ds_result *result;
	int status = ds_scan_settling(&result, repo, &options, &settler, err);

	if (status)
		return status;
	see_blind(seen, result);
	ds_see_result(seen, result);
	for (size_t i = 0; i < result->rule_count && !status; i++)
		status = see_rule(seen, repo, repo->rules[i], &result->scanned[i], err);
	for (size_t i = 0; i < repo->ruleset.file_count; i++)
		add_path(seen, repo->ruleset.files[i]);
	sort_paths(seen);
	ds_result_free(result);
	return status || !seen->failed ? status : ds_fail_memory(err);
}
