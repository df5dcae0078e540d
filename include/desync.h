/*
 * desync.h - find every place where two copies of a status disagree
 *
 * Teams write the status of one piece of work down twice. desync reads both
 * copies of every item, compares them, and says where they differ:
 *
 *     ds_repo *repo;
 *     ds_result *result;
 *     ds_error err;
 *
 *     if (ds_open(&repo, ".", NULL, &err) != 0)
 *             return complain(err.message);
 *     if (ds_scan(&result, repo, NULL, &err) == 0) {
 *             ds_report(result, NULL, write_to_stdout, NULL, &err);
 *             status = ds_result_status(result, false);
 *             ds_result_free(result);
 *     }
 *     ds_close(repo);
 *
 * Conventions
 *   - What the call makes comes first, the error last. A call returns 0, or one
 *     of enum ds_status with *err filled; then nothing was made, and what it
 *     would have made is NULL. err may be NULL.
 *   - Handles are opaque and yours to free; freeing NULL does nothing. Every
 *     string handed out lives as long as the handle it came from.
 *   - A struct that you fill begins with its size: `ds_scan_options o =
 *     {.size = sizeof o};`. Zero means the default, everywhere.
 *   - The library never prints, never exits and installs no signal handler. It
 *     keeps no state outside its handles: one handle, one thread at a time.
 *   - Strings are UTF-8 where they come from a status, and bytes as the file
 *     system has them where they are paths and ids. ds_report escapes what a
 *     terminal must not see.
 */
#ifndef DESYNC_H
#define DESYNC_H

#include <stdbool.h>
#include <stddef.h>

#define DS_VERSION "0.1.0"

#if defined(__GNUC__)
#define DS_API __attribute__((visibility("default")))
#else
#define DS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Outcomes ---------------------------------------------------------- */

/* What a program exits with, and what a failed call returns. Where several
 * apply, 4 goes before 2 before 3 before 1. */
typedef enum ds_status {
	DS_OK = 0,          /* everything asked for was read, and agrees */
	DS_DESYNC = 1,      /* at least one disagreement, and all could be read */
	DS_TROUBLE = 2,     /* something could not be read or judged */
	DS_CONFLICT = 3,    /* somebody else changed it, or holds the lock */
	DS_INTERRUPTED = 4, /* a transaction was cut short */
} ds_status;

/* Why a call failed: one line for a person, and the exit status it deserves. */
typedef struct ds_error {
	ds_status status;
	char message[1024];
} ds_error;

/* ---- Findings ---------------------------------------------------------- */

typedef enum ds_severity {
	DS_INFO,
	DS_WARNING,
	DS_ERROR,
} ds_severity;

/* The stable name of each (as ds_code_name returns it) is the word in lower
 * case with hyphens: DS_STATUS_MISMATCH is "status-mismatch". */
typedef enum ds_code {
	DS_NO_CODE,
	DS_STATUS_MISMATCH,
	DS_MISSING_COPY,
	DS_MISSING_STATUS,
	DS_UNKNOWN_STATUS,
	DS_MALFORMED,
	DS_AMBIGUOUS_STATUS,
	DS_DUPLICATE_ITEM,
	DS_UNREADABLE,
	DS_UNVERIFIABLE,
	DS_WRITE_CONFLICT,
	DS_ILLEGAL_TRANSITION,
	DS_INTERRUPTED_TRANSACTION,
	DS_REGRESSION_PREVENTED,
	DS_CONSTRAINT,
	DS_ROLLUP_MISMATCH,
	DS_UNCOMMITTED_STATUS,
} ds_code;

/* One place where an item's status is written. */
typedef struct ds_copy {
	const char *name;      /* as the rule calls it: "metadata.json" */
	const char *path;      /* relative to the root */
	size_t line;           /* from 1; 0 where there is no line */
	size_t column;         /* in bytes, from 1 */
	const char *status;    /* the text there, or NULL */
	const char *canonical; /* after aliases, or NULL if no known status */
	const char *revision;  /* "HEAD", where the path is that of what was committed; or NULL */
} ds_copy;

/* One disagreement or defect. */
typedef struct ds_finding {
	ds_code code;
	const char *alias; /* an older name of the code ("C-11"), or NULL */
	ds_severity severity;
	const char *rule;
	const char *item;    /* NULL where it concerns no single item */
	const char *message; /* one line for a person, not escaped */
	const char *fix;     /* a shell command that repairs it, or NULL */
	const char *outcome; /* what that command results in, or NULL */
	const char *other;   /* a shell command for the other result, or NULL; without a fix nobody
			      * is believed, and the advice has one for yet another */
	const char *choice;  /* when that is meant: "to keep active" */
	const char *advice;  /* what a person does where no command can */
	const ds_copy *copies;
	size_t copy_count;
	size_t focus; /* the copy to look at first */
	bool removed; /* it was there before: what is judged takes it away */
} ds_finding;

typedef enum ds_item_state {
	DS_ITEM_AGREES,
	DS_ITEM_DESYNCED,
	DS_ITEM_INCOMPLETE, /* a copy or its status is not there */
	DS_ITEM_UNCHECKED,  /* could not be read or judged */
} ds_item_state;

/* One unit of work, and how it fared. */
typedef struct ds_item_view {
	const char *id;
	const char *rule;
	const char *path;   /* where the item lives, relative to the root */
	const char *status; /* canonical, as far as it is known; or NULL */
	ds_item_state state;
	bool in_progress; /* its status is one that counts as being worked on */
} ds_item_view;

/* Every item is counted in exactly one of the four states. */
typedef struct ds_summary {
	size_t items;
	size_t agree;
	size_t desync;
	size_t incomplete;
	size_t unchecked;
	size_t warnings;      /* findings of that severity */
	size_t not_looked_at; /* items in directories that were skipped */
	const char *skipped;  /* the directory that holds most of those, or NULL */
	size_t skipped_dirs;
	size_t not_listed; /* skipped directories in which they could not be counted */
	size_t idle; /* rules that fit nothing at all, or compare nothing: the notes say which */
	size_t baselined;  /* findings that the baseline let pass: not among the others */
	const char *notes; /* what else a person should know, a line each; or NULL */
	bool unlocked;     /* something was read without the writers' lock, which could not be
			    * had: a change under way may look like a disagreement */
} ds_summary;

/* ---- A repository ------------------------------------------------------ */

typedef struct ds_repo ds_repo;

typedef enum ds_origin {
	DS_WORKTREE, /* the files */
	DS_INDEX,    /* what git would commit next, judged as a gate must */
	DS_REVISION, /* a commit, tag or tree; in bare repositories too */
} ds_origin;

typedef struct ds_open_options {
	size_t size;
	const char *rule; /* only this rule, by its whole name, or by that which it has in each of
			   * several roots; NULL: all */
	ds_origin origin;
	const char *revision; /* by any name that git understands */
	const char *since;    /* a revision that it is compared with, beside its parents; an
			       * id that is not here is left out */
	/* Of a revision that is new somewhere: it is also compared with that of its history
	 * which is there already, in the refs of a remote (its name), or in any ref (""); where
	 * all of it is, nothing is found. */
	const char *known_in;
	/* Where no rule fits, that is 0 and *out is NULL; err->message is empty, or, where the
	 * index lacks the configuration that HEAD has, a line that says so. */
	bool may_be_none;
	/* A file with the rules, that the caller vouches for: what the repository has of its own
	 * counts for nothing then. Its paths begin at `dir`, or, where that is NULL or ".", at
	 * the top of the worktree. */
	const char *config;
	size_t file_limit; /* no file is read that is larger; 0: 16 MiB */
	bool no_rules;     /* for ds_recover and ds_log of the worktree, which need none: what is
			    * wrong with a configuration does not stand in their way */
} ds_open_options;

/* Opens the repository that `dir` lies in: walks up from there to the first
 * directory that has a .desync.yml, a .desync.d, or what a built-in rule is for, no further
 * than the top of the git worktree or the mount point. The rules are those of what is judged:
 * of the index, what is staged of them. Fails with DS_TROUBLE when there are none, unless the
 * options allow for that, and when they hold a mistake. Commands that findings print name `dir`
 * as it is given here, unless it is NULL or ".".
 *
 * Of an index or a revision a scan says more: a copy that was there before (in HEAD, or a
 * parent) and is gone while another stays is an error, and a repair is worked out from
 * what is staged and what is in the worktree. Plans are for the worktree alone. */
DS_API int ds_open(ds_repo **out, const char *dir, const ds_open_options *options, ds_error *err);
DS_API void ds_close(ds_repo *repo);

/* ---- Looking ----------------------------------------------------------- */

typedef struct ds_result ds_result;

typedef struct ds_scan_options {
	size_t size;
	const char *const *ids; /* only these items; NULL: every one */
	size_t id_count;
	bool all;      /* look into the directories that are usually skipped */
	unsigned jobs; /* threads; 0: one a processor, as far as the work allows */
	/* Called now and then on the calling thread. */
	void (*progress)(void *context, size_t done, size_t total);
	void *progress_context;
	/* Of an index or a revision: "all", or "touched" to leave out what is found of items
	 * that it does not change; NULL: as `git config desync.gate` has it, else "all". */
	const char *gate;
	/* Findings to let pass: a file; NULL: .desync-baseline.json at the root of what is
	 * looked at, if there is one; "": none. */
	const char *baseline;
	/* "CODE=LEVEL", ended by NULL; or NULL. What exits 2 or 4 stays an error. */
	const char *const *severities;
	bool whole; /* of a disagreement, a gap or an unknown word a rule may make no less */
	bool keep_verdicts; /* remember what agreed, beside git's objects (see git.h) */
} ds_scan_options;

/* An id is the item's full id; else its number, with or without zeros; else a
 * prefix that fits one item alone. */

/* Checks one item. */
DS_API int ds_check(ds_result **out, ds_repo *repo, const char *id, ds_error *err);

/* Checks every item, or those that the options name. An id that fits no item,
 * or several, is in ds_result_trouble; the others are looked at all the same. */
DS_API int ds_scan(ds_result **out, ds_repo *repo, const ds_scan_options *options, ds_error *err);

/* The gate of a done command: 0 only if the item was read whole and its copies
 * agree on a known status. Else err->message is one line that names the item,
 * what each copy says and the command that repairs it. */
DS_API int ds_validate(ds_repo *repo, const char *id, ds_error *err);

/* ---- Results ----------------------------------------------------------- */

/* The exit status that the result deserves. strict: a warning counts as 1. */
DS_API ds_status ds_result_status(const ds_result *result, bool strict);
DS_API const ds_summary *ds_result_summary(const ds_result *result);

/* Each returns NULL past the last. Findings are in order of rule, item and
 * code, items in order of rule and id, and trouble is what concerns the call
 * itself: one line each, escaped for a terminal. */
DS_API const ds_finding *ds_result_finding(const ds_result *result, size_t index);
DS_API const ds_item_view *ds_result_item(const ds_result *result, size_t index);
DS_API const char *ds_result_trouble(const ds_result *result, size_t index);
DS_API void ds_result_free(ds_result *result);

DS_API const char *ds_code_name(ds_code code);

/* ---- Reports ----------------------------------------------------------- */

/* Takes the next bytes of a report; returns 0, or an errno value to stop. */
typedef int (*ds_write_fn)(void *context, const char *bytes, size_t len);

typedef struct ds_report_options {
	size_t size;
	const char *format; /* one of ds_report_format; NULL: "text" */
	bool color;
	bool verbose; /* list every warning instead of folding them */
	bool strict;  /* word it for a caller who counts warnings as failures */
} ds_report_options;

DS_API int ds_report(const ds_result *result, const ds_report_options *options, ds_write_fn write,
		     void *context, ds_error *err);

/* The names of the formats; NULL past the last. */
DS_API const char *ds_report_format(size_t index);

/* DS_VERSION of the library that is linked. */
DS_API const char *ds_version(void);

#ifdef __cplusplus
}
#endif

#endif
