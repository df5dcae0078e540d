/*
 * desync/rules.h - where the rules come from, and what they make of an item
 *
 * The rules of a repository are in its .desync.yml and .desync.d/, or they are the built-in
 * ones that fit: ds_open (desync.h) finds and reads them. This header is for a person who
 * does not believe what they say, has none yet, or asks what they do not see.
 *
 * The conventions are those of desync.h.
 */
#ifndef DESYNC_RULES_H
#define DESYNC_RULES_H

#include "../desync.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes, for a person, how one item is judged: each copy with its place, what stands there,
 * which status that is and by which line of the configuration; the other fields and the parts
 * that were looked at; who is believed, and why; the verdict. `all` as in ds_scan_options. The
 * text is harmless on a terminal. Fails with DS_TROUBLE where the id fits no item, or several. */
DS_API int ds_explain(ds_repo *repo, const char *id, bool all, ds_write_fn write, void *context,
		      ds_error *err);

/* ---- A first configuration ---------------------------------------------- */

/* What a look at a repository proposes: the built-in rules that fit, at its top and in
 * folders below it, and folders with a configuration of their own. */
typedef struct ds_survey ds_survey;

/* Looks at the directory; NULL or ".": at the top of the git worktree that the current one is
 * in, or at that itself. Writes nothing. Fails with DS_TROUBLE where nothing fits, and says
 * what was looked for. */
DS_API int ds_survey_open(ds_survey **out, const char *dir, ds_error *err);
DS_API void ds_survey_free(ds_survey *survey);

/* A line for each rule or folder that fits, harmless on a terminal: what it finds, or why it
 * is left out. NULL past the last. */
DS_API const char *ds_survey_line(const ds_survey *survey, size_t index);

/* The configuration that names them, and the path where it goes. What a scan by it finds today,
 * which lives as long as the survey. */
DS_API const char *ds_survey_text(const ds_survey *survey);
DS_API const char *ds_survey_path(const ds_survey *survey);
DS_API const ds_result *ds_survey_result(const ds_survey *survey);

/* Writes it as .desync.yml, and never over a configuration that is there: DS_TROUBLE. */
DS_API int ds_survey_save(const ds_survey *survey, ds_error *err);

/* ---- What the rules do not see ------------------------------------------- */

typedef struct ds_gaps_options {
	size_t size;
	bool all;          /* words of archived items, too */
	size_t file_limit; /* as in ds_open_options */
} ds_gaps_options;

/* Writes, a line each and for a person: the words that no vocabulary has, the rules that fit
 * and are not used, the files with a status that no rule reads. `dir` as for ds_open; where no
 * rule fits there, as for ds_survey_open. Returns 0 where there is nothing to say, DS_DESYNC
 * where there is; DS_TROUBLE where not all could be looked at. The message is empty then where
 * the lines say it. */
DS_API int ds_survey_gaps(const char *dir, const ds_gaps_options *options, ds_write_fn write,
			  void *context, ds_error *err);

/* Writes what an agent's instruction file has to say of closing an item, as Markdown, with the
 * words of the repository's rules. */
DS_API int ds_agent_lines(const ds_repo *repo, ds_write_fn write, void *context, ds_error *err);

#ifdef __cplusplus
}
#endif

#endif
