/* A first configuration: what fits, as a file that names it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob.h"
#include "compose.h"
#include "desync/rules.h"
#include "gaps.h"
#include "survey.h"
#include "worktree.h"

struct ds_survey {
	char *root;
	char *shown; /* where the configuration goes, for messages */
	struct ds_arena strings;
	struct ds_proposals proposals;
	struct ds_buf text;
	ds_repo *repo;
	ds_result *result;
};

/* ---- The file ------------------------------------------------------------------ */

static const char head[] =
	"# Where the status of one item is written twice: desync-init looked, and proposes this.\n"
	"# The keys are in desync.yml(5); docs/rules.md shows how to write a rule of your own.\n"
	"# To change a built-in rule, copy share/desync/rules/NAME.yml into " DS_CONFIG_FOLDER
	"/, edit it\n"
	"# there, and take its name out of this list.\n"
	"version: 1\n";

static void put_entry(struct ds_buf *text, const struct ds_proposal *proposal)
{
	if (proposal->builtin)
		ds_buf_printf(text, "  # %s\n", proposal->builtin->about);
	else
		ds_buf_printf(text, "  # %s\n",
			      proposal->marker ? "the built-in rules that fit there"
					       : "it has a configuration of its own");
	ds_buf_printf(text, "  # %s\n", proposal->line);
	if (proposal->entry)
		ds_buf_printf(text, "  %s- %s\n", proposal->left_out ? "# " : "", proposal->entry);
}

/* One list of the file; those that are left out stand in it as comments. How many do not. */
static size_t put_list(struct ds_buf *text, const struct ds_proposals *all, bool roots)
{
	size_t begin = text->len;
	size_t listed = 0;
	bool any = false;

	ds_buf_puts(text, roots ? "roots:\n" : "use:\n");
	size_t first = text->len;
	for (size_t i = 0; i < all->count; i++) {
		const struct ds_proposal *proposal = &all->at[i];
		if (!proposal->builtin != roots)
			continue;
		put_entry(text, proposal);
		any = true;
		listed += !proposal->left_out;
	}
	/* A list of nothing but comments is none. */
	if (!any)
		ds_buf_cut(text, begin);
	else if (!listed && !text->failed) {
		memmove(text->bytes + begin, text->bytes + first, text->len - first);
		ds_buf_cut(text, text->len - (first - begin));
	}
	return listed;
}

static size_t put_file(struct ds_survey *survey)
{
	size_t listed;

	ds_buf_puts(&survey->text, head);
	listed = put_list(&survey->text, &survey->proposals, false);
	listed += put_list(&survey->text, &survey->proposals, true);
	if (survey->proposals.more)
		ds_buf_printf(&survey->text,
			      "# There may be more: not every folder was looked at, "
			      "or more than %d fit.\n",
			      DS_PROPOSALS_MOST);
	return listed;
}

/* ---- What is in the way ------------------------------------------------------------- */

static int fail_taken(const char *path, ds_error *err)
{
	return ds_fail_path(err, DS_TROUBLE, path,
			    "is there already; desync-init --dry-run shows what would be written, "
			    "--check what no rule covers");
}

/* Whoever writes a rule wants to know of what: how many lines desync-init --check has. */
static size_t count_unread(const struct ds_survey *survey)
{
	struct ds_page page = {.limit = DS_FILE_LIMIT};
	struct ds_source *source;
	size_t count = 0;

	if (ds_worktree_open(&source, survey->root, NULL) != 0)
		return 0;
	if (ds_find_unread(&page, source, NULL) == 0)
		for (size_t i = 0; page.found && i < page.text.len; i++)
			count += page.text.bytes[i] == '\n';
	source->ops->free(source);
	ds_seen_free(&page.seen);
	ds_buf_free(&page.text);
	return count;
}

static void say_unread(struct ds_buf *line, size_t count, const char *dir)
{
	if (!count)
		return;
	ds_buf_puts(line, "; desync-init --check");
	if (dir) {
		ds_buf_puts(line, " -C ");
		ds_shell_quote(line, ds_text_of(dir));
	}
	ds_buf_printf(line, " lists %zu place%s that look%s like a status", count,
		      count == 1 ? "" : "s", count == 1 ? "s" : "");
}

static int fail_none(const struct ds_survey *survey, const char *dir, ds_error *err)
{
	struct ds_buf why = {0};
	struct stat st;

	ds_buf_printf(&why, "%s/" DS_CONFIG_NAME, survey->root);
	if (!why.failed && lstat(why.bytes, &st) == 0) {
		ds_buf_free(&why);
		return fail_taken(survey->shown, err);
	}
	ds_buf_cut(&why, 0);
	for (size_t i = 0; i < survey->proposals.count; i++)
		ds_buf_printf(&why, "%s; ", survey->proposals.at[i].line);
	ds_buf_puts(&why, "no built-in rule fits here, so nothing is written: docs/rules.md shows "
			  "how to write one");
	say_unread(&why, count_unread(survey), dir);
	ds_buf_puts(&why, " (looked for:");
	for (const struct ds_builtin *one = ds_builtins(); one->name; one++)
		for (const struct ds_fit *fit = one->fits; fit->in; fit++)
			ds_buf_printf(&why, " %s%s", fit->in, fit->marker);
	ds_buf_puts(&why, ")");
	return ds_fail_line(err, DS_TROUBLE, dir ? dir : ".", &why);
}

/* ---- The survey -------------------------------------------------------------------- */

static int try_all(struct ds_survey *survey, ds_error *err)
{
	static const ds_scan_options options = {.size = sizeof options};
	static const struct ds_settler nobody = {0};
	struct ds_proposals *all = &survey->proposals;
	int status = 0;

	for (size_t i = 0; i < all->count && !status; i++) {
		ds_repo *repo;
		ds_result *result;
		status = ds_try_proposal(all, &all->at[i], survey->root, &options, &nobody, &repo,
					 &result, err);
		ds_result_free(result);
		ds_close(repo);
	}
	return status;
}

/* As it was given; where nobody gave one, and the top is elsewhere, as it is. */
static bool name_file(struct ds_survey *survey, const char *dir)
{
	struct ds_buf shown = {0};
	char *here = realpath(".", NULL);

	if (!dir && here && strcmp(here, survey->root) != 0)
		dir = survey->root;
	ds_buf_printf(&shown, "%s%s%s", dir ? dir : "", dir ? "/" : "", DS_CONFIG_NAME);
	free(here);
	survey->shown = shown.bytes;
	return !shown.failed;
}

static int look(struct ds_survey *survey, const char *dir, ds_error *err)
{
	int status = ds_survey_root(&survey->root, dir, err);

	survey->proposals.strings = &survey->strings;
	if (status)
		return status;
	status = name_file(survey, dir) ? ds_propose(&survey->proposals, survey->root, err)
					: ds_fail_memory(err);
	if (!status)
		status = try_all(survey, err);
	if (status)
		return status;
	if (!put_file(survey))
		return fail_none(survey, dir, err);
	if (survey->text.failed)
		return ds_fail_memory(err);
	status = ds_open_text(&survey->repo, survey->root, dir, &survey->text, err);
	return status ? status : ds_scan(&survey->result, survey->repo, NULL, err);
}

int ds_survey_open(ds_survey **out, const char *dir, ds_error *err)
{
	ds_survey *survey = calloc(1, sizeof *survey);
	const char *given = dir && strcmp(dir, ".") != 0 ? dir : NULL;
	int status = survey ? look(survey, given, err) : ds_fail_memory(err);

	*out = status ? NULL : survey;
	if (status)
		ds_survey_free(survey);
	return status;
}

void ds_survey_free(ds_survey *survey)
{
	if (!survey)
		return;
	ds_result_free(survey->result);
	ds_close(survey->repo);
	ds_buf_free(&survey->text);
	ds_arena_free(&survey->strings);
	free(survey->shown);
	free(survey->root);
	free(survey);
}

const char *ds_survey_line(const ds_survey *survey, size_t index)
{
	return index < survey->proposals.count ? survey->proposals.at[index].line : NULL;
}

const char *ds_survey_text(const ds_survey *survey)
{
	return survey->text.bytes;
}

const char *ds_survey_path(const ds_survey *survey)
{
	return survey->shown;
}

const ds_result *ds_survey_result(const ds_survey *survey)
{
	return survey->result;
}

/* ---- Writing it ------------------------------------------------------------------------ */

static int write_new(int dir, const struct ds_survey *survey, ds_error *err)
{
	const struct ds_buf *text = &survey->text;
	int fd = openat(dir, DS_CONFIG_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 && errno == EEXIST)
		return fail_taken(survey->shown, err);
	if (fd < 0)
		return ds_fail_path(err, DS_TROUBLE, survey->shown, strerror(errno));
	errno = ENOSPC; /* of a write that is too short */
	bool well = write(fd, text->bytes, text->len) == (ssize_t)text->len && fsync(fd) == 0;
	int why = errno;
	if (close(fd) != 0 && well) {
		well = false;
		why = errno;
	}
	if (well && fsync(dir) == 0)
		return 0;
	why = well ? errno : why;
	unlinkat(dir, DS_CONFIG_NAME, 0);
	return ds_fail_path(err, DS_TROUBLE, survey->shown, strerror(why));
}

int ds_survey_save(const ds_survey *survey, ds_error *err)
{
	int dir = open(survey->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status;

	if (dir < 0)
		return ds_fail_path(err, DS_TROUBLE, survey->shown, strerror(errno));
	if (faccessat(dir, DS_CONFIG_FOLDER, F_OK, 0) == 0)
		status = fail_taken(DS_CONFIG_FOLDER, err);
	else
		status = write_new(dir, survey, err);
	close(dir); /* only read from: nothing to lose */
	return status;
}
