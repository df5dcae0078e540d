/*
 * crash-table: commits and recoveries that are cut short, and calls that fail
 *
 * Every call of a commit is a place where it can be killed, and every call of the
 * recovery behind it. Every call can fail, once or from then on, and somebody else can
 * edit a file before every call. Nothing of this needs more than the table of calls, so
 * it is fast and works everywhere; crash-strace does the same to the real calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "foreign.h"
#include "tally.h"
#include "world.h"

static const char *const no_problem = "";
static unsigned seed;

/* One in `of` in the bounded form, 0: each in any form; the long one tries so many times as much.
 */
static bool chosen(int of)
{
	enum { LONGER = 40 };
	int now = world_long() ? of / LONGER : of * world_step();

	return now < 2 || rand_r(&seed) % now == 0;
}

static const char *state_names[] = {
	[WORLD_OLD] = "old", [WORLD_NEW] = "new", [WORLD_MIXED] = "mixed"};

/* ---- Killed ------------------------------------------------------------- */

/* After the last recovery: what `told` acknowledged is there, and all is well. */
static void judge_killed(struct tally *tally, struct world *world, const struct world_run *told,
			 const char *recovery)
{
	struct world_verdict verdict;
	const char *wrong = verdict.wrong;

	world_judge(world, NULL, NULL, &verdict);
	if (!*wrong && chosen(5))
		world_follow(world, &verdict);
	if (world->run->exit_status != 0 || !world->run->returned)
		wrong = "the last recovery did not come back";
	else if (world->run->status != 0)
		wrong = world->run->message;
	else if (told->returned && told->status == 0 && verdict.state != WORLD_NEW)
		wrong = "what was acknowledged is gone";
	tally_run(tally, wrong, "%s; killed at %s; recovery killed at %s; files are %s",
		  world->what->name, told->trace.failed, *recovery ? recovery : "-",
		  state_names[verdict.state]);
}

/* Killed at one call of the commit and then at each call of the recovery. */
static void kill_recoveries(struct tally *tally, struct world *world,
			    const struct fault_plan *commit, int of)
{
	struct world_run told;
	char recovery[200];

	for (long at = 1;; at++) {
		struct fault_plan plan = {.stop_at = at, .torn = commit->torn};
		if (!chosen(of))
			continue;
		world_reset(world);
		world_commit(world, commit);
		told = *world->run;
		world_recover(world, &plan);
		memcpy(recovery, world->run->trace.failed, sizeof recovery);
		bool stopped = world->run->exit_status == FAULT_STOPPED;
		world_recover(world, NULL);
		judge_killed(tally, world, &told, recovery);
		if (!stopped)
			return;
	}
}

static void kill_everywhere(struct tally *tally, struct world *world, struct fault_plan base,
			    int of, int recoveries_of)
{
	struct world_run told;

	for (base.stop_at = 1;; base.stop_at++) {
		if (!chosen(of))
			continue;
		world_reset(world);
		world_commit(world, &base);
		told = *world->run;
		if (told.exit_status != FAULT_STOPPED)
			break;
		world_recover(world, NULL);
		judge_killed(tally, world, &told, "");
		if (recoveries_of)
			kill_recoveries(tally, world, &base, recoveries_of);
	}
	/* This one was not killed, and leaves nothing for a recovery to do. */
	judge_killed(tally, world, &told, "");
}

/* ---- Failing ------------------------------------------------------------ */

/* What the commit said, before anything was recovered. */
static const char *judge_truth(const struct world *world, const struct world_run *told)
{
	enum world_state state = world_state(world, NULL, told);
	bool any_open = false;
	bool any_done = false;

	for (size_t i = 0; world->what->files[i].path; i++) {
		any_open |= told->outcomes[i] == DS_CHANGE_OPEN;
		any_done |= told->outcomes[i] == DS_CHANGE_DONE;
	}
	if (told->exit_status == FAULT_ENDLESS || told->exit_status == -SIGALRM)
		return "it never ends";
	if (told->exit_status != 0 || !told->returned)
		return "it crashed";
	if (told->status == DS_INTERRUPTED)
		return no_problem;
	if (told->status == 0 && any_open)
		return "0, but a change is said to be open";
	if (told->status == 0 && any_done && state != WORLD_NEW)
		return "said to be done, but it is not";
	if (told->status == 0 && state == WORLD_MIXED)
		return "0, and neither done nor as it was";
	if (told->status != 0 && state != WORLD_OLD)
		return "said to have failed, but something changed";
	return told->status != 0 && any_done ? "failed, but a change is said to be done"
					     : no_problem;
}

static const char *judge_recovered(const struct world *world, const struct world_run *told,
				   struct world_verdict *verdict)
{
	bool any_done = false;

	for (size_t i = 0; world->what->files[i].path; i++)
		any_done |= told->outcomes[i] == DS_CHANGE_DONE;
	world_judge(world, NULL, told, verdict);
	if (world->run->exit_status != 0 || !world->run->returned)
		return "the recovery did not come back";
	if (world->run->status != 0)
		return world->run->message;
	if (told->status == 0 && any_done && verdict->state != WORLD_NEW)
		return "what was acknowledged is gone after the recovery";
	if (told->status != 0 && told->status != DS_INTERRUPTED && verdict->state != WORLD_OLD)
		return "what was said to have failed is there after the recovery";
	return verdict->wrong;
}

/* One failing call, or all from there on. False once there is no such call. */
static bool fail_at(struct tally *tally, struct world *world, const struct fault_plan *plan)
{
	struct world_run told;
	struct world_verdict verdict = {.state = WORLD_OLD};

	world_reset(world);
	world_commit(world, plan);
	told = *world->run;
	const char *wrong = judge_truth(world, &told);
	world_recover(world, NULL);
	if (!*wrong)
		wrong = judge_recovered(world, &told, &verdict);
	tally_run(tally, wrong, "%s; %s%s%s at %s; it returned %d (%s); files are %s",
		  world->what->name, strerror(plan->error), plan->onwards ? " from then on" : "",
		  plan->late ? ", after it was done" : "", told.trace.failed, told.status,
		  told.message, state_names[verdict.state]);
	return *told.trace.failed;
}

static void fail_everywhere(struct tally *tally, struct world *world, struct fault_plan plan,
			    int of)
{
	bool is_there = true;

	for (plan.fail_at = 1; is_there; plan.fail_at++)
		if (chosen(of))
			is_there = fail_at(tally, world, &plan);
}

/* The recovery fails at each call; the next one, which does not, must settle it. */
static void fail_recoveries(struct tally *tally, struct world *world, struct fault_plan plan,
			    int of)
{
	struct world_run told;
	struct world_run failed;

	for (long stop = 1;; stop++) {
		bool is_there = true;
		if (!chosen(4))
			continue;
		for (plan.fail_at = 1; is_there; plan.fail_at++) {
			if (!chosen(of))
				continue;
			world_reset(world);
			world_commit(world, &(struct fault_plan){.stop_at = stop});
			told = *world->run;
			world_recover(world, &plan);
			failed = *world->run;
			is_there = *failed.trace.failed;
			world_recover(world, NULL);
			if (failed.exit_status != 0 || !failed.returned)
				tally_run(tally, "a failing recovery crashed or never ended",
					  "%s; killed at %s; %s%s at %s; exit %d",
					  world->what->name, told.trace.failed,
					  strerror(plan.error), plan.onwards ? " from then on" : "",
					  failed.trace.failed, failed.exit_status);
			else
				judge_killed(tally, world, &told, failed.trace.failed);
		}
		if (told.exit_status != FAULT_STOPPED)
			return;
	}
}

/* ---- Somebody else ------------------------------------------------------ */

static const char *judge_edited(const struct world *world, const struct world_foreign *foreign,
				const struct world_run *told, struct world_verdict *verdict)
{
	char path[PATH_MAX];

	world_judge(world, foreign, told, verdict);
	snprintf(path, sizeof path, "%s/%s", world->root, foreign->path);
	char *bytes = world_read(path, NULL);
	bool in_file = bytes && strstr(bytes, foreign->token);
	free(bytes);
	if (told->exit_status != 0 && told->exit_status != FAULT_STOPPED)
		return "it crashed";
	if (world->run->exit_status != 0 || !world->run->returned)
		return "the recovery did not come back";
	if (world->run->status != 0)
		return world->run->message;
	if (!*verdict->wrong && !in_file && told->returned && !strstr(told->notes, "saved"))
		return "somebody else's version was kept, but no note says so";
	return verdict->wrong;
}

/* Edits before one call of the commit, which may be killed at another. */
static bool edit_at(struct tally *tally, struct world *world, struct foreign *foreign,
		    const struct world_foreign *wrote, struct fault_plan plan)
{
	struct world_run told;
	struct world_verdict verdict;

	world_reset(world);
	foreign_begin(foreign);
	plan.act = foreign_act;
	plan.context = foreign;
	world_commit(world, &plan);
	told = *world->run;
	foreign_end(foreign);
	bool acted = *foreign->acted;
	world_recover(world, NULL);
	if (acted)
		tally_run(tally, judge_edited(world, wrote, &told, &verdict),
			  "%s; %s of %s before call %ld of %ld%s%s; it returned %d (%s); notes: %s",
			  world->what->name, foreign_names[foreign->kind], wrote->path, plan.act_at,
			  told.trace.calls, plan.stop_at ? "; killed at " : "",
			  plan.stop_at ? told.trace.failed : "", told.status, told.message,
			  told.notes);
	return acted;
}

static void edit_everywhere(struct tally *tally, struct world *world, enum foreign_kind kind,
			    size_t which, struct fault_plan plan, int kills_of)
{
	char path[PATH_MAX];
	char spare[300];
	const struct world_foreign wrote = {world->what->files[which].path, "FOREIGN TOKEN\n"};
	struct foreign foreign = {.kind = kind, .path = path, .spare = spare, .token = wrote.token};

	snprintf(path, sizeof path, "%s/%s", world->root, wrote.path);
	snprintf(spare, sizeof spare, "%s.spare", world->root);
	for (plan.act_at = 1;; plan.act_at++) {
		plan.stop_at = 0;
		if (!edit_at(tally, world, &foreign, &wrote, plan))
			break;
		long calls = world->run->trace.calls + plan.act_at + 60;
		for (plan.stop_at = plan.act_at; kills_of && plan.stop_at < calls; plan.stop_at++)
			if (chosen(kills_of))
				edit_at(tally, world, &foreign, &wrote, plan);
	}
	unlink(spare);
}

/* ---- Controls ----------------------------------------------------------- */

static bool is_of_file(const struct fault_call *call, const char *name)
{
	char link[64];
	char file[PATH_MAX];

	snprintf(link, sizeof link, "/proc/self/fd/%d", call->fd);
	ssize_t len = readlink(link, file, sizeof file - 1);
	if (len < 0)
		return false;
	file[len] = '\0';
	return strstr(file, name);
}

/* Without a journal. */
static bool skip_journal(void *context, const struct fault_call *call)
{
	(void)context;
	return (call->op == FAULT_RENAME && strcmp(call->other_name, "journal") == 0) ||
	       (call->op == FAULT_UNLINK && strcmp(call->name, "journal") == 0);
}

/* Without a line in the log. */
static bool skip_log(void *context, const struct fault_call *call)
{
	(void)context;
	return call->op == FAULT_WRITE && is_of_file(call, "log.jsonl");
}

/* Without tidying up. */
static bool skip_tidying(void *context, const struct fault_call *call)
{
	(void)context;
	return (call->op == FAULT_UNLINK && strcmp(call->name, "journal") != 0) ||
	       call->op == FAULT_REMOVE_DIR;
}

/* A commit that looks at nothing: the new content is renamed over whatever is there,
 * and what was expected there is what seems to come out. */
static bool overwrite_blindly(void *context, const struct fault_call *call)
{
	const struct world_file *files = world_cases[0].files;
	const char *bytes = NULL;

	(void)context;
	if (call->op != FAULT_SWAP)
		return false;
	for (const struct world_file *file = files; file->path; file++)
		if (strstr(file->path, call->other_name) || strstr(file->path, call->name))
			bytes = file->before;
	/* One of both is the user's: the one that has a name we know. */
	bool first = false;
	for (const struct world_file *file = files; file->path; file++)
		first |= strstr(file->path, call->name) != NULL;
	int user_dir = first ? call->fd : call->other_fd;
	const char *user = first ? call->name : call->other_name;
	int our_dir = first ? call->other_fd : call->fd;
	const char *our = first ? call->other_name : call->name;
	if (!bytes || ds_os_system.rename(our_dir, our, user_dir, user) != 0)
		return true;
	int fd = ds_os_system.open(our_dir, our, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd >= 0 && ds_os_system.write(fd, bytes, strlen(bytes)) >= 0)
		ds_os_system.close(fd);
	return true;
}

static bool control_kill(const char *what, bool (*skip)(void *, const struct fault_call *))
{
	struct tally tally = {.what = what, .quiet = true};
	struct world world;

	world_open(&world, &world_cases[0]);
	kill_everywhere(&tally, &world, (struct fault_plan){.skip = skip}, 1, 0);
	world_close(&world);
	return tally_end(&tally);
}

static bool control_edit(const char *what, bool (*skip)(void *, const struct fault_call *))
{
	struct tally tally = {.what = what, .quiet = true};
	struct world world;

	world_open(&world, &world_cases[0]);
	edit_everywhere(&tally, &world, FOREIGN_RENAME, 0, (struct fault_plan){.skip = skip}, 0);
	world_close(&world);
	return tally_end(&tally) && tally.lost > 0;
}

/* ---- All of it ---------------------------------------------------------- */

static bool over_many(void)
{
	struct tally tally = {.what = "seventy files: killed, and failing"};
	struct world world;

	world_open(&world, &world_many);
	kill_everywhere(&tally, &world, (struct fault_plan){0}, 40, 0);
	fail_everywhere(&tally, &world, (struct fault_plan){.error = EIO}, 40);
	world_close(&world);
	return tally_end(&tally);
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

static void run_kills(struct tally *tally, struct world *world)
{
	kill_everywhere(tally, world, (struct fault_plan){0}, 1, 30);
}

static void run_torn_kills(struct tally *tally, struct world *world)
{
	kill_everywhere(tally, world, (struct fault_plan){.torn = true}, 2, 0);
}

static void run_short(struct tally *tally, struct world *world)
{
	kill_everywhere(tally, world, (struct fault_plan){.shorten = true}, 4, 0);
}

static void run_failures(struct tally *tally, struct world *world)
{
	fail_everywhere(tally, world, (struct fault_plan){.error = EIO}, 1);
	fail_everywhere(tally, world, (struct fault_plan){.error = ENOSPC}, 3);
	fail_everywhere(tally, world, (struct fault_plan){.error = EIO, .onwards = true}, 2);
	fail_everywhere(tally, world, (struct fault_plan){.error = ENOSPC, .onwards = true}, 2);
	/* An error that is told too late: it was done. */
	fail_everywhere(tally, world, (struct fault_plan){.error = EIO, .late = true}, 4);
}

static void run_interruptions(struct tally *tally, struct world *world)
{
	static const int errors[] = {EINTR, EAGAIN};

	for (size_t i = 0; i < 2; i++) {
		fail_everywhere(tally, world, (struct fault_plan){.error = errors[i]}, 3);
		fail_everywhere(tally, world,
				(struct fault_plan){.error = errors[i], .onwards = true}, 3);
	}
}

static void run_failing_recoveries(struct tally *tally, struct world *world)
{
	fail_recoveries(tally, world, (struct fault_plan){.error = EIO}, 18);
	fail_recoveries(tally, world, (struct fault_plan){.error = ENOSPC, .onwards = true}, 18);
}

static void run_edits(struct tally *tally, struct world *world)
{
	for (int kind = 0; kind < FOREIGN_KINDS; kind++)
		if (!world->what->files[3].found && chosen(2))
			edit_everywhere(tally, world, (enum foreign_kind)kind, 1,
					(struct fault_plan){0}, 80);
}

static bool run_controls(void)
{
	bool passed = true;

	passed &= control_kill("no journal", skip_journal);
	passed &= control_kill("no line in the log", skip_log);
	passed &= control_kill("nothing tidied up", skip_tidying);
	passed &= control_edit("renaming over whatever is there", overwrite_blindly);
	return passed;
}

int main(void)
{
	const char *given = getenv("DESYNC_SEED");
	bool passed = true;

	seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);
	printf("seed %u, in %s, %s\n", seed, world_base(), world_long() ? "long" : "bounded");
	passed &= over_cases("killed at every call, and in the recovery", run_kills);
	passed &= over_cases("killed within a write", run_torn_kills);
	passed &= over_cases("killed, with short reads and writes", run_short);
	passed &= over_cases("EIO and ENOSPC at every call", run_failures);
	passed &= over_cases("EINTR and EAGAIN at every call", run_interruptions);
	passed &= over_cases("EIO and ENOSPC in the recovery", run_failing_recoveries);
	passed &= over_cases("somebody else's edit before every call", run_edits);
	passed &= over_many();
	if (world_thin() == 1)
		passed &= run_controls();
	return passed ? 0 : 1;
}
