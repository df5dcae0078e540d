/*
 * JUnit XML, as Jenkins and others take it: one suite, a test an item. What cannot
 * be compared was skipped; what could not be read or judged is an error, and so is trouble.
 */
#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "report.h"

enum verdict { PASSED, SKIPPED, FAILED, BROKEN };

struct suite {
	struct ds_writer cases; /* gathered: the counts stand before them */
	size_t counts[BROKEN + 1];
	bool strict;
};

static const struct ds_coding xml = {"&<>\"\r\n", "&#x", ";"};

static enum verdict judge(const ds_finding *finding, bool strict)
{
	if (ds_is_trouble(finding))
		return BROKEN;
	if (finding->severity == DS_ERROR || (finding->severity == DS_WARNING && strict))
		return FAILED;
	return SKIPPED;
}

/* The first of the gravest. */
static const ds_finding *gravest(const ds_finding *findings, size_t count, bool strict)
{
	const ds_finding *found = count ? findings : NULL;

	for (size_t i = 1; i < count; i++)
		if (judge(&findings[i], strict) > judge(found, strict))
			found = &findings[i];
	return found;
}

static void begin_case(struct suite *suite, const char *class, const char *name)
{
	struct ds_writer *w = &suite->cases;

	ds_put(w, "  <testcase classname=\"");
	ds_put_coded(w, class, &xml);
	ds_put(w, "\" name=\"");
	ds_put_coded(w, name, &xml);
	ds_put(w, "\"");
}

static void end_case(struct suite *suite, enum verdict verdict, const char *type,
		     const char *message, const char *text)
{
	static const char *const names[] = {
		[SKIPPED] = "skipped", [FAILED] = "failure", [BROKEN] = "error"};
	struct ds_writer *w = &suite->cases;

	suite->counts[verdict]++;
	if (verdict == PASSED) {
		ds_put(w, "/>\n");
		return;
	}
	ds_putf(w, "><%s type=\"%s\" message=\"", names[verdict], type);
	ds_put_coded(w, message, &xml);
	ds_put(w, "\">");
	ds_put_coded(w, text, &xml);
	ds_putf(w, "</%s></testcase>\n", names[verdict]);
}

/* A case with all that was found there. */
static void put_case(struct suite *suite, const char *class, const char *name,
		     const ds_finding *findings, size_t count)
{
	const ds_finding *head = gravest(findings, count, suite->strict);
	struct ds_writer text = {0};

	begin_case(suite, class, name);
	for (size_t i = 0; i < count; i++)
		ds_put_whole(&text, &findings[i]);
	if (head)
		end_case(suite, judge(head, suite->strict), ds_code_name(head->code), head->message,
			 ds_gathered(&suite->cases, &text));
	else
		end_case(suite, PASSED, NULL, NULL, NULL);
	ds_buf_free(&text.pending);
}

/* How many findings from here on are about the same item. */
static size_t count_same(const ds_finding *findings, size_t count)
{
	size_t same = 1;

	while (findings->item && same < count && findings[same].item &&
	       strcmp(findings->item, findings[same].item) == 0 &&
	       strcmp(findings->rule, findings[same].rule) == 0)
		same++;
	return same;
}

static void put_found(struct suite *suite, const struct ds_outcome *outcome)
{
	size_t same;

	for (size_t i = 0; i < outcome->finding_count; i += same) {
		const ds_finding *head = &outcome->findings[i];
		const char *name = head->item         ? head->item
				   : head->copy_count ? head->copies[head->focus].path
						      : ds_code_name(head->code);
		same = count_same(head, outcome->finding_count - i);
		put_case(suite, head->rule ? head->rule : "desync", name, head, same);
	}
}

/* Of an item and a finding, in the order that findings are in. */
static int compare(const void *key, const void *element)
{
	const ds_item_view *item = key;
	const ds_finding *finding = element;
	int order = strcmp(item->rule, finding->rule ? finding->rule : "");
	return order ? order : strcmp(item->id, finding->item ? finding->item : "");
}

static void put_passed(struct suite *suite, const struct ds_outcome *outcome)
{
	for (size_t i = 0; i < outcome->item_count; i++) {
		const ds_item_view *item = &outcome->items[i];
		if (!outcome->finding_count ||
		    !bsearch(item, outcome->findings, outcome->finding_count,
			     sizeof *outcome->findings, compare))
			put_case(suite, item->rule, item->id, NULL, 0);
	}
}

static void put_trouble(struct suite *suite, const struct ds_outcome *outcome)
{
	for (size_t i = 0; i < outcome->trouble_count; i++) {
		begin_case(suite, "desync", "desync");
		end_case(suite, BROKEN, "trouble", outcome->trouble[i], "");
	}
}

static void put_counts(struct ds_writer *w, const struct suite *suite, const char *element)
{
	const size_t *counts = suite->counts;

	ds_putf(w, "<%s name=\"desync\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", element,
		counts[PASSED] + counts[SKIPPED] + counts[FAILED] + counts[BROKEN], counts[FAILED],
		counts[BROKEN]);
}

static void write_junit(struct ds_writer *w, const struct ds_outcome *outcome,
			const ds_report_options *options)
{
	struct suite suite = {.strict = options->strict};

	put_trouble(&suite, outcome);
	put_found(&suite, outcome);
	put_passed(&suite, outcome);
	ds_put(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	put_counts(w, &suite, "testsuites");
	ds_put(w, ">\n ");
	put_counts(w, &suite, "testsuite");
	ds_putf(w, " skipped=\"%zu\">\n", suite.counts[SKIPPED]);
	ds_put(w, ds_gathered(w, &suite.cases));
	ds_put(w, "\n </testsuite>\n</testsuites>\n");
	ds_buf_free(&suite.cases.pending);
}

const struct ds_format ds_junit_format = {"junit", write_junit};
