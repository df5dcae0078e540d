/* Taking them away: what was there before gets its name back, and nothing else changes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"

struct removal {
	const ds_hook_options *options;
	const char *path; /* of the folder */
	int dir;
	size_t done;
	size_t left;
};

static int fail_at(const struct removal *removal, const char *name, ds_error *err)
{
	struct ds_buf path = {0};
	int why = errno;

	ds_buf_printf(&path, "%s/%s", removal->path, name);
	int status = path.failed ? ds_fail_memory(err)
				 : ds_fail_path(err, DS_TROUBLE, path.bytes, strerror(why));
	ds_buf_free(&path);
	return status;
}

static int remove_ours(struct removal *removal, enum ds_hook hook, bool former, ds_error *err)
{
	const char *name = ds_hook_name(hook);
	char kept[64];

	ds_hook_former(kept, hook);
	if (former ? renameat(removal->dir, kept, removal->dir, name) != 0
		   : unlinkat(removal->dir, name, 0) != 0)
		return fail_at(removal, name, err);
	removal->done++;
	ds_hook_say(removal->options, removal->path, name, former ? "as before desync" : "removed");
	return 0;
}

static void leave(struct removal *removal, enum ds_hook hook, const char *why)
{
	removal->left++;
	ds_hook_say(removal->options, removal->path, ds_hook_name(hook), "%s", why);
}

static int remove_hook(struct removal *removal, enum ds_hook hook, ds_error *err)
{
	struct ds_hook_file file;

	int status = ds_hook_look(&file, removal->dir, hook, NULL, err);
	if (status)
		return status;
	/* Nothing, beside a former one: somebody removed ours. */
	if (file.kind == DS_HOOK_OURS || (file.kind == DS_HOOK_NONE && file.former))
		return remove_ours(removal, hook, file.former, err);
	if (file.kind == DS_HOOK_EDITED)
		leave(removal, hook, "left alone: it was changed since desync installed it");
	else if (file.former)
		leave(removal, hook,
		      "left alone: not desync's; what was there before desync is kept as "
		      "NAME.desync-former");
	return 0;
}

/* Only where it was made for us, and holds nothing else by now. */
static void remove_folder(const struct removal *removal)
{
	if (removal->left == 0 && unlinkat(removal->dir, DS_HOOK_MADE, 0) == 0)
		rmdir(removal->path);
}

static int remove_from(struct removal *removal, const char *path, ds_error *err)
{
	if (!path)
		return 0;
	removal->path = path;
	int status = ds_hook_open(&removal->dir, path, err);
	if (status || removal->dir < 0)
		return status;
	for (int hook = 0; hook < DS_HOOKS && status == 0; hook++)
		status = remove_hook(removal, (enum ds_hook)hook, err);
	if (status == 0)
		remove_folder(removal);
	close(removal->dir);
	return status;
}

static int remove_entry(struct removal *removal, const struct ds_hook_place *place,
			enum ds_hook hook, ds_error *err)
{
	struct ds_buf command = {0};

	int status = ds_hook_config_read(&command, place, hook, err);
	if (status == 0 && command.len) {
		status = ds_hook_config_remove(place, hook, err);
		removal->done += status == 0;
		if (status == 0)
			ds_hook_say(removal->options, "git config", "", "hook.desync-%s: removed",
				    ds_hook_name(hook));
	}
	ds_buf_free(&command);
	return status;
}

static int remove_all(struct removal *removal, const struct ds_hook_place *place, ds_error *err)
{
	/* core.hooksPath may have been set behind the installation. */
	int status = remove_from(removal, place->dir, err);
	if (status == 0)
		status = remove_from(removal, place->usual, err);
	for (int hook = 0; hook < DS_HOOKS && status == 0; hook++)
		status = remove_entry(removal, place, (enum ds_hook)hook, err);
	if (status)
		return status;
	if (removal->left)
		return ds_fail(err, DS_TROUBLE, "%zu left: see above, and remove by hand",
			       removal->left);
	if (!removal->done)
		ds_hook_say(removal->options, place->dir ? place->dir : place->at, "",
			    "no hook of desync's is installed there");
	return 0;
}

int ds_hooks_uninstall(const ds_hook_options *options, ds_error *err)
{
	struct removal removal = {.options = options, .dir = -1};
	struct ds_hook_place place;

	int status = ds_hook_place_find(&place, options->dir, err);
	if (status == 0)
		status = remove_all(&removal, &place, err);
	ds_hook_place_free(&place);
	return status;
}
