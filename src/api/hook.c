/* Installing the hooks, asked for by a caller of whatever version. */
#include "desync/git.h"

#include <string.h>

#include "err.h"
#include "hooks.h"
#include "repo.h"

static int take(ds_hook_options *into, const ds_hook_options *options, ds_error *err)
{
	ds_take_options(into, sizeof *into, options);
	if (!into->program || *into->program != '/')
		return ds_fail(
			err, DS_TROUBLE,
			"the program that the hook runs has to be named by its absolute path");
	return 0;
}

int ds_hook_install(const ds_hook_options *options, ds_error *err)
{
	ds_hook_options given;
	int status = take(&given, options, err);
	return status ? status : ds_hooks_install(&given, err);
}

int ds_hook_uninstall(const ds_hook_options *options, ds_error *err)
{
	ds_hook_options given;
	ds_take_options(&given, sizeof given, options);
	return ds_hooks_uninstall(&given, err);
}

int ds_hook_status(const ds_hook_options *options, ds_error *err)
{
	ds_hook_options given;
	int status = take(&given, options, err);
	return status ? status : ds_hooks_status(&given, err);
}
