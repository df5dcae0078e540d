/*
 * yaml_read.h - what YAML is to its readers: whole files, and front matter
 */
#ifndef DS_YAML_READ_H
#define DS_YAML_READ_H

#include "reader.h"

/* Reads one status out of a slice that is nothing but YAML. What YAML versions do not read
 * the same way is no status. Returns whether the mapping is there that would hold it. */
bool ds_yaml_read(struct ds_reading *out, struct ds_text slice, const char *at,
		  struct ds_arena *scratch);

/* As ds_reader has it. */
bool ds_yaml_edit(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		  struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM]);

/* Whether a word can stand without quotes where `old` stood. */
bool ds_yaml_word_fits(struct ds_text word, struct ds_text old, char why[DS_WHY_ROOM]);

/* Where the line begins that follows what ends at `at`, maybe with the line feed itself. */
size_t ds_yaml_line_end(struct ds_text bytes, size_t at);

/* Says so where it is; libyaml would take other bytes for YAML. */
bool ds_yaml_is_utf_16(struct ds_reading *out, struct ds_text bytes);

#endif
