/*
 * torture-readers: a scan beside a busy writer never sees a desync that was never there
 *
 * The writer changes both copies of an item at a time, over and over. Who reads the two
 * files one after the other can find them differing; ds_scan and ds_check read what
 * looks wrong once more, under the lock, before they say so.
 *
 * The control reads without that, and must be wrong now and then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desync.h"
#include "tally.h"
#include "torture.h"

enum { READERS = 2 };

#define ITEM ".specweave/increments/0001-first"

static const char *const json[] = {
	"{\n  \"id\": \"0001-first\",\n  \"status\": \"active\"\n}\n",
	"{\n  \"id\": \"0001-first\",\n  \"status\": \"completed\"\n}\n"};
static const char *const spec[] = {
	"---\nincrement: 0001-first\nstatus: active\n---\n\n# First\n",
	"---\nincrement: 0001-first\nstatus: completed\n---\n\n# First\n"};

static const struct world_case item = {
	"one item",
	true,
	false,
	{{ITEM "/metadata.json", "{\n  \"id\": \"0001-first\",\n  \"status\": \"active\"\n}\n", "",
	  0, NULL},
	 {ITEM "/spec.md", "---\nincrement: 0001-first\nstatus: active\n---\n\n# First\n", "", 0,
	  NULL}}};

static struct world world;
static struct field {
	volatile bool over;
	volatile long commits;
	volatile long reads[READERS];
	volatile long wrong[READERS];
	char first[READERS][1024];
} * field;

static int run_writer(void *context)
{
	struct torture_writer writer;
	ds_error err;

	(void)context;
	torture_open(&writer, world.root);
	for (int now = 0; !field->over; now = !now) {
		struct ds_change changes[] = {
			{.path = item.files[0].path,
			 .before = ds_text_of(json[now]),
			 .after = ds_text_of(json[!now])},
			{.path = item.files[1].path,
			 .before = ds_text_of(spec[now]),
			 .after = ds_text_of(spec[!now])},
		};
		if (ds_txn_commit(writer.txn, changes, 2, &err) != 0)
			world_die(err.message);
		if (changes[0].outcome != DS_CHANGE_DONE)
			world_die(changes[0].why);
		field->commits++;
	}
	torture_close(&writer);
	return 0;
}

static void note_wrong(long number, const ds_result *result)
{
	const ds_finding *finding = ds_result_finding(result, 0);
	const char *trouble = ds_result_trouble(result, 0);

	if (!field->wrong[number]++)
		snprintf(field->first[number], sizeof field->first[number], "%s",
			 finding   ? finding->message
			 : trouble ? trouble
				   : "?");
}

/* By turns a scan and a check, each with a repository opened anew. */
static int run_reader(void *context)
{
	long number = *(const long *)context;
	const ds_scan_options options = {.size = sizeof options, .jobs = 1};
	ds_error err;

	while (!field->over) {
		ds_repo *repo = NULL;
		ds_result *result = NULL;
		int status = ds_open(&repo, world.root, NULL, &err);
		if (status == 0 && field->reads[number] % 2)
			status = ds_scan(&result, repo, &options, &err);
		else if (status == 0)
			status = ds_check(&result, repo, "0001-first", &err);
		if (status != 0)
			world_die(err.message);
		if (ds_result_status(result, true) != 0)
			note_wrong(number, result);
		field->reads[number]++;
		ds_result_free(result);
		ds_close(repo);
	}
	return 0;
}

/* The control: reads one file, then the other, and believes it. */
static int run_naive(void *context)
{
	long number = *(const long *)context;

	while (!field->over) {
		bool completed[2];
		for (int i = 0; i < 2; i++) {
			char path[PATH_MAX];
			snprintf(path, sizeof path, "%s/%s", world.root, item.files[i].path);
			char *bytes = world_read(path, NULL);
			completed[i] = bytes && strstr(bytes, "completed");
			free(bytes);
		}
		field->wrong[number] += completed[0] != completed[1];
		field->reads[number]++;
	}
	return 0;
}

static bool read_beside(const char *what, int (*reader)(void *), bool is_control, long ms)
{
	struct tally tally = {.what = what, .quiet = is_control};
	long numbers[READERS];
	pid_t readers[READERS];
	struct timespec span = {ms / 1000, ms % 1000 * 1000000};

	world_open(&world, &item);
	world_reset(&world);
	field = world_shared(sizeof *field);
	pid_t writer = torture_start(run_writer, NULL);
	for (int i = 0; i < READERS; i++) {
		numbers[i] = i;
		readers[i] = torture_start(reader, &numbers[i]);
	}
	nanosleep(&span, NULL);
	field->over = true;
	if (!torture_end(writer))
		tally_run(&tally, "the writer failed", "%s", what);
	for (int i = 0; i < READERS; i++) {
		if (!torture_end(readers[i]))
			tally_run(&tally, "a reader failed", "number %d", i);
		for (long k = 0; k < field->reads[i]; k++)
			tally_run(&tally, k < field->wrong[i] ? "a false desync" : "", "%s",
				  field->first[i]);
	}
	printf("%ld commits meanwhile\n", field->commits);
	world_close(&world);
	return tally_end(&tally);
}

int main(void)
{
	bool passed = read_beside("scans and checks beside a writer", run_reader, false,
				  torture_ms(2500));

	passed &= read_beside("reading one file, then the other", run_naive, true, 1500);
	return passed ? 0 : 1;
}
