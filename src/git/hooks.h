/*
 * hooks.h - the gate as git's hooks: which they are, where they lie, what is there now
 *
 * A hook of ours is a small shell script, ../../hooks/pre-commit with two of its lines filled
 * in: the name of the hook and the path of the program. Its last line is the hash of those
 * above, so a script that any version of ours wrote is known from one that was changed since:
 *
 *	none     nothing is there
 *	ours     a regular file, to the byte as we wrote it, or the template copied by hand
 *	edited   has our marker, but somebody changed it: it is never overwritten
 *	managed  written by a manager of hooks, which would overwrite ours
 *	foreign  anything else: a person's hook
 *	folder   a folder: git would fail there
 *
 * What was there before ours lies beside it as NAME.desync-former: the same file, renamed.
 * So the hook before is lost nowhere, and to put it back is to rename it again. While a
 * folder of hooks is changed it is locked (flock), so that of two who install at the same
 * time the second finds the script of the first.
 */
#ifndef DS_GIT_HOOKS_H
#define DS_GIT_HOOKS_H

#include "arena.h"
#include "buf.h"
#include "desync/git.h"
#include "err.h"
#include "text.h"

/* ---- Which -------------------------------------------------------------- */

enum ds_hook { DS_HOOK_COMMIT, DS_HOOK_MERGE, DS_HOOK_PUSH, DS_HOOK_RECEIVE, DS_HOOKS };

const char *ds_hook_name(enum ds_hook hook);

/* Whether git tells it on its standard input what is pushed. */
bool ds_hook_is_told(enum ds_hook hook);

/* ---- Where -------------------------------------------------------------- */

struct ds_hook_place {
	const char *at;    /* absolute: the top of the worktree, or the bare repository */
	const char *dir;   /* absolute: where git looks for hooks; NULL: nowhere */
	const char *usual; /* where it would without core.hooksPath; NULL: the same */
	const char *path;  /* core.hooksPath; NULL: not set */
	const char *scope; /* of it: "local", "global", ... */
	bool bare;
	struct ds_arena strings;
};

/* Free it in any case. NULL is the current directory. */
int ds_hook_place_find(struct ds_hook_place *out, const char *dir, ds_error *err);
void ds_hook_place_free(struct ds_hook_place *place);

/* Runs git there: its output, without the last end of a line. *status is what it exited
 * with; where `status` is NULL, anything but 0 is a failure. */
int ds_hook_git(struct ds_buf *out, int *status, const struct ds_hook_place *place,
		const char *const *args, ds_error *err);

/* Whether the options are about this hook, in that place. */
bool ds_hook_wanted(const ds_hook_options *options, const struct ds_hook_place *place,
		    enum ds_hook hook);

/* ---- What is there ------------------------------------------------------ */

enum ds_hook_kind {
	DS_HOOK_NONE,
	DS_HOOK_OURS,
	DS_HOOK_EDITED,
	DS_HOOK_MANAGED,
	DS_HOOK_FOREIGN,
	DS_HOOK_FOLDER,
};

struct ds_hook_manager;

struct ds_hook_file {
	enum ds_hook_kind kind;
	bool runs;   /* git would run it */
	bool same;   /* its text is the one that was compared with */
	bool former; /* there is something that was there before */
	const struct ds_hook_manager *manager;
};

/* `text` is compared with, where it is not NULL. */
int ds_hook_look(struct ds_hook_file *out, int dir, enum ds_hook hook, const struct ds_buf *text,
		 ds_error *err);

/* NAME.desync-former */
void ds_hook_former(char name[64], enum ds_hook hook);

/* Appends the script. */
bool ds_hook_text(struct ds_buf *out, enum ds_hook hook, const char *program);

/* Opens the folder and locks it; *dir is -1 where it is not there, which is no failure. */
int ds_hook_open(int *dir, const char *path, ds_error *err);

/* In a folder that we made, so that it goes with the last of our hooks. */
#define DS_HOOK_MADE ".desync-made-this-folder"

/* ---- Managers ----------------------------------------------------------- */

/* Of the one that writes a hook with that text; or that has set core.hooksPath so. */
const struct ds_hook_manager *ds_hook_manager_of_text(struct ds_text text);
const struct ds_hook_manager *ds_hook_manager_of_path(const char *hooks_path);

/* Says what to put into its configuration; always fails. */
int ds_hook_refuse_managed(const struct ds_hook_manager *manager, const ds_hook_options *options,
			   const struct ds_hook_place *place, ds_error *err);

/* ---- As configuration --------------------------------------------------- */

enum { DS_HOOK_CONFIG_MAJOR = 2, DS_HOOK_CONFIG_MINOR = 54 };

/* *has: whether git is one that reads hooks from its configuration. */
int ds_hook_config_known(bool *has, const struct ds_hook_place *place, ds_error *err);

/* The command of our entry for the hook; nothing where there is none. */
int ds_hook_config_read(struct ds_buf *command, const struct ds_hook_place *place,
			enum ds_hook hook, ds_error *err);
bool ds_hook_config_command(struct ds_buf *out, enum ds_hook hook, const char *program);
int ds_hook_config_install(const ds_hook_options *options, const struct ds_hook_place *place,
			   ds_error *err);
int ds_hook_config_remove(const struct ds_hook_place *place, enum ds_hook hook, ds_error *err);

/* ---- Proof -------------------------------------------------------------- */

/* Runs argv (a script of ours, by its path) as that hook, in a scratch repository: *works
 * is whether it refused a made-up desync there and took its repair. Where not, `why` says
 * what happened instead. Fails with DS_TROUBLE where nothing could be tried. */
int ds_hook_prove(bool *works, struct ds_buf *why, enum ds_hook hook, const char *const *argv,
		  ds_error *err);

/* ---- What a user asks for ----------------------------------------------- */

/* As desync/git.h says; the options are whole. */
int ds_hooks_install(const ds_hook_options *options, ds_error *err);
int ds_hooks_uninstall(const ds_hook_options *options, ds_error *err);
int ds_hooks_status(const ds_hook_options *options, ds_error *err);

/* Says one line: the path, escaped, and what is formatted. */
void ds_hook_say(const ds_hook_options *options, const char *dir, const char *name,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
