#include "records.h"

#include <stdlib.h>
#include <string.h>

enum {
	PIECE = 64 << 10,
	RECORD_LIMIT = 1 << 20, /* no path that means well is as long as this */
};

/* ---- The call ----------------------------------------------------------- */

static const char *const how[] = {
	"--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=none",
};

/* No path is one that git left out of an index for it was only intended. */
static const char *const of_index[] = {"diff-index", "--cached", "--ita-invisible-in-index"};
static const char *const of_tree[] = {"diff-tree", "-r", "--no-commit-id"};
static const char *const of_stages[] = {"ls-files", "--stage", "-z", "--full-name", "--"};

struct question {
	const char **args; /* to be freed, as is what the paths are in */
	struct ds_buf paths;
	char behind; /* what stands between the beginning of a record and its path */
};

static size_t count_of(const char *const *roots)
{
	size_t count = 0;
	while (roots[count])
		count++;
	return count;
}

/* The roots as they are seen from where the call is made. The whole tree is ".". */
static bool add_roots(struct question *question, size_t at, const char *up,
		      const char *const *roots)
{
	for (size_t i = 0; roots[i]; i++)
		if (ds_buf_printf(&question->paths, "%s%s", up, *roots[i] ? roots[i] : "."))
			ds_buf_append(&question->paths, "", 1);
	const char *path = question->paths.bytes;
	if (question->paths.failed)
		return false;
	for (size_t i = 0; roots[i]; i++) {
		question->args[at + i] = path;
		path += strlen(path) + 1;
	}
	return true;
}

static bool compose(struct question *question, const struct ds_git_repository *repository,
		    const char *from, const char *to, const char *const *roots)
{
	enum { OWN = 3, HOW = sizeof how / sizeof *how };
	const char **args = calloc(OWN + HOW + 4 + count_of(roots), sizeof *args);
	size_t at = OWN;

	question->args = args;
	if (!args)
		return false;
	memcpy(args, to ? of_tree : of_index, sizeof of_tree);
	memcpy(args + at, how, sizeof how);
	at += HOW;
	args[at++] = from;
	if (to)
		args[at++] = to;
	args[at++] = "--";
	return add_roots(question, at, repository->up, roots);
}

/* Without a path it would list no more than the directory that it is called in. */
static bool compose_stages(struct question *question, const struct ds_git_repository *repository,
			   const char *const *roots)
{
	enum { OWN = sizeof of_stages / sizeof *of_stages };
	static const char *const everything[] = {"", NULL};

	roots = *roots ? roots : everything;
	question->behind = '\t';
	question->args = calloc(OWN + count_of(roots) + 1, sizeof *question->args);
	if (!question->args)
		return false;
	memcpy(question->args, of_stages, sizeof of_stages);
	return add_roots(question, OWN, repository->up, roots);
}

/* ---- The answer --------------------------------------------------------- */

/* The record that the bytes begin with; 0 where it is not whole, else its length. */
static size_t next_record(struct ds_text bytes, char behind, struct ds_text *meta,
			  struct ds_text *path)
{
	const char *end = memchr(bytes.at, behind, bytes.len);
	if (!end)
		return 0;
	*meta = (struct ds_text){bytes.at, (size_t)(end - bytes.at)};
	bytes.len -= meta->len + 1;
	const char *last = memchr(end + 1, '\0', bytes.len);
	if (!last)
		return 0;
	*path = (struct ds_text){end + 1, (size_t)(last - end - 1)};
	return meta->len + path->len + 2;
}

/* Hands out what is whole and keeps the rest. */
static int hand_out(struct ds_buf *bytes, char behind, ds_git_record_fn each, void *context,
		    ds_error *err)
{
	struct ds_text rest = {bytes->bytes, bytes->len};
	struct ds_text meta;
	struct ds_text path;
	size_t len;
	int status = 0;

	while (status == 0 && (len = next_record(rest, behind, &meta, &path)) != 0) {
		rest.at += len;
		rest.len -= len;
		status = each(context, meta, path, err);
	}
	memmove(bytes->bytes, rest.at, rest.len);
	ds_buf_cut(bytes, rest.len);
	return status;
}

static int take_piece(struct ds_buf *bytes, struct ds_git_process *git, size_t *got, ds_error *err)
{
	if (bytes->len > RECORD_LIMIT)
		return ds_fail(err, DS_TROUBLE, "git lists a path of more than %d MiB",
			       RECORD_LIMIT >> 20);
	if (!ds_buf_reserve(bytes, PIECE))
		return ds_fail_memory(err);
	int status = ds_git_read(git, bytes->bytes + bytes->len, PIECE, got, err);
	ds_buf_cut(bytes, bytes->len + *got);
	return status;
}

static int take_all(struct ds_git_process *git, char behind, ds_git_record_fn each, void *context,
		    ds_error *err)
{
	struct ds_buf bytes = {0};
	size_t got = 1;
	int status = 0;

	while (status == 0 && got) {
		status = take_piece(&bytes, git, &got, err);
		if (status == 0 && got)
			status = hand_out(&bytes, behind, each, context, err);
	}
	if (status == 0 && bytes.len)
		status = ds_fail(err, DS_TROUBLE, "git: a list that breaks off");
	ds_buf_free(&bytes);
	return status;
}

static int ask(const struct ds_git_call *call, char behind, ds_git_record_fn each, void *context,
	       ds_error *err)
{
	struct ds_git_answer answer = {0};
	struct ds_git_process *git;
	ds_error of_taking;

	int status = ds_git_start(&git, call, NULL, NULL, err);
	if (status)
		return status;
	int taken = take_all(git, behind, each, context, &of_taking);
	if (taken) {
		ds_git_stop(git);
		return ds_fail(err, taken, "%s", of_taking.message);
	}
	status = ds_git_finish(&answer, git, err);
	if (status == 0 && answer.status != 0)
		status = ds_git_complain(&answer, call->args[0], err);
	ds_git_answer_free(&answer);
	return status;
}

/* Takes the question, composed or not. */
static int put(struct question *question, bool composed, const struct ds_git_repository *repository,
	       ds_git_record_fn each, void *context, ds_error *err)
{
	struct ds_git_call call = ds_git_call_in(repository, question->args);

	int status =
		composed ? ask(&call, question->behind, each, context, err) : ds_fail_memory(err);
	free(question->args);
	ds_buf_free(&question->paths);
	return status;
}

int ds_git_records(const struct ds_git_repository *repository, const char *from, const char *to,
		   const char *const *roots, ds_git_record_fn each, void *context, ds_error *err)
{
	struct question question = {0};

	bool composed = compose(&question, repository, from, to, roots);
	return put(&question, composed, repository, each, context, err);
}

int ds_git_stages(const struct ds_git_repository *repository, const char *const *roots,
		  ds_git_record_fn each, void *context, ds_error *err)
{
	struct question question = {0};

	bool composed = compose_stages(&question, repository, roots);
	return put(&question, composed, repository, each, context, err);
}
