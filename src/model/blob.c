#include "blob.h"

#include <stdio.h>

void ds_blob_too_large(struct ds_blob *blob, size_t limit)
{
	bool large = limit >= 1 << 20;

	blob->kind = DS_UNUSABLE;
	ds_buf_cut(&blob->bytes, 0);
	snprintf(blob->why, sizeof blob->why, "larger than %zu %s: --max-file-size raises that",
		 limit >> (large ? 20 : 10), large ? "MiB" : "KiB");
}

void ds_blob_free(struct ds_blob *blob)
{
	ds_buf_free(&blob->bytes);
	*blob = (struct ds_blob){0};
}
