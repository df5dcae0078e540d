#include "readers.h"

#include <string.h>

#define ENTRY(name) &ds_##name##_reader,
static const struct ds_reader *const table[] = {DS_READERS(ENTRY)};
#undef ENTRY

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
