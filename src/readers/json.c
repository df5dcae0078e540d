/* The reader for JSON files: a string that keys lead to. */
#include <stdint.h>

#include "json_scan.h"
#include "readers.h"

/* A value that can be no status, shown as it is spelled. */
static void take_raw(struct ds_reading *out, struct ds_text raw)
{
	out->text = raw;
	out->word = false;
}

static void take_string(struct ds_reading *out, struct ds_text raw, bool escapes,
			struct ds_arena *scratch)
{
	struct ds_text text = raw;

	out->editable = true;
	if (escapes) {
		char *decoded = ds_arena_alloc(scratch, raw.len + 1);
		if (!decoded) {
			ds_reading_fail(out, DS_UNREADABLE, "out of memory");
			return;
		}
		text = (struct ds_text){decoded, ds_json_decode(decoded, raw)};
		if (text.len == SIZE_MAX) {
			take_raw(out, raw);
			return;
		}
	}
	out->text = ds_text_trim(text);
	out->word = true;
	if (!out->text.len)
		ds_reading_fail_at(out, DS_MISSING_STATUS, out->start, "it is empty");
}

static void take(struct ds_reading *out, const struct ds_json_found *found, struct ds_text bytes,
		 const char *at, struct ds_arena *scratch)
{
	struct ds_text raw = {bytes.at + found->start, found->end - found->start};

	*out = (struct ds_reading){.start = found->start, .end = found->end, .placed = true};
	switch (found->type) {
	case DS_JSON_ABSENT:
		ds_reading_fail(out, DS_MISSING_STATUS, "it has no \"%s\"", at);
		break;
	case DS_JSON_NULL:
		ds_reading_fail_at(out, DS_MISSING_STATUS, found->start, "it is null");
		break;
	case DS_JSON_STRING:
		take_string(out, raw, found->escapes, scratch);
		break;
	default:
		take_raw(out, raw);
		break;
	}
}

static void json_read(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		      struct ds_arena *scratch)
{
	struct ds_json_found found;
	struct ds_json_error error;

	(void)whole; /* there is no limit below the whole file */
	if (!ds_json_scan(&found, bytes, at, &error))
		ds_reading_fail_at(out, DS_MALFORMED, error.at, "not valid JSON: %s", error.why);
	else if (found.blocked != SIZE_MAX)
		ds_reading_fail_at(out, DS_MALFORMED, found.blocked,
				   "not an object where one must be");
	else if (found.twice != SIZE_MAX)
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, found.twice,
				   "the key \"%s\" is there twice", at);
	else if (found.variant != SIZE_MAX && found.type != DS_JSON_ABSENT)
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, found.variant,
				   "some parsers take this key for \"%s\" too", at);
	else if (found.variant != SIZE_MAX)
		ds_reading_fail_at(out, DS_MISSING_STATUS, found.variant,
				   "it has no \"%s\", only a key that looks like it", at);
	else
		take(out, &found, bytes, at, scratch);
}

const struct ds_reader ds_json_reader = {
	.name = "json",
	.extent = {.first = 0, .limit = DS_FILE_LIMIT, .enough = NULL},
	.read = json_read,
};
