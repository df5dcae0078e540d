#include "compose.h"

#include <string.h>

const char *ds_keep_line(struct ds_arena *strings, struct ds_buf *line)
{
	const char *kept = line->failed ? NULL : ds_arena_copy(strings, line->bytes, line->len);

	ds_buf_free(line);
	return kept;
}

int ds_fail_line(ds_error *err, ds_status status, const char *path, struct ds_buf *line)
{
	int failed = line->failed ? ds_fail_memory(err)
		     : path       ? ds_fail_path(err, status, path, line->bytes)
				  : ds_fail(err, status, "%s", line->bytes);

	ds_buf_free(line);
	return failed;
}

int ds_write_out(struct ds_buf *text, ds_write_fn write, void *context, ds_error *err)
{
	int why = text->failed ? 0 : write(context, text->bytes, text->len);
	int status = text->failed ? ds_fail_memory(err)
		     : why ? ds_fail(err, DS_TROUBLE, "it could not be written: %s", strerror(why))
			   : 0;

	ds_buf_free(text);
	return status;
}
