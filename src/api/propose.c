/* What fits, and what it would find: each proposal is tried with a configuration of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compose.h"
#include "json_text.h"
#include "survey.h"
#include "worktree.h"

enum { FOLDERS_MOST = 4096, LEVELS = 3 };

/* ---- Where ------------------------------------------------------------------- */

/* How much of the path is the top of the worktree that it is in, on the same device; all of it
 * where there is none. */
static size_t top_of(const char *path)
{
	struct stat here;
	struct stat there;
	struct ds_buf dir = {0};
	size_t len = strlen(path);
	size_t top = len;
	bool more = ds_buf_puts(&dir, path) && stat(path, &here) == 0;

	while (more && ds_buf_puts(&dir, "/.git")) {
		if (lstat(dir.bytes, &there) == 0) {
			top = len;
			break;
		}
		more = len > 1;
		while (len && path[--len] != '/')
			continue;
		ds_buf_cut(&dir, len);
		more = more && stat(len ? dir.bytes : "/", &there) == 0 &&
		       there.st_dev == here.st_dev;
	}
	ds_buf_free(&dir);
	return top ? top : 1;
}

int ds_survey_root(char **out, const char *dir, ds_error *err)
{
	bool here = !dir || strcmp(dir, ".") == 0;
	struct stat st;

	*out = realpath(here ? "." : dir, NULL);
	if (!*out || (stat(*out, &st) == 0 && !S_ISDIR(st.st_mode) && (errno = ENOTDIR)))
		return ds_fail_path(err, DS_TROUBLE, here ? "." : dir, strerror(errno));
	if (here)
		(*out)[top_of(*out)] = '\0';
	return 0;
}

/* ---- What fits --------------------------------------------------------------- */

struct looking {
	struct ds_proposals *out;
	struct ds_source *source;
	struct ds_buf path;
};

static bool is_there(struct looking *l, const char *a, const char *b, const char *c)
{
	ds_buf_cut(&l->path, 0);
	ds_buf_printf(&l->path, "%s%s%s", a, b, c);
	return !l->path.failed && ds_is_there(l->source, l->path.bytes);
}

/* Behind a link that leads nowhere every marker would be there, for damage is not a gap. */
static bool is_folder(struct looking *l, const char *folder, const char *in)
{
	struct ds_blob blob = {0};

	ds_buf_cut(&l->path, 0);
	ds_buf_printf(&l->path, "%s%s", folder, in);
	if (!l->path.failed)
		l->source->ops->read(l->source, l->path.bytes, NULL, &blob);
	bool is = blob.kind == DS_DIRECTORY;
	ds_blob_free(&blob);
	return is;
}

static struct ds_proposal *find(struct ds_proposals *all, const struct ds_builtin *builtin,
				const char *in)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->at[i].builtin == builtin && strcmp(all->at[i].in, in) == 0)
			return &all->at[i];
	return NULL;
}

/* Whether a configuration can name that folder: see ds_check_folder. */
static bool has_name(const char *in)
{
	size_t len = strlen(in);
	return !ds_needs_escape(ds_text_of(in)) && !strpbrk(in, "*{") && *in != ' ' &&
	       !(len > 1 && in[len - 2] == ' ');
}

/* Without the slash at its end, and in quotes unless nobody could take it for anything but a
 * text. */
static void say_folder(struct ds_buf *out, const char *in)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-/";
	struct ds_text folder = {in, strlen(in) - 1};

	if (strspn(in, plain) == folder.len + 1 && *in != '-' && memchr(in, '/', folder.len))
		ds_buf_append(out, folder.at, folder.len);
	else
		ds_json_string(out, folder);
}

static const char *make_entry(struct ds_proposals *all, const struct ds_proposal *proposal)
{
	struct ds_buf entry = {0};

	if (proposal->builtin && !*proposal->in)
		return proposal->builtin->name;
	if (proposal->builtin)
		ds_buf_printf(&entry, "{rule: %s, in: ", proposal->builtin->name);
	say_folder(&entry, proposal->in);
	if (proposal->builtin)
		ds_buf_puts(&entry, "}");
	return ds_keep_line(all->strings, &entry);
}

static int add(struct ds_proposals *all, const struct ds_builtin *builtin, const char *in,
	       const char *marker, ds_error *err)
{
	struct ds_proposal *proposal = find(all, builtin, in);

	/* Once a folder, by its first marker that is there. */
	if (proposal && builtin && strcmp(proposal->marker, marker) != 0)
		proposal->also = marker;
	if (proposal)
		return 0;
	if (all->count == DS_PROPOSALS_MOST) {
		all->more = true;
		return 0;
	}
	proposal = &all->at[all->count];
	*proposal = (struct ds_proposal){
		.builtin = builtin, .in = ds_arena_string(all->strings, in), .marker = marker};
	if (!proposal->in)
		return ds_fail_memory(err);
	if (has_name(in) && !(proposal->entry = make_entry(all, proposal)))
		return ds_fail_memory(err);
	all->count++;
	return 0;
}

/* A folder below the top where rules are used by themselves is a root; the other rules are
 * told where they start. */
static int add_fit(struct looking *l, const char *folder, const struct ds_builtin *builtin,
		   const struct ds_fit *fit, ds_error *err)
{
	struct ds_buf in = {0};
	int status;

	ds_buf_printf(&in, "%s%s", folder, fit->in);
	if (in.failed)
		status = ds_fail_memory(err);
	else if (*folder && builtin->automatic && !find(l->out, builtin, in.bytes))
		status = add(l->out, NULL, folder, fit->marker, err);
	else
		status = add(l->out, builtin, in.bytes, fit->marker, err);
	ds_buf_free(&in);
	return status;
}

/* Whether the folder is in a root that has a configuration: that says what is in there. */
static bool is_configured(const struct ds_proposals *all, const char *folder)
{
	for (size_t i = 0; i < all->count; i++)
		if (!all->at[i].builtin && !all->at[i].marker &&
		    strncmp(folder, all->at[i].in, strlen(all->at[i].in)) == 0)
			return true;
	return false;
}

static int look_into(struct looking *l, const char *folder, ds_error *err)
{
	int status = 0;

	if (is_configured(l->out, folder))
		return 0;
	if (*folder &&
	    (is_there(l, folder, DS_CONFIG_NAME, "") || is_there(l, folder, DS_CONFIG_FOLDER, "")))
		return add(l->out, NULL, folder, NULL, err);
	for (const struct ds_builtin *builtin = ds_builtins(); builtin->name; builtin++)
		for (const struct ds_fit *fit = builtin->fits; fit->in && !status; fit++)
			if ((!*fit->in || is_folder(l, folder, fit->in)) &&
			    is_there(l, folder, fit->in, fit->marker))
				status = add_fit(l, folder, builtin, fit, err);
	return status || !l->path.failed ? status : ds_fail_memory(err);
}

int ds_propose(struct ds_proposals *out, const char *root, ds_error *err)
{
	struct looking l = {.out = out};
	struct ds_tour tour = {.depth = LEVELS, .most = FOLDERS_MOST, .strings = out->strings};
	int status = ds_worktree_open(&l.source, root, err);

	if (status)
		return status;
	tour.source = l.source;
	status = ds_tour(&tour, err);
	for (size_t i = 0; i < tour.folder_count && !status; i++)
		status = look_into(&l, tour.folders[i], err);
	out->more |= tour.stopped;
	ds_tour_free(&tour);
	ds_buf_free(&l.path);
	l.source->ops->free(l.source);
	return status;
}

/* ---- What it finds ------------------------------------------------------------- */

static void say_counts(struct ds_buf *line, const ds_summary *summary)
{
	const struct {
		size_t count;
		const char *what;
	} counts[] = {{summary->agree, "agree"},
		      {summary->desync, "desynced"},
		      {summary->incomplete, "cannot be compared"},
		      {summary->unchecked, "could not be read or judged"}};
	const char *before = ": ";

	ds_buf_printf(line, "%zu item%s", summary->items, summary->items == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		if (!counts[i].count)
			continue;
		ds_buf_printf(line, "%s%zu %s", before, counts[i].count, counts[i].what);
		before = ", ";
	}
	if (summary->not_looked_at)
		ds_buf_printf(line, "; %zu more in skipped folders (--all)",
			      summary->not_looked_at);
}

/* "specweave", "adr-index in docs/adr", "apps/web (a root: specweave)" */
static void say_what(struct ds_buf *line, const struct ds_proposal *proposal, const ds_repo *repo)
{
	struct ds_text in = {proposal->in, strlen(proposal->in)};
	const char *before = " (a root: ";

	in.len -= in.len > 0;
	if (proposal->builtin)
		ds_buf_printf(line, "%s%s", proposal->builtin->name, in.len ? " in " : "");
	ds_escape(line, in);
	if (proposal->builtin)
		return;
	for (size_t i = 0; repo && repo->rules[i]; i++) {
		const char *name = repo->rules[i]->name;
		bool prefixed = strncmp(name, proposal->in, in.len + 1) == 0;
		ds_buf_puts(line, before);
		ds_escape(line, ds_text_of(prefixed ? name + in.len + 1 : name));
		before = ", ";
	}
	ds_buf_puts(line, *before == ',' ? ")" : " (a root)");
}

/* Whether nothing is there that it could be about. A marker at the top that is certain, or a
 * configuration, is believed all the same; and so is a file that cannot be read. */
static bool is_idle(const struct ds_proposal *proposal, const ds_result *result)
{
	const ds_summary *summary = &result->summary;
	bool certain = proposal->builtin ? proposal->builtin->automatic : !proposal->marker;

	return !certain && !summary->items && !summary->not_looked_at &&
	       !ds_result_status(result, false);
}

static int say_line(struct ds_proposals *all, struct ds_proposal *proposal, const ds_repo *repo,
		    const ds_result *result, const char *why, ds_error *err)
{
	struct ds_buf line = {0};

	proposal->left_out = !result || is_idle(proposal, result);
	say_what(&line, proposal, repo);
	ds_buf_puts(&line, ": ");
	if (result)
		say_counts(&line, &result->summary);
	else
		ds_escape(&line, ds_text_of(why));
	if (proposal->also)
		ds_buf_printf(&line, "; %s is there too, and only %s is read", proposal->also,
			      proposal->marker);
	if (proposal->left_out)
		ds_buf_puts(&line, "; left out");
	proposal->line = ds_keep_line(all->strings, &line);
	return proposal->line ? 0 : ds_fail_memory(err);
}

int ds_try_proposal(struct ds_proposals *all, struct ds_proposal *proposal, const char *root,
		    const ds_scan_options *options, const struct ds_settler *settler,
		    ds_repo **repo, ds_result **result, ds_error *err)
{
	struct ds_buf text = {0};
	ds_error why = {0};
	int status = 0;

	*repo = NULL;
	*result = NULL;
	ds_buf_printf(&text, "version: 1\n%s: [%s]\n", proposal->builtin ? "use" : "roots",
		      proposal->entry ? proposal->entry : "");
	if (text.failed)
		status = ds_fail_memory(err);
	else if (!proposal->entry)
		ds_fail(&why, DS_TROUBLE, "a configuration cannot name this folder");
	else if (ds_open_text(repo, root, NULL, &text, &why) == 0)
		(void)ds_scan_settling(result, *repo, options, settler, &why);
	ds_buf_free(&text);
	return status ? status : say_line(all, proposal, *repo, *result, why.message, err);
}
