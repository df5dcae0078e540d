/*
 * file.h - one file, read whole
 */
#ifndef DS_FILE_H
#define DS_FILE_H

#include "buf.h"
#include "desync/change.h"

enum { DS_WHOLE_LIMIT = 16 * 1024 * 1024 };

/* A regular file of up to DS_WHOLE_LIMIT; no link, and nothing is waited for. Messages call it
 * `shown`. */
int ds_read_whole(struct ds_buf *out, const char *file, const char *shown, ds_error *err);

/* What tells this content from any other. */
void ds_name_content(ds_token *token, const char *bytes, size_t len);

#endif
