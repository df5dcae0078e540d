/*
 * tree.h - inside a tree source: what it holds, and the way to it
 *
 * tree_fill.c lists the entries, once; tree_walk.c leads from a path to one of them, as a
 * system does: component by component, and through links.
 */
#ifndef DS_GIT_TREE_H
#define DS_GIT_TREE_H

#include "blob.h"
#include "compared.h"
#include "entries.h"
#include "objects.h"
#include "repository.h"
#include "source.h"

struct ds_git_tree {
	struct ds_source source;
	struct ds_source_ops ops; /* with the name of this one */
	const struct ds_git_repository *repository;
	struct ds_git_entries entries;
	struct ds_buf unsure; /* entries that may be only intended, a uint32_t each */
	struct ds_git_objects *objects;
	struct ds_git_compared compared;
	char id[DS_GIT_HEX_ROOM]; /* of the tree, in hex; empty: the index */
	char *name;
	const char **roots;    /* and the paths behind it */
	struct ds_buf prefix;  /* of the paths that we are asked for */
	struct ds_buf targets; /* of the links, each with a NUL */
};

/* All targets of links are read when the tree is filled. Then a link's entry has, in place of
 * its id, where its target stands, or the reason why there is none. */
struct ds_git_target {
	size_t offset;
	int kind; /* as of its blob */
};

bool ds_git_is_link(const struct ds_git_tree *tree, size_t index);

/* Lists the index, or the tree of compared.tree, beneath the roots; where there is a link, which
 * may lead to anywhere, all of it. */
int ds_git_tree_fill(struct ds_git_tree *tree, ds_error *err);

enum ds_git_there { DS_GIT_NOTHING, DS_GIT_DIRECTORY, DS_GIT_ENTRY, DS_GIT_REFUSED };

/* One walk down the tree. Set the tree and a blob, which is told what is refused and why; free
 * it in any case. */
struct ds_git_walk {
	struct ds_git_tree *tree;
	struct ds_buf way;  /* behind us, without links */
	struct ds_buf rest; /* before us */
	int hops;
	long entry;   /* where it ended, if that is one */
	size_t first; /* or what begins with that directory */
	struct ds_blob *blob;
};

enum ds_git_there ds_git_walk_to(struct ds_git_walk *walk, const char *path);
void ds_git_walk_free(struct ds_git_walk *walk);

enum ds_git_there ds_git_refuse(struct ds_git_walk *walk, enum ds_kind kind, const char *format,
				...) __attribute__((format(printf, 3, 4)));

#endif
