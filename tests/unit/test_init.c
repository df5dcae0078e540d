/* What desync-init proposes, writes, and finds that no rule reads. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desync/rules.h"
#include "scratch.h"
#include "survey.h"
#include "worktree.h"

static struct test_scratch scratch;

static void set_up(void)
{
	test_scratch_make(&scratch);
}

static void tear_down(void)
{
	test_scratch_remove(&scratch);
}

TestSuite(init, .init = set_up, .fini = tear_down);

/* ---- The proposal ---------------------------------------------------------- */

static int write_whole(void *context, const char *bytes, size_t len)
{
	return ds_buf_append(context, bytes, len) ? 0 : ENOMEM;
}

/* All that a result says, as JSON. */
static void report(struct ds_buf *out, const ds_result *result)
{
	ds_report_options options = {.size = sizeof options, .format = "json"};
	ds_error err = {0};

	cr_assert_eq(ds_report(result, &options, write_whole, out, &err), 0, "%s", err.message);
}

static ds_survey *survey_it(void)
{
	ds_survey *survey;
	ds_error err = {0};

	cr_assert_eq(ds_survey_open(&survey, scratch.root, &err), 0, "%s", err.message);
	return survey;
}

/* The file that is written, alone, finds what was shown, and nobody has to be told anything. */
static void expect_the_same_afterwards(void)
{
	struct ds_buf before = {0};
	struct ds_buf after = {0};
	ds_survey *survey = survey_it();
	ds_result *result;
	ds_repo *repo;
	ds_error err = {0};

	report(&before, ds_survey_result(survey));
	cr_assert_eq(ds_survey_save(survey, &err), 0, "%s", err.message);
	cr_expect_eq(ds_survey_save(survey, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "is there already"));
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(ds_scan(&result, repo, NULL, &err), 0, "%s", err.message);
	cr_expect_null(ds_result_summary(result)->notes, "%s", ds_result_summary(result)->notes);
	report(&after, result);
	cr_expect_str_eq(before.bytes, after.bytes);
	ds_buf_free(&before);
	ds_buf_free(&after);
	ds_result_free(result);
	ds_close(repo);
	ds_survey_free(survey);
}

static void decisions(const char *folder, const char *status)
{
	char path[256];
	char table[256];

	snprintf(table, sizeof table,
		 "| # | What | Status |\n| - | - | - |\n| 1 | a | %s |\n| 2 | b | Draft |\n",
		 status);
	snprintf(path, sizeof path, "%s/README.md", folder);
	test_scratch_write(&scratch, path, table);
	snprintf(path, sizeof path, "%s/0001-a.md", folder);
	test_scratch_write(&scratch, path, "---\nstatus: accepted\n---\n");
}

Test(init, the_file_finds_what_was_shown)
{
	test_scratch_increment(&scratch, "0001-a", "active", "completed");
	test_scratch_increment(&scratch, "0002-b", "active", "active");
	expect_the_same_afterwards();
}

Test(init, and_so_it_does_with_many_rules_and_roots)
{
	test_scratch_increment(&scratch, "0001-a", "active", "completed");
	test_scratch_run(&scratch,
			 "mkdir -p 'apps/we\"ird: #' apps/null null true '-' proposals && "
			 "for d in apps/* null true ./-; do cp -R .specweave \"$d\"; done");
	decisions("docs/adr", "Accepted");
	decisions("docs/decisions", "Rejected");
	decisions("services/api/docs/adr", "Draft");
	decisions("null/rfcs", "Draft");
	test_scratch_write(&scratch, "proposals/README.md", "# Nothing\n");
	test_scratch_write(&scratch, "workplans/a.md",
			   "---\nstatus: done\n---\n```task\nid: T1\nstatus: todo\n```\n");
	test_scratch_write(&scratch, "own/.desync.yml", "version: 1\nuse: [conductor]\n");
	test_scratch_write(&scratch, "own/conductor/tracks.md",
			   "# Tracks\n\n## [x] [a](./tracks/a/)\n");
	test_scratch_write(&scratch, "own/conductor/tracks/a/metadata.json",
			   "{\"status\": \"completed\"}\n");
	test_scratch_run(&scratch, "mkdir own/deep && cp -R .specweave own/deep");
	test_scratch_write(&scratch, "broken/.desync.yml", "version: \033[31m\n");
	ds_survey *survey = survey_it();
	cr_expect_not_null(
		strstr(ds_survey_text(survey), "- {rule: adr-index, in: docs/decisions}\n"));
	cr_expect_not_null(
		strstr(ds_survey_text(survey), "  # - {rule: adr-index, in: \"proposals\"}"));
	cr_expect_null(strchr(ds_survey_text(survey), '\033'));
	cr_expect_null(strstr(ds_survey_text(survey), "own/deep"));
	ds_survey_free(survey);
	expect_the_same_afterwards();
}

/* Where only what is left out would be in a list, there is no list. */
Test(init, a_list_of_comments_is_none)
{
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	test_scratch_run(&scratch, "mkdir -p sub/.specweave");
	ds_survey *survey = survey_it();
	cr_expect_null(strstr(ds_survey_text(survey), "roots:"), "%s", ds_survey_text(survey));
	cr_expect_not_null(strstr(ds_survey_text(survey), "  # - \"sub\"\n"));
	ds_survey_free(survey);
	test_scratch_run(&scratch, "mv .specweave/increments sub/.specweave && rmdir .specweave && "
				   "mkdir proposals && echo >proposals/README.md");
	survey = survey_it();
	cr_expect_null(strstr(ds_survey_text(survey), "use:"), "%s", ds_survey_text(survey));
	ds_survey_free(survey);
	expect_the_same_afterwards();
}

/* No more than a configuration may have. */
Test(init, too_many_roots)
{
	struct ds_buf page = {0};
	ds_error err = {0};

	test_scratch_increment(&scratch, "0001-a", "active", "active");
	test_scratch_run(&scratch, "mkdir apps && for i in $(seq 70); do mkdir apps/$i && "
				   "cp -R .specweave apps/$i; done");
	ds_survey *survey = survey_it();
	cr_expect_not_null(strstr(ds_survey_text(survey), "# There may be more"));
	ds_survey_free(survey);
	expect_the_same_afterwards();
	cr_expect_eq(ds_survey_gaps(scratch.root, NULL, write_whole, &page, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(page.bytes, "more fits than was tried"));
	ds_buf_free(&page);
}

static void expect_nothing(const char *why)
{
	ds_survey *survey;
	ds_error err = {0};

	cr_expect_eq(ds_survey_open(&survey, scratch.root, &err), DS_TROUBLE);
	cr_expect_null(survey);
	cr_expect_not_null(strstr(err.message, why), "%s", err.message);
}

Test(init, nothing_fits)
{
	expect_nothing("no built-in rule fits here");
	/* Three levels, and no repository within, no link, nothing that others made. */
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	test_scratch_run(&scratch,
			 "mkdir -p a/b/c/d node_modules .x sub/.git && mv .specweave a/b/c/d && "
			 "for i in node_modules .x sub; do cp -R a/b/c/d/.specweave $i; done && "
			 "ln -s a/b/c/d link");
	expect_nothing("no built-in rule fits here");
	test_scratch_run(&scratch, "mv a/b/c/d/.specweave a/b/c");
	ds_survey_free(survey_it());
	/* What is certain about its marker is believed before there is an item. */
	test_scratch_run(&scratch, "rm -r a/b/c && mkdir .specweave");
	ds_survey_free(survey_it());
}

/* ---- The walk ----------------------------------------------------------------- */

static bool takes_text(const char *name)
{
	return strstr(name, ".txt") != NULL;
}

/* The paths of a walk, in their order. */
static void expect_tour(size_t depth, size_t most, const char *paths, bool stopped)
{
	struct ds_arena strings = {0};
	struct ds_tour tour = {
		.depth = depth, .most = most, .takes = takes_text, .strings = &strings};
	struct ds_buf seen = {0};
	ds_error err = {0};

	cr_assert_eq(ds_worktree_open(&tour.source, scratch.root, &err), 0, "%s", err.message);
	cr_assert_eq(ds_tour(&tour, &err), 0, "%s", err.message);
	for (size_t i = 0; i < tour.folder_count; i++)
		ds_buf_printf(&seen, "%s ", tour.folders[i]);
	ds_buf_puts(&seen, ":");
	for (size_t i = 0; i < tour.file_count; i++)
		ds_buf_printf(&seen, " %s", tour.files[i]);
	cr_expect_str_eq(seen.bytes, paths);
	cr_expect_eq(tour.stopped, stopped);
	cr_expect_not(tour.blind);
	tour.source->ops->free(tour.source);
	ds_tour_free(&tour);
	ds_arena_free(&strings);
	ds_buf_free(&seen);
}

Test(init, walk)
{
	test_scratch_run(&scratch,
			 "mkdir -p b/c/d a .git .planning .idea vendor x/.git x/y && "
			 "for d in . b b/c b/c/d a .planning .idea vendor x x/y; do "
			 "touch $d/2.txt $d/1.txt $d/1.md; done && ln -s b l && ln -s 1.txt l.txt");
	expect_tour(0, 100, " : 1.txt 2.txt", false);
	expect_tour(1, 100,
		    " .planning/ a/ b/ : 1.txt 2.txt .planning/1.txt .planning/2.txt a/1.txt "
		    "a/2.txt b/1.txt b/2.txt",
		    false);
	expect_tour(3, 5, " .planning/ a/ b/ : 1.txt 2.txt .planning/1.txt .planning/2.txt a/1.txt",
		    true);
}

/* ---- What no rule reads -------------------------------------------------------- */

static int refuse(void *context, const char *bytes, size_t len)
{
	(void)context, (void)bytes, (void)len;
	return ENOSPC;
}

Test(init, gaps)
{
	struct ds_buf page = {0};
	ds_error err = {0};

	test_scratch_increment(&scratch, "0001-a", "active", "active");
	cr_expect_eq(ds_survey_gaps(scratch.root, NULL, write_whole, &page, &err), 0, "%s",
		     err.message);
	cr_expect_not_null(strstr(page.bytes, "every word is known"));
	test_scratch_write(&scratch, "a.json", "{\"status\": \"open\"}");
	ds_buf_cut(&page, 0);
	cr_expect_eq(ds_survey_gaps(scratch.root, NULL, write_whole, &page, &err), DS_DESYNC);
	cr_expect_str_empty(err.message);
	cr_expect_str_eq(page.bytes, "a.json: a \"status\" that no rule reads\n");
	cr_expect_eq(ds_survey_gaps(scratch.root, NULL, refuse, NULL, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "could not be written"));
	/* Of many words the first are listed. */
	for (int i = 0; i < 300; i++) {
		char id[16];
		char word[16];
		snprintf(id, sizeof id, "1%03d-a", i);
		snprintf(word, sizeof word, "word%d", i);
		test_scratch_increment(&scratch, id, word, NULL);
	}
	ds_buf_cut(&page, 0);
	cr_expect_eq(ds_survey_gaps(scratch.root, NULL, write_whole, &page, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(page.bytes, "word255\" is no word"));
	cr_expect_null(strstr(page.bytes, "word256\" is no word"));
	cr_expect_not_null(strstr(page.bytes, "more than 256 such words"));
	ds_buf_free(&page);
}

/* A record that nobody lists, and that no item has, is compared with nothing. */
Test(init, gaps_in_a_file_of_many)
{
	struct ds_buf list = {0};
	struct ds_buf page = {0};
	ds_error err = {0};

	test_scratch_write(&scratch, ".desync.yml",
			   "version: 1\nrules:\n  - name: r\n    items: {copy: t}\n    copies:\n"
			   "      - {name: t, path: t.json, read: json, at: '[id={id}].state'}\n"
			   "      - {name: l, path: l.json, read: json, at: '[id={id}].state'}\n"
			   "    status: {order: [open, done]}\n");
	test_scratch_write(&scratch, "t.json", "[{\"id\": 1, \"state\": \"open\"}]");
	ds_buf_puts(&list, "[{\"id\": 1, \"state\": \"open\"}");
	for (int i = 0; i < 300; i++)
		ds_buf_printf(&list, ",\n{\"id\": %d, \"state\": \"done\"}", 1000 + i);
	ds_buf_puts(&list, "]");
	test_scratch_write(&scratch, "l.json", list.bytes);
	cr_expect_eq(ds_survey_gaps(scratch.root, NULL, write_whole, &page, &err), DS_DESYNC, "%s",
		     err.message);
	cr_expect_eq(strncmp(page.bytes,
			     "l.json:2: l has an entry for 1000, which is no item of the rule r\n",
			     66),
		     0, "%s", page.bytes);
	cr_expect_not_null(strstr(page.bytes, "for 1255,"));
	cr_expect_null(strstr(page.bytes, "for 1256,"));
	cr_expect_not_null(strstr(page.bytes, "44 more such entries are not listed\n"));
	ds_buf_free(&list);
	ds_buf_free(&page);
}

/* A rule of one's own that reads the same files is as good as a built-in one; with words of
 * archived items only where they are asked for. */
Test(init, gaps_that_are_none)
{
	ds_gaps_options all = {.size = sizeof all, .all = true};
	struct ds_buf page = {0};
	ds_error err = {0};

	decisions("docs/adr", "Accepted");
	test_scratch_write(&scratch, "docs/adr/0000-old/x.md", "---\nstatus: nonsense\n---\n");
	test_scratch_write(
		&scratch, ".desync.yml",
		"version: 1\nrules:\n  - name: d\n    items: {path: 'docs/adr/{id}.md', copy: t}\n"
		"    exclude: [docs/adr/README.md]\n    archived: ['docs/adr/{id}/x.md']\n"
		"    ids: number\n    copies:\n"
		"      - {name: f, path: '{item}', read: frontmatter, at: status}\n"
		"      - {name: t, path: docs/adr/README.md, read: table, at: Status, id: '#'}\n"
		"    status: {order: [draft, accepted], case: ignore}\n");
	cr_expect_eq(ds_survey_gaps(scratch.root, NULL, write_whole, &page, &err), 0, "%s%s",
		     err.message, page.bytes);
	ds_buf_cut(&page, 0);
	cr_expect_eq(ds_survey_gaps(scratch.root, &all, write_whole, &page, &err), DS_DESYNC);
	cr_expect_not_null(strstr(page.bytes, "\"nonsense\" is no word of the rule d"));
	ds_buf_free(&page);
}
