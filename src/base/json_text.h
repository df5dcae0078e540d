/*
 * json_text.h - writing pieces of JSON
 *
 * One style everywhere: `{"key": "value", "key": "value"}`.
 */
#ifndef DS_JSON_TEXT_H
#define DS_JSON_TEXT_H

#include "buf.h"
#include "text.h"

/* Appends a string with its quotes; bytes that are not UTF-8 come out as the four
 * characters \xff, control characters escaped: always one line. */
bool ds_json_string(struct ds_buf *out, struct ds_text text);

/* The same without the quotes. */
bool ds_json_escape(struct ds_buf *out, struct ds_text text);

/* Appends base64 with quotes, for what must be exact. */
bool ds_json_base64(struct ds_buf *out, struct ds_text bytes);

/* Appends `"key": string`, behind a comma and a blank unless `out` is empty or ends
 * with "{"; and `"key_base64": ...` too where the value is not UTF-8. A NULL value
 * appends nothing. `key` is a word of ours: it is not escaped. */
bool ds_json_member(struct ds_buf *out, const char *key, const char *value);

#endif
