/*
 * git_line.h - commands of git, for a person to call wherever they are in the worktree
 */
#ifndef DS_GIT_LINE_H
#define DS_GIT_LINE_H

#include "repo.h"

/* "git -C DIR COMMAND" */
void ds_say_git(struct ds_buf *line, const ds_repo *repo, const char *command);

/* A path from the root, with a blank before it: as git takes it, and the shell. */
void ds_say_path(struct ds_buf *line, const ds_repo *repo, const char *path);

#endif
