/*
 * torture-writers: several processes count in one JSON file
 *
 * Each reads it, adds one, and writes it unless somebody else was there first; then it
 * begins again. None of the increments may be lost, and a reader who looks all the time
 * must find valid JSON and a number that only grows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "desync/change.h"
#include "tally.h"
#include "torture.h"

enum { WRITERS = 4, INCREMENTS = 200, LONG_INCREMENTS = 4000 };

static const struct world_case one_file = {
	"one file", true, false, {{"counter.json", "{\n  \"counter\": 0\n}\n", "", 0, NULL}}};

static struct world world;
static char path[PATH_MAX];
static struct field {
	volatile bool over;
	volatile long reads;
	volatile long bad_reads;
	volatile long conflicts[WRITERS];
} * field;

static long increments(void)
{
	return world_long() ? LONG_INCREMENTS : INCREMENTS;
}

/* The number in the file; -1 where it is not valid. */
static long number_in(const char *bytes)
{
	cJSON *object = cJSON_ParseWithOpts(bytes, NULL, true);
	const cJSON *counter = cJSON_GetObjectItemCaseSensitive(object, "counter");
	long number = cJSON_IsNumber(counter) ? (long)counter->valuedouble : -1;

	cJSON_Delete(object);
	return number;
}

static int run_reader(void *context)
{
	long last = 0;

	(void)context;
	while (!field->over) {
		char *bytes = world_read(path, NULL);
		long number = bytes ? number_in(bytes) : -1;
		field->bad_reads += number < last;
		field->reads++;
		last = number > last ? number : last;
		free(bytes);
	}
	return 0;
}

static int add_one(void *context, const char *bytes, size_t len, char **out, size_t *out_len,
		   ds_error *err)
{
	(void)context, (void)err;
	char *whole = strndup(bytes, len);
	*out = malloc(64);
	if (!whole || !*out)
		world_die("memory");
	*out_len = (size_t)sprintf(*out, "{\n  \"counter\": %ld\n}\n", number_in(whole) + 1);
	free(whole);
	return 0;
}

/* Through the library's own loop of reading, changing and trying again. */
static int run_writer(void *context)
{
	volatile long *conflicts = context;
	const ds_edit_options options = {.size = sizeof options,
					 .retries = 50,
					 .apply = {.size = sizeof options.apply, .wait = 60}};
	ds_error err;

	for (long i = 0; i < increments();) {
		int status = ds_edit_file(path, add_one, NULL, &options, NULL, NULL, &err);
		if (status == 0)
			i++;
		else if (status == DS_CONFLICT)
			++*conflicts;
		else
			world_die(err.message);
	}
	return 0;
}

int main(void)
{
	struct tally tally = {.what = "increments of one counter"};
	pid_t writers[WRITERS];
	bool well = true;

	world_open(&world, &one_file);
	world_reset(&world);
	snprintf(path, sizeof path, "%s/%s", world.root, one_file.files[0].path);
	field = world_shared(sizeof *field);
	pid_t reader = torture_start(run_reader, NULL);
	for (int i = 0; i < WRITERS; i++)
		writers[i] = torture_start(run_writer, (void *)&field->conflicts[i]);
	for (int i = 0; i < WRITERS; i++)
		well &= torture_end(writers[i]);
	field->over = true;
	well &= torture_end(reader);
	char *bytes = world_read(path, NULL);
	long found = bytes ? number_in(bytes) : -1;
	for (long i = 0; i < WRITERS * increments(); i++)
		tally_run(&tally, i < found ? "" : "LOST: an increment", "the counter says %ld",
			  found);
	if (!well || field->bad_reads)
		tally_run(&tally, "a process failed, or a reader saw what was never written",
			  "%ld bad reads of %ld", field->bad_reads, field->reads);
	printf("%ld reads meanwhile, %ld conflicts\n", field->reads,
	       field->conflicts[0] + field->conflicts[1] + field->conflicts[2] +
		       field->conflicts[3]);
	free(bytes);
	world_close(&world);
	return tally_end(&tally) ? 0 : 1;
}
