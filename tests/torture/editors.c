/*
 * torture-editors: somebody else's edits beside two busy writers of ours
 *
 * The editor reads the file, adds a token and writes it in his manner, knowing nothing
 * of our lock; our writers count in the first line. What the editor wrote must be in
 * the file at the end, or in saved/, and what is there was reported in a note.
 *
 * Then the same again while our writers are killed every few milliseconds, so that most
 * of what the editor does happens beside half a commit or a recovery. The control
 * compares and renames instead, and must lose some.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "foreign.h"
#include "tally.h"
#include "torture.h"

enum { WRITERS = 2, BEGINNING = 32, CONTROL_MS = 8000, KILL_US = 12000 };

static const struct world_case one_file = {
	"one file", true, false, {{"notes.md", "n=0\n", "", 0, NULL}}};

struct battle {
	struct world world;
	char path[PATH_MAX];
	char spare[PATH_MAX];
	char notes[PATH_MAX];
	enum foreign_kind kind;
	unsigned seed;
	bool naive;
	bool killing;
	/* In shared memory. */
	struct field {
		volatile bool over;
		volatile long tokens; /* that the editor wrote */
		volatile long commits;
		volatile long kills;
	} * field;
};

/* ---- The editor --------------------------------------------------------- */

/* The manners that do not replace the file write the token alone. */
static bool adds_only(enum foreign_kind kind)
{
	return kind == FOREIGN_APPEND || kind == FOREIGN_HELD;
}

static bool edit_once(struct battle *battle, long number)
{
	char token[BEGINNING];
	char *bytes = world_read(battle->path, NULL);

	if (!bytes)
		return false;
	snprintf(token, sizeof token, "token %ld.\n", number);
	char *text = malloc(strlen(bytes) + sizeof token);
	if (!text)
		world_die("memory");
	sprintf(text, "%s%s", adds_only(battle->kind) ? "" : bytes, token);
	bool done = foreign_edit(battle->kind, battle->path, battle->spare, text);
	free(text);
	free(bytes);
	return done;
}

static int run_editor(void *context)
{
	struct battle *battle = context;

	while (!battle->field->over) {
		if (edit_once(battle, battle->field->tokens + 1))
			battle->field->tokens++;
		torture_pause(&battle->seed, 1500);
	}
	return 0;
}

/* ---- Our writers -------------------------------------------------------- */

/* One more in the first line; NULL where the file is just being written. */
static char *count_on(const char *bytes)
{
	const char *rest = strchr(bytes, '\n');
	char *after = rest ? malloc(strlen(bytes) + BEGINNING) : NULL;

	if (after)
		sprintf(after, "n=%ld%s", strncmp(bytes, "n=", 2) ? 0 : atol(bytes + 2) + 1, rest);
	return after;
}

static void commit_once(struct battle *battle, struct torture_writer *writer)
{
	size_t len = 0;
	char *before = world_read(battle->path, &len);
	char *after = before ? count_on(before) : NULL;
	ds_error err;

	if (after) {
		struct ds_change change = {.path = one_file.files[0].path,
					   .before = {before, len},
					   .after = {after, strlen(after)}};
		if (ds_txn_commit(writer->txn, &change, 1, &err) != 0)
			world_die(err.message);
		if (change.outcome == DS_CHANGE_DONE)
			battle->field->commits++;
	}
	free(before);
	free(after);
}

static int run_writer(void *context)
{
	struct battle *battle = context;
	struct torture_writer writer;

	torture_open(&writer, battle->world.root);
	while (!battle->field->over) {
		commit_once(battle, &writer);
		torture_tell(&writer, battle->notes);
	}
	torture_close(&writer);
	return 0;
}

/* The control: compares what is there with what was read, and renames. */
static int run_naive(void *context)
{
	struct battle *battle = context;
	char temp[PATH_MAX + 16];

	snprintf(temp, sizeof temp, "%s.%ld", battle->spare, (long)getpid());
	while (!battle->field->over) {
		char *before = world_read(battle->path, NULL);
		char *after = before ? count_on(before) : NULL;
		char *now = after ? world_read(battle->path, NULL) : NULL;
		if (now && strcmp(now, before) == 0) {
			world_write(temp, after, strlen(after));
			rename(temp, battle->path);
			battle->field->commits++;
		}
		free(before);
		free(after);
		free(now);
	}
	unlink(temp);
	return 0;
}

/* ---- Counting the tokens ------------------------------------------------ */

struct search {
	bool *found;
	long count;
	const char *notes;
	long unreported;
};

static void look_for_tokens(struct search *search, const char *text)
{
	for (const char *at = text; (at = strstr(at, "token ")); at++) {
		long number = atol(at + strlen("token "));
		if (number > 0 && number <= search->count)
			search->found[number] = true;
	}
}

static void look_at_saved(void *context, const char *name, const char *text)
{
	struct search *search = context;

	look_for_tokens(search, text);
	search->unreported += !strstr(search->notes, name);
}

/* What is late goes to saved/ with the next writer. */
static void commit_last(struct battle *battle)
{
	struct torture_writer writer;

	torture_open(&writer, battle->world.root);
	commit_once(battle, &writer);
	torture_tell(&writer, battle->notes);
	torture_close(&writer);
}

static void count_lost(struct tally *tally, struct battle *battle)
{
	struct search search = {.count = battle->field->tokens};
	char *bytes = world_read(battle->path, NULL);
	char *notes = world_read(battle->notes, NULL);

	search.found = calloc((size_t)search.count + 1, sizeof *search.found);
	search.notes = notes ? notes : "";
	if (!search.found)
		world_die("memory");
	look_for_tokens(&search, bytes ? bytes : "");
	torture_saved(battle->world.state, look_at_saved, &search);
	for (long i = 1; i <= search.count; i++)
		tally_run(tally, search.found[i] ? "" : "LOST: a token", "%s: number %ld of %ld",
			  foreign_names[battle->kind], i, search.count);
	/* Who was killed told nobody. */
	if (search.unreported && !battle->killing)
		tally_run(tally, "versions were kept, but no note says so", "%s: %ld of them",
			  foreign_names[battle->kind], search.unreported);
	free(search.found);
	free(bytes);
	free(notes);
}

/* ---- A battle ----------------------------------------------------------- */

static void begin(struct battle *battle, enum foreign_kind kind, bool naive)
{
	*battle = (struct battle){.kind = kind, .naive = naive, .seed = (unsigned)time(NULL)};
	world_open(&battle->world, &one_file);
	world_reset(&battle->world);
	snprintf(battle->path, sizeof battle->path, "%s/%s", battle->world.root,
		 one_file.files[0].path);
	snprintf(battle->spare, sizeof battle->spare, "%s.spare", battle->world.root);
	snprintf(battle->notes, sizeof battle->notes, "%s.notes", battle->world.root);
	battle->field = world_shared(sizeof *battle->field);
}

static void end(struct battle *battle)
{
	unlink(battle->spare);
	unlink(battle->notes);
	world_close(&battle->world);
}

static pid_t start_writer(struct battle *battle)
{
	return torture_start(battle->naive ? run_naive : run_writer, battle);
}

/* One of the writers after the other is killed and started anew. */
static void kill_writers(struct battle *battle, pid_t writers[WRITERS], long ms)
{
	long deadline = torture_now_ms() + ms;

	for (int i = 0; torture_now_ms() < deadline; i = (i + 1) % WRITERS) {
		torture_pause(&battle->seed, KILL_US);
		kill(writers[i], SIGKILL);
		torture_end(writers[i]);
		battle->field->kills++;
		writers[i] = start_writer(battle);
	}
}

static void fight(struct tally *tally, struct battle *battle, long ms)
{
	pid_t writers[WRITERS];
	struct timespec span = {ms / 1000, ms % 1000 * 1000000};
	bool well = true;

	for (int i = 0; i < WRITERS; i++)
		writers[i] = start_writer(battle);
	pid_t editor = torture_start(run_editor, battle);
	if (battle->killing)
		kill_writers(battle, writers, ms);
	else
		nanosleep(&span, NULL);
	battle->field->over = true;
	for (int i = 0; i < WRITERS; i++)
		well &= torture_end(writers[i]);
	well &= torture_end(editor);
	if (!well)
		tally_run(tally, "a process failed", "%s", foreign_names[battle->kind]);
	if (!battle->naive)
		commit_last(battle);
	count_lost(tally, battle);
}

static bool fight_all(const char *what, bool killing, long ms)
{
	struct tally tally = {.what = what};

	for (int kind = 0; kind < FOREIGN_KINDS; kind++) {
		struct battle battle;
		begin(&battle, (enum foreign_kind)kind, false);
		battle.killing = killing;
		fight(&tally, &battle, ms);
		printf("%s: %ld edits, %ld commits of ours, %ld kills\n", foreign_names[kind],
		       battle.field->tokens, battle.field->commits, battle.field->kills);
		end(&battle);
	}
	return tally_end(&tally);
}

/* Until it has lost some, or has had its chance. */
static bool control(long ms)
{
	struct tally tally = {.what = "compare, then rename", .quiet = true};
	long deadline = torture_now_ms() + CONTROL_MS;

	for (int kind = 0; !tally.lost && torture_now_ms() < deadline;
	     kind = (kind + 1) % FOREIGN_KINDS) {
		struct battle battle;
		begin(&battle, (enum foreign_kind)kind, true);
		fight(&tally, &battle, ms);
		end(&battle);
	}
	return tally_end(&tally) && tally.lost > 0;
}

int main(void)
{
	bool passed = fight_all("edits beside our writers", false, torture_ms(600));

	passed &= fight_all("edits beside writers that are killed", true, torture_ms(600));
	passed &= control(400);
	return passed ? 0 : 1;
}
