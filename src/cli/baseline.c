#include "baseline.h"

#include <stdlib.h>

#include "changes.h"
#include "desync/git.h"

bool cli_may_write_baseline(const struct cli_program *program, const struct cli_options *options)
{
	const char *what = options->fix        ? "--fix"
			   : options->id_count ? "the ID"
			   : options->rule     ? "--rule"
			   : options->baseline ? "--baseline"
					       : NULL;
	if (what)
		cli_complain(program->name,
			     "--write-baseline writes down all that is found: leave out %s", what);
	return !what;
}

int cli_write_baseline(char **path, const struct cli_program *program,
		       const struct cli_options *options, const ds_repo *repo,
		       const ds_result *result, ds_error *err)
{
	struct cli_writing writing;
	size_t count;

	cli_begin_writing(&writing, program, options);
	ds_baseline_options wanted = {
		.size = sizeof wanted,
		.file = *options->write_baseline ? options->write_baseline : NULL,
		.warnings = options->strict,
		.apply = writing.apply,
	};
	int status = ds_write_baseline(path, &count, repo, result, &wanted, err);
	if (status || options->quiet)
		return status;
	fprintf(stderr, "%s: %zu finding%s written to ", program->name, count,
		count == 1 ? "" : "s");
	cli_put(stderr, *path);
	fputs("; a gate reads it once it is added and committed\n", stderr);
	return 0;
}
