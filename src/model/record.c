#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "reader.h"

bool ds_records_add(struct ds_records *records, const struct ds_record *record)
{
	if (!ds_grow(&records->at, &records->room, records->len, sizeof *records->at))
		return false;
	records->at[records->len++] = *record;
	return true;
}

void ds_records_free(struct ds_records *records)
{
	free(records->at);
	*records = (struct ds_records){0};
}

void ds_reading_of(struct ds_reading *out, const struct ds_value *value)
{
	*out = (struct ds_reading){.code = value->code,
				   .text = value->text,
				   .word = value->word,
				   .editable = value->editable,
				   .start = value->start,
				   .end = value->end,
				   .placed = value->placed};
	if (value->why)
		snprintf(out->why, sizeof out->why, "%s", value->why);
}

bool ds_value_of(struct ds_value *out, const struct ds_reading *reading, struct ds_arena *arena)
{
	*out = (struct ds_value){.code = reading->code,
				 .text = reading->text,
				 .word = reading->word,
				 .editable = reading->editable,
				 .start = reading->start,
				 .end = reading->end,
				 .placed = reading->placed};
	out->why = reading->why[0] ? ds_arena_string(arena, reading->why) : NULL;
	return out->why || !reading->why[0];
}
