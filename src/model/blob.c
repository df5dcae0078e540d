#include "blob.h"

void ds_blob_free(struct ds_blob *blob)
{
	ds_buf_free(&blob->bytes);
	*blob = (struct ds_blob){0};
}
