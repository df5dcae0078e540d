/*
 * repo.h - what the public handles hold
 */
#ifndef DS_REPO_H
#define DS_REPO_H

#include "config.h"
#include "report.h"
#include "repository.h"
#include "rules.h"
#include "scan.h"
#include "source.h"
#include "txn.h"

struct ds_repo {
	ds_origin origin;
	char *known_in;        /* as in the options */
	char *root;            /* absolute */
	char *where;           /* the directory as it was given, or NULL for the current one */
	struct ds_buf options; /* what a command of ours needs to mean this repository and its
				* rules, fit for a shell, with a blank behind; or nothing */
	struct ds_source *source;
	struct ds_place place; /* whose lock readers share; top is NULL where there is none */
	ds_error no_place;     /* and why */
	struct ds_git_repository git;      /* of an index or a revision; its prefix is the root's */
	struct ds_git_repository head_git; /* of the files; for what is beside them: */
	struct ds_source *head;            /* git's HEAD, or NULL; see head.h */
	size_t limit;                      /* of a file; 0: the default */
	char *config;                      /* the file that the caller vouches for, or NULL */
	struct ds_buf config_bytes;
	struct ds_ruleset ruleset;
	const struct ds_rule **rules; /* those of it that were asked for, ended by NULL */
};

struct ds_result {
	const char *source;         /* its name */
	struct ds_scanned *scanned; /* one a rule, then those that were only looked at for others */
	size_t rule_count;
	size_t scan_count;
	size_t *ends;            /* one a rule: the first of `items` that is not its */
	struct ds_findings own;  /* those of no rule */
	struct ds_arena strings; /* theirs */
	ds_finding *findings;    /* of every rule, in order */
	size_t finding_count;
	ds_item_view *items;
	size_t item_count;
	const char **trouble;
	size_t trouble_count;
	ds_summary summary;
	bool idle; /* what somebody configured checks nothing */
};

/* Looks for a transaction that was cut short, and has its files read as recovery would
 * put them back until it is forgotten. */
int ds_look_for_interrupted(struct ds_interrupted *out, ds_repo *repo, ds_error *err);
void ds_forget_interrupted(struct ds_interrupted *interrupted, ds_repo *repo);

/* Adds the finding, where there is one; false when memory ran out. */
bool ds_report_interrupted(ds_result *result, const ds_repo *repo,
			   const struct ds_interrupted *interrupted);

/* What a transaction has to say to a person, a line each, or NULL; freed by the caller. */
char *ds_gather_notes(const struct ds_txn *txn);

/* A whole regular file of up to 16 MiB; no link, and nothing is waited for. Messages call
 * it `shown`. */
int ds_read_whole(struct ds_buf *out, const char *file, const char *shown, ds_error *err);

/* A handle on the files of `root`, as if this text were its configuration. Commands that
 * findings print name `where`, unless it is NULL. */
int ds_open_text(ds_repo **out, const char *root, const char *where, const struct ds_buf *text,
		 ds_error *err);

/* Reads what the source has to say of rules (or the file that the caller vouches for). *found:
 * it is a root, because it has a configuration or a built-in rule fits. */
int ds_load_rules(ds_repo *repo, struct ds_source *source,
		  int (*trust)(void *context, const char *path, ds_error *err), bool *found,
		  ds_error *err);

/* Copies an options struct of the caller's, of whatever version: what its `size`
 * does not cover stays zero. */
void ds_take_options(void *into, size_t size, const void *options);

/* Who settles what a scan finds; see struct ds_scan. */
struct ds_settler {
	void (*begin)(void *context); /* forgets what it settled: all is looked at again */
	unsigned (*settle)(void *context, struct ds_desk *desk, const struct ds_item *item);
	void *context;
};

/* ds_scan with whole options, for a plan: the result has only what is not settled. */
int ds_scan_settling(ds_result **out, ds_repo *repo, const ds_scan_options *options,
		     const struct ds_settler *settler, ds_error *err);

#endif
