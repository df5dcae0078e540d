/* Files that hold the statuses of many items: changed together, in one transaction. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "desync/change.h"
#include "repo.h"
#include "scratch.h"

/* ---- A rule ------------------------------------------------------------- */

static const struct ds_status_word statuses[] = {
	{"todo", 0, false, false, NULL, 0},
	{"active", 1, false, true, NULL, 0},
	{"paused", 1, false, false, NULL, 0},
	{"done", 2, true, false, NULL, 0},
	{0},
};

static const struct ds_vocabulary vocabulary = {.statuses = statuses, .any_step = true};

static const struct ds_follow follow[] = {
	{"tasks[id={id}].updated", NULL, DS_FOLLOW_NOW, false},
	{"tasks[id={id}].reason", "paused", DS_FOLLOW_REASON, true},
	{0},
};

/* "[ ]" is todo, active or paused. */
static const struct ds_own_word boxes[] = {{"[ ]", 7, 0, 0}, {"[x]", 8, 3, 0}, {0}};
static const char *const box_of[] = {"[ ]", "[ ]", "[ ]", "[x]"};

enum { TASKS, NOTE, BOARD };

static const struct ds_rule rule_as_it_is = {
	.name = "tasks",
	.root = "",
	.items = "notes/{id}.md",
	.copies =
		{
			{.name = "tasks.json",
			 .path = "tasks.json",
			 .read = "json",
			 .at = "tasks[id={id}].status",
			 .many = true,
			 .lists = true,
			 .follow = follow},
			{.name = "note",
			 .path = "notes/{id}.md",
			 .read = "frontmatter",
			 .at = "status"},
			{.name = "board",
			 .path = "board.md",
			 .read = "table",
			 .at = "Status",
			 .id = "Task",
			 .many = true,
			 .words = boxes,
			 .write = box_of,
			 .gap = DS_GAP_IGNORED},
		},
	.authority = NOTE,
	.vocabulary = &vocabulary,
};

static struct ds_rule rule;
static const struct ds_rule *rules[] = {&rule, NULL};

/* ---- A tree ------------------------------------------------------------- */

static struct test_scratch scratch;
static ds_repo *repo;
static ds_plan *plan;
static ds_error err;

/* What happens when a file is read, as if by somebody else. */
static const struct ds_source_ops *honest;
static struct ds_source_ops watched;
static const char *trap;    /* a file; NULL: none */
static size_t trap_springs; /* how often it still does */
static size_t trap_waits;   /* reads before that */
static const char *edit;    /* what it does: a script for sed; NULL: a line more */
static bool before;         /* it does it before that read */
static size_t free_reads;   /* that other writers would not have had to wait for */
static size_t tasks_read;

static void append(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* Not in place: as who knows of no lock. */
static void spring(const char *path)
{
	if (edit)
		test_scratch_run(&scratch, "sed '%s' %s >edited && cat edited >%s", edit, path,
				 path);
	else
		append(path, "\n");
}

static bool is_lock_free(void)
{
	int fd = open(".git/desync/lock", O_RDWR);
	bool is_free = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (fd >= 0)
		close(fd);
	return is_free;
}

static void watch(struct ds_source *source, const char *path, const struct ds_extent *extent,
		  struct ds_blob *blob)
{
	bool trapped = trap && extent && strcmp(path, trap) == 0;
	bool springs = trapped && !trap_waits && trap_springs;

	tasks_read += extent && strcmp(path, "tasks.json") == 0;
	trap_waits -= trapped && trap_waits;
	trap_springs -= springs;
	free_reads += springs && is_lock_free();
	if (springs && before)
		spring(path);
	honest->read(source, path, extent, blob);
	if (springs && !before)
		spring(path);
}

static void set_up(void)
{
	test_scratch_make(&scratch);
	test_scratch_run(&scratch,
			 "rm -rf .git && git init -q . && mkdir -p notes .specweave/increments");
	cr_assert_eq(chdir(scratch.root), 0);
	cr_assert_eq(ds_open(&repo, NULL, NULL, &err), 0, "%s", err.message);
	rule = rule_as_it_is;
	repo->rules = realloc(repo->rules, sizeof rules);
	memcpy(repo->rules, rules, sizeof rules);
	repo->ruleset.at[0] = &rule;
	honest = repo->source->ops;
	watched = *honest;
	watched.read = watch;
	repo->source->ops = &watched;
	trap = edit = NULL;
	before = false;
	tasks_read = free_reads = 0;
}

static void tear_down(void)
{
	ds_plan_free(plan);
	repo->source->ops = honest;
	ds_close(repo);
	test_scratch_remove(&scratch);
}

TestSuite(shared, .init = set_up, .fini = tear_down);

struct task {
	const char *tasks; /* NULL: not there */
	const char *note;
	const char *board;
};

/* Ids are 100, 101, ... */
static void write_tree(const struct task *(*task)(size_t i), size_t count)
{
	struct ds_buf tasks = {0};
	struct ds_buf board = {0};
	char path[64];
	char note[64];

	ds_buf_puts(&tasks, "{\n  \"tasks\": [");
	ds_buf_puts(&board, "# Board\n\n| Task | Status |\n|---|---|\n");
	for (size_t i = 0; i < count; i++) {
		const struct task *one = task(i);
		if (one->tasks)
			ds_buf_printf(&tasks,
				      "%s\n    {\"id\": \"%zu\", \"status\": \"%s\", \"x\": 1.0}",
				      i ? "," : "", 100 + i, one->tasks);
		if (one->board)
			ds_buf_printf(&board, "| %zu | %s |\n", 100 + i, one->board);
		snprintf(path, sizeof path, "notes/%zu.md", 100 + i);
		snprintf(note, sizeof note, "---\nstatus: %s\n---\n", one->note);
		if (one->note)
			test_scratch_write(&scratch, path, note);
	}
	ds_buf_puts(&tasks, "\n  ]\n}\n");
	test_scratch_write(&scratch, "tasks.json", tasks.bytes);
	test_scratch_write(&scratch, "board.md", board.bytes);
	ds_buf_free(&tasks);
	ds_buf_free(&board);
	test_scratch_run(&scratch, "mkdir -p .git/before && cp -R tasks.json "
				   "board.md notes .git/before");
}

static const struct task *mixed(size_t i)
{
	static const struct task tasks[] = {
		{"active", "done", "[ ]"}, /* the file of many is behind */
		{"done", "todo", "[x]"},   /* the file of one is */
		{"todo", "active", "[ ]"},
	};
	return &tasks[i % 3];
}

static const struct task *behind(size_t i)
{
	static const struct task task = {"active", "done", "[ ]"};
	(void)i;
	return &task;
}

static size_t count_steps(void)
{
	size_t count = 0;
	while (ds_plan_step(plan, count))
		count++;
	return count;
}

static size_t count_state(ds_step_state state)
{
	size_t count = 0;
	for (size_t i = 0; ds_plan_step(plan, i); i++)
		count += ds_plan_step(plan, i)->state == state;
	return count;
}

static void plan_fix(const char *prefer)
{
	ds_fix_options options = {.size = sizeof options, .prefer = prefer};
	ds_plan_free(plan);
	cr_assert_eq(ds_plan_fix(&plan, repo, &options, &err), 0, "%s", err.message);
}

static void plan_undo(const char *txid)
{
	ds_undo_options options = {.size = sizeof options, .txid = txid};
	ds_plan *undone = plan;

	cr_assert_eq(ds_plan_undo(&plan, repo, &options, &err), 0, "%s", err.message);
	ds_plan_free(undone);
}

static void apply(void)
{
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
}

static void must_be_settled(void)
{
	plan_fix(NULL);
	cr_expect_eq(count_steps(), 0, "%zu left", count_steps());
	cr_expect_eq(ds_result_summary(ds_plan_rest(plan))->desync, 0);
}

static void must_be_as_in(const char *folder)
{
	test_scratch_run(&scratch,
			 "for f in tasks.json board.md notes; do diff -r $f %s/$f || exit 1; done",
			 folder);
}

static void must_go_back(const char *txid)
{
	plan_undo(txid);
	apply();
	must_be_as_in(".git/before");
}

/* The tree with so many items, each of which has a repair. */
static void plan_fix_of(const struct task *(*task)(size_t i), size_t count)
{
	write_tree(task, count);
	plan_fix(NULL);
	cr_assert_eq(count_steps(), count);
}

static void set_trap(const char *path, size_t waits, size_t springs, const char *what)
{
	trap = path;
	trap_waits = waits;
	trap_springs = springs;
	edit = what;
}

static int to_buf(void *context, const char *bytes, size_t len)
{
	return !ds_buf_append(context, bytes, len);
}

/* ---- Together ----------------------------------------------------------- */

/* One commit leaves one content: all lines of a file speak of the same. */
#define ONE_COMMIT(file)                                                                           \
	"test $(grep '\"path\": \"" file "\"' .git/desync/log.jsonl | "                            \
	"sed 's/.*\"before\"/\"before\"/' | sort -u | wc -l) = 1"

Test(shared, a_thousand_items_are_one_transaction)
{
	plan_fix_of(behind, 1000);
	tasks_read = 0;
	apply();
	cr_expect_eq(count_state(DS_STEP_DONE), 1000);
	cr_expect_leq(tasks_read, 2, "read %zu times", tasks_read);
	test_scratch_run(&scratch, ONE_COMMIT("tasks.json"));
	test_scratch_run(&scratch, ONE_COMMIT("board.md"));
	test_scratch_run(&scratch,
			 "test $(grep -c '\"field\"' .git/desync/log.jsonl) = 2000 && "
			 "sed 's/\"active\"/\"done\"/' .git/before/tasks.json | cmp - tasks.json "
			 "&& sed 's/\\[ \\]/[x]/' .git/before/board.md | cmp - board.md");
	cr_expect_str_eq(ds_plan_changed(plan, 0), "tasks.json");
	cr_expect_str_eq(ds_plan_changed(plan, 1), "board.md");
	cr_expect_null(ds_plan_changed(plan, 2));
	must_be_settled();

	tasks_read = 0;
	plan_undo(NULL);
	cr_expect_eq(count_steps(), 1000);
	apply();
	cr_expect_eq(count_state(DS_STEP_DONE), 1000);
	cr_expect_leq(tasks_read, 5, "read %zu times", tasks_read);
	must_be_as_in(".git/before");
	plan_undo(ds_plan_txid(plan));
	cr_expect_eq(count_steps(), 1000);
	apply();
	must_be_settled();
}

Test(shared, whoever_is_ahead_is_believed_item_by_item)
{
	rule.authority = DS_AHEAD;
	plan_fix_of(mixed, 30);
	apply();
	cr_expect_eq(count_state(DS_STEP_DONE), 30);
	must_be_settled();
	test_scratch_run(&scratch, "grep -q '^status: done' notes/101.md && "
				   "grep -q '\"id\": \"102\", \"status\": \"active\"' tasks.json");
	must_go_back(NULL);
}

/* ---- Shown -------------------------------------------------------------- */

Test(shared, one_diff_of_a_file_for_all_of_its_steps)
{
	struct rlimit limit = {64, 64};
	struct ds_buf out = {0};

	rule.authority = DS_AHEAD;
	write_tree(mixed, 100);
	plan_fix(NULL);
	cr_assert_eq(ds_plan_diff(plan, DS_ALL_STEPS, to_buf, &out, &err), 0, "%s", err.message);
	test_scratch_write(&scratch, "patch", out.bytes);
	test_scratch_run(&scratch,
			 "test $(grep -c '^diff .*tasks.json' patch) = 1 && mkdir patched && "
			 "cp -R tasks.json board.md notes patched && "
			 "git apply --directory=patched patch");
	/* In several batches: what the first writes was not somebody else. */
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	apply();
	cr_expect_eq(count_state(DS_STEP_DONE), 100);
	test_scratch_run(&scratch, "! " ONE_COMMIT("tasks.json"));
	must_be_as_in("patched");
	ds_buf_free(&out);
	must_go_back(NULL);
	ds_buf_free(&out);
}

Test(shared, what_was_shown_must_still_be_there)
{
	struct ds_buf out = {0};

	write_tree(behind, 3);
	plan_fix(NULL);
	cr_assert_eq(ds_plan_diff(plan, 1, to_buf, &out, &err), 0, "%s", err.message);
	append("tasks.json", "\n");
	cr_expect_eq(ds_apply(plan, NULL, &err), DS_CONFLICT);
	cr_expect_str_eq(ds_plan_step(plan, 1)->why,
			 "tasks.json and board was changed since it was shown");
	cr_expect_eq(count_state(DS_STEP_DONE), 2);
	ds_buf_free(&out);
}

/* ---- Conflicts ---------------------------------------------------------- */

/* Nothing is half: an item's own file and its place in the others change together. */
static void must_be_whole(size_t count)
{
	for (size_t i = 0; i < count; i++)
		test_scratch_run(
			&scratch,
			"n=$(sed -n 's/^status: //p' notes/%zu.md); "
			"t=$(sed -n 's/.*\"%zu\", \"status\": \"\\([a-z]*\\).*/\\1/p' tasks.json); "
			"if test $n = $t; then exit 0; fi; "
			"grep -q \"^status: $n\" .git/before/notes/%zu.md || exit 1; "
			"grep -q \"\\\"%zu\\\", \\\"status\\\": \\\"$t\\\"\" "
			".git/before/tasks.json",
			100 + i, 100 + i, 100 + i, 100 + i);
}

enum { ALWAYS = 1000000 };

static const struct {
	const char *trap;
	size_t waits;
	size_t springs;
	size_t conflicts;
	const char *why;
} traps[] = {
	/* Between reading and committing: tried again, as long as there is time. */
	{"tasks.json", 0, 1, 0, NULL},
	{"tasks.json", 0, ALWAYS, 6, "tasks.json: "},
	{"board.md", 0, 1, 0, NULL},
	{"board.md", 0, ALWAYS, 3, "board.md: "},
	/* A file of one item costs that item. */
	{"notes/104.md", 0, 1, 1, "notes/104.md: "},
	{"notes/104.md", 0, ALWAYS, 1, "notes/104.md: "},
	/* It is not written for this one, so it does not matter. */
	{"notes/103.md", 0, ALWAYS, 0, NULL},
};

static int apply_within(double seconds)
{
	ds_apply_options options = {.size = sizeof options, .wait = seconds};
	return ds_apply(plan, &options, &err);
}

Test(shared, a_conflict_costs_only_those_that_it_is_about)
{
	for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
		rule.authority = DS_AHEAD;
		trap = NULL;
		plan_fix_of(mixed, 9);
		set_trap(traps[i].trap, traps[i].waits, traps[i].springs, NULL);
		cr_expect_eq(apply_within(0.2), traps[i].conflicts ? DS_CONFLICT : 0, "row %zu: %s",
			     i, err.message);
		cr_expect_eq(count_state(DS_STEP_CONFLICT), traps[i].conflicts, "row %zu: %zu", i,
			     count_state(DS_STEP_CONFLICT));
		cr_expect_eq(count_state(DS_STEP_DONE), 9 - traps[i].conflicts, "row %zu", i);
		for (size_t j = 0; traps[i].why && ds_plan_step(plan, j); j++)
			if (ds_plan_step(plan, j)->state == DS_STEP_CONFLICT)
				cr_expect_eq(strncmp(ds_plan_step(plan, j)->why, traps[i].why,
						     strlen(traps[i].why)),
					     0, "row %zu: %s", i, ds_plan_step(plan, j)->why);
		must_be_whole(9);
	}
}

/* ---- Others at the same file -------------------------------------------- */

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char elsewhere[] = "/\"104\"/s/1\\./1.1/";
static const char right_there[] = "/\"102\"/s/\\(active\\|done\\)/paused/";

static const struct {
	const char *edit;
	size_t springs;
	double wait;
	int status;
	const char *why; /* a part of it */
} crowds[] = {
	{elsewhere, 1, 60, 0, NULL},
	{elsewhere, 6, 60, 0, NULL},
	{right_there, 1, 60, DS_CONFLICT, "tasks.json"},
	/* Once more is free: who wins the race with one of ours is not made to wait. */
	{elsewhere, 1, -1, 0, NULL},
	{elsewhere, ALWAYS, -1, DS_CONFLICT, "somebody else changed it meanwhile, at every try"},
	{elsewhere, ALWAYS, 0.4, DS_CONFLICT, "somebody else changed it meanwhile, at every try"},
};

static void plan_set(void)
{
	ds_plan_free(plan);
	cr_assert_eq(ds_plan_set(&plan, repo, "102", "todo", NULL, &err), 0, "%s", err.message);
}

static void plan_fix_of_one(void)
{
	static const char *const ids[] = {"102", NULL};
	ds_fix_options options = {.size = sizeof options, .ids = ids, .id_count = 1};

	ds_plan_free(plan);
	cr_assert_eq(ds_plan_fix(&plan, repo, &options, &err), 0, "%s", err.message);
}

static void plan_undo_of_one(void)
{
	plan_fix_of_one();
	apply();
	plan_undo(NULL);
}

static void be_crowded(size_t row, void (*make_plan)(void))
{
	edit = trap = NULL;
	free_reads = 0;
	test_scratch_run(&scratch, "rm -rf .git/desync");
	write_tree(behind, 6);
	make_plan();
	cr_assert_eq(count_steps(), 1);
	set_trap("tasks.json", 0, crowds[row].springs, crowds[row].edit);
	double began = seconds();
	cr_expect_eq(apply_within(crowds[row].wait), crowds[row].status, "row %zu: %s", row,
		     err.message);
	double took = seconds() - began;
	bool waits = trap_springs && crowds[row].wait > 0;
	cr_expect(waits ? took >= crowds[row].wait && took < 30 : took < 30, "row %zu: %g s", row,
		  took);
	if (crowds[row].why)
		cr_expect_neq(strstr(ds_plan_step(plan, 0)->why, crowds[row].why), NULL,
			      "row %zu: %s", row, ds_plan_step(plan, 0)->why);
	/* But for the first, no other writer of ours could have come between. */
	cr_expect_leq(free_reads, 1, "row %zu: %zu", row, free_reads);
	cr_expect(is_lock_free(), "row %zu", row);
	/* What went well in the end is no conflict; what did not is one once, not at every try. */
	test_scratch_run(&scratch,
			 "n=$(grep -c '\"conflict\"' .git/desync/log.jsonl); test $n -le 2 && "
			 "test $((n > 0)) = %d",
			 crowds[row].status != 0);
	test_scratch_run(&scratch, "%s grep -q '\"104\".*1.1' tasks.json",
			 crowds[row].edit == elsewhere ? "" : "!");
}

/* Another item's place in the file is no conflict in meaning; this item's is. */
Test(shared, who_changes_another_record_is_not_in_the_way, .timeout = 120)
{
	void (*const kinds[])(void) = {plan_set, plan_fix_of_one, plan_undo_of_one};

	for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++)
		for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
			be_crowded(i, kinds[kind]);
}

static size_t count_notes(void)
{
	size_t notes = 0;
	while (ds_plan_note(plan, notes))
		notes++;
	return notes;
}

/* Who changes the same file right after us is mentioned where it is about our item. */
Test(shared, a_change_right_after_is_told_of_its_item)
{
	const char *const edits[] = {elsewhere, "/\"102\"/s/todo/paused/"};

	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		trap = NULL;
		write_tree(behind, 6);
		plan_set();
		set_trap("tasks.json", 1, 1, edits[i]);
		before = true;
		apply();
		cr_assert_eq(trap_springs, 0);
		trap = NULL;
		cr_expect_eq(count_notes(), i, "%zu: %zu", i, count_notes());
	}
}

static size_t progress_under_lock;

static void tell_progress(void *context, size_t done, size_t total)
{
	(void)context;
	(void)done;
	(void)total;
	progress_under_lock += !is_lock_free();
}

/* The lock is not kept while the caller is told something, who may wait for a person. */
Test(shared, a_try_that_changes_nothing_lets_go_of_the_lock)
{
	ds_apply_options options = {.size = sizeof options, .progress = tell_progress};
	struct rlimit limit = {64, 64};

	rule.authority = DS_AHEAD;
	write_tree(mixed, 120);
	plan_fix(NULL);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	set_trap("tasks.json", 0, 1, "s/\\(active\\|done\\|todo\\)/paused/");
	progress_under_lock = 0;
	cr_expect_eq(ds_apply(plan, &options, &err), DS_CONFLICT);
	cr_expect_eq(count_state(DS_STEP_CONFLICT), count_steps());
	cr_expect_eq(progress_under_lock, 0, "%zu", progress_under_lock);
}

/* A file that may not be changed is no conflict, and costs its item alone as well. */
Test(shared, a_refusal_costs_only_its_item)
{
	rule.authority = DS_AHEAD;
	write_tree(mixed, 9);
	test_scratch_run(&scratch, "ln notes/101.md notes/x && rm -f notes/y");
	plan_fix(NULL);
	cr_expect_eq(ds_apply(plan, NULL, &err), DS_TROUBLE);
	cr_expect_eq(count_state(DS_STEP_REFUSED), 1);
	cr_expect_eq(count_state(DS_STEP_DONE), 8);
	must_be_whole(9);
	test_scratch_run(&scratch, "grep -q '\"101\", \"status\": \"done\"' tasks.json && "
				   "grep -q '^status: todo' notes/101.md");
}

/* ---- What is written ---------------------------------------------------- */

Test(shared, set_writes_the_fields_that_follow_in_the_record)
{
	ds_set_options options = {.size = sizeof options, .reason = "no time"};

	write_tree(behind, 5);
	cr_assert_eq(ds_plan_set(&plan, repo, "102", "paused", &options, &err), 0, "%s",
		     err.message);
	cr_assert_eq(count_steps(), 1);
	cr_expect_str_eq(ds_plan_step(plan, 0)->copies, "tasks.json and note");
	apply();
	test_scratch_run(
		&scratch,
		"grep -q '{\"id\": \"102\", \"status\": \"paused\", \"reason\": \"no time\", "
		"\"updated\": \"20[^\"]*Z\", \"x\": 1.0}' tasks.json && "
		"test $(diff tasks.json .git/before/tasks.json | grep -c '^<') = 1 && "
		"grep -q '^status: paused' notes/102.md && cmp board.md "
		".git/before/board.md");
	must_go_back(NULL);
	plan_undo(ds_plan_txid(plan));
	apply();
	test_scratch_run(&scratch, "grep -q '\"paused\", \"reason\": \"no time\", \"updated\"' "
				   "tasks.json");
}

static const struct task *active(size_t i)
{
	static const struct task task = {"active", "active", "[ ]"};
	(void)i;
	return &task;
}

/* A box that stands for several is what the others say; a word that is none may be near one;
 * what has no entry cannot be created. */
Test(shared, set_speaks_of_what_was_meant)
{
	write_tree(active, 2);
	cr_assert_eq(ds_plan_set(&plan, repo, "100", "done", NULL, &err), 0, "%s", err.message);
	cr_expect_str_eq(ds_plan_step(plan, 0)->from, "active");
	cr_expect_str_eq(ds_plan_step(plan, 0)->copies, "tasks.json and note and board");
	ds_plan_free(plan);
	cr_expect_eq(ds_plan_set(&plan, repo, "100", "actvie", NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "100: 'actvie' is no status of the rule tasks; is active "
				      "meant? There are todo, active, paused, done");
	test_scratch_write(&scratch, "tasks.json", "{\"tasks\": []}\n");
	cr_expect_eq(ds_plan_set(&plan, repo, "100", "done", NULL, &err), DS_DESYNC);
	cr_expect_str_eq(err.message,
			 "100: tasks.json is not there: it has no entry for it; add the entry, or "
			 "set only the copies that are there with --add-missing");
	plan = NULL;
}

static void fix_gaps(void)
{
	ds_fix_options options = {.size = sizeof options, .add_missing = true};

	plan_fix(NULL);
	ds_plan_free(plan);
	cr_assert_eq(ds_plan_fix(&plan, repo, &options, &err), 0, "%s", err.message);
	apply();
}

/* Some have no status, some null, some another one. */
static void write_gaps(void)
{
	write_tree(behind, 60);
	test_scratch_run(&scratch, "sed -i '4~3s/, \"status\": \"active\"//; "
				   "5~3s/\"active\"/null/' tasks.json && "
				   "cp tasks.json .git/before");
}

Test(shared, gaps_are_closed_together_and_opened_again)
{
	char txid[80];

	write_gaps();
	fix_gaps();
	cr_expect_eq(count_state(DS_STEP_DONE), count_steps());
	test_scratch_run(&scratch, "test $(grep -c '\"status\": \"done\"' tasks.json) = 60 && "
				   "cp tasks.json .git/fixed.json");
	must_be_settled();
	must_go_back(NULL);
	snprintf(txid, sizeof txid, "%s", ds_plan_txid(plan));
	plan_undo(txid);
	apply();
	test_scratch_run(&scratch, "cmp tasks.json .git/fixed.json");
}

/* What somebody else did to a record since is theirs; the others go back. */
Test(shared, an_undo_takes_back_only_what_is_still_ours)
{
	write_gaps();
	fix_gaps();
	/* Elsewhere in the file; a word; a field that was put in. */
	test_scratch_run(&scratch, "sed -i 's/^}/}\\n/; /\"103\"/s/done/paused/; "
				   "/\"104\"/s/\"done\"/ \"done\"/; "
				   "/\"101\"/s/, \"status\": \"done\"/, \"status\":\"done\"/' "
				   "tasks.json");
	plan_undo(NULL);
	cr_expect_eq(ds_apply(plan, NULL, &err), DS_CONFLICT);
	cr_expect_leq(count_state(DS_STEP_CONFLICT), 3);
	test_scratch_run(&scratch, "grep -q '\"103\", \"status\": \"paused\"' tasks.json && "
				   "test $(grep -c done tasks.json) -le 2 && "
				   "test $(grep -c active tasks.json) -ge 19");
}

/* A log that claims more than we put in is not believed. */
Test(shared, an_undo_trusts_no_line_about_a_record)
{
	static const char *const claims[] = {
		("s/\"inserted\": \", \\\\\"status/\"inserted\": \", \\\\\"x\\\\\": 1.0, "
		 "\\\\\"status/; s/\"lead\": 13/\"lead\": 23/"),
		"s/\"lead\": 13/\"lead\": 999999/",
		"s/\"location\": \"tasks[^\"]*\"/\"location\": \"tasks[id={id}].id\"/",
		"s/\"path\": \"tasks.json\"/\"path\": \"other.json\"/",
		"s/\"item\": \"101\"/\"item\": \"102\"/",
	};

	write_gaps();
	fix_gaps();
	test_scratch_run(&scratch, "cp tasks.json other.json; cp tasks.json .git/fixed.json; "
				   "sed -i '/\"101\".*tasks.json/!d' .git/desync/log.jsonl; "
				   "cp .git/desync/log.jsonl sound");
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		ds_plan *none = NULL;
		test_scratch_write(&scratch, "claim", claims[i]);
		test_scratch_run(&scratch, "sed -f claim sound >.git/desync/log.jsonl; "
					   "! cmp -s sound .git/desync/log.jsonl");
		ds_plan_free(plan);
		plan = NULL;
		int status = ds_plan_undo(&none, repo, NULL, &err);
		plan = none;
		if (!status)
			status = ds_apply(plan, NULL, &err);
		cr_expect_neq(status, 0, "claim %zu: %zu", i, count_steps());
		test_scratch_run(&scratch, "cmp tasks.json .git/fixed.json");
	}
}

Test(shared, nothing_goes_back_unless_it_is_preferred)
{
	rule.authority = TASKS;
	rule.no_regress = true;
	write_tree(behind, 3);
	plan_fix(NULL);
	cr_expect_eq(count_steps(), 0);
	plan_fix("tasks.json");
	cr_expect_eq(count_steps(), 3);
	apply();
	test_scratch_run(&scratch, "cmp tasks.json .git/before/tasks.json && "
				   "grep -q '^status: active' notes/100.md && "
				   "cmp board.md .git/before/board.md");
}

Test(shared, what_was_committed_can_be_preferred_and_is_never_written)
{
	rule.authority = DS_NO_COPY;
	rule.copies[BOARD].name = NULL;
	rule.copies[NOTE] = rule.copies[TASKS];
	rule.copies[NOTE].name = "HEAD";
	rule.copies[NOTE].from = DS_FROM_HEAD;
	rule.copies[NOTE].lists = false;
	rule.items = NULL;
	write_tree(behind, 4);
	test_scratch_run(&scratch,
			 "git add . && git -c user.name=x -c user.email=x commit -qm x && "
			 "sed -i '/\"10[12]\"/s/active/done/' tasks.json");
	plan_fix(NULL);
	cr_expect_eq(count_steps(), 0);
	plan_fix("tasks.json");
	cr_expect_eq(count_steps(), 0);
	plan_fix("HEAD");
	cr_expect_eq(count_steps(), 2);
	apply();
	cr_expect_eq(count_state(DS_STEP_DONE), 2);
	must_be_as_in(".git/before");
}

Test(shared, a_status_given_by_the_place_is_moved_by_hand)
{
	rule.copies[BOARD] = (struct ds_copy_rule){
		.name = "folder", .path = "{item}", .read = "path", .at = "where"};
	rule.items = "{where}/{id}.md";
	rule.copies[NOTE].path = "{item}";
	rule.copies[NOTE].gap = rule.copies[TASKS].gap = DS_GAP_IGNORED;
	test_scratch_run(&scratch, "mkdir todo && mv notes todo/x && rmdir todo/x");
	test_scratch_write(&scratch, "todo/1.md", "---\nstatus: done\n---\n");
	test_scratch_write(&scratch, "tasks.json", "{\"tasks\": []}\n");
	plan_fix(NULL);
	cr_expect_eq(count_steps(), 0);
	ds_plan_free(plan);
	cr_expect_eq(ds_plan_set(&plan, repo, "1", "done", NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "1: folder says todo, and its status is where the file lies: "
				      "move it by hand; nothing is changed");
}
