/*
 * yaml_rows.h - the records of a YAML document
 */
#ifndef DS_YAML_ROWS_H
#define DS_YAML_ROWS_H

#include "reader.h"
#include "yaml_scan.h"

/* What the node says that was taken out of the slice. */
void ds_yaml_value(struct ds_value *out, const struct ds_yaml_found *found, struct ds_text slice);

/* Says what kept a slice from being read; false: that was memory. */
bool ds_yaml_defect(struct ds_reading *out, const struct ds_yaml_error *error);

/* As ds_reader has it. */
bool ds_yaml_rows(struct ds_records *out, struct ds_text slice, const struct ds_spec *spec,
		  const char *const *fields, struct ds_arena *arena);

#endif
