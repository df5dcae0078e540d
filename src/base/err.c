#include "err.h"

#include <stdarg.h>
#include <stdio.h>

#include "text.h"

int ds_fail(ds_error *err, ds_status status, const char *format, ...)
{
	if (!err)
		return status;
	va_list args;
	va_start(args, format);
	int written = vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	if (written < 0)
		err->message[0] = '\0';
	err->status = status;
	return status;
}

int ds_fail_path(ds_error *err, ds_status status, const char *path, const char *why)
{
	struct ds_buf shown = {0};

	ds_buf_puts(&shown, *path ? "" : "''");
	if (ds_escape(&shown, ds_text_of(path)))
		ds_fail(err, status, "%s: %s", shown.bytes, why);
	else
		ds_fail_memory(err);
	ds_buf_free(&shown);
	return status;
}

int ds_fail_memory(ds_error *err)
{
	return ds_fail(err, DS_TROUBLE, "out of memory");
}

ds_status ds_graver(ds_status a, ds_status b)
{
	static const int rank[] = {[DS_OK] = 0,
				   [DS_DESYNC] = 1,
				   [DS_CONFLICT] = 2,
				   [DS_TROUBLE] = 3,
				   [DS_INTERRUPTED] = 4};
	return rank[a] > rank[b] ? a : b;
}
