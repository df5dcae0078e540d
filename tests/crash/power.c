/*
 * crash-power: the power fails during a commit, or during a recovery, or after them
 *
 * What was done is recorded through the table of calls; disk.h says which states the
 * disk can be in after each operation. Each is made real and recovered, and must be all
 * old or all new; once the call has come back, what it said is what stays.
 *
 * The controls leave out what makes that true, one thing at a time, and must be caught.
 */
#define _GNU_SOURCE /* close_range */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "tally.h"
#include "world.h"

static unsigned seed;

/* One recorded run, and what it is to be judged by. */
struct recorded {
	struct world *world;
	struct disk *disk;
	struct tally *tally;
	struct world_run told;
	char how[300];
	enum world_state final; /* what the files held when the last call came back */
	bool came_back;         /* it did, and said that all is settled */
	size_t prefix;
	enum disk_model model;
	bool any_wrong;
};

/* ---- One state ---------------------------------------------------------- */

static const char *const state_names[] = {
	[WORLD_OLD] = "old", [WORLD_NEW] = "new", [WORLD_MIXED] = "mixed"};

static void recover_and_judge(void *context)
{
	struct recorded *recorded = context;
	struct world *world = recorded->world;
	const struct fault_plan plan = {.renumber = disk_renumber, .context = recorded->disk};
	struct world_verdict verdict;
	bool settled = recorded->came_back && recorded->prefix == disk_ops(recorded->disk);

	world_recover(world, &plan);
	world_judge(world, NULL, &recorded->told, &verdict);
	/* A first attempt, with all of the groups, may have been cut short. */
	if (verdict.state == WORLD_MIXED && recorded->prefix < disk_ops(recorded->disk))
		world_judge(world, NULL, NULL, &verdict);
	if (!*verdict.wrong && rand_r(&seed) % 8 == 0)
		world_follow(world, &verdict);
	const char *wrong = verdict.wrong;
	if (world->run->exit_status != 0 || !world->run->returned)
		wrong = "the recovery did not come back";
	else if (world->run->status != 0)
		wrong = world->run->message;
	else if (settled && verdict.state != recorded->final)
		wrong = "what the call said is not what stayed";
	tally_run(recorded->tally, wrong, "%s%s; names %s; the power fails after %s; files are %s",
		  world->what->name, recorded->how, disk_model_names[recorded->model],
		  disk_words(recorded->disk, recorded->prefix), state_names[verdict.state]);
}

/* After one operation in `of`, and after the last. */
static void fail_power(struct recorded *recorded, enum disk_filter filter, size_t limit, int of)
{
	of *= world_long() ? 1 : world_thin();
	for (int model = 0; model < DISK_MODELS; model++) {
		recorded->model = (enum disk_model)model;
		for (size_t prefix = 0; prefix <= disk_ops(recorded->disk); prefix++) {
			if (prefix < disk_ops(recorded->disk) && rand_r(&seed) % of != 0)
				continue;
			recorded->prefix = prefix;
			disk_crash(recorded->disk, recorded->model, prefix, filter, limit, &seed,
				   prefix == disk_ops(recorded->disk), recover_and_judge, recorded);
		}
	}
}

/* ---- Recording ---------------------------------------------------------- */

static jmp_buf killed;

static void kill_here(void *context)
{
	(void)context;
	longjmp(killed, 1);
}

/* A process that is killed leaves neither descriptors nor locks. Returns whether it came
 * to that call at all. */
static bool commit_until(struct world *world, struct fault_plan *plan)
{
	if (setjmp(killed) == 0) {
		fault_begin(plan);
		world_commit_here(world, &fault_os);
		return false;
	}
	close_range(3, ~0U, 0);
	return true;
}

/* The commit under a plan; and, where it is killed, the recovery. Returns whether the
 * plan came into effect. */
static bool record(struct recorded *recorded, struct world *world, struct tally *tally,
		   struct fault_plan plan)
{
	struct fault_trace trace = {0};
	ds_error err;
	int status;
	bool acted;

	*recorded = (struct recorded){.world = world, .tally = tally};
	world_reset(world);
	recorded->disk = disk_new(world->root, world->state + strlen(world->root) + 1);
	plan.done = disk_record;
	plan.context = recorded->disk;
	plan.act = kill_here;
	fault_trace_to(&trace);
	if (plan.act_at && commit_until(world, &plan)) {
		snprintf(recorded->how, sizeof recorded->how, "; killed at call %ld, recovered",
			 plan.act_at);
		acted = true;
		fault_begin(&(struct fault_plan){.done = disk_record, .context = recorded->disk});
		status = world_recover_here(world->root, &fault_os, &err);
	} else {
		fault_begin(&plan);
		if (!plan.act_at)
			world_commit_here(world, &fault_os);
		recorded->told = *world->run;
		status = recorded->told.status;
		acted = *trace.failed;
		if (acted)
			snprintf(recorded->how, sizeof recorded->how, "; %s at %s, returned %d",
				 strerror(plan.error), trace.failed, status);
	}
	recorded->final = world_state(world, NULL, &recorded->told);
	recorded->came_back = status != DS_INTERRUPTED;
	fault_trace_to(NULL);
	return acted;
}

/* ---- The runs ----------------------------------------------------------- */

static size_t limit_of_states(void)
{
	return world_long() ? 600 : 24;
}

static void run_commit(struct tally *tally, struct world *world)
{
	struct recorded recorded;

	record(&recorded, world, tally, (struct fault_plan){0});
	if (recorded.told.status != 0)
		tally_run(tally, recorded.told.message, "%s: the commit itself", world->what->name);
	fail_power(&recorded, DISK_ALL, 4 * limit_of_states(), 1);
	disk_free(recorded.disk);
}

/* A step that leaves some calls out in the bounded form. */
static long next_call(void)
{
	return world_long() ? 1 : 1 + rand_r(&seed) % (24 * world_thin());
}

static void run_recovery(struct tally *tally, struct world *world)
{
	struct recorded recorded;
	bool acted = true;

	for (long at = next_call(); acted; at += next_call()) {
		acted = record(&recorded, world, tally, (struct fault_plan){.act_at = at});
		if (acted)
			fail_power(&recorded, DISK_ALL, limit_of_states() / 6, 1);
		disk_free(recorded.disk);
	}
}

static void run_failure(struct tally *tally, struct world *world)
{
	struct recorded recorded;
	bool acted = true;

	for (long at = next_call(); acted; at += next_call()) {
		acted = record(&recorded, world, tally,
			       (struct fault_plan){.fail_at = at, .error = EIO});
		if (acted)
			fail_power(&recorded, DISK_ALL, limit_of_states() / 6, 1);
		disk_free(recorded.disk);
	}
}

static bool over_cases(const char *what, void (*run)(struct tally *, struct world *))
{
	struct tally tally = {.what = what};

	for (size_t i = 0; i < world_case_count; i++) {
		struct world world;
		world_open(&world, &world_cases[i]);
		run(&tally, &world);
		world_close(&world);
	}
	return tally_end(&tally);
}

static bool over_many(void)
{
	struct tally tally = {.what = "the power fails in a commit of seventy files"};
	struct recorded recorded;
	struct world world;

	world_open(&world, &world_many);
	record(&recorded, &world, &tally, (struct fault_plan){0});
	fail_power(&recorded, DISK_ALL, world_long() ? 60 : 4, world_long() ? 1 : 40);
	disk_free(recorded.disk);
	world_close(&world);
	return tally_end(&tally);
}

static bool control(enum disk_filter filter)
{
	struct tally tally = {.what = disk_filter_names[filter], .quiet = true};
	struct recorded recorded;
	struct world world;

	world_open(&world, &world_cases[0]);
	record(&recorded, &world, &tally, (struct fault_plan){0});
	fail_power(&recorded, filter, limit_of_states(), 1);
	disk_free(recorded.disk);
	world_close(&world);
	return tally_end(&tally);
}

int main(void)
{
	const char *given = getenv("DESYNC_SEED");
	bool passed = true;

	seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);
	printf("seed %u, in %s, %s\n", seed, world_base(), world_long() ? "long" : "bounded");
	passed &= over_cases("the power fails in a commit", run_commit);
	passed &= over_cases("the power fails in a recovery", run_recovery);
	passed &= over_cases("the power fails in a commit that fails", run_failure);
	passed &= over_many();
	for (int filter = DISK_ALL + 1; filter < DISK_FILTERS && world_thin() == 1; filter++)
		passed &= control((enum disk_filter)filter);
	return passed ? 0 : 1;
}
