/*
 * repo.h - what the public handles hold
 */
#ifndef DS_REPO_H
#define DS_REPO_H

#include "config.h"
#include "repository.h"
#include "rules.h"
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

/* Looks for a transaction that was cut short, and has its files read as recovery would
 * put them back until it is forgotten. */
int ds_look_for_interrupted(struct ds_interrupted *out, ds_repo *repo, ds_error *err);
void ds_forget_interrupted(struct ds_interrupted *interrupted, ds_repo *repo);

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

#endif
