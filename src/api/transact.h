/*
 * transact.h - whatever needs the lock: a plan carried out, a recovery, the log
 */
#ifndef DS_TRANSACT_H
#define DS_TRANSACT_H

#include "repo.h"

/* How long to wait for the lock: seconds as the public options have them, 0 being the usual
 * time and less than that none at all. */
long ds_wait_ms(double seconds);

/* Fails where changes of the repository's files have no place of their own. */
int ds_need_place(const ds_repo *repo, ds_error *err);

/* A transaction for what is in the log of earlier ones. */
int ds_open_log(struct ds_txn **out, ds_repo *repo, double wait, ds_error *err);

/* What it has to say to a person, a line each, or NULL; freed by the caller. */
char *ds_gather_notes(const struct ds_txn *txn);

#endif
