/*
 * readers.h - the table of readers
 *
 * A new reader is one new file and one line in readers.c.
 */
#ifndef DS_READERS_H
#define DS_READERS_H

#include "reader.h"

extern const struct ds_reader ds_json_reader;
extern const struct ds_reader ds_frontmatter_reader;
extern const struct ds_reader ds_yaml_reader;
extern const struct ds_reader ds_line_reader;
extern const struct ds_reader ds_preamble_reader;
extern const struct ds_reader ds_table_reader;
extern const struct ds_reader ds_checkbox_reader;
extern const struct ds_reader ds_task_block_reader;
extern const struct ds_reader ds_path_reader;

/* NULL where no reader has that name. */
const struct ds_reader *ds_reader_find(const char *name);

/* Their names, one after the other; NULL behind the last. */
const char *ds_reader_name(size_t number);

#endif
