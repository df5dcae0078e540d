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

/* One way to set it; returns a ds_status. */
static int set_status(struct torture_writer *writer, const char *word, ds_error *err);

#ifdef DESYNC_HAS_CHANGE

static int set_status(struct torture_writer *writer, const char *word, ds_error *err)
{
	const ds_set_options options = {.size = sizeof options, .force = true, .reason = "a test"};
	const ds_apply_options apply = {.size = sizeof apply, .wait = 60};
	ds_plan *plan = NULL;
	ds_repo *repo = NULL;

	(void)writer;
	int status = ds_open(&repo, world.root, NULL, err);
	if (status == 0)
		status = ds_plan_set(&plan, repo, "0001-first", word, &options, err);
	bool any = status == 0 && ds_plan_step(plan, 0);
	if (any)
		status = ds_apply(plan, &apply, err);
	ds_plan_free(plan);
	ds_close(repo);
	return status == 0 && !any ? DS_DESYNC : status;
}

#else

/* The file with another status; `from` is the one it has. */
static char *with_status(const char *bytes, const char *word, char from[32])
{
	status_in(bytes, from);
	const char *at = strstr(bytes, "status");
	const char *begin = at ? strstr(at, from) : NULL;
	char *after = begin ? malloc(strlen(bytes) + strlen(word) + 1) : NULL;

	if (after)
		sprintf(after, "%.*s%s%s", (int)(begin - bytes), bytes, word, begin + strlen(from));
	return after;
}

static int set_status(struct torture_writer *writer, const char *word, ds_error *err)
{
	struct ds_change changes[2] = {{0}};
	char line[128];
	const char *const lines[] = {line, NULL};
	char *before[2];
	char *after[2];
	char from[2][32];

	for (int i = 0; i < 2; i++) {
		size_t len = 0;
		before[i] = world_read(paths[i], &len);
		after[i] = before[i] ? with_status(before[i], word, from[i]) : NULL;
		if (!after[i])
			world_die(paths[i]);
		changes[i] = (struct ds_change){.path = item.files[i].path,
						.before = {before[i], len},
						.after = {after[i], strlen(after[i])}};
	}
	snprintf(line, sizeof line, "\"item\":\"0001-first\",\"from\":\"%s\",\"to\":\"%s\"",
		 from[0], word);
	changes[0].log = lines;
	int status = strcmp(from[0], word) == 0 ? DS_DESYNC
						: ds_txn_commit(writer->txn, changes, 2, err);
	if (status == 0 && changes[0].outcome != DS_CHANGE_DONE)
		status = DS_CONFLICT;
	for (int i = 0; i < 2; i++) {
		free(before[i]);
		free(after[i]);
	}
	return status;
}

#endif

static int run_process(void *context)
{
	long number = *(const long *)context;
	unsigned seed = (unsigned)time(NULL) + (unsigned)number;
	long times = world_long() ? LONG_TIMES : TIMES;
	struct torture_writer writer;
	ds_error err;

	torture_open(&writer, world.root);
	while (field->done[number] < times) {
		int status = set_status(&writer, words[rand_r(&seed) % WORDS], &err);
		if (status == 0)
			field->done[number]++;
		else if (status == DS_CONFLICT)
			field->conflicts[number]++;
		else if (status != DS_DESYNC) /* it says that already */
			world_die(err.message);
	}
	torture_close(&writer);
	return 0;
}

/* Reads the story; `word` is what it begins with, and then ends with. */
static long read_log(struct tally *tally, char word[32])
{
	char path[PATH_MAX];
	long changes = 0;

	snprintf(path, sizeof path, "%s/log.jsonl", world.state);
	char *bytes = world_read(path, NULL);
	char *save = NULL;
	for (char *line = bytes ? strtok_r(bytes, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		cJSON *object = cJSON_Parse(line);
		const char *event =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "event"));
		const char *from =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "from"));
		const char *to =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "to"));
		const char *wrong = event ? "" : "a line that is not whole";
		if (event && strcmp(event, "change") == 0) {
			if (!from || !to || strcmp(from, word) != 0)
				wrong = "a change that does not begin where the last one ended";
			snprintf(word, 32, "%.31s", to ? to : "?");
			changes++;
			tally_run(tally, wrong, "%s", line);
		} else if (*wrong) {
			tally_run(tally, wrong, "%s", line);
		}
		cJSON_Delete(object);
	}
	free(bytes);
	return changes;
}

static void judge(struct tally *tally)
{
	char told[32] = "active";
	char said[2][32];
	long changes = read_log(tally, told);
	long done = 0;

	for (int i = 0; i < PROCESSES; i++)
		done += field->done[i];
	for (int i = 0; i < 2; i++) {
		char *bytes = world_read(paths[i], NULL);
		status_in(bytes ? bytes : "", said[i]);
		free(bytes);
	}
	tally_run(tally, strcmp(said[0], said[1]) ? "the files differ" : "", "%s, %s", said[0],
		  said[1]);
	tally_run(tally, strcmp(said[0], told) ? "the log ends otherwise than the files" : "",
		  "%s, %s", told, said[0]);
	tally_run(tally,
		  changes != done ? "the log does not have as many changes as were made" : "",
		  "%ld of %ld", changes, done);
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
