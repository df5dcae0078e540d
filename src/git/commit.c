#include "commit.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "spawn_git.h"

enum { DEADLINE_MS = 10 * 60 * 1000 };

static struct ds_git_call call_for(const struct ds_git_commit *commit, const char *const *args)
{
	struct ds_git_call call = {.top = commit->top, .args = args, .kind = DS_GIT_READS};
	call.deadline_ms = commit->deadline_ms ? commit->deadline_ms : DEADLINE_MS;
	return call;
}

/* A call whose exit status is no answer but a failure. */
static int run(struct ds_git_answer *answer, const struct ds_git_call *call, ds_error *err)
{
	int status = ds_git_run(answer, call, err);
	if (status == 0 && answer->status != 0)
		status = ds_git_complain(answer, call->args[0], err);
	return status;
}

/* ---- Asking about the paths --------------------------------------------- */

static int ask_batch(struct ds_buf *out, const struct ds_git_commit *commit, const char **args,
		     ds_error *err)
{
	struct ds_git_answer answer = {0};
	struct ds_git_call call = call_for(commit, args);

	int status = run(&answer, &call, err);
	if (status == 0 && !ds_buf_append(out, answer.out.bytes, answer.out.len))
		status = ds_fail_memory(err);
	ds_git_answer_free(&answer);
	return status;
}

/* What git answers to a question (up to a NULL, and at most ASK_MOST words) about all
 * of the paths, batch behind batch. */
enum { ASK_MOST = 8 };

static int ask(struct ds_buf *out, const struct ds_git_commit *commit, const char *const *question,
	       ds_error *err)
{
	const char *args[ASK_MOST + DS_GIT_BATCH + 1];
	size_t words = 0;
	int status = 0;

	while (question[words]) {
		args[words] = question[words];
		words++;
	}
	for (size_t at = 0, some; at < commit->count && status == 0; at += some) {
		some = ds_git_batch(commit->paths + at, commit->count - at);
		memcpy(args + words, commit->paths + at, some * sizeof *args);
		args[words + some] = NULL;
		status = ask_batch(out, commit, args, err);
	}
	return status;
}

/* ---- Whether git tracks them -------------------------------------------- */

/* Git knows best why it does not have a path: what would it say to adding it? */
static int refuse_untracked(const struct ds_git_commit *commit, const char *path, ds_error *err)
{
	const char *const args[] = {"add", "--dry-run", "--", path, NULL};
	struct ds_git_answer answer = {0};
	struct ds_git_call call = call_for(commit, args);
	ds_error why;

	int status = run(&answer, &call, &why);
	if (status == 0)
		status = ds_fail_path(err, DS_TROUBLE, path,
				      "git does not track it: `git add` it first");
	else
		status = ds_fail_path(err, DS_TROUBLE, path, why.message);
	ds_git_answer_free(&answer);
	return status;
}

/* The name has to be the path itself: a path that names a folder, or goes on behind a
 * submodule, is none of the index. */
static int check_tracked(const struct ds_git_commit *commit, ds_error *err)
{
	static const char *const question[] = {"ls-files", "-z", "--cached", "--", NULL};
	struct ds_buf list = {0};
	size_t count;

	int status = ask(&list, commit, question, err);
	const char **names = status ? NULL : ds_git_names_of(&list, &count);
	if (status == 0 && !names)
		status = ds_fail_memory(err);
	for (size_t i = 0; names && i < commit->count && status == 0; i++)
		if (!ds_git_names_have(names, count, commit->paths[i]))
			status = refuse_untracked(commit, commit->paths[i], err);
	free(names);
	ds_buf_free(&list);
	return status;
}

/* ---- HEAD --------------------------------------------------------------- */

/* The commit's id, or nothing before the first one. */
static int read_head(char id[DS_COMMIT_ID_SIZE], const struct ds_git_commit *commit, ds_error *err)
{
	static const char *const args[] = {"rev-parse", "--quiet", "--verify", "HEAD", NULL};
	struct ds_git_answer answer = {0};
	struct ds_git_call call = call_for(commit, args);

	id[0] = '\0';
	int status = ds_git_run(&answer, &call, err);
	struct ds_text said = ds_text_trim((struct ds_text){answer.out.bytes, answer.out.len});
	if (status == 0 && answer.status != 0 && answer.status != 1)
		status = ds_git_complain(&answer, args[0], err);
	else if (status == 0 && said.len >= DS_COMMIT_ID_SIZE)
		status = ds_fail(err, DS_TROUBLE, "git rev-parse: an id that is too long");
	else if (status == 0 && said.len) {
		memcpy(id, said.at, said.len);
		id[said.len] = '\0';
	}
	ds_git_answer_free(&answer);
	return status;
}

/* The paths that are not as in HEAD, each with a NUL. Before the first commit that is
 * each of them. */
static int read_changed(struct ds_buf *names, const struct ds_git_commit *commit, const char *head,
			ds_error *err)
{
	static const char *const question[] = {
		"diff", "-z", "--name-only", "--no-ext-diff", "--no-renames", "HEAD", "--", NULL};

	if (*head)
		return ask(names, commit, question, err);
	for (size_t i = 0; i < commit->count; i++)
		ds_buf_append(names, commit->paths[i], strlen(commit->paths[i]) + 1);
	return names->failed ? ds_fail_memory(err) : 0;
}

/* ---- Committing --------------------------------------------------------- */

/* The paths go to its input, as there is no end to them. None can be taken for a
 * pattern, and none of this reaches the hooks, who use patterns of their own. */
static bool list_paths(struct ds_buf *list, const struct ds_git_commit *commit)
{
	for (size_t i = 0; i < commit->count; i++) {
		ds_buf_puts(list, ":(literal)");
		ds_buf_append(list, commit->paths[i], strlen(commit->paths[i]) + 1);
	}
	return !list->failed;
}

static int run_commit(const struct ds_git_commit *commit, ds_error *err)
{
	/* Whatever the configuration says of messages, no line of ours is a comment. */
	const char *const args[] = {"commit",
				    "--only",
				    "--quiet",
				    "--cleanup=whitespace",
				    "-m",
				    commit->message,
				    "--pathspec-from-file=-",
				    "--pathspec-file-nul",
				    NULL};
	struct ds_git_answer answer = {0};
	struct ds_git_call call = call_for(commit, args);
	struct ds_buf list = {0};

	int status = list_paths(&list, commit) ? 0 : ds_fail_memory(err);
	call.kind = DS_GIT_WRITES;
	call.input = (struct ds_text){list.bytes, list.len};
	if (status == 0)
		status = run(&answer, &call, err);
	ds_git_answer_free(&answer);
	ds_buf_free(&list);
	return status;
}

/* What there is afterwards, however git said that it went. */
static int look_back(char *id, const struct ds_git_commit *commit, const char *before,
		     struct ds_buf *differ, ds_error *err)
{
	int status = read_head(id, commit, err);
	if (status == 0)
		status = read_changed(differ, commit, id, err);
	if (status || strcmp(before, id) == 0)
		*id = '\0';
	return status;
}

static int commit_changed(char *id, const struct ds_git_commit *commit, const char *before,
			  ds_error *err)
{
	struct ds_buf differ = {0};

	int status = run_commit(commit, err);
	/* The first failure is the one to tell. */
	int later = look_back(id, commit, before, &differ, status ? NULL : err);
	if (status && differ.len)
		*id = '\0'; /* HEAD moved, but by somebody else */
	else if (status == 0 && later == 0 && !*id)
		status =
			ds_fail(err, DS_TROUBLE, "git commit: said nothing, and HEAD is as before");
	else if (status == 0 && later == 0 && differ.len)
		status = ds_fail_path(err, DS_TROUBLE, differ.bytes,
				      "the commit was made, but does not have it as it is in the "
				      "worktree (did a hook change it?)");
	ds_buf_free(&differ);
	return status ? status : later;
}

int ds_git_commit(char id[DS_COMMIT_ID_SIZE], const struct ds_git_commit *commit, ds_error *err)
{
	char before[DS_COMMIT_ID_SIZE];
	struct ds_buf changed = {0};

	*id = '\0';
	if (commit->count == 0)
		return 0;
	if (strlen(commit->message) > DS_COMMIT_MESSAGE_LIMIT)
		return ds_fail(err, DS_TROUBLE, "a commit message of more than %d KiB",
			       DS_COMMIT_MESSAGE_LIMIT >> 10);
	int status = check_tracked(commit, err);
	if (status == 0)
		status = read_head(before, commit, err);
	if (status == 0)
		status = read_changed(&changed, commit, before, err);
	if (status == 0 && changed.len)
		status = commit_changed(id, commit, before, err);
	ds_buf_free(&changed);
	return status;
}
