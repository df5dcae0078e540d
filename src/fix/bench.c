#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "rules.h"

void ds_bench_renew(struct ds_bench *bench)
{
	for (int i = 0; i < DS_COPY_LIMIT; i++) {
		ds_ledger_clear(&bench->ledgers[i]);
		free(bench->digests[i]);
		bench->digests[i] = NULL;
	}
	bench->fresh = false;
}

/* The files of many items, once for all steps of a work. */
static int read_ledgers(struct ds_bench *bench, ds_error *err)
{
	struct ds_desk *desk = &bench->desk;
	int status = 0;

	ds_bench_renew(bench);
	for (int i = 0; i < desk->copy_count && !status; i++) {
		const struct ds_copy_rule *copy = &desk->rule->copies[i];
		if (!copy->many || copy->from == DS_FROM_HEAD)
			continue;
		status = ds_ledger_read(&bench->ledgers[i], desk->rule, i, desk->source,
					desk->limit, err);
		size_t documents = bench->ledgers[i].document_count;
		bench->digests[i] = calloc(documents + 1, sizeof *bench->digests[i]);
		if (!status && !bench->digests[i])
			status = ds_fail_memory(err);
	}
	bench->fresh = !status;
	return status;
}

static int prepare(struct ds_bench *bench, const struct ds_rule *rule, ds_error *err)
{
	struct ds_desk *desk = &bench->desk;

	if (desk->rule != rule) {
		ds_bench_renew(bench);
		ds_desk_clear(desk);
		if (!ds_desk_prepare(desk, rule, bench->plan->source))
			return ds_fail(err, DS_TROUBLE,
				       "the rule %s names a reader that does not exist",
				       rule->name);
		desk->whole = true;
		desk->limit = bench->plan->limit;
		desk->ledgers = bench->ledgers;
	}
	return bench->fresh ? 0 : read_ledgers(bench, err);
}

int ds_bench_read(struct ds_bench *bench, const struct ds_planned *planned, ds_error *err)
{
	struct ds_item item = {.path = planned->path, .id = planned->step.item};
	int status = prepare(bench, planned->rule, err);

	if (!status)
		ds_collect(&bench->desk, &item);
	return status;
}

void ds_bench_clear(struct ds_bench *bench)
{
	ds_bench_renew(bench);
	ds_desk_clear(&bench->desk);
	ds_arena_free(&bench->strings);
}

static bool is_set(const unsigned char *digest)
{
	static const unsigned char none[DS_SHA256_SIZE];
	return memcmp(digest, none, sizeof none) != 0;
}

const unsigned char *ds_bench_digest(const struct ds_bench *bench, int copy,
				     unsigned char room[DS_SHA256_SIZE])
{
	const struct ds_seen_copy *seen = &bench->desk.copies[copy];
	struct ds_text bytes = ds_seen_bytes(seen);
	unsigned char *digest =
		seen->document
			? bench->digests[copy][seen->document - bench->ledgers[copy].documents]
			: room;

	if (!seen->document || !is_set(digest))
		ds_sha256_of(bytes.at, bytes.len, digest);
	return digest;
}
