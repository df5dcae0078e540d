#include "commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "output.h"

enum { MESSAGE_LINES = 200 };

/* "- 0047-us-task-linkage: active → completed" */
static void put_change(FILE *out, const ds_step *step)
{
	fputs("- ", out);
	cli_put(out, step->item);
	fputs(": ", out);
	cli_put(out, step->from ? step->from : "(none)");
	fputs(" \xe2\x86\x92 ", out);
	cli_put(out, step->to);
	fputc('\n', out);
}

/* NULL where memory ran out; free() it. */
static char *make_message(const struct cli_program *program, const struct cli_words *words,
			  const ds_plan *plan)
{
	char date[32] = "";
	char *message = NULL;
	size_t len;
	size_t listed = 0;
	time_t now = time(NULL);
	struct tm utc;
	FILE *out = open_memstream(&message, &len);
	const ds_step *step;

	if (!out)
		return NULL;
	if (gmtime_r(&now, &utc))
		strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
	fprintf(out, "%s [auto]\n\nUpdated by %s on %s:\n", words->subject, program->name, date);
	for (size_t i = 0; (step = ds_plan_step(plan, i)); i++)
		if (step->state == DS_STEP_DONE && listed++ < MESSAGE_LINES)
			put_change(out, step);
	if (listed > MESSAGE_LINES)
		fprintf(out, "and %zu more\n", listed - MESSAGE_LINES);
	bool whole = !ferror(out);
	if (fclose(out) == 0 && whole)
		return message;
	free(message);
	return NULL;
}

int cli_commit(const struct cli_program *program, const struct cli_options *options,
	       const char *top, const char *const *paths, size_t count, const char *message)
{
	ds_error err = {0};
	char id[DS_COMMIT_ID_SIZE];

	if (ds_commit(top, paths, count, message, id, &err) != 0) {
		cli_complain(program->name, "written, but NOT committed: %s", err.message);
		return DS_TROUBLE;
	}
	if (options->quiet)
		return DS_OK;
	if (*id)
		cli_complain(program->name, "note: committed as %.10s", id);
	else
		cli_complain(program->name, "note: nothing to commit: it is what HEAD has");
	return DS_OK;
}

int cli_commit_changed(const struct cli_program *program, const struct cli_options *options,
		       const struct cli_words *words, const ds_plan *plan)
{
	size_t count = 0;
	int status = DS_TROUBLE;

	while (ds_plan_changed(plan, count))
		count++;
	if (!count)
		return DS_OK;
	const char **paths = calloc(count, sizeof *paths);
	char *ours = *options->commit ? NULL : make_message(program, words, plan);
	if (paths && (ours || *options->commit)) {
		for (size_t i = 0; i < count; i++)
			paths[i] = ds_plan_changed(plan, i);
		status = cli_commit(program, options, ds_plan_top(plan), paths, count,
				    ours ? ours : options->commit);
	} else {
		cli_complain(program->name, "written, but NOT committed: out of memory");
	}
	free(ours);
	free(paths);
	return status;
}
