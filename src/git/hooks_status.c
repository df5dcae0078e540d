/* Whether each hook is there, is the one that git runs, and does its work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"

struct look {
	const ds_hook_options *options;
	const struct ds_hook_place *place;
	bool known; /* to git: hooks as configuration */
	bool bad;   /* at least one does not do its work */
};

/* What lies in a folder of hooks; nothing, where that is not there. */
static int look_in(struct ds_hook_file *file, const char *path, enum ds_hook hook, ds_error *err)
{
	int dir = -1;

	*file = (struct ds_hook_file){0};
	int status = path ? ds_hook_open(&dir, path, err) : 0;
	if (status || dir < 0)
		return status;
	status = ds_hook_look(file, dir, hook, NULL, err);
	close(dir);
	return status;
}

static void say(struct look *look, enum ds_hook hook, bool good, const char *what, const char *more)
{
	const char *dir = look->place->dir ? look->place->dir : look->place->usual;

	look->bad = look->bad || !good;
	ds_hook_say(look->options, dir, ds_hook_name(hook), "%s%s%s",
		    good ? "" : "not effective: ", what, more);
}

static int prove(struct look *look, enum ds_hook hook, const char *const *argv, ds_error *err)
{
	struct ds_buf why = {0};
	bool works;

	int status = ds_hook_prove(&works, &why, hook, argv, err);
	if (status == 0 && why.failed)
		status = ds_fail_memory(err);
	if (status == 0)
		say(look, hook, works, works ? "installed and effective" : why.bytes, "");
	ds_buf_free(&why);
	return status;
}

static int prove_script(struct look *look, enum ds_hook hook, ds_error *err)
{
	struct ds_buf path = {0};

	ds_buf_printf(&path, "%s/%s", look->place->dir, ds_hook_name(hook));
	const char *const argv[] = {path.bytes, NULL};
	int status = path.failed ? ds_fail_memory(err) : prove(look, hook, argv, err);
	ds_buf_free(&path);
	return status;
}

/* ---- As a file ---------------------------------------------------------- */

/* Why git runs none of ours; NULL: it does. */
static const char *why_not(const struct ds_hook_file *file, const struct ds_hook_place *place)
{
	if (!place->dir)
		return "core.hooksPath is empty, so git finds no hooks";
	switch (file->kind) {
	case DS_HOOK_NONE:
		return "not installed";
	case DS_HOOK_EDITED:
		return "changed since it was installed";
	case DS_HOOK_MANAGED:
		return "written by a manager of hooks: ask that one";
	case DS_HOOK_FOREIGN:
		return file->runs ? "another file in its place"
				  : "another file in its place, which git passes over";
	case DS_HOOK_FOLDER:
		return "a folder in its place";
	default:
		return file->runs ? NULL : "it has no run bit, so git passes over it";
	}
}

static int look_at_file(struct look *look, enum ds_hook hook, ds_error *err)
{
	struct ds_hook_file file;
	struct ds_hook_file usual;

	int status = look_in(&file, look->place->dir, hook, err);
	if (status == 0)
		status = look_in(&usual, look->place->usual, hook, err);
	if (status)
		return status;
	const char *why = why_not(&file, look->place);
	if (!why)
		return prove_script(look, hook, err);
	say(look, hook, false, why,
	    usual.kind == DS_HOOK_OURS ? "; core.hooksPath overrides the one that is installed"
				       : "");
	return 0;
}

/* ---- As configuration --------------------------------------------------- */

static int look_at_entry(struct look *look, enum ds_hook hook, const struct ds_buf *is,
			 ds_error *err)
{
	const char *program = look->options->program;
	const char *const argv[] = {program, "run", ds_hook_name(hook), "--", NULL};
	struct ds_buf ours = {0};
	int status = 0;

	if (!ds_hook_config_command(&ours, hook, program))
		status = ds_fail_memory(err);
	else if (!look->known)
		say(look, hook, false, "in the configuration, which this git does not read for it",
		    "");
	else if (strcmp(ours.bytes, is->bytes) != 0)
		say(look, hook, false, "in the configuration with another command", "");
	else
		status = prove(look, hook, argv, err);
	ds_buf_free(&ours);
	return status;
}

static int look_at(struct look *look, enum ds_hook hook, ds_error *err)
{
	struct ds_buf command = {0};

	int status = ds_hook_config_read(&command, look->place, hook, err);
	if (status == 0)
		status = command.len ? look_at_entry(look, hook, &command, err)
				     : look_at_file(look, hook, err);
	ds_buf_free(&command);
	return status;
}

int ds_hooks_status(const ds_hook_options *options, ds_error *err)
{
	struct ds_hook_place place;
	struct look look = {.options = options, .place = &place};

	int status = ds_hook_place_find(&place, options->dir, err);
	if (status == 0)
		status = ds_hook_config_known(&look.known, &place, err);
	for (int hook = 0; hook < DS_HOOKS && status == 0; hook++)
		if (ds_hook_wanted(options, &place, (enum ds_hook)hook))
			status = look_at(&look, (enum ds_hook)hook, err);
	if (status == 0 && look.bad)
		status = ds_fail(err, DS_DESYNC,
				 "the gate is not effective here: desync-hook install");
	ds_hook_place_free(&place);
	return status;
}
