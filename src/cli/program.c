#include "program.h"

#include "output.h"

int cli_graver(int a, int b)
{
	static const int rank[] = {[DS_OK] = 0,
				   [DS_DESYNC] = 1,
				   [DS_CONFLICT] = 2,
				   [DS_TROUBLE] = 3,
				   [DS_INTERRUPTED] = 4};
	return rank[a] > rank[b] ? a : b;
}

int cli_conclude(const struct cli_program *program, const struct cli_options *options,
		 ds_result *result)
{
	int status = cli_print_result(program->name, options, result, options->format);
	if (!status)
		status = ds_result_status(result, options->strict);
	ds_result_free(result);
	return status;
}

/* The whole log. */
static bool names_no_item(const struct cli_options *options)
{
	return options->log && !*options->log && !options->id_count;
}

int cli_main(const struct cli_program *program, int argc, char **argv, cli_act_fn act)
{
	struct cli_options options;
	ds_repo *repo = NULL;
	ds_error err = {0};
	int status = cli_parse(&options, program, argc, argv);

	if (status < 0) {
		ds_open_options wanted = {.size = sizeof wanted,
					  .rule = options.rule,
					  .origin = options.staged     ? DS_INDEX
						    : options.revision ? DS_REVISION
								       : DS_WORKTREE,
					  .revision = options.revision,
					  .since = options.since,
					  .config = options.config,
					  .file_limit = options.file_limit,
					  .no_rules = options.recover || names_no_item(&options)};
		status = program->without_repo ? DS_OK
					       : ds_open(&repo, options.directory, &wanted, &err);
		if (!status)
			status = act(program, &options, repo, &err);
		if (status && *err.message)
			cli_complain(program->name, "%s", err.message);
	}
	ds_close(repo);
	cli_options_free(&options);
	return status;
}
