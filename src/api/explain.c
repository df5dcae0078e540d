/* How one item is judged, for a person who does not believe it. */
#include "desync/rules.h"

#include <string.h>

#include "compare.h"
#include "compose.h"
#include "demands.h"
#include "finding.h"
#include "result.h"

struct page {
	struct ds_buf text;
	const struct ds_desk *desk;
	const struct ds_item *item;
};

/* ---- Words --------------------------------------------------------------- */

enum { SHOWN = 120 }; /* of a text in a file */

static void say(struct page *page, struct ds_text text)
{
	size_t len = ds_utf8_fit(text, SHOWN);

	ds_escape(&page->text, (struct ds_text){text.at, len});
	if (len < text.len)
		ds_buf_puts(&page->text, "...");
}

static void say_string(struct page *page, const char *string)
{
	ds_escape(&page->text, ds_text_of(string));
}

static void say_within(struct page *page, const char *origin)
{
	ds_buf_puts(&page->text, " (");
	say_string(page, origin);
	ds_buf_puts(&page->text, ")");
}

/* " (.desync.yml:12)": of a built-in rule nobody here has the lines. */
static void say_origin(struct page *page, size_t line)
{
	struct ds_buf origin = {0};

	if (!line || !page->desk->rule->file)
		return;
	ds_rule_say_origin(&origin, page->desk->rule, line);
	if (origin.failed)
		page->text.failed = true;
	else
		say_within(page, origin.bytes);
	ds_buf_free(&origin);
}

static const char *word_of(const struct page *page, int status)
{
	return page->desk->rule->vocabulary->statuses[status].word;
}

/* "backlog, active or paused" */
static void say_set(struct page *page, ds_status_set set)
{
	const struct ds_status_word *words = page->desk->rule->vocabulary->statuses;
	const char *separator = "";

	for (int i = 0; words[i].word; i++) {
		if (!(set >> i & 1))
			continue;
		set &= ~((ds_status_set)1 << i);
		ds_buf_puts(&page->text, separator);
		say_string(page, words[i].word);
		separator = set & (set - 1) ? ", " : " or ";
	}
	if (!*separator)
		ds_buf_puts(&page->text, "none");
}

/* ---- Copies -------------------------------------------------------------- */

static const struct ds_own_word *own_word(const struct ds_copy_rule *copy, struct ds_text text)
{
	const struct ds_own_word *word = copy->words;

	while (word && word->text && !ds_text_is(text, word->text))
		word++;
	return word && word->text ? word : NULL;
}

/* Of those that stand for the status, the one that this is: whole, or its beginning. */
static const struct ds_status_alias *alias_of(const struct ds_vocabulary *vocabulary, int status,
					      struct ds_text text)
{
	const struct ds_status_alias *alias = vocabulary->aliases;

	for (; alias && alias->word; alias++) {
		struct ds_text word = ds_text_of(alias->word);
		struct ds_text begin = text;
		if (strcmp(alias->canonical, vocabulary->statuses[status].word) != 0)
			continue;
		if (word.len && word.at[word.len - 1] == '*' && text.len >= --word.len)
			begin.len = word.len;
		if (ds_text_equal_but_for_case(begin, word))
			return alias;
	}
	return NULL;
}

static void say_status(struct page *page, int i)
{
	const struct ds_rule *rule = page->desk->rule;
	const struct ds_seen_copy *copy = &page->desk->copies[i];
	struct ds_text text = copy->reading.text;

	if (!copy->set) {
		ds_buf_puts(&page->text, ": no status of the rule");
		return;
	}
	const struct ds_own_word *own = own_word(&rule->copies[i], text);
	const struct ds_status_word *word = &rule->vocabulary->statuses[copy->status];
	const struct ds_status_alias *alias =
		own || ds_text_is(text, word->word)
			? NULL
			: alias_of(rule->vocabulary, copy->status, text);
	ds_buf_puts(&page->text, ": the status ");
	say_set(page, copy->set);
	if (own)
		ds_buf_puts(&page->text, ", by a word of this copy's own");
	if (alias) {
		ds_buf_puts(&page->text, ", by the alias ");
		say_string(page, alias->word);
	}
	say_origin(page, own ? own->origin : alias ? alias->origin : word->origin);
}

static void say_place(struct page *page, const struct ds_seen_copy *copy)
{
	size_t line;
	size_t column;

	say_string(page, copy->path);
	if (!copy->reading.placed)
		return;
	ds_seen_position(copy, copy->reading.start, &line, &column);
	ds_buf_printf(&page->text, ":%zu:%zu", line, column);
}

static void say_reading(struct page *page, int i)
{
	const struct ds_seen_copy *copy = &page->desk->copies[i];

	ds_buf_puts(&page->text, "    ");
	if (copy->left) {
		ds_buf_puts(&page->text, "not looked at: it is in git's HEAD, beside a worktree\n");
		return;
	}
	if (copy->reading.code == DS_NO_CODE) {
		ds_buf_puts(&page->text, "says ");
		say(page, copy->reading.text);
		say_status(page, i);
	} else {
		ds_buf_puts(&page->text, ds_code_info(copy->reading.code)->phrase);
		if (*copy->reading.why) {
			ds_buf_puts(&page->text, ": ");
			say_string(page, copy->reading.why);
		}
		if (page->desk->rule->copies[i].gap == DS_GAP_IGNORED)
			ds_buf_puts(&page->text, "; the rule lets that pass");
	}
	ds_buf_puts(&page->text, "\n");
}

static void explain_copy(struct page *page, int i)
{
	const struct ds_copy_rule *rule = &page->desk->rule->copies[i];

	ds_buf_puts(&page->text, "  ");
	say_string(page, rule->name);
	ds_buf_puts(&page->text, ": ");
	say_place(page, &page->desk->copies[i]);
	ds_buf_printf(&page->text, "\n    read as %s%s", rule->read,
		      rule->from == DS_FROM_HEAD ? " from git's HEAD" : "");
	if (rule->at && *rule->at) {
		ds_buf_puts(&page->text, ", at ");
		say_string(page, rule->at);
	}
	if (rule->id) {
		ds_buf_puts(&page->text, ", id ");
		say_string(page, rule->id);
	}
	say_origin(page, rule->origin);
	ds_buf_puts(&page->text, "\n");
	say_reading(page, i);
}

/* ---- What else the rule asks for ----------------------------------------- */

static void explain_constraint(struct page *page, const struct ds_constraint *constraint)
{
	const struct ds_copy_rule *copy = &page->desk->rule->copies[constraint->copy];
	const struct ds_value *value =
		&page->desk->copies[constraint->copy].fields[constraint->field];

	ds_buf_puts(&page->text, "  constraint: ");
	say_string(page, copy->fields[constraint->field]);
	ds_buf_puts(&page->text, " of ");
	say_string(page, copy->name);
	if (value->code == DS_NO_CODE) {
		ds_buf_puts(&page->text, " says ");
		say(page, value->text);
	} else {
		bool gone = value->code == DS_MISSING_STATUS || value->code == DS_MISSING_COPY;
		ds_buf_printf(&page->text, " %s",
			      gone ? "is not there" : ds_code_info(value->code)->phrase);
	}
	ds_buf_puts(&page->text, "; where it holds, the status is ");
	say_set(page, constraint->allowed);
	ds_buf_puts(&page->text,
		    ds_is_constraint_broken(page->desk, constraint) ? ": broken" : ": kept");
	say_origin(page, constraint->origin);
	ds_buf_puts(&page->text, "\n");
}

static void explain_rollup(struct page *page, size_t which)
{
	const struct ds_rollup *rollup = &page->desk->rule->rollups[which];
	const struct ds_parts *parts = &page->desk->parts[which];

	ds_buf_puts(&page->text, "  parts: ");
	say_string(page, !rollup->path ? rollup->children
			 : parts->path ? parts->path
				       : rollup->path);
	ds_status_set fitting = ds_fitting(page->desk, which);
	if (parts->defect.code != DS_NO_CODE)
		ds_buf_printf(&page->text, " %s", ds_code_info(parts->defect.code)->phrase);
	else if (!parts->count)
		ds_buf_puts(&page->text, ": none, or the status fits however many are done");
	else
		ds_buf_printf(&page->text, ": %zu of %zu done, %zu under way", parts->done,
			      parts->count, parts->begun);
	if (parts->vague)
		ds_buf_printf(&page->text, ", %zu of which nobody knows", parts->vague);
	if (fitting) {
		ds_buf_puts(&page->text, "; what fits is ");
		say_set(page, fitting);
		ds_buf_puts(&page->text,
			    ds_is_rollup_broken(page->desk, which) ? ": broken" : ": kept");
	}
	say_origin(page, rollup->origin);
	ds_buf_puts(&page->text, "\n");
}

static void explain_demands(struct page *page)
{
	const struct ds_constraint *constraint = page->desk->rule->constraints;

	for (; constraint && constraint->copy != DS_NO_COPY; constraint++)
		explain_constraint(page, constraint);
	for (size_t i = 0; i < ds_rollup_count(page->desk->rule); i++)
		explain_rollup(page, i);
}

/* ---- The verdict --------------------------------------------------------- */

static void explain_authority(struct page *page)
{
	const struct ds_rule *rule = page->desk->rule;
	int believed = ds_believed(page->desk);

	ds_buf_puts(&page->text, "  believed: ");
	say_string(page, believed == DS_NO_COPY ? "no copy" : rule->copies[believed].name);
	switch (rule->authority) {
	case DS_NO_COPY:
		ds_buf_puts(&page->text, "; differences are reported, never repaired");
		break;
	case DS_AHEAD:
		ds_buf_puts(&page->text, "; the rule believes whoever is furthest");
		break;
	case DS_PARTS:
		ds_buf_puts(&page->text, "; the rule believes the parts");
		break;
	default:
		ds_buf_puts(&page->text, "; the rule believes ");
		say_string(page, rule->copies[rule->authority].name);
	}
	say_origin(page, rule->authority_origin);
	ds_buf_puts(&page->text, "\n");
}

/* What is in HEAD is no copy that could agree. */
static bool is_uncommitted(const struct ds_desk *desk)
{
	ds_status_set judged = ds_judged_set(desk);

	for (int i = 0; i < desk->copy_count; i++)
		if (desk->rule->copies[i].from == DS_FROM_HEAD && desk->copies[i].set && judged &&
		    !(desk->copies[i].set & judged))
			return true;
	return false;
}

static void explain_verdict(struct page *page)
{
	static const char *const words[] = {[DS_ITEM_AGREES] = "the copies agree",
					    [DS_ITEM_DESYNCED] = "desynced",
					    [DS_ITEM_INCOMPLETE] = "cannot be compared",
					    [DS_ITEM_UNCHECKED] = "could not be judged"};
	int status = ds_judged_status(page->desk);

	ds_buf_printf(&page->text, "  verdict: %s", words[ds_judge(page->desk)]);
	if (status != DS_NO_STATUS) {
		ds_buf_puts(&page->text, "; the status of the item is ");
		say_string(page, word_of(page, status));
	}
	if (is_uncommitted(page->desk))
		ds_buf_puts(&page->text, "; git's HEAD says otherwise");
	ds_buf_puts(&page->text, "\n");
}

static unsigned explain_item(void *context, struct ds_desk *desk, const struct ds_item *item)
{
	struct page *page = context;

	page->desk = desk;
	page->item = item;
	say_string(page, item->id);
	ds_buf_printf(&page->text, ": an item of the %srule %s",
		      desk->rule->file ? "" : "built-in ", desk->rule->name);
	if (desk->rule->used)
		say_within(page, desk->rule->used);
	say_origin(page, desk->rule->origin);
	ds_buf_puts(&page->text, ", in ");
	say_string(page, item->path);
	ds_buf_puts(&page->text, "\n");
	for (int i = 0; i < desk->copy_count; i++)
		explain_copy(page, i);
	explain_demands(page);
	explain_authority(page);
	explain_verdict(page);
	return 0;
}

static void begin(void *context)
{
	struct page *page = context;
	ds_buf_cut(&page->text, 0);
}

static void explain_findings(struct page *page, const ds_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		ds_buf_puts(&page->text, "  finding: ");
		say_string(page, result->findings[i].message);
		ds_buf_printf(&page->text, " [%s]\n", ds_code_name(result->findings[i].code));
	}
}

int ds_explain(ds_repo *repo, const char *id, bool all, ds_write_fn write, void *context,
	       ds_error *err)
{
	struct page page = {0};
	struct ds_settler settler = {begin, explain_item, &page};
	ds_scan_options options = {
		.size = sizeof options, .ids = &id, .id_count = 1, .all = all, .jobs = 1};
	ds_result *result;

	if (!id)
		return ds_fail(err, DS_TROUBLE, "no id was given");
	int status = ds_scan_settling(&result, repo, &options, &settler, err);
	if (status)
		return status;
	if (result->trouble_count)
		status = ds_fail(err, DS_TROUBLE, "%s", result->trouble[0]);
	else if (!page.text.len && !page.text.failed)
		status = ds_fail_path(err, DS_TROUBLE, id,
				      "no copy is there that has a place for it");
	else
		explain_findings(&page, result);
	if (!status)
		status = ds_write_out(&page.text, write, context, err);
	ds_result_free(result);
	ds_buf_free(&page.text);
	return status;
}
