/*
 * beneath.h - opening files of a tree that may be hostile
 *
 * Paths are relative to a directory and cannot get out of it: not by "..", not
 * by an absolute name, not by a link. This is what is not POSIX; each system
 * has a file of its own, and beneath_portable.c is for the rest.
 */
#ifndef DS_BENEATH_H
#define DS_BENEATH_H

#include <sys/stat.h>

/*
 * Opens `path` under the directory `root` for reading, never blocking and never
 * taking a terminal over. `extra` may be O_DIRECTORY. Returns a descriptor, or
 * -1 with errno: EXDEV for a link that leads outside, ELOOP for a loop of links.
 */
int ds_open_beneath(int root, const char *path, int extra);

/* The same, following no link at all: ELOOP (or ENOTDIR, for a directory on the way). */
int ds_open_without_links(int root, const char *path, int extra);

/* What is at `path`, without following a link that is its last component and
 * without opening anything. 0, or -1 with errno as above. */
int ds_look_beneath(int root, const char *path, struct stat *st);

/* The same where the system cannot keep a path inside a tree: walks it one
 * component at a time and so refuses every link (ELOOP), also those that stay
 * inside. */
int ds_open_beneath_portable(int root, const char *path, int extra);
int ds_look_beneath_portable(int root, const char *path, struct stat *st);

#endif
