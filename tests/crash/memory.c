/*
 * crash-memory: the N-th allocation fails, for every N until nothing fails any more
 *
 * Each call of the library must come back with an error, or succeed and tell the truth;
 * it must not crash, must not leave memory behind that it frees otherwise, and what it
 * changes is all old or all new. malloc and its kin are defined here, over those of
 * glibc, so this is not built with sanitizers, which have their own.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desync.h"
#include "desync/change.h"
#include "tally.h"
#include "world.h"

/* ---- Allocating --------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *at);

enum { PLACES = 1 << 14 };

static bool armed; /* only in a child that is to run what is tested */
static bool arm_next_child;
static long fail_at;
static bool onwards;
static _Atomic long *allocations; /* in shared memory: they outlive the child */
static _Atomic long *alive;

/* What was allocated while armed, and is not freed yet: others are not ours to count. */
static void *places[PLACES];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static bool refused(void)
{
	if (!armed)
		return false;
	long number = ++*allocations;
	if (!fail_at || (onwards ? number < fail_at : number != fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

/* Puts one address in the place of another; NULL is a place that is free. */
static bool replace(const void *old, void *new)
{
	size_t i = 0;

	pthread_mutex_lock(&guard);
	while (i < PLACES && places[i] != old)
		i++;
	if (i < PLACES)
		places[i] = new;
	pthread_mutex_unlock(&guard);
	return i < PLACES;
}

static void *counted(void *at)
{
	if (armed && at && replace(NULL, at))
		++*alive;
	return at;
}

static void uncounted(const void *at)
{
	if (armed && at && replace(at, NULL))
		--*alive;
}

void *malloc(size_t size)
{
	return refused() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return refused() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
	if (refused())
		return NULL;
	uncounted(old);
	return counted(__libc_realloc(old, size));
}

void free(void *at)
{
	uncounted(at);
	__libc_free(at);
}

static void arm(void)
{
	armed = arm_next_child;
}

/* ---- What is tried ------------------------------------------------------ */

/* In shared memory: what the child saw. */
static struct seen {
	_Atomic long allocations;
	_Atomic long alive;
	int status;
	long figure;   /* of a reading call: what it found */
	size_t done;   /* of a changing call: how many steps it says are done */
	size_t wanted; /* ... of how many */
} * seen;

static const struct world_case increments = {
	"two increments",
	true,
	false,
	{{".specweave/increments/0001-first/metadata.json",
	  "{\n  \"id\": \"0001-first\",\n  \"status\": \"completed\"\n}\n", "", 0, NULL},
	 {".specweave/increments/0001-first/spec.md",
	  "---\nincrement: 0001-first\nstatus: active\n---\n\n# First\n", "", 0, NULL},
	 {".specweave/increments/0002-second/metadata.json",
	  "{\n  \"id\": \"0002-second\",\n  \"status\": \"completed\"\n}\n", "", 1, NULL},
	 {".specweave/increments/0002-second/spec.md",
	  "---\nincrement: 0002-second\nstatus: active\n---\n\n# Second\n", "", 1, NULL}}};

static int with_repo(struct world *world, int (*what)(ds_repo *repo, ds_error *err))
{
	const ds_open_options options = {.size = sizeof options, .rule = "specweave"};
	ds_error err;
	ds_repo *repo = NULL;

	int status = ds_open(&repo, world->root, &options, &err);
	if (status == 0)
		status = what(repo, &err);
	ds_close(repo);
	return status;
}

static int check_item(ds_repo *repo, ds_error *err)
{
	ds_result *result = NULL;
	int status = ds_check(&result, repo, "0001-first", err);

	if (status == 0)
		seen->figure = (long)ds_result_status(result, true);
	/* A result that says itself that something could not be read is no success. */
	if (status == 0 && ds_result_status(result, true) == DS_TROUBLE)
		status = DS_TROUBLE;
	ds_result_free(result);
	return status;
}

static int scan_items(ds_repo *repo, ds_error *err)
{
	const ds_scan_options options = {.size = sizeof options, .jobs = 1};
	ds_result *result = NULL;
	int status = ds_scan(&result, repo, &options, err);

	if (status == 0)
		seen->figure = (long)ds_result_summary(result)->desync * 10 +
			       (long)ds_result_status(result, true);
	if (status == 0 && ds_result_status(result, true) == DS_TROUBLE)
		status = DS_TROUBLE;
	ds_result_free(result);
	return status;
}

static void run_check(struct world *world, const struct ds_os *os)
{
	(void)os;
	seen->status = with_repo(world, check_item);
	world->run->returned = true;
}

static void run_scan(struct world *world, const struct ds_os *os)
{
	(void)os;
	seen->status = with_repo(world, scan_items);
	world->run->returned = true;
}

static void run_commit(struct world *world, const struct ds_os *os)
{
	world_commit_here(world, os);
	seen->status = world->run->status;
	for (size_t i = 0; world->what->files[i].path; i++, seen->wanted++)
		seen->done += world->run->outcomes[i] == DS_CHANGE_DONE;
}

static void run_recover(struct world *world, const struct ds_os *os)
{
	ds_error err;

	seen->status = world_recover_here(world->root, os, &err);
	world->run->returned = true;
}

static int apply(ds_plan *plan, ds_error *err)
{
	const ds_apply_options options = {.size = sizeof options, .wait = 0.3, .who = "a test"};
	const ds_step *step;
	int status = ds_apply(plan, &options, err);

	for (size_t i = 0; (step = ds_plan_step(plan, i)); i++, seen->wanted++)
		seen->done += step->state == DS_STEP_DONE;
	return status;
}

static int fix_items(ds_repo *repo, ds_error *err)
{
	const ds_fix_options options = {.size = sizeof options, .jobs = 1};
	ds_plan *plan = NULL;
	int status = ds_plan_fix(&plan, repo, &options, err);

	if (status == 0)
		status = apply(plan, err);
	ds_plan_free(plan);
	return status;
}

static int set_item(ds_repo *repo, ds_error *err)
{
	const ds_set_options options = {.size = sizeof options, .force = true, .reason = "a test"};
	ds_plan *plan = NULL;
	int status = ds_plan_set(&plan, repo, "0001-first", "paused", &options, err);

	if (status == 0)
		status = apply(plan, err);
	ds_plan_free(plan);
	return status;
}

static int recover_items(ds_repo *repo, ds_error *err)
{
	const ds_apply_options options = {.size = sizeof options, .wait = 0.3, .who = "a test"};
	bool found;

	return ds_recover(repo, &options, &found, NULL, err);
}

static void run_fix(struct world *world, const struct ds_os *os)
{
	(void)os;
	seen->status = with_repo(world, fix_items);
	world->run->returned = true;
}

static void run_set(struct world *world, const struct ds_os *os)
{
	(void)os;
	seen->status = with_repo(world, set_item);
	world->run->returned = true;
}

static void run_recover_items(struct world *world, const struct ds_os *os)
{
	(void)os;
	seen->status = with_repo(world, recover_items);
	world->run->returned = true;
}

/* ---- How it is judged --------------------------------------------------- */

/* The statuses in all files, one behind the other: "completed active ". */
static void statuses(const struct world *world, char out[256])
{
	size_t used = 0;

	for (size_t i = 0; world->what->files[i].path; i++) {
		char path[PATH_MAX];
		char word[32] = "?";
		snprintf(path, sizeof path, "%s/%s", world->root, world->what->files[i].path);
		char *bytes = world_read(path, NULL);
		const char *at = bytes ? strstr(bytes, "status") : NULL;
		if (at)
			sscanf(at + strcspn(at, ":") + 1, "%*[ \"]%31[a-z]", word);
		free(bytes);
		used += (size_t)snprintf(out + used, 256 - used, "%s ", word);
	}
}

struct trial {
	const char *name;
	const struct world_case *what;
	void (*run)(struct world *world, const struct ds_os *os);
	bool interrupted; /* begin with a commit that was killed in the middle */
	/* Statuses before and after, where the files are increments; NULL: nothing is
	 * changed, and the figure is what counts. */
	const char *old;
	const char *new;
};

static const char *judge_reading(const struct trial *trial, const struct seen *told, long figure)
{
	(void)trial;
	if (told->status == 0 && told->figure != figure)
		return "it succeeded, and found something else than with memory";
	return "";
}

/* The n-th word of a string of words. */
static void nth_word(const char *words, size_t n, char word[32])
{
	while (n-- && *words)
		words += strcspn(words, " ") + 1;
	snprintf(word, 32, "%.*s", (int)strcspn(words, " "), words);
}

/* How many items (two files each) are new; -1: one is neither old nor new. */
static long count_new(const struct trial *trial, const char *now)
{
	long count = 0;

	for (size_t item = 0; item < 2; item++) {
		bool is_old = true;
		bool is_new = true;
		for (size_t i = 2 * item; i < 2 * item + 2; i++) {
			char words[3][32];
			nth_word(trial->old, i, words[0]);
			nth_word(trial->new, i, words[1]);
			nth_word(now, i, words[2]);
			is_old &= strcmp(words[0], words[2]) == 0;
			is_new &= strcmp(words[1], words[2]) == 0;
		}
		if (!is_old && !is_new)
			return -1;
		count += !is_old;
	}
	return count;
}

/* Each item all old or all new, and as many new as the steps say. */
static const char *judge_increments(const struct trial *trial, const struct world *world,
				    const struct seen *told)
{
	char now[256];

	statuses(world, now);
	long news = count_new(trial, now);
	if (news < 0)
		return "an item is neither all old nor all new";
	if (told->status == 0 && news != count_new(trial, trial->new))
		return "it succeeded, and did not change everything";
	if (told->status != DS_INTERRUPTED && told->wanted && (size_t)news != told->done)
		return "the steps say otherwise than the files";
	/* Nobody else was there. */
	return told->status == DS_CONFLICT ? "it failed, and says that somebody else was there"
					   : "";
}

static const char *judge_world(const struct world *world, const struct seen *told, bool interrupted)
{
	static struct world_verdict verdict;

	world_judge(world, NULL, NULL, &verdict);
	if (*verdict.wrong)
		return verdict.wrong;
	if (told->status == DS_CONFLICT)
		return "it failed, and says that somebody else was there";
	if (interrupted || told->status == DS_INTERRUPTED)
		return "";
	bool done = told->wanted && told->done == told->wanted;
	if (done != (verdict.state == WORLD_NEW))
		return "the changes say otherwise than the files";
	if (done && told->status != 0)
		return "it failed, and changed something";
	return "";
}

static const char *judge(const struct trial *trial, struct world *world, const struct seen *told,
			 const struct seen *whole)
{
	if (world->run->exit_status != 0 || !world->run->returned)
		return "it crashed";
	if (told->alive > whole->alive)
		return "it left memory behind";
	world_recover(world, NULL);
	if (world->run->exit_status != 0 || world->run->status != 0)
		return "the recovery failed";
	if (trial->new)
		return judge_increments(trial, world, told);
	if (trial->what == &increments)
		return judge_reading(trial, told, whole->figure);
	return judge_world(world, told, trial->interrupted);
}

/* ---- Every N ------------------------------------------------------------ */

/* Killed right behind the first exchange. */
static bool seen_swap;

static bool note_swap(void *context, const struct fault_call *call)
{
	(void)context;
	if (seen_swap)
		_Exit(FAULT_STOPPED);
	seen_swap = call->op == FAULT_SWAP;
	return false;
}

static void run_once(const struct trial *trial, struct world *world)
{
	world_reset(world);
	if (trial->interrupted)
		world_commit(world, &(struct fault_plan){.skip = note_swap});
	memset(seen, 0, sizeof *seen);
	arm_next_child = true;
	world_run(world, NULL, trial->run);
	arm_next_child = false;
}

static void run_trial(struct tally *tally, const struct trial *trial, bool from_then_on)
{
	struct world world;
	struct seen whole;

	world_open(&world, trial->what);
	fail_at = 0;
	run_once(trial, &world);
	whole = *seen;
	tally_run(tally, judge(trial, &world, &whole, &whole), "%s: with all memory", trial->name);
	onwards = from_then_on;
	for (fail_at = 1; fail_at <= whole.allocations; fail_at++) {
		run_once(trial, &world);
		struct seen told = *seen;
		tally_run(tally, judge(trial, &world, &told, &whole),
			  "%s: allocation %ld of %ld%s; it returned %d; %ld left, %ld otherwise",
			  trial->name, fail_at, (long)whole.allocations,
			  onwards ? " and all after it" : "", told.status, (long)told.alive,
			  (long)whole.alive);
	}
	fail_at = 0;
	world_close(&world);
}

int main(void)
{
	static const struct trial trials[] = {
		{"ds_check", &increments, run_check, false, NULL, NULL},
		{"ds_scan", &increments, run_scan, false, NULL, NULL},
		{"ds_txn_commit", &world_cases[0], run_commit, false, NULL, NULL},
		{"ds_txn_recover", &world_cases[0], run_recover, true, NULL, NULL},
		{"ds_plan_fix and ds_apply", &increments, run_fix, false,
		 "completed active completed active ", "completed completed completed completed "},
		{"ds_plan_set and ds_apply", &increments, run_set, false,
		 "completed active completed active ", "paused paused completed active "},
		{"ds_recover", &world_cases[0], run_recover_items, true, NULL, NULL},
	};
	struct tally tally = {.what = "memory runs out at every allocation"};

	seen = world_shared(sizeof *seen);
	allocations = &seen->allocations;
	alive = &seen->alive;
	pthread_atfork(NULL, NULL, arm);
	for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
		run_trial(&tally, &trials[i], false);
		run_trial(&tally, &trials[i], true);
	}
	return tally_end(&tally) ? 0 : 1;
}
