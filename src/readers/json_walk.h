/*
 * json_walk.h - stepping through a JSON document, with the place of everything
 *
 *	struct ds_text rest = ds_json_inside(object);
 *	while (ds_json_next(&rest, &key, &value))
 *		...
 *
 * Only for a document that json_scan.h let pass: nothing is checked again, and nothing is
 * copied. A value is as it stands, from its first byte to its last: that first byte says
 * what it is.
 */
#ifndef DS_JSON_WALK_H
#define DS_JSON_WALK_H

#include <stdbool.h>

#include "text.h"

/* The value that a whole document is, without a byte order mark and blanks. */
struct ds_text ds_json_root(struct ds_text document);

/* What stands between the brackets of an array or object, or the quotes of a string. */
struct ds_text ds_json_inside(struct ds_text value);

/* Takes the next element of an array, or the next member of an object: then *key is the
 * inside of its key. False at the end. */
bool ds_json_next(struct ds_text *rest, struct ds_text *key, struct ds_text *value);

#endif
