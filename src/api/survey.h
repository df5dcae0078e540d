/*
 * survey.h - what a directory holds, for desync-init
 */
#ifndef DS_SURVEY_H
#define DS_SURVEY_H

#include "arena.h"
#include "config.h"
#include "result.h"
#include "source.h"

/* ---- tour.c: folders and files --------------------------------------------- */

/* A walk over a worktree, shallow folders first. Links are not followed. Folders that begin
 * with a dot (but for those that a built-in rule is about), those that hold what others made,
 * and repositories within are left out. */
struct ds_tour {
	struct ds_source *source;
	size_t depth;                    /* folders are entered so far below the top */
	size_t most;                     /* of folders, and of files */
	bool (*takes)(const char *name); /* which files; NULL: none */
	struct ds_arena *strings;        /* the paths live here */

	const char **folders; /* "", "apps/", ... */
	size_t folder_count;
	const char **files;
	size_t file_count;
	bool stopped;      /* there are more */
	const char *blind; /* a folder that could not be listed, or NULL */
};

int ds_tour(struct ds_tour *tour, ds_error *err);
void ds_tour_free(struct ds_tour *tour);

/* ---- propose.c: what fits ---------------------------------------------------- */

enum { DS_PROPOSALS_MOST = DS_ROOT_LIMIT };

/* A built-in rule in a folder; or a folder that is a root. */
struct ds_proposal {
	const struct ds_builtin *builtin; /* NULL: a root */
	const char *in;                   /* where its paths start: "", "docs/adr/" */
	const char *marker;               /* what was found there; NULL: a configuration */
	const char *also;                 /* a second one, which is not read; or NULL */
	const char *entry; /* what a configuration says; NULL: it cannot name the folder */
	const char *line;  /* what it finds, or why it is left out: for a person, escaped */
	bool left_out;
};

struct ds_proposals {
	struct ds_arena *strings;
	struct ds_proposal at[DS_PROPOSALS_MOST];
	size_t count;
	bool more;
};

/* What fits in the directory and in folders below it. */
int ds_propose(struct ds_proposals *out, const char *root, ds_error *err);

/* Scans with the rules of a proposal alone, and fills its line. The result and the repository
 * are the caller's to free; NULL where that is not possible, and the proposal left out. */
int ds_try_proposal(struct ds_proposals *all, struct ds_proposal *proposal, const char *root,
		    const ds_scan_options *options, const struct ds_settler *settler,
		    ds_repo **repo, ds_result **result, ds_error *err);

/* The directory that ds_survey_open means; freed by the caller. */
int ds_survey_root(char **out, const char *dir, ds_error *err);

#endif
