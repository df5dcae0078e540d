#include "gate.h"

#include "desync.h"
#include "output.h"

static int write_to_stderr(void *context, const char *bytes, size_t len)
{
	(void)context;
	return fwrite(bytes, 1, len, stderr) == len ? 0 : 1;
}

static int judge(ds_repo *repo, ds_error *err)
{
	ds_result *result;
	ds_report_options how = {.size = sizeof how};

	int status = ds_scan(&result, repo, NULL, err);
	if (status)
		return status;
	status = ds_result_status(result, false);
	if (status && ds_report(result, &how, write_to_stderr, NULL, err) != 0)
		status = DS_TROUBLE;
	ds_result_free(result);
	return status;
}

int cli_gate(const struct cli_program *program, struct cli_options *options, const char *hook)
{
	ds_open_options from = {.size = sizeof from, .origin = DS_INDEX};
	ds_repo *repo = NULL;
	ds_error err = {0};

	(void)hook;
	if (ds_open(&repo, options->directory, &from, &err) != 0)
		return DS_OK;
	int status = judge(repo, &err);
	if (status && *err.message)
		cli_complain(program->name, "%s", err.message);
	ds_close(repo);
	return status;
}
