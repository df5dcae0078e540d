/*
 * Installing. Everything is looked at and every script is written under a name of its own
 * before the first hook is touched; from then on there are only renames, and one that fails
 * has those before it undone:
 *
 *	look     what is there, and whether it may be replaced       nothing has changed
 *	write    each script, beside its hook                        ... but for such files
 *	place    NAME -> NAME.desync-former, script -> NAME          renames
 *	undo     backwards, where one failed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hooks.h"

struct step {
	enum ds_hook hook;
	struct ds_hook_file was;
	struct ds_buf text;
	char script[64]; /* the name it is written under; empty: not written */
	bool moved;      /* what was there is the former now */
	bool placed;
};

struct install {
	const ds_hook_options *options;
	const struct ds_hook_place *place;
	int dir;
	bool made; /* the folder */
	struct step steps[DS_HOOKS];
	size_t count;
};

static int fail_at(const struct install *install, const char *name, const char *why, ds_error *err)
{
	struct ds_buf path = {0};

	ds_buf_printf(&path, "%s/%s", install->place->dir, name);
	int status =
		path.failed ? ds_fail_memory(err) : ds_fail_path(err, DS_TROUBLE, path.bytes, why);
	ds_buf_free(&path);
	return status;
}

/* ---- Whether it may be -------------------------------------------------- */

static int check_bare(const struct ds_hook_place *place, const ds_hook_options *options,
		      ds_error *err)
{
	if (!place->bare || options->all)
		return 0;
	return ds_fail_path(err, DS_TROUBLE, place->at,
			    "a bare repository: nobody commits there; --all installs pre-receive, "
			    "which judges what is pushed to it");
}

/* A folder that is shared with other repositories is not one repository's to change. */
static int check_hooks_path(const struct ds_hook_place *place, const ds_hook_options *options,
			    ds_error *err)
{
	const struct ds_hook_manager *manager = ds_hook_manager_of_path(place->path);

	if (!place->path)
		return 0;
	if (manager)
		return ds_hook_refuse_managed(manager, options, place, err);
	if (!*place->path)
		return ds_fail(err, DS_TROUBLE,
			       "core.hooksPath is empty (%s configuration), so git finds no hooks: "
			       "remove it: git config --%s --unset core.hooksPath",
			       place->scope, place->scope);
	if (options->force || strcmp(place->scope, "local") == 0 ||
	    strcmp(place->scope, "worktree") == 0)
		return 0;
	return ds_fail_path(
		err, DS_TROUBLE, place->path,
		"core.hooksPath, set for more than this repository: --force installs "
		"there; or let this one have hooks of its own: git config core.hooksPath "
		"\"$(git rev-parse --git-common-dir)/hooks\"");
}

static int check_hook(const struct install *install, const struct step *step, ds_error *err)
{
	const struct ds_hook_file *was = &step->was;
	const char *name = ds_hook_name(step->hook);

	if (was->kind == DS_HOOK_MANAGED)
		return ds_hook_refuse_managed(was->manager, install->options, install->place, err);
	if (was->kind == DS_HOOK_FOLDER)
		return fail_at(install, name, "a folder, where git would run a hook: remove it",
			       err);
	if (was->kind == DS_HOOK_EDITED)
		return fail_at(install, name,
			       "was installed by desync and changed since: remove it, or call it "
			       "otherwise, then install again",
			       err);
	if (was->kind == DS_HOOK_FOREIGN && was->former)
		return fail_at(install, name,
			       "not desync's, and the hook that was there before desync is kept "
			       "beside it (.desync-former): remove one of the two, then install "
			       "again",
			       err);
	return 0;
}

static int look(struct install *install, ds_error *err)
{
	int status = 0;

	for (int hook = 0; hook < DS_HOOKS && status == 0; hook++) {
		if (!ds_hook_wanted(install->options, install->place, (enum ds_hook)hook))
			continue;
		struct step *step = &install->steps[install->count++];
		step->hook = (enum ds_hook)hook;
		if (!ds_hook_text(&step->text, step->hook, install->options->program))
			return ds_fail_memory(err);
		status = ds_hook_look(&step->was, install->dir, step->hook, &step->text, err);
		if (status == 0)
			status = check_hook(install, step, err);
	}
	return status;
}

/* ---- Writing ------------------------------------------------------------ */

static int write_all(int fd, const struct ds_buf *text)
{
	for (size_t at = 0; at < text->len;) {
		ssize_t put = write(fd, text->bytes + at, text->len - at);
		if (put < 0 && errno != EINTR)
			return errno;
		at += put > 0 ? (size_t)put : 0;
	}
	return 0;
}

/* Runs for everybody whatever the umask: git passes over a hook that may not run. */
static int write_script(const struct install *install, struct step *step, ds_error *err)
{
	snprintf(step->script, sizeof step->script, ".%s.desync-%ld", ds_hook_name(step->hook),
		 (long)getpid());
	unlinkat(install->dir, step->script, 0); /* of one that was killed, long ago */
	int fd = openat(install->dir, step->script, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0) {
		int why = errno;
		*step->script = '\0';
		return ds_fail_path(err, DS_TROUBLE, install->place->dir, strerror(why));
	}
	int why = write_all(fd, &step->text);
	if (!why && (fchmod(fd, 0755) != 0 || fsync(fd) != 0))
		why = errno;
	if (close(fd) != 0 && !why)
		why = errno;
	return why ? fail_at(install, step->script, strerror(why), err) : 0;
}

static bool is_current(const struct step *step)
{
	return step->was.kind == DS_HOOK_OURS && step->was.same && step->was.runs;
}

static int write_scripts(struct install *install, ds_error *err)
{
	int status = 0;
	for (size_t i = 0; i < install->count && status == 0; i++)
		if (!is_current(&install->steps[i]))
			status = write_script(install, &install->steps[i], err);
	return status;
}

/* ---- Placing ------------------------------------------------------------ */

static int place_one(const struct install *install, struct step *step, ds_error *err)
{
	const char *name = ds_hook_name(step->hook);
	char former[64];

	ds_hook_former(former, step->hook);
	if (step->was.kind == DS_HOOK_FOREIGN) {
		step->moved = renameat(install->dir, name, install->dir, former) == 0;
		if (!step->moved)
			return fail_at(install, name, strerror(errno), err);
	}
	step->placed = renameat(install->dir, step->script, install->dir, name) == 0;
	return step->placed ? 0 : fail_at(install, name, strerror(errno), err);
}

static int place(struct install *install, ds_error *err)
{
	int status = 0;
	for (size_t i = 0; i < install->count && status == 0; i++)
		if (*install->steps[i].script)
			status = place_one(install, &install->steps[i], err);
	if (status == 0 && fsync(install->dir) != 0 && errno != EINVAL)
		status = ds_fail_path(err, DS_TROUBLE, install->place->dir, strerror(errno));
	return status;
}

/* A script of ours that took the place of an older one stays: it does the same. */
static void undo_one(const struct install *install, const struct step *step)
{
	const char *name = ds_hook_name(step->hook);
	char former[64];

	ds_hook_former(former, step->hook);
	if (step->moved)
		renameat(install->dir, former, install->dir, name);
	else if (step->placed && step->was.kind == DS_HOOK_NONE)
		unlinkat(install->dir, name, 0);
	if (*step->script && !step->placed)
		unlinkat(install->dir, step->script, 0);
}

static void undo(const struct install *install)
{
	for (size_t i = install->count; i-- > 0;)
		undo_one(install, &install->steps[i]);
	if (install->made && install->dir >= 0) {
		unlinkat(install->dir, DS_HOOK_MADE, 0);
		rmdir(install->place->dir);
	}
}

/* ---- Saying ------------------------------------------------------------- */

static void say_step(const struct install *install, const struct step *step)
{
	const char *what = is_current(step)                 ? "was installed already"
			   : step->was.kind == DS_HOOK_OURS ? "brought up to date"
							    : "installed";
	const char *former = "";

	if (step->was.kind == DS_HOOK_FOREIGN)
		former = step->was.runs ? "; what was there runs first, as NAME.desync-former"
					: "; what was there did not run, and is kept as "
					  "NAME.desync-former";
	ds_hook_say(install->options, install->place->dir, ds_hook_name(step->hook), "%s%s", what,
		    former);
}

static bool is_beneath(const char *path, const char *top)
{
	size_t len = strlen(top);
	return strncmp(path, top, len) == 0 && (path[len] == '/' || !path[len]);
}

/* Where hooks are files of the project, what is installed is a change to commit. */
static int say_shared(const struct install *install, ds_error *err)
{
	const struct ds_hook_place *place = install->place;
	const char *const args[] = {"ls-files", "--", place->dir, NULL};
	struct ds_buf tracked = {0};

	if (!place->path)
		return 0;
	if (place->bare || !is_beneath(place->dir, place->at)) {
		ds_hook_say(install->options, place->dir, "",
			    "is core.hooksPath: other repositories may use it, too");
		return 0;
	}
	int status = ds_hook_git(&tracked, NULL, place, args, err);
	if (status == 0 && tracked.len)
		ds_hook_say(install->options, place->dir, "",
			    "is tracked by git: commit the hooks, and everybody has them");
	ds_buf_free(&tracked);
	return status;
}

static int say_offer(const struct install *install, ds_error *err)
{
	bool has;
	int status = ds_hook_config_known(&has, install->place, err);
	if (status == 0 && has)
		ds_hook_say(install->options, "git", "",
			    "this one can have hooks in its configuration, beside any others: "
			    "desync-hook uninstall, then desync-hook install --as-config");
	return status;
}

static int say_all(const struct install *install, ds_error *err)
{
	for (size_t i = 0; i < install->count; i++)
		say_step(install, &install->steps[i]);
	int status = say_shared(install, err);
	return status ? status : say_offer(install, err);
}

/* ---- All of it ---------------------------------------------------------- */

static int open_folder(struct install *install, ds_error *err)
{
	const char *path = install->place->dir;

	int status = ds_hook_open(&install->dir, path, err);
	if (status || install->dir >= 0)
		return status;
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
	status = ds_hook_open(&install->dir, path, err);
	if (status)
		return status;
	if (install->dir < 0)
		return ds_fail_path(err, DS_TROUBLE, path, "somebody removes it");
	int fd = openat(install->dir, DS_HOOK_MADE, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	install->made = fd >= 0;
	return fd >= 0 && close(fd) == 0 ? 0 : ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
}

static int install_files(struct install *install, ds_error *err)
{
	int status = open_folder(install, err);
	if (status == 0)
		status = look(install, err);
	if (status == 0)
		status = write_scripts(install, err);
	if (status == 0)
		status = place(install, err);
	if (status)
		undo(install);
	else
		status = say_all(install, err);
	if (install->dir >= 0)
		close(install->dir); /* and with it goes the lock */
	for (size_t i = 0; i < install->count; i++)
		ds_buf_free(&install->steps[i].text);
	return status;
}

/* A hook that is there twice would judge twice. */
static int check_no_config(const ds_hook_options *options, const struct ds_hook_place *place,
			   ds_error *err)
{
	struct ds_buf command = {0};
	int status = 0;

	for (int hook = 0; hook < DS_HOOKS && status == 0 && !command.len; hook++)
		if (ds_hook_wanted(options, place, (enum ds_hook)hook))
			status = ds_hook_config_read(&command, place, (enum ds_hook)hook, err);
	if (status == 0 && command.len)
		status = ds_fail(err, DS_TROUBLE,
				 "the hooks are installed as configuration: "
				 "desync-hook uninstall first");
	ds_buf_free(&command);
	return status;
}

int ds_hooks_install(const ds_hook_options *options, ds_error *err)
{
	struct ds_hook_place place;
	struct install install = {.options = options, .place = &place, .dir = -1};

	int status = ds_hook_place_find(&place, options->dir, err);
	if (status == 0)
		status = check_bare(&place, options, err);
	if (status == 0 && options->as_config)
		status = ds_hook_config_install(options, &place, err);
	else if (status == 0) {
		status = check_hooks_path(&place, options, err);
		if (status == 0)
			status = check_no_config(options, &place, err);
		if (status == 0)
			status = install_files(&install, err);
	}
	ds_hook_place_free(&place);
	return status;
}
