/*
 * torture-set: eight processes set the status of one item
 *
 * It is in two files. In the end both say the same, and the log is the story of it: each
 * change begins where the one before ended, and the last one ends at what is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "desync/change.h"
#include "tally.h"
#include "torture.h"

enum { PROCESSES = 8, TIMES = 20, LONG_TIMES = 400 };

static const char *const words[] = {"active", "paused", "backlog", "completed"};
enum { WORDS = sizeof words / sizeof *words };

#define ITEM ".specweave/increments/0001-first"

static const struct world_case item = {
	"one item",
	true,
	false,
	{{ITEM "/metadata.json",
	  "{\n  \"id\": \"0001-first\",\n  \"status\": \"active\",\n  \"type\": \"feature\"\n}\n",
	  "", 0, NULL},
	 {ITEM "/spec.md", "---\nincrement: 0001-first\nstatus: active\n---\n\n# First\n", "", 0,
	  NULL}}};

static struct world world;
static char paths[2][PATH_MAX];
static struct field {
	volatile long done[PROCESSES];
	volatile long conflicts[PROCESSES];
} * field;

/* The status in a file's text. */
static void status_in(const char *bytes, char word[32])
{
	const char *at = strstr(bytes, "status");

	snprintf(word, 32, "?");
	if (at)
		sscanf(at + strcspn(at, ":") + 1, "%*[ \"]%31[a-z]", word);
}

/* DS_DESYNC: it says that already. */
static int set_status(const char *word, ds_error *err)
{
	const ds_set_options options = {.size = sizeof options, .force = true, .reason = "a test"};
	const ds_apply_options apply = {.size = sizeof apply, .wait = 60};
	ds_plan *plan = NULL;
	ds_repo *repo = NULL;

	int status = ds_open(&repo, world.root, NULL, err);
	if (status == 0)
		status = ds_plan_set(&plan, repo, "0001-first", word, &options, err);
	bool any = status == 0 && ds_plan_step(plan, 0);
	if (any)
		status = ds_apply(plan, &apply, err);
	/* Where another process set the same meanwhile, there was nothing left to change. */
	any = any && ds_plan_changed(plan, 0);
	ds_plan_free(plan);
	ds_close(repo);
	return status == 0 && !any ? DS_DESYNC : status;
}

static int run_process(void *context)
{
	long number = *(const long *)context;
	unsigned seed = (unsigned)time(NULL) + (unsigned)number;
	long times = world_long() ? LONG_TIMES : TIMES;
	ds_error err;

	while (field->done[number] < times) {
		int status = set_status(words[rand_r(&seed) % WORDS], &err);
		if (status == 0)
			field->done[number]++;
		else if (status == DS_CONFLICT)
			field->conflicts[number]++;
		else if (status != DS_DESYNC)
			world_die(err.message);
	}
	return 0;
}

struct story {
	const char *path; /* of the copy that it is about */
	char word[32];    /* what it begins with, and then ends with */
	long changes;
};

static const char *member(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	return value ? value : "";
}

/* One line: a change of that copy's status begins where the one before ended. */
static void read_line(struct tally *tally, struct story *story, const char *line)
{
	cJSON *object = cJSON_Parse(line);
	bool ours = strcmp(member(object, "event"), "change") == 0 &&
		    strcmp(member(object, "field"), "status") == 0 &&
		    strcmp(member(object, "path"), story->path) == 0;

	if (!*member(object, "event"))
		tally_run(tally, "a line that is not whole", "%s", line);
	if (ours) {
		bool follows = strcmp(member(object, "from"), story->word) == 0;
		tally_run(tally, follows ? "" : "a change that does not begin where the last ended",
			  "%s", line);
		snprintf(story->word, sizeof story->word, "%.31s", member(object, "to"));
		story->changes++;
	}
	cJSON_Delete(object);
}

static void read_log(struct tally *tally, struct story *story)
{
	char path[PATH_MAX];
	char *save = NULL;

	snprintf(path, sizeof path, "%s/log.jsonl", world.state);
	char *bytes = world_read(path, NULL);
	for (char *line = bytes ? strtok_r(bytes, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		read_line(tally, story, line);
	free(bytes);
}

static void judge(struct tally *tally)
{
	long done = 0;

	for (int i = 0; i < PROCESSES; i++)
		done += field->done[i];
	for (int i = 0; i < 2; i++) {
		struct story story = {.path = item.files[i].path, .word = "active"};
		char said[32];
		char *bytes = world_read(paths[i], NULL);
		status_in(bytes ? bytes : "", said);
		free(bytes);
		read_log(tally, &story);
		tally_run(tally,
			  strcmp(said, story.word) ? "the log ends otherwise than the file" : "",
			  "%s: %s, %s", story.path, story.word, said);
		tally_run(tally, story.changes != done ? "the log does not have every change" : "",
			  "%s: %ld of %ld", story.path, story.changes, done);
	}
}

int main(void)
{
	struct tally tally = {.what = "statuses set by eight processes"};
	long numbers[PROCESSES];
	pid_t processes[PROCESSES];
	long conflicts = 0;

	world_open(&world, &item);
	world_reset(&world);
	for (int i = 0; i < 2; i++)
		snprintf(paths[i], sizeof paths[i], "%s/%s", world.root, item.files[i].path);
	field = world_shared(sizeof *field);
	for (int i = 0; i < PROCESSES; i++) {
		numbers[i] = i;
		processes[i] = torture_start(run_process, &numbers[i]);
	}
	for (int i = 0; i < PROCESSES; i++) {
		if (!torture_end(processes[i]))
			tally_run(&tally, "a process failed", "number %d", i);
		conflicts += field->conflicts[i];
	}
	judge(&tally);
	printf("%ld conflicts\n", conflicts);
	world_close(&world);
	return tally_end(&tally) ? 0 : 1;
}
