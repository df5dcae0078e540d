#include "program.h"

#include "output.h"

static int conclude(const struct cli_program *program, const struct cli_options *options,
		    ds_result *result)
{
	int status = cli_print_result(program->name, options, result, options->format);
	if (!status)
		status = ds_result_status(result, options->strict);
	ds_result_free(result);
	return status;
}

int cli_main(const struct cli_program *program, int argc, char **argv,
	     int (*look)(ds_result **out, struct cli_options *options, ds_repo *repo,
			 ds_error *err))
{
	struct cli_options options;
	ds_repo *repo = NULL;
	ds_result *result;
	ds_error err;
	int status = cli_parse(&options, program, argc, argv);

	if (status < 0) {
		ds_open_options wanted = {.size = sizeof wanted, .rule = options.rule};
		status = ds_open(&repo, options.directory, &wanted, &err);
		if (!status)
			status = look(&result, &options, repo, &err);
		if (status)
			cli_complain(program->name, "%s", err.message);
		else
			status = conclude(program, &options, result);
	}
	ds_close(repo);
	cli_options_free(&options);
	return status;
}
