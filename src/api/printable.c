/* What a terminal may see, for a program that prints somebody else's bytes. */
#include <string.h>

#include "desync/change.h"
#include "text.h"

size_t ds_printable(char *out, size_t room, const char *bytes, size_t len)
{
	struct ds_buf shown = {0};
	struct ds_text text;

	ds_escape(&shown, (struct ds_text){bytes, len});
	/* Without memory nothing is shown rather than something harmful. */
	text = (struct ds_text){shown.failed ? "" : shown.bytes, shown.failed ? 0 : shown.len};
	if (room) {
		size_t fits = ds_utf8_fit(text, room - 1);
		if (fits)
			memcpy(out, text.at, fits);
		out[fits] = '\0';
	}
	size_t whole = text.len;
	ds_buf_free(&shown);
	return whole;
}
