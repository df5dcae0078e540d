#include "blob.h"

#include <stdio.h>

void ds_blob_too_large(struct ds_blob *blob, size_t limit)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
	size_t unit = 0;

	while (limit && limit % 1024 == 0 && unit + 1 < sizeof units / sizeof *units) {
		limit /= 1024;
		unit++;
	}
	blob->kind = DS_UNUSABLE;
	ds_buf_cut(&blob->bytes, 0);
	snprintf(blob->why, sizeof blob->why, "larger than %zu %s: --max-file-size raises that",
		 limit, units[unit]);
}

void ds_blob_free(struct ds_blob *blob)
{
	ds_buf_free(&blob->bytes);
	*blob = (struct ds_blob){0};
}
