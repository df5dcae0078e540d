#include "readers.h"

#include <string.h>

static const struct ds_reader *const table[] = {
	&ds_checkbox_reader, &ds_frontmatter_reader, &ds_json_reader,
	&ds_yaml_reader,     &ds_line_reader,        &ds_path_reader,
	&ds_preamble_reader, &ds_table_reader,       &ds_task_block_reader,
};

const struct ds_reader *ds_reader_find(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}

const char *ds_reader_name(size_t number)
{
	return number < sizeof table / sizeof *table ? table[number]->name : NULL;
}
