/* Vocabulary, items, findings. */
#include <criterion/criterion.h>
#include <string.h>

#include "finding.h"
#include "item.h"
#include "reader.h"
#include "rules.h"
#include "specweave.h"
#include "vocabulary.h"

static const struct ds_vocabulary *vocabulary(void)
{
	return test_specweave()->vocabulary;
}

static const char *canonical(const char *word)
{
	int status = ds_vocabulary_find(vocabulary(), ds_text_of(word));
	return status == DS_NO_STATUS ? "(none)" : vocabulary()->statuses[status].word;
}

Test(vocabulary, knows_statuses_and_aliases)
{
	static const struct {
		const char *word;
		const char *canonical;
	} table[] = {
		{"planning", "planning"},
		{"active", "active"},
		{"backlog", "backlog"},
		{"paused", "paused"},
		{"completed", "completed"},
		{"abandoned", "abandoned"},
		{"ready_for_review", "ready_for_review"},
		{"planned", "planning"},
		{"in-progress", "active"},
		{"in_progress", "active"},
		{"done", "completed"},
		{"closed", "completed"},
		{"cancelled", "abandoned"},
		{"canceled", "abandoned"},
		{"ready for review", "ready_for_review"},
		{"Active", "(none)"},
		{"complete", "(none)"},
		{"", "(none)"},
		{"activee", "(none)"},
		{"activ", "(none)"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		cr_expect_str_eq(canonical(table[i].word), table[i].canonical);
}

Test(vocabulary, guesses_what_was_meant_only_where_it_is_near)
{
	static const struct {
		const char *word;
		const char *guess;
	} table[] = {
		{"complete", "completed"},
		{"Active", "active"},
		{"in progress", "in-progress"},
		{"plannning", "planning"},
		{"COMPLETED", "completed"},
		{"abandonned", "abandoned"},
		{"pending", NULL},
		{"x", NULL},
		{"", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *guess = ds_vocabulary_nearest(vocabulary(), ds_text_of(table[i].word));
		cr_expect_str_eq(guess ? guess : "(none)",
				 table[i].guess ? table[i].guess : "(none)");
	}
}

Test(vocabulary, allows_the_steps_of_specweave)
{
	static const struct {
		const char *from;
		const char *to; /* all of them, separated by spaces */
	} table[] = {
		{"planning", "planning active backlog abandoned"},
		{"active", "active backlog paused completed abandoned ready_for_review"},
		{"backlog", "backlog planning active abandoned"},
		{"paused", "paused active abandoned ready_for_review"},
		{"ready_for_review", "ready_for_review completed active abandoned"},
		{"completed", "completed active abandoned"},
		{"abandoned", "abandoned active"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int from = ds_vocabulary_find(vocabulary(), ds_text_of(table[i].from));
		for (int to = 0; vocabulary()->statuses[to].word; to++) {
			const char *word = vocabulary()->statuses[to].word;
			const char *hit = strstr(table[i].to, word);
			size_t len = strlen(word);
			bool listed = hit && (hit == table[i].to || hit[-1] == ' ') &&
				      (hit[len] == ' ' || !hit[len]);
			cr_expect_eq(ds_vocabulary_allows(vocabulary(), from, to), listed,
				     "%s to %s", table[i].from, word);
		}
	}
}

/* Every word that a table names is one that the table has. */
Test(vocabulary, is_closed)
{
	int count = 0;
	for (const struct ds_status_word *word = vocabulary()->statuses; word->word; word++) {
		const char *next = word->next;
		count++;
		while (*next) {
			size_t len = strcspn(next, "\n");
			struct ds_text text = {next, len};
			int status = ds_vocabulary_find(vocabulary(), text);
			cr_expect(status != DS_NO_STATUS &&
					  ds_text_is(text, vocabulary()->statuses[status].word),
				  "%s", next);
			next += len + strspn(next + len, "\n");
		}
	}
	cr_expect(count <= DS_STATUS_LIMIT);
	for (const struct ds_status_alias *alias = vocabulary()->aliases; alias->word; alias++)
		cr_expect_str_eq(canonical(alias->canonical), alias->canonical);
}

Test(items, are_sorted_by_id_then_path)
{
	struct ds_items items = {0};
	static const char *const order[][2] = {{"b", "2"}, {"a", "9"}, {"b", "1"}, {"", "3"}};
	ds_items_sort(&items);
	for (size_t i = 0; i < 4; i++) {
		struct ds_item item = {.id = order[i][0], .path = order[i][1]};
		cr_assert(ds_items_add(&items, &item));
	}
	ds_items_sort(&items);
	cr_expect_str_eq(items.at[0].path, "3");
	cr_expect_str_eq(items.at[1].path, "9");
	cr_expect_str_eq(items.at[2].path, "1");
	cr_expect_str_eq(items.at[3].path, "2");
	ds_items_free(&items);
}

Test(findings, are_sorted_by_rule_item_code_and_place)
{
	static const ds_copy a = {.path = "a", .line = 2};
	static const ds_copy b = {.path = "a", .line = 10};
	static const ds_copy c = {.path = "b", .line = 1};
	static const ds_finding unsorted[] = {
		{.code = DS_MALFORMED, .rule = "r", .item = "2", .copies = &c, .copy_count = 1},
		{.code = DS_MALFORMED, .rule = "r", .item = "2", .copies = &b, .copy_count = 1},
		{.code = DS_MALFORMED, .rule = "r", .item = "2", .copies = &a, .copy_count = 1},
		{.code = DS_STATUS_MISMATCH,
		 .rule = "r",
		 .item = "2",
		 .copies = &c,
		 .copy_count = 1},
		{.code = DS_UNREADABLE, .rule = "r", .item = NULL},
		{.code = DS_UNREADABLE, .rule = "q", .item = "9"},
		{.code = DS_MALFORMED, .rule = "r", .item = "10"},
	};
	static const size_t wanted[] = {5, 4, 6, 3, 2, 1, 0};
	struct ds_findings findings = {0};
	struct ds_findings into = {0};
	ds_findings_sort(&findings);
	for (size_t i = 0; i < 7; i++)
		cr_assert(ds_findings_add(i < 4 ? &findings : &into, &unsorted[i]));
	cr_assert(ds_findings_absorb(&into, &findings));
	cr_assert(ds_findings_absorb(&into, &findings));
	ds_findings_sort(&into);
	cr_assert_eq(into.len, 7);
	for (size_t i = 0; i < 7; i++)
		cr_expect(memcmp(&into.at[i], &unsorted[wanted[i]], sizeof *into.at) == 0,
			  "place %zu", i);
	ds_findings_free(&into);
}

/* The table of the design, line by line. */
Test(findings, have_the_names_severities_and_statuses_of_the_design)
{
	static const struct {
		ds_code code;
		const char *name;
		const char *alias;
		ds_severity severity;
		ds_status status;
	} table[] = {
		{DS_STATUS_MISMATCH, "status-mismatch", "C-11", DS_ERROR, DS_DESYNC},
		{DS_MISSING_COPY, "missing-copy", NULL, DS_WARNING, DS_DESYNC},
		{DS_MISSING_STATUS, "missing-status", NULL, DS_WARNING, DS_DESYNC},
		{DS_UNKNOWN_STATUS, "unknown-status", NULL, DS_WARNING, DS_DESYNC},
		{DS_MALFORMED, "malformed", NULL, DS_ERROR, DS_TROUBLE},
		{DS_AMBIGUOUS_STATUS, "ambiguous-status", NULL, DS_ERROR, DS_TROUBLE},
		{DS_DUPLICATE_ITEM, "duplicate-item", NULL, DS_ERROR, DS_TROUBLE},
		{DS_UNREADABLE, "unreadable", NULL, DS_ERROR, DS_TROUBLE},
		{DS_UNVERIFIABLE, "unverifiable", NULL, DS_ERROR, DS_TROUBLE},
		{DS_WRITE_CONFLICT, "write-conflict", NULL, DS_ERROR, DS_CONFLICT},
		{DS_ILLEGAL_TRANSITION, "illegal-transition", NULL, DS_ERROR, DS_DESYNC},
		{DS_INTERRUPTED_TRANSACTION, "interrupted-transaction", NULL, DS_ERROR,
		 DS_INTERRUPTED},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct ds_code_info *info = ds_code_info(table[i].code);
		cr_expect_str_eq(ds_code_name(table[i].code), table[i].name);
		cr_expect_str_eq(info->alias ? info->alias : "",
				 table[i].alias ? table[i].alias : "");
		cr_expect_eq(info->severity, table[i].severity, "%s", table[i].name);
		cr_expect_eq(info->status, table[i].status, "%s", table[i].name);
		cr_expect(*info->advice, "%s", table[i].name);
	}
	cr_expect_str_eq(ds_code_name(DS_NO_CODE), "");
	cr_expect_str_eq(ds_code_name((ds_code)99), "");
}

Test(reading, a_long_reason_is_cut)
{
	struct ds_reading reading;
	char text[1000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	ds_reading_fail_at(&reading, DS_MALFORMED, 7, "%s", text);
	cr_expect_eq(strlen(reading.why), sizeof reading.why - 1);
	cr_expect(reading.placed && reading.start == 7 && reading.end == 7);
	ds_reading_fail(&reading, DS_MISSING_COPY, "%s", "x");
	cr_expect_not(reading.placed);
}
