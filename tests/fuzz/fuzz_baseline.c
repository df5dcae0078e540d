/* A baseline comes from the repository: whatever it says, it lets pass only what it names,
 * and nothing that a program exits with 2 or 4 for; and what is written is read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "finding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1800000000 };

static void demand(bool held)
{
	if (!held)
		abort();
}

/* The statuses and the item are of the input, so that it can name them. */
static void fill(ds_finding *finding, ds_copy copies[2], ds_code code, char *words[3])
{
	copies[0] = (ds_copy){.name = "metadata.json", .path = "a", .status = words[0]};
	copies[1] = (ds_copy){.name = "spec.md", .path = "b", .status = words[1]};
	*finding = (ds_finding){.code = code,
				.severity = DS_ERROR,
				.rule = "specweave",
				.item = words[2],
				.message = "",
				.copies = copies,
				.copy_count = 2};
}

static void check(struct ds_baseline *baseline, char *words[3])
{
	for (int code = DS_STATUS_MISMATCH; code <= DS_INTERRUPTED_TRANSACTION; code++) {
		ds_finding finding;
		ds_copy copies[2];
		struct ds_buf out = {0};
		struct ds_baseline *again = NULL;
		size_t entries = 0;
		ds_error err;
		bool grave = ds_code_info((ds_code)code)->status == DS_TROUBLE ||
			     ds_code_info((ds_code)code)->status == DS_INTERRUPTED;

		fill(&finding, copies, (ds_code)code, words);
		demand(!baseline || !ds_baseline_covers(baseline, &finding) || !grave);
		demand(ds_baseline_write(&out, &finding, 1, DS_WARNING, NULL, &entries));
		demand(!grave || entries == 0);
		struct ds_text bytes = {out.bytes, out.len};
		demand(ds_baseline_read(&again, bytes, "again", NOW, &err) == 0);
		demand(ds_baseline_covers(again, &finding) == (entries == 1));
		ds_baseline_free(again);
		ds_buf_free(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_text bytes = {(const char *)data, size};
	struct ds_baseline *baseline = NULL;
	ds_error err;
	char *words[3];

	if (ds_baseline_read(&baseline, bytes, "it", NOW, &err) != 0)
		demand(baseline == NULL && *err.message);
	for (size_t i = 0; i < 3; i++) {
		size_t from = size * i / 3;
		words[i] = strndup((const char *)data + from, size * (i + 1) / 3 - from);
		demand(words[i] != NULL);
	}
	check(baseline, words);
	for (size_t i = 0; i < 3; i++)
		free(words[i]);
	ds_baseline_free(baseline);
	return 0;
}
