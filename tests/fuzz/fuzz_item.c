/* One item, whole, from memory: the bytes up to the first NUL NUL are its
 * metadata.json, what follows its spec.md. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "array_source.h"
#include "rules.h"
#include "scan.h"
#include "specweave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
	if (!held)
		abort();
}

static size_t split(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++)
		if (!data[i] && !data[i + 1])
			return i;
	return size;
}

static void check_findings(const struct ds_scanned *scanned)
{
	for (size_t i = 0; i < scanned->findings.len; i++) {
		const ds_finding *finding = &scanned->findings.at[i];
		demand(finding->message && finding->copy_count > 0);
		demand(finding->focus < finding->copy_count);
		demand(finding->code != DS_STATUS_MISMATCH || finding->copy_count == 2);
		for (size_t j = 0; j < finding->copy_count; j++)
			demand(finding->copies[j].path &&
			       !finding->copies[j].line == !finding->copies[j].column);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char id[] = "0001-x";
	size_t cut = split(data, size);
	size_t rest = cut + 2 < size ? size - cut - 2 : 0;
	const char *bytes = (const char *)data;
	const struct test_file files[] = {
		{".specweave/increments/0001-x/metadata.json", cut ? bytes : "", cut, NULL},
		{".specweave/increments/0001-x/spec.md", rest ? bytes + cut + 2 : "", rest, NULL},
		{0},
	};
	const char *ids[] = {id};
	struct test_source source;
	struct ds_scanned scanned = {0};
	ds_error err;

	test_source_init(&source, files);
	struct ds_scan scan = {.rule = test_specweave(),
			       .source = &source.source,
			       .ids = ids,
			       .id_count = 1,
			       .jobs = 1};
	demand(ds_scan_rule(&scan, &scanned, &err) == 0);
	demand(scanned.items.len == 1 && !scanned.trouble_count);
	demand(!scanned.findings.len == (scanned.items.at[0].state == DS_ITEM_AGREES));
	check_findings(&scanned);
	ds_scanned_free(&scanned);
	return 0;
}
