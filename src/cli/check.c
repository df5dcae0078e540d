/* desync-check: the gate of a done command. */
#include <string.h>

#include "program.h"

static const struct cli_program program = {
	.name = "desync-check",
	.usage = "[OPTION...] [--] ID...",
	.summary =
		"Says whether these items may be closed: only if every copy of their status was\n"
		"read and all agree. An ID is the full id, its number, or a prefix of its own.\n"
		"\n"
		"Exit status: 0 all agree; 1 a disagreement, a gap or an unknown word; 2 an item\n"
		"could not be found, read or judged; 4 a change was interrupted.",
	.options =
		"directory rule config all lenient format output color max-file-size quiet verbose",
	.which = "which item?",
	.least = 1,
};

static int check(const struct cli_program *self, struct cli_options *options, ds_repo *repo,
		 ds_error *err)
{
	ds_result *result;
	ds_scan_options wanted = {
		.size = sizeof wanted,
		.ids = options->ids,
		.id_count = options->id_count,
		.whole = true,
		.all = options->all,
		.baseline = "", /* what is done has no old desync */
	};

	options->strict = !options->lenient;
	if (!options->format || strcmp(options->format, "text") == 0)
		options->format = "gate";
	int status = ds_scan(&result, repo, &wanted, err);
	return status ? status : cli_conclude(self, options, result);
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, check);
}
