/*
 * What a change takes from an item, and leaves the rest of.
 *
 * Only where a copy or a status is missing is it asked what was before, with the same rule and
 * the same reader: a status that nobody could read there was not taken away.
 */
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "content.h"
#include "finding.h"
#include "gate.h"
#include "origin.h"
#include "pattern.h"
#include "readers.h"
#include "tree_source.h"

enum { NAMED_MOST = 256 }; /* so many paths a command line surely holds */

/* A finding that may be about one. */
struct loss {
	ds_finding *finding;
	const struct ds_rule *rule;
	size_t which; /* of the repository's rules */
	int copy;
	bool many; /* other items are in the file, too */
	bool file; /* all of which is gone */
	bool was;
};

struct losses {
	ds_result *result;
	ds_repo *repo;
	struct loss *at;
	size_t count;
	struct ds_source *before;  /* one of what it is compared with */
	struct ds_ledger *ledgers; /* of that: DS_COPY_LIMIT a rule, read when asked for */
};

static const char *path_of(const struct loss *loss)
{
	return loss->finding->copies[0].path;
}

static const struct ds_copy_rule *copy_of(const struct loss *loss)
{
	return &loss->rule->copies[loss->copy];
}

static bool is_there(struct ds_source *source, const char *path)
{
	struct ds_blob blob = {0};

	source->ops->read(source, path, NULL, &blob);
	bool there = blob.kind != DS_MISSING;
	ds_blob_free(&blob);
	return there;
}

/* ---- Which findings ------------------------------------------------------- */

static const struct ds_document *document_of(const struct ds_ledger *ledger, const char *path)
{
	for (size_t i = 0; i < ledger->document_count; i++)
		if (strcmp(ledger->documents[i].path, path) == 0)
			return &ledger->documents[i];
	return NULL;
}

/* Whether the file has no place for any status, and not one record none. */
static bool has_no_place(const struct losses *losses, const struct loss *loss)
{
	const struct ds_document *document = document_of(
		&losses->result->scanned[loss->which].ledgers[loss->copy], path_of(loss));
	return document && document->records.defect.code == DS_MISSING_STATUS;
}

static bool find_copy(struct loss *loss, const ds_repo *repo)
{
	const ds_finding *finding = loss->finding;

	if (finding->copy_count != 1 || !(loss->rule = ds_rule_of(repo, finding)))
		return false;
	while (repo->rules[loss->which] != loss->rule)
		loss->which++;
	loss->copy = ds_copy_named(loss->rule, finding->copies[0].name);
	if (loss->copy == DS_NO_COPY)
		return false;
	loss->many = copy_of(loss)->many;
	return true;
}

static bool may_be_lost(const struct losses *losses, struct loss *loss)
{
	const ds_finding *finding = loss->finding;

	if ((finding->code != DS_MISSING_COPY && finding->code != DS_MISSING_STATUS) ||
	    !find_copy(loss, losses->repo))
		return false;
	loss->file = finding->code == DS_MISSING_COPY && !(loss->many && finding->item);
	if (loss->file)
		return !is_there(losses->repo->source, path_of(loss));
	if (loss->many)
		return finding->item || has_no_place(losses, loss);
	/* A status that is in the path is there as long as the path is. */
	return !ds_reader_find(copy_of(loss)->read)->in_path;
}

static void list_losses(struct losses *losses)
{
	ds_result *result = losses->result;

	for (size_t i = 0; losses->at && i < result->finding_count; i++) {
		struct loss *loss = &losses->at[losses->count];
		*loss = (struct loss){.finding = &result->findings[i]};
		losses->count += may_be_lost(losses, loss);
	}
}

/* ---- What was before ------------------------------------------------------ */

/* The same bytes lack what they lacked; of several files an entry may have been in any. */
static bool is_same(const struct losses *losses, const struct loss *loss)
{
	bool only = !loss->many || strcmp(copy_of(loss)->path, path_of(loss)) == 0;
	struct ds_source *sources[] = {losses->before, losses->repo->source};
	struct ds_content_id ids[2] = {{0}, {0}};

	if (!only && loss->finding->item)
		return false;
	for (int i = 0; i < 2; i++)
		if (!sources[i]->ops->content_id(sources[i], path_of(loss), &ids[i]))
			return false;
	return ids[0].len == ids[1].len && memcmp(ids[0].bytes, ids[1].bytes, ids[0].len) == 0;
}

static bool has_status(const struct ds_record *record)
{
	return record->values[0].code == DS_NO_CODE;
}

static bool ledger_had(const struct ds_ledger *ledger, const struct loss *loss)
{
	const struct ds_document *document = document_of(ledger, path_of(loss));
	const struct ds_entry *entry;
	bool had = false;

	if (loss->finding->item) {
		size_t count = ds_ledger_find(ledger, loss->finding->item, &entry);
		for (size_t i = 0; i < count; i++)
			had |= has_status(entry[i].record);
		return had;
	}
	for (size_t i = 0; document && i < document->records.len; i++)
		had |= has_status(&document->records.at[i]);
	return had;
}

static bool file_had(const struct losses *losses, const struct loss *loss)
{
	const struct ds_copy_rule *copy = copy_of(loss);
	size_t limit = losses->repo->limit;
	const struct ds_extent whole = {.limit = limit ? limit : DS_FILE_LIMIT};
	struct ds_blob blob = {0};
	struct ds_arena scratch = {0};
	struct ds_reading reading;

	losses->before->ops->read(losses->before, path_of(loss), &whole, &blob);
	if (ds_is_content(&reading, &blob))
		ds_reader_find(copy->read)
			->read(&reading, ds_blob_text(&blob), blob.whole, copy->at, &scratch);
	bool had = reading.code == DS_NO_CODE;
	ds_blob_free(&blob);
	ds_arena_free(&scratch);
	return had;
}

static int look_in_ledger(struct losses *losses, struct loss *loss, ds_error *err)
{
	struct ds_ledger *ledger =
		&losses->ledgers[loss->which * DS_COPY_LIMIT + (size_t)loss->copy];
	int status = 0;

	if (!ledger->rule)
		status = ds_ledger_read(ledger, loss->rule, loss->copy, losses->before,
					losses->repo->limit, err);
	loss->was = !status && ledger_had(ledger, loss);
	return status;
}

/* Whether it has to be read, and from where: a file of its own, or one of many. */
static bool is_to_read(const struct losses *losses, const struct loss *loss, bool many)
{
	return !loss->was && !loss->file && loss->many == many && !is_same(losses, loss);
}

/* Files of their own are announced all together, and the others come behind them: what was
 * announced and is passed over is lost. */
static int look_in(struct losses *losses, ds_error *err)
{
	struct loss *const end = losses->at + losses->count;
	struct ds_source *before = losses->before;
	int status = 0;

	for (struct loss *loss = losses->at; loss < end; loss++)
		if (is_to_read(losses, loss, false))
			before->ops->want(before, path_of(loss));
	before->ops->want(before, NULL);
	for (struct loss *loss = losses->at; loss < end; loss++) {
		if (loss->file)
			loss->was |= is_there(before, path_of(loss));
		else if (is_to_read(losses, loss, false))
			loss->was = file_had(losses, loss);
	}
	for (struct loss *loss = losses->at; loss < end && !status; loss++)
		if (is_to_read(losses, loss, true))
			status = look_in_ledger(losses, loss, err);
	return status;
}

static void clear_ledgers(struct losses *losses)
{
	for (size_t i = 0; losses->ledgers && i < losses->result->rule_count * DS_COPY_LIMIT; i++)
		ds_ledger_clear(&losses->ledgers[i]);
}

static void add_leads(struct ds_leads *leads, const struct losses *losses)
{
	for (size_t i = 0; i < losses->count; i++) {
		const struct loss *loss = &losses->at[i];
		ds_leads_add(leads, ds_text_of(losses->repo->git.prefix),
			     loss->many ? ds_pattern_lead(copy_of(loss)->path)
					: ds_text_of(path_of(loss)));
	}
}

/* In each of what it is compared with; of few findings their files alone are listed. */
static int look_before(struct losses *losses, ds_error *err)
{
	struct ds_leads leads = {0};
	int status = 0;

	if (losses->count <= NAMED_MOST)
		add_leads(&leads, losses);
	if (leads.failed)
		status = ds_fail_memory(err);
	for (size_t nth = 0; !status; nth++) {
		status = ds_git_source_before(&losses->before, losses->repo->source, nth, leads.at,
					      err);
		if (status || !losses->before)
			break;
		status = look_in(losses, err);
		clear_ledgers(losses);
		losses->before->ops->free(losses->before);
	}
	ds_leads_free(&leads);
	return status;
}

/* ---- What is said --------------------------------------------------------- */

/* What it is that is gone. */
static void say_what(struct ds_buf *line, const struct loss *loss)
{
	const ds_finding *finding = loss->finding;

	if (!loss->file && !finding->item)
		ds_buf_puts(line, "the statuses from ");
	else if (!loss->file && finding->code == DS_MISSING_COPY)
		ds_buf_printf(line, "the entry of %s from ", finding->item);
	else if (!loss->file && loss->many)
		ds_buf_printf(line, "the status of %s from ", finding->item);
	else if (!loss->file)
		ds_buf_puts(line, "the status from ");
	ds_buf_puts(line, finding->copies[0].name);
}

static const char *advice_of(const struct loss *loss)
{
	const ds_finding *finding = loss->finding;

	if (loss->file)
		return finding->item ? "restore the file, or remove the whole item"
				     : "restore the file, or take it out of the rule";
	if (!finding->item)
		return "put back what the rule looks for, or mend its at: and id: for this copy";
	return finding->code == DS_MISSING_COPY ? "put the entry back, or remove the whole item"
						: "put the status back, or remove the whole item";
}

static bool raise(const struct losses *losses, const struct loss *loss)
{
	bool commit = losses->repo->origin == DS_INDEX;
	ds_finding *finding = loss->finding;
	struct ds_buf line = {0};

	ds_buf_puts(&line, commit ? "this commit removes " : "");
	say_what(&line, loss);
	ds_buf_puts(&line, commit                        ? ""
			   : loss->file || finding->item ? " was removed"
							 : " were removed");
	if (finding->code == DS_MISSING_COPY)
		ds_buf_puts(&line, finding->item ? ", and the rest of the item stays"
						 : ", and its items stay");
	else if (!finding->item)
		ds_buf_printf(&line, ": %s", finding->message);
	losses->result->summary.warnings -= finding->severity == DS_WARNING;
	finding->severity = DS_ERROR;
	finding->removed = true;
	finding->advice = advice_of(loss);
	finding->message = ds_keep_line(&losses->result->strings, &line);
	return finding->message != NULL;
}

static int raise_all(const struct losses *losses, ds_error *err)
{
	for (size_t i = 0; i < losses->count; i++)
		if (losses->at[i].was && !raise(losses, &losses->at[i]))
			return ds_fail_memory(err);
	return 0;
}

int ds_raise_removed(ds_result *result, ds_repo *repo, ds_error *err)
{
	struct losses losses = {.result = result, .repo = repo};

	if (repo->origin == DS_WORKTREE || !result->finding_count)
		return 0;
	losses.at = calloc(result->finding_count, sizeof *losses.at);
	losses.ledgers = calloc(result->rule_count * DS_COPY_LIMIT + 1, sizeof *losses.ledgers);
	int status = losses.at && losses.ledgers ? 0 : ds_fail_memory(err);
	if (!status)
		list_losses(&losses);
	if (!status && losses.count)
		status = look_before(&losses, err);
	if (!status)
		status = raise_all(&losses, err);
	free(losses.at);
	free(losses.ledgers);
	return status;
}
