/*
 * crash-commit: one commit of two files, or a recovery, for tests from outside
 *
 *     crash-commit PATH PATH     replaces "active" by "completed" in both
 *     crash-commit --recover
 *
 * In the folder it is called in. Exits with what the call returned.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* The content with one word for another; both are given to whoever exits next. */
static void plan_change(struct ds_change *change, const char *path)
{
	static const char *const lines[] = {"\"item\":\"0001\"", NULL};
	size_t len;
	char *before = world_read(path, &len);
	char *word = before ? strstr(before, "active") : NULL;
	char *after = malloc(len + 16);

	if (!word || !after)
		world_die(path);
	int size = sprintf(after, "%.*scompleted%s", (int)(word - before), before, word + 6);
	*change = (struct ds_change){.path = path,
				     .before = {before, len},
				     .after = {after, (size_t)size},
				     .log = lines};
}

static int commit(char **paths, ds_error *err)
{
	struct ds_place place = {0};
	struct ds_txn *txn = NULL;
	struct ds_change changes[2];
	const struct ds_txn_options options = {.wait_ms = 500, .who = "a test"};

	for (int i = 0; i < 2; i++)
		plan_change(&changes[i], paths[i]);
	int status = ds_place_find(&place, ".", ".", err);
	if (status == 0)
		status = ds_txn_open(&txn, &place, &options, err);
	if (status == 0)
		status = ds_txn_commit(txn, changes, 2, err);
	for (int i = 0; i < 2 && status == 0; i++)
		if (changes[i].outcome != DS_CHANGE_DONE) {
			snprintf(err->message, sizeof err->message, "%s: %s", changes[i].path,
				 changes[i].why);
			status =
				changes[i].outcome == DS_CHANGE_CONFLICT ? DS_CONFLICT : DS_TROUBLE;
		}
	ds_txn_close(txn);
	ds_place_free(&place);
	return status;
}

int main(int argc, char **argv)
{
	ds_error err = {0};
	int status;

	if (argc == 3)
		status = commit(argv + 1, &err);
	else
		status = world_recover_here(".", NULL, &err);
	if (status)
		fprintf(stderr, "crash-commit: %s\n", err.message);
	return status;
}
