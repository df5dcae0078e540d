/*
 * environment.h - where git is, and what it finds in its environment
 */
#ifndef DS_GIT_ENVIRONMENT_H
#define DS_GIT_ENVIRONMENT_H

#include "spawn_git.h"

/* Appends the path of the program; fails where PATH has none. */
int ds_git_find(struct ds_buf *path, ds_error *err);

/* What spawn_git.h says of the kind. The strings are borrowed, the array is to be freed;
 * NULL when memory ran out. */
char **ds_git_environment(enum ds_git_kind kind);

/* Whether it has a repository's variables: we may be inside a hook. */
bool ds_git_environment_names_one(void);

#endif
