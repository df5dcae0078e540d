/*
 * Whether a hook that is installed does its work: it is run where one of the two answers
 * is known to be right. In a scratch repository, of which nobody's configuration says
 * anything, two copies of a status differ: it must refuse. Then they agree: it must not,
 * for one that refuses everything proves nothing.
 */
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np: in POSIX since 2024; environ */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"
#include "hooks.h"

enum {
	DEADLINE_S = 10, /* for each program: what they have to look at is tiny */
	NAP_NS = 100 * 1000,
	MOST_WORDS = 16,
	MOST_OPEN = 16,
	SAID_LIMIT = 4096,
};

#define ITEM ".specweave/increments/0001-made-up"

struct trial {
	enum ds_hook hook;
	const char *const *argv; /* of the hook */
	char *dir;
	const char **variables;
	size_t variable_count; /* without what the hook alone gets */
	struct ds_arena strings;
};

/* ---- Files -------------------------------------------------------------- */

static const char *in_scratch(struct trial *trial, const char *before, const char *name)
{
	struct ds_buf path = {0};

	ds_buf_printf(&path, "%s%s/%s", before, trial->dir, name);
	const char *kept = path.failed ? NULL : ds_arena_string(&trial->strings, path.bytes);
	ds_buf_free(&path);
	return kept;
}

static int write_file(struct trial *trial, const char *name, const char *text, ds_error *err)
{
	const char *path = in_scratch(trial, "", name);
	if (!path)
		return ds_fail_memory(err);
	FILE *file = fopen(path, "we");
	if (!file)
		return ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
	bool written = fputs(text, file) >= 0;
	if (fclose(file) != 0 || !written)
		return ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
	return 0;
}

/* The first line of what was said; "" where there is none. */
static const char *first_line(struct trial *trial)
{
	char line[SAID_LIMIT] = "";
	const char *path = in_scratch(trial, "", ".git/said");
	FILE *file = path ? fopen(path, "re") : NULL;

	if (file) {
		if (!fgets(line, sizeof line, file))
			*line = '\0';
		fclose(file);
	}
	line[strcspn(line, "\n")] = '\0';
	const char *kept = ds_arena_string(&trial->strings, line);
	return kept ? kept : "";
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* ---- Running ------------------------------------------------------------ */

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
		  const char *cwd, const char *told, const char *said)
{
	sigset_t none;
	sigset_t broken;

	sigemptyset(&none);
	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE); /* which a caller may well ignore */
	int why = posix_spawn_file_actions_addopen(actions, 0, told, O_RDONLY, 0);
	if (!why)
		why = posix_spawn_file_actions_addopen(actions, 1, said,
						       O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (!why)
		why = posix_spawn_file_actions_adddup2(actions, 1, 2);
	if (!why)
		why = posix_spawn_file_actions_addchdir_np(actions, cwd);
	if (!why)
		why = posix_spawnattr_setsigmask(attributes, &none);
	if (!why)
		why = posix_spawnattr_setsigdefault(attributes, &broken);
	if (!why)
		why = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
								   POSIX_SPAWN_SETSIGMASK |
								   POSIX_SPAWN_SETSIGDEF);
	return why;
}

static int spawn(pid_t *pid, const struct trial *trial, const char *cwd, const char *told,
		 const char *said, const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	int why = posix_spawn_file_actions_init(&actions);
	if (why)
		return why;
	why = posix_spawnattr_init(&attributes);
	if (!why) {
		why = set_up(&actions, &attributes, cwd, told, said);
		if (!why)
			why = posix_spawn(pid, argv[0], &actions, &attributes, (char **)argv,
					  (char **)trial->variables);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return why;
}

static bool has_time(const struct timespec *since)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec - since->tv_sec < DEADLINE_S;
}

/* Waits as long as there is time; 0: it has not ended. */
static pid_t wait_some(pid_t pid, int *status)
{
	struct timespec nap = {.tv_nsec = NAP_NS};
	struct timespec since;
	pid_t got;

	clock_gettime(CLOCK_MONOTONIC, &since);
	while ((got = waitpid(pid, status, WNOHANG)) == 0 && has_time(&since)) {
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 100 * NAP_NS)
			nap.tv_nsec *= 2;
	}
	return got;
}

/* What it exited with; 128 and the number of the signal that killed it, as a shell says
 * it. It is killed, with all that it started, when its time is over. */
static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t got = wait_some(pid, &status);

	if (got == 0) {
		kill(-pid, SIGKILL);
		while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
			continue;
	}
	if (got < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* `cwd` is beneath the scratch folder. */
static int run(int *exited, struct trial *trial, const char *cwd, const char *const *argv,
	       ds_error *err)
{
	const char *at = in_scratch(trial, "", cwd);
	const char *told = in_scratch(trial, "", ".git/told");
	const char *said = in_scratch(trial, "", ".git/said");
	pid_t pid;

	if (!at || !told || !said || !argv[0])
		return ds_fail_memory(err);
	int why = spawn(&pid, trial, at, told, said, argv);
	if (why)
		return ds_fail_path(err, DS_TROUBLE, argv[0], strerror(why));
	*exited = wait_for(pid);
	return 0;
}

static int git(struct trial *trial, const char *const *words, ds_error *err)
{
	struct ds_buf program = {0};
	const char *argv[MOST_WORDS] = {NULL, "-c", "user.name=desync", "-c",
					"user.email=desync@localhost"};
	size_t lead = 5;
	int exited = 0;

	for (size_t i = 0; words[i] && lead + 1 < MOST_WORDS; i++)
		argv[lead++] = words[i];
	int status = ds_git_find(&program, err);
	argv[0] = program.bytes;
	if (status == 0)
		status = run(&exited, trial, "", argv, err);
	if (status == 0 && exited != 0)
		status = ds_fail(err, DS_TROUBLE, "git %s: %s (in a scratch repository)", words[0],
				 first_line(trial));
	ds_buf_free(&program);
	return status;
}

/* ---- The environment ---------------------------------------------------- */

static bool is_kept(const char *variable)
{
	static const char *const dropped[] = {"GIT_",
					      "HOME=", "XDG_CONFIG_HOME=", "DESYNC_HOOK_ALONE="};
	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
		if (strncmp(variable, dropped[i], strlen(dropped[i])) == 0)
			return false;
	return true;
}

/* Nothing of git's from outside, and nobody's configuration. */
static int make_variables(struct trial *trial, ds_error *err)
{
	size_t count = 0;

	while (environ && environ[count])
		count++;
	trial->variables = calloc(count + 6, sizeof *trial->variables);
	if (!trial->variables)
		return ds_fail_memory(err);
	count = 0;
	for (char **each = environ; each && *each; each++)
		if (is_kept(*each))
			trial->variables[count++] = *each;
	trial->variables[count++] = "GIT_CONFIG_NOSYSTEM=1";
	trial->variables[count++] = "GIT_CONFIG_GLOBAL=/dev/null";
	trial->variables[count++] = "DESYNC_HOOK_ALONE=1";
	trial->variables[count] = in_scratch(trial, "HOME=", ".git");
	if (!trial->variables[count++])
		return ds_fail_memory(err);
	trial->variable_count = count;
	return 0;
}

/* What git sets for that hook, and for no other program here. */
static int set_for_hook(struct trial *trial, ds_error *err)
{
	const char **at = &trial->variables[trial->variable_count];

	if (trial->hook == DS_HOOK_RECEIVE)
		*at = "GIT_DIR=.";
	else if (trial->hook != DS_HOOK_PUSH &&
		 !(*at = in_scratch(trial, "GIT_INDEX_FILE=", ".git/index")))
		return ds_fail_memory(err);
	return 0;
}

/* ---- The repository ----------------------------------------------------- */

static int make_folders(struct trial *trial, ds_error *err)
{
	static const char *const folders[] = {".specweave", ".specweave/increments", ITEM, ".git"};

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		const char *path = in_scratch(trial, "", folders[i]);
		if (!path)
			return ds_fail_memory(err);
		if (mkdir(path, 0700) != 0)
			return ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
	}
	return write_file(trial, ".git/told", "", err);
}

static int make_repository(struct trial *trial, ds_error *err)
{
	static const char *const init[] = {"init", "-q", "--template=", NULL};
	const char *temporary = getenv("TMPDIR");
	struct ds_buf dir = {0};

	ds_buf_printf(&dir, "%s/desync-XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (dir.failed)
		return ds_fail_memory(err);
	if (!mkdtemp(dir.bytes)) {
		int status = ds_fail_path(err, DS_TROUBLE, temporary ? temporary : "/tmp",
					  "no temporary folder can be made there: set TMPDIR");
		ds_buf_free(&dir);
		return status;
	}
	trial->dir = dir.bytes;
	int status = make_folders(trial, err);
	if (status == 0)
		status = make_variables(trial, err);
	return status ? status : git(trial, init, err);
}

/* ---- What the hook is about --------------------------------------------- */

/* A push of HEAD, as git tells it. */
static int tell(struct trial *trial, ds_error *err)
{
	static const char *const args[] = {"rev-parse", "HEAD", NULL};
	static const char zeros[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	struct ds_buf line = {0};

	int status = git(trial, args, err);
	if (status)
		return status;
	const char *id = first_line(trial);
	const char *none = zeros + (strlen(id) < strlen(zeros) ? strlen(zeros) - strlen(id) : 0);
	if (trial->hook == DS_HOOK_PUSH)
		ds_buf_printf(&line, "refs/heads/main %s refs/heads/main %s\n", id, none);
	else
		ds_buf_printf(&line, "%s %s refs/heads/main\n", none, id);
	status =
		line.failed ? ds_fail_memory(err) : write_file(trial, ".git/told", line.bytes, err);
	ds_buf_free(&line);
	return status;
}

/* What is pushed is received in a bare repository, and made in one that is not. */
static int set_bare(struct trial *trial, const char *value, ds_error *err)
{
	const char *const args[] = {"config", "core.bare", value, NULL};
	return trial->hook == DS_HOOK_RECEIVE ? git(trial, args, err) : 0;
}

static int stage(struct trial *trial, const char *spec, ds_error *err)
{
	static const char *const add[] = {"add", "-A", NULL};
	static const char *const commit[] = {"commit", "-q", "-m", "made up", NULL};
	/* What is received is in no ref yet. */
	static const char *const forget[] = {"update-ref", "-d", "HEAD", NULL};

	int status = write_file(trial, ITEM "/metadata.json",
				"{\"id\": \"0001-made-up\", \"status\": \"completed\"}\n", err);
	if (status == 0)
		status = write_file(trial, ITEM "/spec.md", spec, err);
	if (status == 0)
		status = set_bare(trial, "false", err);
	if (status == 0)
		status = git(trial, add, err);
	if (status == 0 && ds_hook_is_told(trial->hook))
		status = git(trial, commit, err);
	if (status == 0 && ds_hook_is_told(trial->hook))
		status = tell(trial, err);
	if (status == 0 && trial->hook == DS_HOOK_RECEIVE)
		status = git(trial, forget, err);
	return status ? status : set_bare(trial, "true", err);
}

/* What the hook says to a repository with that spec.md. */
static int try(int *exited, struct trial *trial, const char *spec, ds_error *err)
{
	const char *argv[MOST_WORDS] = {NULL};
	size_t count = 0;

	while (trial->argv[count] && count + 3 < MOST_WORDS) {
		argv[count] = trial->argv[count];
		count++;
	}
	if (trial->hook == DS_HOOK_PUSH)
		argv[count] = argv[count + 1] = "made-up"; /* the remote, and where it is */
	int status = stage(trial, spec, err);
	if (status == 0)
		status = set_for_hook(trial, err);
	if (status == 0)
		status =
			run(exited, trial, trial->hook == DS_HOOK_RECEIVE ? ".git" : "", argv, err);
	if (trial->variables)
		trial->variables[trial->variable_count] = NULL;
	return status;
}

/* ---- The verdict -------------------------------------------------------- */

static void explain(struct ds_buf *why, struct trial *trial, const char *what, int exited)
{
	const char *line = first_line(trial);

	ds_buf_printf(why, "%s (exit status %d%s", what, exited, *line ? ": " : "");
	ds_escape(why, ds_text_of(line));
	ds_buf_puts(why, ")");
}

static int prove(bool *works, struct ds_buf *why, struct trial *trial, ds_error *err)
{
	int exited = 0;

	int status =
		try(&exited, trial, "---\nincrement: 0001-made-up\nstatus: active\n---\n", err);
	if (status)
		return status;
	if (exited != 1) {
		explain(why, trial, exited ? "it cannot judge" : "a made-up desync passes", exited);
		return 0;
	}
	status = try(&exited, trial, "---\nincrement: 0001-made-up\nstatus: completed\n---\n", err);
	if (status == 0 && exited != 0)
		explain(why, trial, "it blocks what agrees", exited);
	*works = status == 0 && exited == 0;
	return status;
}

int ds_hook_prove(bool *works, struct ds_buf *why, enum ds_hook hook, const char *const *argv,
		  ds_error *err)
{
	struct trial trial = {.hook = hook, .argv = argv};

	*works = false;
	int status = make_repository(&trial, err);
	if (status == 0)
		status = prove(works, why, &trial, err);
	if (trial.dir)
		nftw(trial.dir, remove_entry, MOST_OPEN, FTW_DEPTH | FTW_PHYS);
	free(trial.dir);
	free(trial.variables);
	ds_arena_free(&trial.strings);
	return status;
}
