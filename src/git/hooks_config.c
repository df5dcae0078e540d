/*
 * The hooks as configuration: hook.desync-NAME.command and .event, of git 2.54 and later.
 * The entries are the repository's own (--local), so nothing is shared, and nothing that
 * is there already is in the way. Each hook has an entry of its own, for git does not tell
 * a command which event it runs for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"

static void key_of(char key[64], enum ds_hook hook, const char *what)
{
	snprintf(key, 64, "hook.desync-%s%s", ds_hook_name(hook), what);
}

/* ---- Which git ---------------------------------------------------------- */

/* "git version 2.54.0.windows.1"; what is not like that is no version we know */
static void parse_version(const char *text, long *major, long *minor)
{
	const char *digits = text + strcspn(text, "0123456789");
	char *end;

	*major = strtol(digits, &end, 10);
	*minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
}

static int read_version(long *major, long *minor, const struct ds_hook_place *place, ds_error *err)
{
	static const char *const args[] = {"version", NULL};
	struct ds_buf out = {0};

	*major = *minor = 0;
	int status = ds_hook_git(&out, NULL, place, args, err);
	if (status == 0)
		parse_version(out.bytes, major, minor);
	ds_buf_free(&out);
	return status;
}

static bool is_enough(long major, long minor)
{
	return major > DS_HOOK_CONFIG_MAJOR ||
	       (major == DS_HOOK_CONFIG_MAJOR && minor >= DS_HOOK_CONFIG_MINOR);
}

int ds_hook_config_known(bool *has, const struct ds_hook_place *place, ds_error *err)
{
	long major;
	long minor;

	int status = read_version(&major, &minor, place, err);
	*has = is_enough(major, minor);
	return status;
}

static int check_version(const struct ds_hook_place *place, ds_error *err)
{
	long major;
	long minor;

	int status = read_version(&major, &minor, place, err);
	if (status == 0 && !is_enough(major, minor))
		status = ds_fail(err, DS_TROUBLE,
				 "git %ld.%ld reads no hooks from its configuration, that takes "
				 "%d.%d: leave out --as-config",
				 major, minor, DS_HOOK_CONFIG_MAJOR, DS_HOOK_CONFIG_MINOR);
	return status;
}

/* ---- One entry ---------------------------------------------------------- */

/* Git gives it to a shell, and appends what it tells the hook. */
bool ds_hook_config_command(struct ds_buf *out, enum ds_hook hook, const char *program)
{
	ds_shell_quote(out, ds_text_of(program));
	return ds_buf_printf(out, " run %s --", ds_hook_name(hook));
}

int ds_hook_config_read(struct ds_buf *command, const struct ds_hook_place *place,
			enum ds_hook hook, ds_error *err)
{
	char key[64];
	int exited;
	const char *const args[] = {"config", "--local", "--get", key, NULL};

	key_of(key, hook, ".command");
	int status = ds_hook_git(command, &exited, place, args, err);
	if (status == 0 && exited > 1)
		status = ds_fail(err, DS_TROUBLE, "git config: %s cannot be read (status %d)", key,
				 exited);
	return status;
}

static int set(const struct ds_hook_place *place, enum ds_hook hook, const char *what,
	       const char *value, ds_error *err)
{
	char key[64];
	struct ds_buf out = {0};
	const char *const args[] = {"config", "--local", "--replace-all", key, value, NULL};

	key_of(key, hook, what);
	int status = ds_hook_git(&out, NULL, place, args, err);
	ds_buf_free(&out);
	return status;
}

int ds_hook_config_remove(const struct ds_hook_place *place, enum ds_hook hook, ds_error *err)
{
	char section[64];
	struct ds_buf out = {0};
	const char *const args[] = {"config", "--local", "--remove-section", section, NULL};

	key_of(section, hook, "");
	int status = ds_hook_git(&out, NULL, place, args, err);
	ds_buf_free(&out);
	return status;
}

/* ---- All of them -------------------------------------------------------- */

/* The command comes last: an event without one is nothing yet. */
static int install_one(const ds_hook_options *options, const struct ds_hook_place *place,
		       enum ds_hook hook, ds_error *err)
{
	struct ds_buf command = {0};

	int status = ds_hook_config_command(&command, hook, options->program)
			     ? set(place, hook, ".event", ds_hook_name(hook), err)
			     : ds_fail_memory(err);
	if (status == 0)
		status = set(place, hook, ".command", command.bytes, err);
	if (status == 0)
		ds_hook_say(options, "git config", "", "hook.desync-%s: installed",
			    ds_hook_name(hook));
	ds_buf_free(&command);
	return status;
}

static int install_all(const ds_hook_options *options, const struct ds_hook_place *place,
		       ds_error *err)
{
	int status = 0;
	int hook;

	for (hook = 0; hook < DS_HOOKS && status == 0; hook++)
		if (ds_hook_wanted(options, place, (enum ds_hook)hook))
			status = install_one(options, place, (enum ds_hook)hook, err);
	while (status && hook-- > 0)
		if (ds_hook_wanted(options, place, (enum ds_hook)hook))
			ds_hook_config_remove(place, (enum ds_hook)hook, NULL);
	return status;
}

static int check_files(const struct ds_hook_place *place, ds_error *err)
{
	struct ds_hook_file file = {0};
	int dir = -1;
	bool ours = false;

	int status = place->dir ? ds_hook_open(&dir, place->dir, err) : 0;
	for (int hook = 0; dir >= 0 && hook < DS_HOOKS && status == 0; hook++) {
		status = ds_hook_look(&file, dir, (enum ds_hook)hook, NULL, err);
		ours = ours || file.kind == DS_HOOK_OURS;
	}
	if (dir >= 0)
		close(dir);
	if (status == 0 && ours)
		status = ds_fail_path(err, DS_TROUBLE, place->dir,
				      "the hooks are installed there as files: desync-hook "
				      "uninstall first");
	return status;
}

int ds_hook_config_install(const ds_hook_options *options, const struct ds_hook_place *place,
			   ds_error *err)
{
	int status = check_version(place, err);
	if (status == 0)
		status = check_files(place, err);
	if (status == 0)
		status = install_all(options, place, err);
	return status;
}
