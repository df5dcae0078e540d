/*
 * content.h - what there is to say of bytes before, and after, a reader had them
 */
#ifndef DS_CONTENT_H
#define DS_CONTENT_H

#include "blob.h"
#include "reader.h"

struct ds_text ds_blob_text(const struct ds_blob *blob);

/* Whether these are bytes for a reader; else the reading says what they are. */
bool ds_is_content(struct ds_reading *out, const struct ds_blob *blob);

/* Where a reader found them malformed, and a merge left its markers: that is the reason. */
void ds_blame_conflict(struct ds_reading *reading, struct ds_text bytes);

#endif
