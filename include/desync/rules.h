/*
 * desync/rules.h - where the rules come from, and what they make of an item
 *
 * The rules of a repository are in its .desync.yml and .desync.d/, or they are the built-in
 * ones that fit: ds_open (desync.h) finds and reads them. This header is for a person who
 * does not believe what they say.
 *
 * The conventions are those of desync.h.
 */
#ifndef DESYNC_RULES_H
#define DESYNC_RULES_H

#include "../desync.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes, for a person, how one item is judged: each copy with its place, what stands there,
 * which status that is and by which line of the configuration; the other fields and the parts
 * that were looked at; who is believed, and why; the verdict. `all` as in ds_scan_options. The
 * text is harmless on a terminal. Fails with DS_TROUBLE where the id fits no item, or several. */
DS_API int ds_explain(ds_repo *repo, const char *id, bool all, ds_write_fn write, void *context,
		      ds_error *err);

#ifdef __cplusplus
}
#endif

#endif
