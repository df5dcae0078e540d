#include "reader.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 0))) static void fail(struct ds_reading *out, ds_code code,
						       const char *format, va_list args)
{
	*out = (struct ds_reading){.code = code};
	if (vsnprintf(out->why, sizeof out->why, format, args) < 0)
		out->why[0] = '\0';
}

void ds_reading_fail(struct ds_reading *out, ds_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail(out, code, format, args);
	va_end(args);
}

void ds_reading_fail_at(struct ds_reading *out, ds_code code, size_t offset, const char *format,
			...)
{
	va_list args;
	va_start(args, format);
	fail(out, code, format, args);
	va_end(args);
	out->start = offset;
	out->end = offset;
	out->placed = true;
}

bool ds_edit_make(struct ds_edit *out, size_t start, size_t end, struct ds_buf *text,
		  struct ds_arena *scratch)
{
	const char *copy = text->failed ? NULL : ds_arena_copy(scratch, text->bytes, text->len);

	*out = (struct ds_edit){start, end, {copy, copy ? text->len : 0}};
	ds_buf_free(text);
	return copy != NULL;
}

bool ds_edit_refuse(char why[DS_WHY_ROOM], const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (vsnprintf(why, DS_WHY_ROOM, format, args) < 0)
		why[0] = '\0';
	va_end(args);
	return false;
}
