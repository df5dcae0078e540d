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

/* NULL where no reader has that name. */
const struct ds_reader *ds_reader_find(const char *name);

#endif
