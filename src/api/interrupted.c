/* A transaction that was cut short, as a reader reports it. */
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "finding.h"
#include "result.h"
#include "worktree.h"

int ds_look_for_interrupted(struct ds_interrupted *out, ds_repo *repo, ds_error *err)
{
	*out = (struct ds_interrupted){0};
	if (!repo->place.top)
		return 0;
	int status = ds_txn_look(out, &repo->place, NULL, err);
	ds_worktree_foresee(repo->source, !status && out->found ? out : NULL);
	return status;
}

void ds_forget_interrupted(struct ds_interrupted *interrupted, ds_repo *repo)
{
	if (repo->place.top)
		ds_worktree_foresee(repo->source, NULL);
	ds_interrupted_free(interrupted);
}

static bool describe(ds_result *result, const ds_repo *repo, ds_finding *finding, ds_copy *journal,
		     const struct ds_interrupted *interrupted)
{
	struct ds_buf text = {0};

	journal->name = "journal";
	/* As the paths of other findings, where it can be: from the root. */
	size_t root = strlen(repo->root);
	bool inside =
		strncmp(repo->place.state, repo->root, root) == 0 && repo->place.state[root] == '/';
	ds_buf_printf(&text, "%s/journal", repo->place.state + (inside ? root + 1 : 0));
	journal->path = ds_keep_line(&result->strings, &text);
	if (interrupted->damaged)
		ds_buf_puts(&text, interrupted->why);
	else if (!interrupted->forward)
		ds_buf_printf(&text,
			      "a change was cut short (%s) and is yet to be taken back; statuses "
			      "are judged as if it were",
			      interrupted->txid);
	else
		ds_buf_printf(&text, "a change was cut short (%s) and is yet to be completed",
			      interrupted->txid);
	finding->message = ds_keep_line(&result->strings, &text);
	if (!interrupted->damaged) {
		ds_buf_printf(&text, "desync-fix %s--recover",
			      repo->options.len ? repo->options.bytes : "");
		finding->fix = ds_keep_line(&result->strings, &text);
		finding->outcome = interrupted->forward ? "completes it" : "takes it back";
	}
	return journal->path && finding->message && (finding->fix || interrupted->damaged);
}

bool ds_report_interrupted(ds_result *result, const ds_repo *repo,
			   const struct ds_interrupted *interrupted)
{
	const struct ds_code_info *info = ds_code_info(DS_INTERRUPTED_TRANSACTION);
	ds_copy *journal = ds_arena_alloc(&result->strings, sizeof *journal);
	ds_finding finding = {.code = DS_INTERRUPTED_TRANSACTION,
			      .severity = info->severity,
			      .advice = "compare the files with their history, then move the "
					"journal away",
			      .copies = journal,
			      .copy_count = 1};

	if (!interrupted->found)
		return true;
	return journal && describe(result, repo, &finding, journal, interrupted) &&
	       ds_findings_add(&result->own, &finding);
}
