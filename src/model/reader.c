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
