#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ds_buf_reserve(struct ds_buf *buf, size_t extra)
{
	if (extra < buf->room - buf->len)
		return true;
	if (extra > SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return false;
	}
	size_t room = buf->room ? buf->room : 256;
	while (room - buf->len <= extra)
		room *= 2;
	char *bytes = realloc(buf->bytes, room);
	if (!bytes) {
		buf->failed = true;
		return false;
	}
	buf->bytes = bytes;
	buf->room = room;
	return true;
}

bool ds_buf_append(struct ds_buf *buf, const char *bytes, size_t len)
{
	if (!ds_buf_reserve(buf, len))
		return false;
	if (len)
		memcpy(buf->bytes + buf->len, bytes, len);
	ds_buf_cut(buf, buf->len + len);
	return true;
}

bool ds_buf_puts(struct ds_buf *buf, const char *string)
{
	return ds_buf_append(buf, string, strlen(string));
}

bool ds_buf_printf(struct ds_buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !ds_buf_reserve(buf, (size_t)len)) {
		buf->failed = true;
		return false;
	}
	va_start(args, format);
	vsnprintf(buf->bytes + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
	return true;
}

void ds_buf_cut(struct ds_buf *buf, size_t len)
{
	buf->len = len;
	if (buf->bytes)
		buf->bytes[len] = '\0';
}

void ds_buf_free(struct ds_buf *buf)
{
	free(buf->bytes);
	*buf = (struct ds_buf){0};
}
