/* Which hooks there are, and where git looks for them. */
#include "hooks.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spawn_git.h"

enum { DEADLINE_MS = 60 * 1000 };

static const char *const names[] = {
	[DS_HOOK_COMMIT] = "pre-commit",
	[DS_HOOK_MERGE] = "pre-merge-commit",
	[DS_HOOK_PUSH] = "pre-push",
	[DS_HOOK_RECEIVE] = "pre-receive",
};

const char *ds_hook_name(enum ds_hook hook)
{
	return names[hook];
}

bool ds_hook_is_told(enum ds_hook hook)
{
	return hook == DS_HOOK_PUSH || hook == DS_HOOK_RECEIVE;
}

bool ds_hook_wanted(const ds_hook_options *options, const struct ds_hook_place *place,
		    enum ds_hook hook)
{
	if (place->bare || hook == DS_HOOK_RECEIVE)
		return place->bare && hook == DS_HOOK_RECEIVE;
	return hook != DS_HOOK_PUSH || options->pre_push || options->all;
}

void ds_hook_say(const ds_hook_options *options, const char *dir, const char *name,
		 const char *format, ...)
{
	struct ds_buf line = {0};
	char what[400];
	va_list args;

	if (!options->say)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	ds_escape(&line, ds_text_of(dir));
	ds_buf_printf(&line, "%s%s: %s", *name ? "/" : "", name, what);
	if (!line.failed)
		options->say(options->say_context, line.bytes);
	ds_buf_free(&line);
}

/* ---- Asking git --------------------------------------------------------- */

int ds_hook_git(struct ds_buf *out, int *exited, const struct ds_hook_place *place,
		const char *const *args, ds_error *err)
{
	struct ds_git_answer answer = {0};
	struct ds_git_call call = {
		.top = place->at, .args = args, .kind = DS_GIT_READS, .deadline_ms = DEADLINE_MS};

	int status = ds_git_run(&answer, &call, err);
	if (status == 0 && !exited && answer.status != 0)
		status = ds_git_complain(&answer, args[0], err);
	if (status == 0) {
		size_t len = answer.out.len;
		if (len && answer.out.bytes[len - 1] == '\n')
			len--;
		if (exited)
			*exited = answer.status;
		if (!ds_buf_append(out, len ? answer.out.bytes : "", len))
			status = ds_fail_memory(err);
	}
	ds_git_answer_free(&answer);
	return status;
}

/* Keeps what git answers. */
static int ask(const char **kept, struct ds_hook_place *place, const char *const *args,
	       ds_error *err)
{
	struct ds_buf out = {0};

	int status = ds_hook_git(&out, NULL, place, args, err);
	if (status == 0 && !(*kept = ds_arena_copy(&place->strings, out.bytes, out.len)))
		status = ds_fail_memory(err);
	ds_buf_free(&out);
	return status;
}

/* A path that git names, relative to where it is asked. Not --path-format=absolute: that
 * follows links to where they would lead, and hides one that leads nowhere. */
static int ask_path(const char **kept, struct ds_hook_place *place, const char *const *args,
		    ds_error *err)
{
	struct ds_buf path = {0};

	int status = ask(kept, place, args, err);
	if (status || !*kept || **kept == '/')
		return status;
	ds_buf_printf(&path, "%s/%s", place->at, *kept);
	*kept = path.failed ? NULL : ds_arena_string(&place->strings, path.bytes);
	ds_buf_free(&path);
	return *kept ? 0 : ds_fail_memory(err);
}

/* ---- core.hooksPath ----------------------------------------------------- */

/* "scope NUL value NUL" for each that is set; the last one holds. */
static void take_hooks_path(struct ds_hook_place *place, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	for (const char *at = bytes; at < end;) {
		place->scope = at;
		at += strlen(at) + 1;
		place->path = at < end ? at : "";
		at += strlen(place->path) + 1;
	}
}

static int find_hooks_path(struct ds_hook_place *place, ds_error *err)
{
	static const char *const args[] = {"config",    "--show-scope",   "-z",
					   "--get-all", "core.hooksPath", NULL};
	struct ds_buf out = {0};
	int exited;

	int status = ds_hook_git(&out, &exited, place, args, err);
	if (status == 0 && exited > 1)
		status = ds_fail(err, DS_TROUBLE,
				 "git config: core.hooksPath cannot be read (status %d)", exited);
	if (status == 0 && out.len) {
		const char *kept = ds_arena_copy(&place->strings, out.bytes, out.len);
		if (kept)
			take_hooks_path(place, kept, out.len);
		else
			status = ds_fail_memory(err);
	}
	ds_buf_free(&out);
	return status;
}

/* ---- The place ---------------------------------------------------------- */

static int find_at(struct ds_hook_place *place, ds_error *err)
{
	static const char *const is_bare[] = {"rev-parse", "--is-bare-repository", NULL};
	static const char *const top[] = {"rev-parse", "--show-toplevel", NULL};
	static const char *const git_dir[] = {"rev-parse", "--absolute-git-dir", NULL};
	const char *answer;

	int status = ask(&answer, place, is_bare, err);
	if (status)
		return status;
	place->bare = strcmp(answer, "true") == 0;
	status = ask(&answer, place, place->bare ? git_dir : top, err);
	if (status == 0)
		place->at = answer;
	return status;
}

static int find_folders(struct ds_hook_place *place, ds_error *err)
{
	static const char *const hooks[] = {"rev-parse", "--git-path", "hooks", NULL};
	static const char *const common[] = {"rev-parse", "--git-common-dir", NULL};
	struct ds_buf usual = {0};

	int status = find_hooks_path(place, err);
	/* From an empty one git makes the current directory, or an error. */
	if (status == 0 && !(place->path && !*place->path))
		status = ask_path(&place->dir, place, hooks, err);
	if (status || !place->path)
		return status;
	status = ask_path(&place->usual, place, common, err);
	if (status)
		return status;
	ds_buf_printf(&usual, "%s/hooks", place->usual);
	place->usual = usual.failed ? NULL : ds_arena_string(&place->strings, usual.bytes);
	ds_buf_free(&usual);
	if (!place->usual)
		return ds_fail_memory(err);
	if (place->dir && strcmp(place->dir, place->usual) == 0)
		place->usual = NULL;
	return 0;
}

int ds_hook_place_find(struct ds_hook_place *out, const char *dir, ds_error *err)
{
	dir = dir ? dir : ".";
	char *real = realpath(dir, NULL);

	*out = (struct ds_hook_place){0};
	if (!real)
		return ds_fail_path(err, DS_TROUBLE, dir, strerror(errno));
	out->at = ds_arena_string(&out->strings, real);
	free(real);
	if (!out->at)
		return ds_fail_memory(err);
	int status = find_at(out, err);
	return status ? status : find_folders(out, err);
}

void ds_hook_place_free(struct ds_hook_place *place)
{
	ds_arena_free(&place->strings);
	*place = (struct ds_hook_place){0};
}
