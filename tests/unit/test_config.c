/* The configuration: what is loaded, and what is said of every kind of mistake. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "array_source.h"
#include "config.h"
#include "rules.h"
#include "specweave.h"

/* ---- The built-in rules --------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void same_vocabulary(const struct ds_vocabulary *a, const struct ds_vocabulary *b)
{
	for (size_t i = 0; a->statuses[i].word || b->statuses[i].word; i++) {
		const struct ds_status_word *x = &a->statuses[i];
		const struct ds_status_word *y = &b->statuses[i];
		cr_assert(same(x->word, y->word), "%s %s", x->word, y->word);
		cr_assert(same(x->next, y->next), "%s", x->word);
		cr_assert(x->rank == y->rank && x->terminal == y->terminal, "%s", x->word);
		cr_assert_eq(x->in_progress, y->in_progress, "%s", x->word);
	}
	cr_assert(a->any_case == b->any_case && a->any_step == b->any_step);
	for (size_t i = 0; a->aliases[i].word || b->aliases[i].word; i++)
		cr_assert(same(a->aliases[i].word, b->aliases[i].word) &&
			  same(a->aliases[i].canonical, b->aliases[i].canonical));
}

Test(builtin, specweave_is_what_it_was)
{
	const struct ds_rule *rule = test_specweave();
	const struct ds_rule *was = &ds_specweave_rule;

	cr_assert(same(rule->name, was->name) && same(rule->items, was->items));
	cr_assert(same(rule->marker, was->marker) && same(rule->root, was->root));
	cr_assert(same(rule->exclude[0], was->exclude[0]) && !rule->exclude[1]);
	cr_assert(same(rule->archived[0], was->archived[0]) && !rule->archived[1]);
	cr_assert(same(rule->stale, was->stale) && same(rule->stale_advice, was->stale_advice));
	cr_assert_eq(rule->authority, was->authority);
	for (int i = 0; i < 3; i++) {
		cr_assert(same(rule->copies[i].name, was->copies[i].name));
		cr_assert(same(rule->copies[i].path, was->copies[i].path));
		cr_assert(same(rule->copies[i].read, was->copies[i].read));
		cr_assert(same(rule->copies[i].at, was->copies[i].at));
	}
	const struct ds_follow *x = rule->copies[0].follow;
	for (const struct ds_follow *y = was->copies[0].follow; x->field || y->field; x++, y++) {
		cr_assert(same(x->field, y->field) && same(x->when, y->when), "%s", x->field);
		cr_assert(x->what == y->what && x->with_reason == y->with_reason);
	}
	same_vocabulary(rule->vocabulary, was->vocabulary);
}
