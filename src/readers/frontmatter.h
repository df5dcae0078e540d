/*
 * frontmatter.h - the slice of a Markdown file that is YAML
 */
#ifndef DS_FRONTMATTER_H
#define DS_FRONTMATTER_H

#include <stdbool.h>

#include "text.h"

enum { DS_FRONTMATTER_LIMIT = 64 * 1024 };

enum ds_slice_kind {
	DS_SLICE_NONE,   /* the first line does not open a front matter */
	DS_SLICE_OPEN,   /* it is opened, and not closed in these bytes */
	DS_SLICE_CLOSED, /* start and end are set */
};

struct ds_slice {
	enum ds_slice_kind kind;
	size_t start; /* behind the line that opens it */
	size_t end;   /* where the line that closes it begins */
};

/* `whole`: the bytes reach to the end of the file, so that the last line counts
 * also without a line end. */
struct ds_slice ds_frontmatter_slice(struct ds_text bytes, bool whole);

#endif
