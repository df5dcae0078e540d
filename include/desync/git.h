/*
 * desync/git.h - the gate: what must hold before git takes a commit or a push
 *
 * The gate itself is a scan (desync.h) of the index, or of the revisions of a push:
 *
 *     ds_open_options from = {.size = sizeof from, .origin = DS_INDEX};
 *     ds_scan_options how = {.size = sizeof how, .keep_verdicts = true};
 *
 *     if (ds_open(&repo, NULL, &from, &err) == 0)
 *             status = ds_scan(&result, repo, &how, &err);
 *
 * This header has what stands around it: installing the hook that calls it, and reading
 * what git tells a hook.
 *
 * The conventions are those of desync.h.
 */
#ifndef DESYNC_GIT_H
#define DESYNC_GIT_H

#include "../desync.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The hooks --------------------------------------------------------- */

typedef struct ds_hook_options {
	size_t size;
	const char *dir;     /* of the repository; NULL: the current directory */
	const char *program; /* desync-hook by its absolute path: what the hook will run */
	bool pre_push;       /* pre-push as well as pre-commit and pre-merge-commit */
	bool all;            /* every hook there is one for, pre-receive included in a bare one */
	bool force;     /* also where core.hooksPath is set for all of the user's repositories */
	bool as_config; /* as configuration (git 2.54 or later), not as files */
	/* Takes a line for a person: what was done to which file. */
	void (*say)(void *context, const char *line);
	void *say_context;
} ds_hook_options;

/* Installs the hooks: a small shell script each, which runs what was there before, then
 * the gate. Doing it twice is doing it once. Fails with DS_TROUBLE, and has changed
 * nothing, where that cannot work: hooks that a manager writes (the message has what to
 * put into its configuration), a core.hooksPath of wider scope. */
DS_API int ds_hook_install(const ds_hook_options *options, ds_error *err);

/* Takes them away, and puts what was there before back, byte for byte. */
DS_API int ds_hook_uninstall(const ds_hook_options *options, ds_error *err);

/* Says a line for each hook, and proves that the gate works: runs each installed script,
 * without the former hooks, against a made-up desync in a scratch repository. 0 where
 * every hook of the options is installed and blocked it; DS_DESYNC where one does not
 * (not installed, another file in its place, overridden, the program is gone). */
DS_API int ds_hook_status(const ds_hook_options *options, ds_error *err);

/* ---- What is pushed ---------------------------------------------------- */

typedef struct ds_tip {
	const char *name; /* the ref, as git calls it */
	const char *id;   /* what it will be */
	const char *old;  /* what it was, or NULL */
} ds_tip;

typedef struct ds_tips ds_tips;

typedef enum ds_push_kind {
	DS_PRE_PUSH,    /* "<local ref> <local id> <remote ref> <remote id>" */
	DS_PRE_RECEIVE, /* "<old id> <new id> <ref>", also of post-receive and proc-receive */
} ds_push_kind;

/* From what git writes to the hook's standard input: every tip that is new, each once;
 * refs that are removed or stay are left out. Fails with DS_TROUBLE for a line that is
 * not as git writes it. */
DS_API int ds_tips_read(ds_tips **out, ds_push_kind kind, const char *bytes, size_t len,
			ds_error *err);

/* NULL past the last. */
DS_API const ds_tip *ds_tips_at(const ds_tips *tips, size_t index);
DS_API void ds_tips_free(ds_tips *tips);

#ifdef __cplusplus
}
#endif

#endif
