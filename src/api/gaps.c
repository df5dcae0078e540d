/*
 * What the rules do not see: words that no vocabulary has, records that are no item, rules
 * that fit and are not used, files with a status that no rule reads.
 */
#include "gaps.h"

#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "desync/rules.h"
#include "survey.h"
#include "worktree.h"

/* ---- The page ------------------------------------------------------------------------ */

void ds_page_put(struct ds_page *page, const char *string)
{
	ds_escape(&page->text, ds_text_of(string));
}

static void put_words(struct ds_page *page)
{
	for (size_t i = 0; i < page->seen.word_count; i++) {
		const struct ds_seen_word *word = &page->seen.words[i];
		const char *nearest =
			ds_vocabulary_nearest(word->rule->vocabulary, ds_text_of(word->text));
		ds_page_put(page, word->path);
		ds_buf_printf(&page->text, ":%zu: \"", word->line);
		ds_page_put(page, word->text);
		ds_buf_puts(&page->text, "\" is no word of the rule ");
		ds_page_put(page, word->rule->name);
		if (word->count > 1)
			ds_buf_printf(&page->text, " (%zu times)", word->count);
		if (nearest) {
			ds_buf_puts(&page->text, "; the nearest is \"");
			ds_page_put(page, nearest);
			ds_buf_puts(&page->text, "\"");
		}
		ds_buf_puts(&page->text, "\n");
		page->found = true;
	}
	if (page->seen.more_words) {
		ds_buf_printf(&page->text, "more than %d such words: the rest is not listed\n",
			      DS_SEEN_MOST);
		page->partial = true;
	}
}

static void put_strays(struct ds_page *page)
{
	const struct ds_seen *seen = &page->seen;

	page->found |= seen->stray_count != 0;
	if (seen->strays.len)
		ds_buf_append(&page->text, seen->strays.bytes, seen->strays.len);
	if (seen->stray_count > DS_SEEN_MOST)
		ds_buf_printf(&page->text, "%zu more such entries are not listed\n",
			      seen->stray_count - DS_SEEN_MOST);
}

/* ---- Rules that are not used ------------------------------------------------------------ */

static void put_unused(struct ds_page *page, const struct ds_proposal *proposal,
		       const ds_repo *repo)
{
	page->found = true;
	ds_buf_printf(&page->text, "%s; fits, and is not used: ", proposal->line);
	if (repo && repo->ruleset.configured)
		ds_buf_printf(&page->text, "add \"- %s\" to \"%s:\" in " DS_CONFIG_NAME "\n",
			      proposal->entry, proposal->builtin ? "use" : "roots");
	else
		ds_buf_puts(&page->text, "desync-init writes a configuration that has it\n");
}

/* A proposal that reads something which nobody else does; that is covered then. */
static int look_at_proposal(struct ds_page *page, struct ds_proposals *all,
			    struct ds_proposal *proposal, const ds_repo *repo, const char *root,
			    ds_error *err)
{
	static struct ds_scan_options const options = {
		.size = sizeof options, .all = true, .jobs = 1};
	struct ds_seen theirs = {0};
	struct ds_settler settler = ds_seeing(&theirs);
	ds_repo *tried;
	ds_result *result;
	int status = ds_try_proposal(all, proposal, root, &options, &settler, &tried, &result, err);

	if (!status && result && !proposal->left_out) {
		ds_see_result(&theirs, result);
		if (ds_seen_join(&page->seen, &theirs))
			put_unused(page, proposal, repo);
	}
	page->seen.failed |= theirs.failed;
	ds_seen_free(&theirs);
	ds_result_free(result);
	ds_close(tried);
	return status;
}

static int look_at_proposals(struct ds_page *page, const ds_repo *repo, const char *root,
			     ds_error *err)
{
	struct ds_arena strings = {0};
	struct ds_proposals all = {.strings = &strings};
	int status = ds_propose(&all, root, err);

	for (size_t i = 0; i < all.count && !status; i++)
		status = look_at_proposal(page, &all, &all.at[i], repo, root, err);
	if (all.more)
		ds_buf_puts(&page->text,
			    "more fits than was tried: give the roots configurations of "
			    "their own\n");
	page->partial |= all.more;
	ds_arena_free(&strings);
	return status;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static int look(struct ds_page *page, ds_repo *repo, const char *root, ds_error *err)
{
	struct ds_source *source;
	int status = repo ? ds_see_rules(&page->seen, repo, err) : 0;

	if (status)
		return status;
	put_words(page);
	put_strays(page);
	page->partial |= page->seen.blind_count != 0;
	if (page->seen.blind.len)
		ds_buf_puts(&page->text, page->seen.blind.bytes);
	status = look_at_proposals(page, repo, root, err);
	if (!status)
		status = ds_worktree_open(&source, root, err);
	if (status)
		return status;
	status = ds_find_unread(page, source, err);
	source->ops->free(source);
	if (!page->found && !page->partial)
		ds_buf_puts(&page->text, "every word is known, and no file with a status was "
					 "found that no rule reads\n");
	return status || !page->seen.failed ? status : ds_fail_memory(err);
}

int ds_survey_gaps(const char *dir, const ds_gaps_options *options, ds_write_fn write,
		   void *context, ds_error *err)
{
	ds_gaps_options given;
	ds_take_options(&given, sizeof given, options);
	struct ds_page page = {.seen = {.all = given.all},
			       .limit = given.file_limit ? given.file_limit : DS_FILE_LIMIT};
	ds_open_options opening = {
		.size = sizeof opening, .may_be_none = true, .file_limit = given.file_limit};
	char *root = NULL;
	ds_repo *repo;
	int status = ds_open(&repo, dir, &opening, err);

	if (!status && !repo)
		status = ds_survey_root(&root, dir, err);
	if (!status)
		status = look(&page, repo, repo ? repo->root : root, err);
	if (!status)
		status = ds_write_out(&page.text, write, context, err);
	if (!status && (page.partial || page.found))
		status = ds_fail(err, page.partial ? DS_TROUBLE : DS_DESYNC, "%s", "");
	ds_seen_free(&page.seen);
	ds_buf_free(&page.text);
	ds_close(repo);
	free(root);
	return status;
}
