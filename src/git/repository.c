#include "repository.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"

enum { DEADLINE_MS = 10 * 60 * 1000 };

/* ---- What git says ------------------------------------------------------ */

/* In this order, the last of them failing where there is no worktree. */
enum { GIT_DIR, COMMON_DIR, IS_BARE, FORMAT, INDEX, PREFIX, TOP, ANSWERS };

static const char *const question[] = {
	"rev-parse",
	"--absolute-git-dir",
	"--git-common-dir",
	"--is-bare-repository",
	"--show-object-format",
	"--git-path",
	"index",
	"--show-prefix",
	"--show-toplevel",
	NULL,
};

/* Takes the lines apart; 0 where they are not as many as there should be, or no text. */
static size_t split(char *lines[ANSWERS], struct ds_buf *out)
{
	size_t count = 0;

	if (out->len && memchr(out->bytes, '\0', out->len))
		return 0;
	for (char *at = out->bytes, *end; at && (end = strchr(at, '\n')); at = end + 1) {
		if (count == ANSWERS)
			return 0;
		*end = '\0';
		lines[count++] = at;
	}
	return count;
}

static bool is_understood(char *const lines[ANSWERS])
{
	return *lines[GIT_DIR] == '/' &&
	       (strcmp(lines[IS_BARE], "true") == 0 || strcmp(lines[IS_BARE], "false") == 0);
}

/* ---- What we make of it ------------------------------------------------- */

/* A path as git says it, from where it was called. */
static char *absolute(const char *at, const char *path)
{
	struct ds_buf joined = {0};

	if (at && *path != '/')
		ds_buf_printf(&joined, "%s/", at);
	ds_buf_puts(&joined, path);
	char *real = joined.failed ? NULL : realpath(joined.bytes, NULL);
	ds_buf_free(&joined);
	return real;
}

static char *way_up(const char *prefix)
{
	struct ds_buf up = {0};

	ds_buf_puts(&up, "");
	for (; *prefix; prefix++)
		if (*prefix == '/')
			ds_buf_puts(&up, "../");
	if (up.failed)
		ds_buf_free(&up);
	return up.bytes;
}

/* Git takes an index that is not there for an empty one, in which nothing can be wrong.
 * What a hook names is there, unless it was named from another directory. */
static int check_index(const char *at, const char *path, ds_error *err)
{
	char *real = getenv("GIT_INDEX_FILE") ? absolute(at, path) : NULL;
	bool lost = getenv("GIT_INDEX_FILE") && !real;

	free(real);
	return lost ? ds_fail_path(err, DS_TROUBLE, path,
				   "not there, but GIT_INDEX_FILE names it as the index")
		    : 0;
}

static int fill(struct ds_git_repository *out, char *const lines[ANSWERS], ds_error *err)
{
	out->git_dir = strdup(lines[GIT_DIR]);
	out->common_dir = absolute(out->at, lines[COMMON_DIR]);
	out->bare = strcmp(lines[IS_BARE], "true") == 0;
	out->id_size = strcmp(lines[FORMAT], "sha256") == 0 ? 32 : 20;
	out->prefix = strdup(lines[PREFIX]);
	out->up = way_up(lines[PREFIX]);
	out->top = lines[TOP] ? strdup(lines[TOP]) : NULL;
	if (!out->common_dir)
		return ds_fail_path(err, DS_TROUBLE, lines[COMMON_DIR],
				    "git names this folder, but it is not there");
	if (!out->git_dir || !out->prefix || !out->up || (lines[TOP] && !out->top))
		return ds_fail_memory(err);
	return out->kind == DS_GIT_HERE ? check_index(out->at, lines[INDEX], err) : 0;
}

static int understand(struct ds_git_repository *out, struct ds_git_answer *answer, ds_error *err)
{
	char *lines[ANSWERS] = {NULL};
	size_t count = split(lines, &answer->out);

	if (answer->status != 0 && count == 0)
		return ds_git_complain(answer, question[0], err);
	if (count != (answer->status ? TOP : ANSWERS) || !is_understood(lines))
		return ds_fail(err, DS_TROUBLE,
			       "git rev-parse: an answer that is not understood (is there a line "
			       "break in the path of the repository?)");
	return fill(out, lines, err);
}

static int ask(struct ds_git_repository *out, enum ds_git_kind kind, const char *at, ds_error *err)
{
	struct ds_git_answer answer = {0};

	*out = (struct ds_git_repository){.kind = kind, .deadline_ms = DEADLINE_MS};
	if (at && !(out->at = strdup(at)))
		return ds_fail_memory(err);
	struct ds_git_call call = ds_git_call_in(out, question);
	int status = ds_git_run(&answer, &call, err);
	if (status == 0)
		status = understand(out, &answer, err);
	ds_git_answer_free(&answer);
	return status;
}

/* ---- Which it is -------------------------------------------------------- */

static void swap(char **one, char **other)
{
	char *kept = *one;
	*one = *other;
	*other = kept;
}

/* Where the environment means the repository of the directory as well, it is asked as the
 * environment says, from where that holds; the directory says what part of it is meant. */
static int prefer_here(struct ds_git_repository *out, ds_error *err)
{
	struct ds_git_repository here;
	ds_error why;

	int status = ask(&here, DS_GIT_HERE, NULL, &why);
	bool same = here.git_dir && strcmp(here.git_dir, out->git_dir) == 0;
	if (same && status == 0) {
		swap(&here.top, &out->top);
		swap(&here.prefix, &out->prefix);
		struct ds_git_repository other = *out;
		*out = here;
		here = other;
	}
	ds_git_repository_free(&here);
	return same && status ? ds_fail(err, status, "%s", why.message) : 0;
}

int ds_git_repository_find(struct ds_git_repository *out, const char *dir, ds_error *err)
{
	bool named = ds_git_environment_names_one();
	enum ds_git_kind kind = named && !dir ? DS_GIT_HERE : DS_GIT_READS;

	int status = ask(out, kind, dir, err);
	if (status == 0 && named && dir)
		status = prefer_here(out, err);
	out->quarantined = out->kind == DS_GIT_HERE && getenv("GIT_QUARANTINE_PATH");
	return status;
}

void ds_git_repository_free(struct ds_git_repository *repository)
{
	free(repository->at);
	free(repository->up);
	free(repository->git_dir);
	free(repository->common_dir);
	free(repository->top);
	free(repository->prefix);
	*repository = (struct ds_git_repository){0};
}

/* ---- Asking it again ---------------------------------------------------- */

struct ds_git_call ds_git_call_in(const struct ds_git_repository *repository,
				  const char *const *args)
{
	return (struct ds_git_call){
		.top = repository->at,
		.args = args,
		.kind = repository->kind,
		.deadline_ms = repository->deadline_ms,
	};
}

const char *ds_git_empty_tree(const struct ds_git_repository *repository)
{
	return repository->id_size == 20
		       ? "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
		       : "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";
}

const char *ds_git_empty_blob(const struct ds_git_repository *repository)
{
	return repository->id_size == 20
		       ? "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
		       : "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813";
}
