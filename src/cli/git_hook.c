/* desync-hook: the gate as git's hooks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desync/git.h"
#include "gate.h"
#include "hook_setup.h"
#include "output.h"
#include "program.h"

static const struct cli_program program = {
	.name = "desync-hook",
	.usage = "install | uninstall | status | run [HOOK] [OPTION...] [-- ARG...]",
	.summary =
		"Keeps a desync out of git. install has git run the gate before a commit and a\n"
		"merge, behind the hooks that are there; uninstall puts those back; status proves\n"
		"that each hook works, on a made-up desync. run is what the hooks call: HOOK is\n"
		"pre-commit (or left out), pre-merge-commit, pre-push or pre-receive; what says\n"
		"how to judge and to report (--rule, --gate, --strict, ...) is for run.\n"
		"\n"
		"Exit status: 0 done, and every hook works; 1 a hook does not, or run found a\n"
		"desync; 2 trouble, and nothing was changed; 3 somebody else installs hooks\n"
		"there.",
	.options = "directory pre-push all=hooks force=hooks as-config rule config gate strict "
		   "severity baseline no-baseline color max-file-size quiet verbose",
	.which = "what is to be done?",
	.least = 1,
	.most = 2,
	.runs_command = true,
	.without_repo = true,
};

static void say(void *context, const char *line)
{
	const struct cli_options *options = context;
	if (!options->quiet)
		puts(cli_from_here(line));
}

typedef int (*hook_fn)(const ds_hook_options *options, ds_error *err);

static int act(hook_fn function, struct cli_options *options)
{
	char *self = cli_own_path(options->argv[0]);
	ds_error err = {0};
	ds_hook_options wanted = {
		.size = sizeof wanted,
		.dir = options->directory,
		.program = self,
		.pre_push = options->pre_push,
		.all = options->all,
		.force = options->force,
		.as_config = options->as_config,
		.say = say,
		.say_context = options,
	};

	int status = function(&wanted, &err);
	free(self);
	fflush(stdout); /* what was said comes before what is wrong with it */
	if (status)
		cli_complain(program.name, "%s", err.message);
	else if (function != ds_hook_uninstall && !options->quiet)
		cli_say_present(&program, options, function == ds_hook_install);
	return status;
}

static int run(struct cli_options *options)
{
	static const char *const hooks[] = {"pre-commit", "pre-merge-commit", "pre-push",
					    "pre-receive"};
	const char *hook = options->id_count > 1 ? options->ids[1] : hooks[0];

	for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++)
		if (strcmp(hook, hooks[i]) == 0)
			return cli_gate(&program, options, hook);
	cli_complain(program.name, "run: there is pre-commit, pre-merge-commit, pre-push and "
				   "pre-receive, no other hook");
	return DS_TROUBLE;
}

static const struct {
	const char *name;
	hook_fn function;
} commands[] = {
	{"install", ds_hook_install},
	{"uninstall", ds_hook_uninstall},
	{"status", ds_hook_status},
};

/* What is wrong is said there. */
static int command(const struct cli_program *self, struct cli_options *options, ds_repo *repo,
		   ds_error *err)
{
	const char *name = options->ids[0];

	(void)repo, (void)err;
	if (strcmp(name, "run") == 0)
		return run(options);
	if (cli_is_for_gate(self, options))
		return DS_TROUBLE;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(name, commands[i].name) != 0 || options->id_count > 1)
			continue;
		int status = act(commands[i].function, options);
		int printed = cli_finish_stdout(self->name);
		return printed ? printed : status;
	}
	cli_complain(self->name, "usage: desync-hook %s", self->usage);
	return DS_TROUBLE;
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, command);
}
