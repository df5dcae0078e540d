/*
 * events.h - log.jsonl: what happened, a line an event
 *
 * G1: a line is whole or not there. G2: a line that says "change" says so of a
 * transaction that is committed, or of one whose journal still lies there.
 */
#ifndef DS_EVENTS_H
#define DS_EVENTS_H

#include "state.h"

/* Appends one line to `out`: {"event":...,"txid":...,"time":...,"who":..., members}.
 * False when memory ran out. */
bool ds_event(struct ds_buf *out, const struct ds_txn *txn, const char *event, const char *members);

/* How long the log is, a torn last line cut off: G1. 0 where there is none. */
int ds_events_size(struct ds_txn *txn, uint64_t *size, ds_error *err);

/* Makes the log exactly `size` bytes and then these lines, synced; -1 with errno. */
int ds_events_write(struct ds_txn *txn, uint64_t size, struct ds_text lines);

#endif
