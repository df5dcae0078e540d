/* desync-init: proposes the rules that fit; says what no rule sees. */
#include "desync/rules.h"
#include "output.h"
#include "program.h"

static const struct cli_program program = {
	.name = "desync-init",
	.usage = "[OPTION...]",
	.summary =
		"Looks at the repository, says which built-in rules fit and what they find today,\n"
		"and writes a .desync.yml that names them. It never overwrites one.\n"
		"\n"
		"Exit status: 0 it was written (or, with --dry-run, would be), whatever is found;\n"
		"with --check nothing was found; 1 with --check something was; 2 nothing fits, a\n"
		"configuration is there already, or something could not be read or written.",
	.options = "directory dry-run=config agents check all=words max-file-size color verbose",
	.without_repo = true,
};

/* ---- The report and what to do next ---------------------------------------- */

static int report(const struct cli_options *options, const ds_result *result, FILE *stream,
		  ds_error *err)
{
	ds_report_options wanted = {.size = sizeof wanted,
				    .color = cli_wants_color(options, fileno(stream)),
				    .verbose = options->verbose};
	return ds_report(result, &wanted, cli_write, stream, err);
}

static void print_next(const ds_survey *survey)
{
	fputs("written: ", stdout);
	cli_put(stdout, ds_survey_path(survey));
	puts("; commit it, and then");
	puts("  desync-hook install            refuses a commit that disagrees");
	if (ds_result_status(ds_survey_result(survey), false))
		puts("  desync-scan --write-baseline   lets pass what is old, until it is settled");
}

/* The file itself goes to standard output alone, so that it can be kept. */
static int show(const struct cli_options *options, const ds_survey *survey, ds_error *err)
{
	const ds_result *result = ds_survey_result(survey);
	FILE *stream = options->dry_run ? stderr : stdout;
	const char *line;

	for (size_t i = 0; (line = ds_survey_line(survey, i)); i++)
		fprintf(stream, "%s\n", line);
	int status = report(options, result, stream, err);
	if (options->dry_run)
		fputs(ds_survey_text(survey), stdout);
	else
		print_next(survey);
	return status;
}

/* ---- What it is asked for ---------------------------------------------------- */

static int propose(const struct cli_options *options, ds_error *err)
{
	ds_survey *survey;
	int status = ds_survey_open(&survey, options->directory, err);

	if (!status && !options->dry_run)
		status = ds_survey_save(survey, err);
	if (!status)
		status = show(options, survey, err);
	ds_survey_free(survey);
	return status;
}

static int print_agents(const struct cli_options *options, ds_error *err)
{
	ds_repo *repo;
	int status = ds_open(&repo, options->directory, NULL, err);

	if (!status)
		status = ds_agent_lines(repo, cli_write, stdout, err);
	ds_close(repo);
	return status;
}

static int print_gaps(const struct cli_options *options, ds_error *err)
{
	ds_gaps_options wanted = {
		.size = sizeof wanted, .all = options->all, .file_limit = options->file_limit};
	return ds_survey_gaps(options->directory, &wanted, cli_write, stdout, err);
}

static int choose(const struct cli_options *options, ds_error *err)
{
	if (options->agents + options->gaps + options->dry_run > 1 || options->id_count)
		return cli_complain(program.name, "usage: %s [-C DIR] [--dry-run|--agents|--check]",
				    program.name),
		       DS_TROUBLE;
	if (options->agents)
		return print_agents(options, err);
	if (options->gaps)
		return print_gaps(options, err);
	return propose(options, err);
}

static int act(const struct cli_program *self, struct cli_options *options, ds_repo *repo,
	       ds_error *err)
{
	int status = choose(options, err);

	(void)repo;
	return cli_graver(status, cli_finish_stdout(self->name));
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, act);
}
