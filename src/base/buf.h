/*
 * buf.h - bytes that grow
 *
 * Zero-initialise it. After a failed call the buffer is as it was, and `failed`
 * stays set, so a run of appends can be checked once at its end.
 */
#ifndef DS_BUF_H
#define DS_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct ds_buf {
	char *bytes; /* NULL or NUL-terminated by every append */
	size_t len;
	size_t room;
	bool failed;
};

/* Makes room for `extra` bytes behind the content and a NUL behind those. */
bool ds_buf_reserve(struct ds_buf *buf, size_t extra);
bool ds_buf_append(struct ds_buf *buf, const char *bytes, size_t len);
bool ds_buf_puts(struct ds_buf *buf, const char *string);
bool ds_buf_printf(struct ds_buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Cuts the content to `len`, which must not be more than there is. */
void ds_buf_cut(struct ds_buf *buf, size_t len);
void ds_buf_free(struct ds_buf *buf);

#endif
