#include "err.h"

#include <stdarg.h>
#include <stdio.h>

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

int ds_fail_memory(ds_error *err)
{
	return ds_fail(err, DS_TROUBLE, "out of memory");
}
