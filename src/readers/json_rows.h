/*
 * json_rows.h - the records of a JSON document
 */
#ifndef DS_JSON_ROWS_H
#define DS_JSON_ROWS_H

#include "json_scan.h"
#include "reader.h"

/* What the value says; false: memory ran out. */
bool ds_json_take(struct ds_value *out, const struct ds_json_found *found, struct ds_text bytes,
		  struct ds_arena *arena);

/* As ds_reader has it. */
bool ds_json_rows(struct ds_records *out, struct ds_text bytes, const struct ds_spec *spec,
		  const char *const *fields, struct ds_arena *arena);

#endif
