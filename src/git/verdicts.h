/*
 * verdicts.h - contents that were found to agree before
 *
 * A verdict is the SHA-256 over what was judged by (the program's version, the rule) and
 * what was judged (the ids of the contents, in order), with the status that was found. Only
 * agreement is ever kept, so a lost verdict costs time and nothing else:
 *
 *   - A file that is damaged, foreign, of another format, or that cannot be read counts
 *     as empty, and is written anew.
 *   - It is replaced by rename, so a reader sees the old one or the new one. Of two that
 *     write at once the last one wins.
 *   - It is written only when something was added, and forgets what was not asked for
 *     in this run when it would grow beyond DS_VERDICTS_LIMIT, or four times what was
 *     asked for, whichever is more.
 *
 * The folder is the state folder (desync/ in the common git directory), of mode 0700: it is
 * made where it is missing, and left alone where it is a link or somebody else's.
 */
#ifndef DS_GIT_VERDICTS_H
#define DS_GIT_VERDICTS_H

#include "err.h"
#include "source.h"

enum { DS_VERDICTS_LIMIT = 1 << 16 };

struct ds_verdicts;

/* Never fails for what it finds, only for lack of memory. */
int ds_verdicts_open(struct ds_verdicts **out, const char *common_dir, ds_error *err);

/* What the questions from now on are about: its digest goes into each key. */
void ds_verdicts_of(struct ds_verdicts *verdicts, const unsigned char digest[32]);

/* As in struct ds_memory; `verdicts` is the context, and is for one thread at a time. The
 * status is the byte that the file has: a caller makes sure that there is such a status. */
bool ds_verdicts_recall(void *verdicts, const struct ds_content_id *ids, int count, int *status);
void ds_verdicts_remember(void *verdicts, const struct ds_content_id *ids, int count, int status);

/* Writes what was added. What it returns is for a caller who wants to tell: the verdicts
 * of this run hold in any case. */
int ds_verdicts_save(struct ds_verdicts *verdicts, ds_error *err);
void ds_verdicts_free(struct ds_verdicts *verdicts);

#endif
