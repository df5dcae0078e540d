/* The reader for a status that is in the path: the name of a folder, or a part of it. */
#include <string.h>

#include "err.h"
#include "readers.h"

static int path_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	*many = false;
	if (!spec->at || !*spec->at || spec->id ||
	    spec->at[strspn(spec->at, "abcdefghijklmnopqrstuvwxyz_0123456789")])
		return ds_fail(err, DS_TROUBLE,
			       "path needs at: the name of a {capture} of the rule's items");
	return 0;
}

static void path_read(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		      struct ds_arena *scratch)
{
	(void)whole;
	(void)scratch;
	*out = (struct ds_reading){.text = ds_text_trim(bytes)};
	out->word = !memchr(bytes.len ? bytes.at : "", '\0', bytes.len);
	if (!out->text.len)
		ds_reading_fail(out, DS_MISSING_STATUS, "its path has nothing for {%s}", at);
}

const struct ds_reader ds_path_reader = {
	.name = "path",
	.check = path_check,
	.read = path_read,
	.in_path = true,
};
