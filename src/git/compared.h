/*
 * compared.h - what a tree is compared with: what was there before, and what changed
 */
#ifndef DS_GIT_COMPARED_H
#define DS_GIT_COMPARED_H

#include "repository.h"
#include "tree_source.h"

enum { DS_GIT_HEX_ROOM = 65 };

struct ds_git_compared {
	const struct ds_git_repository *repository;
	const char *tree;     /* in hex; NULL: the index */
	struct ds_buf before; /* ids in hex, each with a NUL: HEAD, or parents */
	struct ds_buf added;  /* and what else it is compared with */
	bool asked;           /* for what is in `before` */
	bool all_new;         /* nothing of its history is known */
};

/* The object of that name, in hex; empty where there is none. *type is its first letter.
 * `err` is filled only where git could not be asked. */
int ds_git_resolve(char id[DS_GIT_HEX_ROOM], char *type, const struct ds_git_repository *repository,
		   const char *name, ds_error *err);

/* The ids that these names stand for, each with a NUL; there may be none. */
int ds_git_ids_of(struct ds_buf *ids, const struct ds_git_repository *repository,
		  const char *const *names, ds_error *err);

/* As in tree_source.h; the paths are from the top. */
int ds_git_compared_add(struct ds_git_compared *compared, const char *revision, ds_error *err);
int ds_git_compared_add_known(struct ds_git_compared *compared, const char *id, const char *known,
			      bool *news, ds_error *err);
int ds_git_compared_before(const char **id, struct ds_git_compared *compared, size_t nth,
			   ds_error *err);
int ds_git_compared_changes(struct ds_git_compared *compared, const char *const *roots,
			    ds_git_change_fn each, void *context, ds_error *err);
void ds_git_compared_free(struct ds_git_compared *compared);

#endif
