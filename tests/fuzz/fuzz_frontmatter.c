/* The front matter: the slice lies inside the bytes and does not depend on how
 * much is read at once; and what the fast path finds, libyaml finds as well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frontmatter.h"
#include "readers.h"
#include "yaml_plain.h"
#include "yaml_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
	if (!held)
		abort();
}

static void check_fast_path(struct ds_text slice, struct ds_arena *scratch)
{
	struct ds_yaml_found found;
	struct ds_yaml_error error;
	size_t start;
	size_t end;

	if (!ds_yaml_plain(slice, "status", &start, &end))
		return;
	demand(ds_yaml_scan(&found, slice, "status", scratch, &error));
	demand(found.type == DS_YAML_SCALAR && found.start == start && found.end == end);
	demand(ds_text_equal(found.text, (struct ds_text){slice.at + start, end - start}));
	demand(found.twice == SIZE_MAX && found.variant == SIZE_MAX && found.indirect == SIZE_MAX &&
	       found.merge == SIZE_MAX && found.blocked == SIZE_MAX);
}

static void check_slice(struct ds_text bytes, struct ds_arena *scratch)
{
	struct ds_slice whole = ds_frontmatter_slice(bytes, true);
	if (whole.kind != DS_SLICE_CLOSED)
		return;
	demand(whole.start <= whole.end && whole.end <= bytes.len);
	for (size_t cut = 0; cut < bytes.len && cut < 256; cut++) {
		struct ds_slice part = ds_frontmatter_slice((struct ds_text){bytes.at, cut}, false);
		demand(part.kind != DS_SLICE_CLOSED ||
		       (part.start == whole.start && part.end == whole.end));
	}
	check_fast_path((struct ds_text){bytes.at + whole.start, whole.end - whole.start}, scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_text bytes = {(const char *)data, size};
	struct ds_arena scratch = {0};
	struct ds_reading reading;

	if (size > DS_FRONTMATTER_LIMIT)
		return 0;
	check_slice(bytes, &scratch);
	/* The bytes as a slice too: most inputs never grow the two fences. */
	check_fast_path(bytes, &scratch);
	ds_frontmatter_reader.read(&reading, bytes, true, "status", &scratch);
	demand(!reading.placed || (reading.start <= reading.end && reading.end <= size));
	demand(reading.code != DS_NO_CODE || reading.text.len > 0);
	ds_arena_free(&scratch);
	return 0;
}
