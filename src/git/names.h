/*
 * names.h - many paths: as much as a command line holds, and what git says to them
 */
#ifndef DS_GIT_NAMES_H
#define DS_GIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* How many of them one call takes: what a command line surely holds. */
enum { DS_GIT_BATCH = 1000 };
size_t ds_git_batch(const char *const *paths, size_t count);

/* The names in a list where each ends with a NUL, sorted, to be freed; NULL without
 * memory. They are in the list. */
const char **ds_git_names_of(const struct ds_buf *list, size_t *count);

bool ds_git_names_have(const char *const *names, size_t count, const char *name);

#endif
