#include "head.h"

#include <string.h>

#include "compare.h"
#include "compared.h"
#include "compose.h"
#include "finding.h"
#include "origin.h"
#include "pattern.h"
#include "tree_source.h"

enum { SHOWN = 60 }; /* of a status in a sentence */

static bool has_copy_there(const struct ds_rule *rule)
{
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		if (copy->from == DS_FROM_HEAD)
			return true;
	return false;
}

static bool is_asked_for(const ds_repo *repo)
{
	for (size_t i = 0; i < repo->ruleset.count; i++)
		if (has_copy_there(repo->ruleset.at[i]))
			return repo->origin == DS_WORKTREE && repo->place.in_git;
	return false;
}

static int open_source(ds_repo *repo, ds_error *err)
{
	struct ds_leads leads = {0};
	const char *prefix = repo->head_git.prefix;

	for (size_t i = 0; i < repo->ruleset.count; i++)
		if (has_copy_there(repo->ruleset.at[i]))
			ds_leads_add_rule(&leads, ds_text_of(prefix), repo->ruleset.at[i]);
	int status = leads.failed ? ds_fail_memory(err)
				  : ds_git_revision_open(&repo->head, &repo->head_git, "HEAD",
							 leads.at, err);
	ds_leads_free(&leads);
	return status ? status : ds_git_source_enter(repo->head, prefix, err);
}

int ds_head_of(struct ds_source **out, ds_repo *repo, ds_error *err)
{
	char id[DS_GIT_HEX_ROOM] = "";
	char type;
	int status = 0;

	/* Before the first commit there is nothing to compare with. */
	if (!repo->head_git.git_dir && is_asked_for(repo)) {
		status = ds_git_repository_find(&repo->head_git, repo->root, err);
		if (!status)
			status = ds_git_resolve(id, &type, &repo->head_git, "HEAD", err);
		if (!status && *id)
			status = open_source(repo, err);
	}
	*out = repo->head;
	return status;
}

/* ---- What is there alone ------------------------------------------------- */

/* The copy that HEAD's is the committed state of, and that lists the items; or DS_NO_COPY. */
static int listing_of(const struct ds_rule *rule, int head)
{
	const struct ds_copy_rule *copies = rule->copies;

	for (int i = 0; copies[i].name; i++)
		if (copies[i].lists && copies[head].from == DS_FROM_HEAD &&
		    strcmp(copies[i].path, copies[head].path) == 0 &&
		    strcmp(copies[i].read, copies[head].read) == 0)
			return i;
	return DS_NO_COPY;
}

static bool add_dropped(struct ds_scanned *scanned, const struct ds_ledger *head,
			const char *listing, const struct ds_entry *entry)
{
	const struct ds_code_info *info = ds_code_info(DS_UNCOMMITTED_STATUS);
	const struct ds_value *value = entry->record->values;
	struct ds_arena *strings = &scanned->strings;
	ds_copy *copy = ds_arena_alloc(strings, sizeof *copy);
	struct ds_buf line = {0};

	if (!copy)
		return false;
	*copy = (ds_copy){.name = head->rule->copies[head->copy].name,
			  .path = ds_arena_string(strings, entry->document->path),
			  .revision = "HEAD"};
	ds_document_position(entry->document, entry->record->start, &copy->line, &copy->column);
	ds_buf_printf(&line, "%s has no entry for it, %s ", listing, copy->name);
	if (value->code == DS_NO_CODE) {
		ds_buf_puts(&line, "says ");
		ds_buf_append(&line, value->text.at, ds_utf8_fit(value->text, SHOWN));
	} else {
		ds_buf_puts(&line, "has one");
	}
	ds_finding finding = {.code = DS_UNCOMMITTED_STATUS,
			      .alias = info->alias,
			      .severity = ds_severity_in(head->rule, DS_UNCOMMITTED_STATUS),
			      .rule = head->rule->name,
			      .item = ds_arena_string(strings, entry->id),
			      .message = ds_keep_line(strings, &line),
			      .advice = info->advice,
			      .copies = copy,
			      .copy_count = 1};
	return copy->path && finding.item && finding.message &&
	       ds_findings_add(&scanned->findings, &finding);
}

/* What keeps the file from being read is said of it, and not of all that is in it. */
static bool is_readable(const struct ds_ledger *ledger)
{
	return !ledger->defect || ledger->defect->records.defect.code == DS_MISSING_COPY;
}

static bool is_nowhere(const struct ds_ledger *head)
{
	for (size_t i = 0; i < head->document_count; i++)
		if (head->documents[i].blob.kind != DS_MISSING)
			return false;
	return true;
}

static bool note_nowhere(ds_result *result, const struct ds_ledger *head)
{
	const struct ds_copy_rule *copy = &head->rule->copies[head->copy];
	struct ds_buf line = {0};

	ds_buf_printf(&line, "the rule %s compares nothing with git's HEAD, which has no ",
		      head->rule->name);
	ds_escape(&line, ds_text_of(copy->path));
	bool well = !line.failed && ds_add_note(result, line.bytes);
	ds_buf_free(&line);
	return well;
}

static bool report(ds_result *result, struct ds_scanned *scanned, const struct ds_ledger *head,
		   const struct ds_ledger *listing)
{
	const char *name = listing->rule->copies[listing->copy].name;
	const struct ds_entry *unused;
	bool well = true;

	if (is_nowhere(head))
		return !listing->entry_count || note_nowhere(result, head);
	for (size_t i = 0; i < head->entry_count && is_readable(listing) && well; i++) {
		const struct ds_entry *entry = &head->entries[i];
		if (!(i && strcmp(entry[-1].id, entry->id) == 0) &&
		    !ds_id_is_ignored(head->rule, entry->record->id) &&
		    !ds_ledger_find(listing, entry->id, &unused))
			well = add_dropped(scanned, head, name, entry);
	}
	ds_findings_sort(&scanned->findings);
	return well;
}

bool ds_report_dropped(ds_result *result, const ds_repo *repo)
{
	bool well = true;

	for (size_t i = 0; i < result->rule_count; i++)
		for (int c = 0; repo->rules[i]->copies[c].name && well; c++) {
			const struct ds_ledger *ledgers = result->scanned[i].ledgers;
			int listing = listing_of(repo->rules[i], c);
			if (listing != DS_NO_COPY && ledgers[c].rule && ledgers[listing].rule)
				well = report(result, &result->scanned[i], &ledgers[c],
					      &ledgers[listing]);
		}
	return well;
}
