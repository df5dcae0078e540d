/* Contents that were judged before, and what is announced of the others. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "array_source.h"
#include "rules.h"
#include "scan.h"
#include "specweave.h"

/* Without its rollup: that reads a third file. */
static const struct ds_rule *two_copies(void)
{
	static struct ds_rule rule;

	rule = *test_specweave();
	rule.rollups = NULL;
	return &rule;
}

#define INC ".specweave/increments/"
#define ITEM(id, json, spec)                                                                       \
	{INC id "/metadata.json", json, 0, NULL},                                                  \
	{                                                                                          \
		INC id "/spec.md", spec, 0, NULL                                                   \
	}
#define JSON(status) "{\"status\": \"" status "\"}"
#define SPEC(status) "---\nstatus: " status "\n---\n"

/* A memory that is an array. */
struct notebook {
	struct ds_content_id ids[64][2];
	int status[64];
	int count;
	int asked;
};

static bool recall(void *context, const struct ds_content_id *ids, int count, int *status)
{
	struct notebook *book = context;

	book->asked++;
	for (int i = 0; i < book->count; i++) {
		if (count != 2 || memcmp(book->ids[i], ids, sizeof book->ids[i]) != 0)
			continue;
		*status = book->status[i];
		return true;
	}
	return false;
}

static void remember(void *context, const struct ds_content_id *ids, int count, int status)
{
	struct notebook *book = context;

	cr_assert_eq(count, 2);
	memcpy(book->ids[book->count], ids, sizeof book->ids[0]);
	book->status[book->count++] = status;
}

static struct ds_scanned scan(struct test_source *source, const struct test_file *files,
			      struct notebook *book)
{
	struct ds_memory memory = {recall, remember, book};
	struct ds_scanned scanned = {.trouble_count = 0};
	struct ds_scan how = {.rule = two_copies(),
			      .source = &source->source,
			      .memory = book ? &memory : NULL,
			      .jobs = 4};
	ds_error err = {0};

	test_source_init_named(source, files);
	cr_assert_eq(ds_scan_rule(&how, &scanned, &err), 0, "%s", err.message);
	return scanned;
}

static const struct test_file mixed[] = {
	ITEM("0001-agrees", JSON("active"), SPEC("active")),
	ITEM("0002-desynced", JSON("active"), SPEC("paused")),
	ITEM("0003-unknown", JSON("wip"), SPEC("wip")),
	ITEM("0004-malformed", "{", SPEC("active")),
	ITEM("0005-no-status", "{}", SPEC("active")),
	{INC "0006-half/metadata.json", JSON("active"), 0, NULL},
	ITEM("0007-agrees", JSON("done"), SPEC("completed")),
	{0},
};

Test(recall, only_agreement_with_nothing_to_be_said_is_remembered)
{
	struct notebook book = {.count = 0};
	struct test_source source;
	struct ds_scanned scanned = scan(&source, mixed, &book);

	cr_assert_eq(scanned.items.len, 7);
	cr_assert_eq(book.count, 2);
	ds_scanned_free(&scanned);
}

Test(recall, what_is_known_is_not_read)
{
	struct notebook book = {.count = 0};
	struct test_source source;
	struct ds_scanned first = scan(&source, mixed, &book);
	struct ds_scanned second = scan(&source, mixed, &book);

	cr_assert_eq(book.count, 2, "nothing is remembered twice");
	cr_assert_eq(first.findings.len, second.findings.len);
	for (size_t i = 0; i < first.items.len; i++) {
		cr_assert_eq(first.items.at[i].state, second.items.at[i].state);
		cr_assert_eq(first.items.at[i].status, second.items.at[i].status);
	}
	cr_assert_null(strstr(source.wanted, "agrees"), "%s", source.wanted);
	cr_assert_str_eq(source.wanted,
			 INC "0002-desynced/metadata.json\n" INC "0002-desynced/spec.md\n" INC
			     "0003-unknown/metadata.json\n" INC "0003-unknown/spec.md\n" INC
			     "0004-malformed/metadata.json\n" INC "0004-malformed/spec.md\n" INC
			     "0005-no-status/metadata.json\n" INC "0005-no-status/spec.md\n" INC
			     "0006-half/metadata.json\n" INC "0006-half/spec.md\n"
			     "end\n");
	ds_scanned_free(&first);
	ds_scanned_free(&second);
}

Test(recall, another_content_of_either_copy_is_read)
{
	static const struct test_file other[] = {
		ITEM("0001-agrees", JSON("active"), SPEC("paused")),
		ITEM("0007-agrees", JSON("active"), SPEC("completed")),
		{0},
	};
	struct notebook book = {.count = 0};
	struct test_source source;
	struct ds_scanned first = scan(&source, mixed, &book);
	struct ds_scanned second = scan(&source, other, &book);

	cr_assert_eq(second.findings.len, 2);
	ds_scanned_free(&first);
	ds_scanned_free(&second);
}

/* What comes from a file need not be true. */
Test(recall, a_status_that_there_is_none_of)
{
	static const int wrong[] = {-2, -1, 7, 64, 255};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct notebook book = {.count = 0};
		struct test_source source;
		struct ds_scanned first = scan(&source, mixed, &book);
		for (int k = 0; k < book.count; k++)
			book.status[k] = wrong[i];
		struct ds_scanned second = scan(&source, mixed, &book);
		cr_assert_eq(second.items.at[0].status, first.items.at[0].status);
		cr_assert(strstr(source.wanted, "0001-agrees"));
		ds_scanned_free(&first);
		ds_scanned_free(&second);
	}
}

Test(recall, without_a_memory_all_is_announced)
{
	struct test_source source;
	struct ds_scanned scanned = scan(&source, mixed, NULL);
	size_t lines = 0;

	for (const char *at = source.wanted; (at = strchr(at, '\n')); at++)
		lines++;
	cr_assert_eq(lines, 15);
	ds_scanned_free(&scanned);
}

/* A file that is no regular one has no content that could be known. */
Test(recall, what_cannot_be_named_is_not_asked_about)
{
	static const struct test_file odd[] = {
		{INC "0001-odd/metadata.json", JSON("active"), 0, "a link"},
		{INC "0001-odd/spec.md", SPEC("active"), 0, NULL},
		{0},
	};
	struct notebook book = {.count = 0};
	struct test_source source;
	struct ds_scanned scanned = scan(&source, odd, &book);

	cr_assert_eq(book.asked, 0);
	cr_assert_eq(book.count, 0);
	ds_scanned_free(&scanned);
}

/* ---- What more than the copies a verdict depends on ---------------------- */

static const struct ds_rollup boxes[] = {
	{.path = INC "{id}/tasks.md", .some = 1 << 2, .none = 1 << 2, .all = 1 << 2}, {0}};

static const struct test_file without[] = {ITEM("0001-a", JSON("active"), SPEC("active")), {0}};
static const struct test_file with[] = {
	ITEM("0001-a", JSON("active"), SPEC("active")),
	{INC "0001-a/tasks.md", "- [ ] a\n", 0, NULL},
	{0},
};
static const struct test_file other[] = {
	ITEM("0001-a", JSON("active"), SPEC("active")),
	{INC "0001-a/tasks.md", "- [x] a\n", 0, NULL},
	{0},
};

/* A memory that compares all it is given. */
struct pad {
	struct ds_content_id ids[8][DS_COPY_LIMIT];
	int counts[8];
	int count;
	int met;
};

static bool recall_all(void *context, const struct ds_content_id *ids, int count, int *status)
{
	struct pad *pad = context;

	for (int i = 0; i < pad->count; i++)
		if (pad->counts[i] == count && memcmp(pad->ids[i], ids, count * sizeof *ids) == 0) {
			*status = 2;
			pad->met++;
			return true;
		}
	return false;
}

static void remember_all(void *context, const struct ds_content_id *ids, int count, int status)
{
	struct pad *pad = context;

	cr_assert_eq(status, 2);
	memcpy(pad->ids[pad->count], ids, count * sizeof *ids);
	pad->counts[pad->count++] = count;
}

static void scan_with(struct pad *pad, const struct ds_rule *rule, const struct test_file *files)
{
	struct ds_memory memory = {recall_all, remember_all, pad};
	struct test_source source;
	struct ds_scanned scanned = {.trouble_count = 0};
	struct ds_scan how = {.rule = rule, .source = &source.source, .memory = &memory};
	ds_error err = {0};

	test_source_init_named(&source, files);
	cr_assert_eq(ds_scan_rule(&how, &scanned, &err), 0, "%s", err.message);
	cr_assert_eq(scanned.items.len, 1);
	ds_scanned_free(&scanned);
}

Test(recall, the_parts_are_contents_too)
{
	struct ds_rule rule = *two_copies();
	struct pad pad = {.count = 0};

	rule.rollups = boxes;
	scan_with(&pad, &rule, without);
	scan_with(&pad, &rule, with);
	scan_with(&pad, &rule, other);
	cr_assert_eq(pad.count, 3, "each is another content");
	cr_assert_eq(pad.met, 0);
	scan_with(&pad, &rule, without);
	scan_with(&pad, &rule, with);
	cr_assert_eq(pad.met, 2);
}

/* The name of a content says nothing of HEAD, of a record, of a path. */
Test(recall, some_rules_have_no_memory)
{
	struct pad pad = {.count = 0};
	struct ds_rule head = *two_copies();
	struct ds_rule path = *two_copies();
	struct ds_rule many = *two_copies();
	struct ds_rule kin = *two_copies();
	static const struct ds_rollup family[] = {{.children = "x"}, {0}};
	static const struct test_file files[] = {
		ITEM("0001-a", JSON("active"), SPEC("active")),
		{"all.json", "{\"0001-a\": \"active\"}", 0, NULL},
		{0},
	};
	static const struct test_file active[] = {ITEM("active", JSON("active"), SPEC("active")),
						  {0}};

	head.copies[1].from = DS_FROM_HEAD;
	path.copies[1] = (struct ds_copy_rule){
		.name = "id", .path = INC "{id}/spec.md", .read = "path", .at = "id"};
	many.copies[1] = (struct ds_copy_rule){
		.name = "all", .path = "all.json", .read = "json", .at = "{id}", .many = true};
	kin.rollups = family;
	scan_with(&pad, &head, files);
	scan_with(&pad, &path, active);
	scan_with(&pad, &many, files);
	scan_with(&pad, &kin, files);
	cr_assert_eq(pad.count, 0);
	scan_with(&pad, two_copies(), files);
	cr_assert_eq(pad.count, 1);
}
