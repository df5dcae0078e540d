/* The JSON scanner against itself: whatever the bytes, its spans lie inside them,
 * a decoded text fits, and cutting a valid document short makes it invalid. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"
#include "readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
	if (!held)
		abort();
}

static void check_found(struct ds_text bytes, const struct ds_json_found *found)
{
	if (found->type == DS_JSON_ABSENT)
		return;
	demand(found->start <= found->end && found->end <= bytes.len);
	if (found->type != DS_JSON_STRING)
		return;
	struct ds_text raw = {bytes.at + found->start, found->end - found->start};
	demand(found->start > 0 && bytes.at[found->start - 1] == '"' &&
	       bytes.at[found->end] == '"');
	char *decoded = malloc(raw.len + 1);
	if (!decoded)
		return;
	size_t len = ds_json_decode(decoded, raw);
	demand(len == SIZE_MAX || (len <= raw.len && !memchr(decoded, '\0', len)));
	demand(found->escapes || (len == raw.len && memcmp(decoded, raw.at, len) == 0));
	free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"status", "a.status", "a.b.c"};
	struct ds_text bytes = {(const char *)data, size};
	struct ds_arena scratch = {0};

	for (size_t i = 0; i < 3; i++) {
		struct ds_json_found found;
		struct ds_json_error error = {0};
		struct ds_reading reading;
		bool well = ds_json_scan(&found, bytes, paths[i], &error);
		if (well)
			check_found(bytes, &found);
		else
			demand(error.at <= size && error.why);
		ds_json_reader.read(&reading, bytes, true, paths[i], &scratch);
		demand(well || reading.code == DS_MALFORMED);
		demand(!reading.placed || (reading.start <= reading.end && reading.end <= size));
		demand(reading.code != DS_NO_CODE || reading.text.len > 0);
		ds_arena_reset(&scratch);
	}
	ds_arena_free(&scratch);
	return 0;
}
