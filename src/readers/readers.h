/*
 * readers.h - the table of readers
 *
 * A new reader is one new file of this folder, NAME.c with ds_NAME_reader in it, and one line
 * here.
 */
#ifndef DS_READERS_H
#define DS_READERS_H

#include "reader.h"

#define DS_READERS(READER)                                                                         \
	READER(checkbox)                                                                           \
	READER(frontmatter)                                                                        \
	READER(json)                                                                               \
	READER(line)                                                                               \
	READER(path)                                                                               \
	READER(preamble)                                                                           \
	READER(table)                                                                              \
	READER(task_block)                                                                         \
	READER(yaml)

#define DS_DECLARE_READER(name) extern const struct ds_reader ds_##name##_reader;
DS_READERS(DS_DECLARE_READER)
#undef DS_DECLARE_READER

/* NULL where no reader has that name. */
const struct ds_reader *ds_reader_find(const char *name);

/* Their names, one after the other; NULL behind the last. */
const char *ds_reader_name(size_t number);

#endif
