/*
 * yaml_rows.h - the records of a YAML document
 */
#ifndef DS_YAML_ROWS_H
#define DS_YAML_ROWS_H

#include "keypath_rows.h"
#include "reader.h"
#include "yaml_scan.h"

/* What the node says that was taken out of the slice. */
void ds_yaml_value(struct ds_value *out, const struct ds_yaml_found *found, struct ds_text slice);

/* Says what kept a slice from being read; false: that was memory. */
bool ds_yaml_defect(struct ds_reading *out, const struct ds_yaml_error *error);

/* As ds_reader has it. */
bool ds_yaml_rows(struct ds_records *out, struct ds_text slice, const struct ds_spec *spec,
		  const char *const *fields, struct ds_arena *arena);

/* The same without libyaml (see yaml_plain.h), where all of the slice is a map from ids to plain
 * words, or has one below a key at its top; *done says whether. False: memory ran out. */
bool ds_yaml_plain_rows(struct ds_rows *rows, struct ds_text slice, const struct ds_keypath *path,
			bool *done);

#endif
