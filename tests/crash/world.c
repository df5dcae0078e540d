#define _GNU_SOURCE /* anonymous memory */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

/* A process that is still there after so many seconds hangs. */
enum { HANGS = 20, WAIT_MS = 300 };

const struct world_case world_cases[] = {
	{"two files of one directory",
	 true,
	 true,
	 {{"a/metadata.json", "{\"status\": \"active\"}\n", "{\"status\": \"completed\"}\n", 0,
	   NULL},
	  {"a/spec.md", "---\nstatus: active\n---\n", "---\nstatus: completed\n---\n", 0, NULL}}},
	{"the first commit ever",
	 true,
	 false,
	 {{"a/metadata.json", "{\"status\": \"active\"}\n", "{\"status\": \"completed\"}\n", 0,
	   NULL},
	  {"a/spec.md", "---\nstatus: active\n---\n", "---\nstatus: completed\n---\n", 0, NULL}}},
	{"five files of three directories, without git",
	 false,
	 true,
	 {{"a/one", "old one", "new one, and longer", 0, NULL},
	  {"a/two", "old two\n", "2\n", 0, NULL},
	  {"b/three", "", "new three\n", 1, NULL},
	  {"b/c/four", "old four\n", "new four\n", 1, NULL},
	  {"five", "old five\n", "new five\n", 2, NULL}}},
	{"a conflict in one of two groups",
	 true,
	 true,
	 {{"a/one", "old one\n", "new one\n", 0, NULL},
	  {"a/two", "old two\n", "new two\n", 0, NULL},
	  {"b/three", "old three\n", "new three\n", 1, NULL},
	  {"b/four", "old four\n", "new four\n", 1, "written by somebody else\n"}}},
};
const size_t world_case_count = sizeof world_cases / sizeof *world_cases;

#define NUMBERED(n)                                                                                \
	{                                                                                          \
		"many/" #n, "old " #n "\n", "new " #n "\n", 0, NULL                                \
	}
#define TEN(n)                                                                                     \
	NUMBERED(n##0), NUMBERED(n##1), NUMBERED(n##2), NUMBERED(n##3), NUMBERED(n##4),            \
		NUMBERED(n##5), NUMBERED(n##6), NUMBERED(n##7), NUMBERED(n##8), NUMBERED(n##9)

const struct world_case world_many = {
	"seventy files", true, true, {TEN(1), TEN(2), TEN(3), TEN(4), TEN(5), TEN(6), TEN(7)}};

bool world_long(void)
{
	const char *value = getenv("DESYNC_LONG");
	return value && strcmp(value, "1") == 0;
}

int world_thin(void)
{
	const char *value = getenv("DESYNC_THIN");
	int thin = value ? atoi(value) : 1;

	return thin > 0 ? thin : 1;
}

int world_step(void)
{
	struct statfs fs;
	bool in_memory = statfs(world_base(), &fs) == 0 && fs.f_type == TMPFS_MAGIC;

	return world_thin() * (in_memory ? 1 : 2);
}

_Noreturn void world_die(const char *what)
{
	fprintf(stderr, "the test itself failed: %s: %s\n", what, strerror(errno));
	exit(2);
}

void *world_shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		world_die("mmap");
	return at;
}

char *world_read(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *bytes = NULL;
	size_t room = 0;
	size_t used = 0;
	size_t got;

	if (!file)
		return NULL;
	do {
		if (room - used < 2 && !(bytes = realloc(bytes, room = room ? 2 * room : 4096)))
			world_die("memory");
		got = fread(bytes + used, 1, room - used - 1, file);
		used += got;
	} while (got);
	bytes[used] = '\0';
	if (len)
		*len = used;
	fclose(file);
	return bytes;
}

static void make_directories(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof part, "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(part, 0777) != 0 && errno != EEXIST)
			world_die(part);
		*slash = '/';
	}
}

void world_write(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");
	if (!file) {
		make_directories(path);
		file = fopen(path, "w");
	}
	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
		world_die(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

void world_remove(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
		world_die(path);
}

/* ---- Making and changing it --------------------------------------------- */

const char *world_base(void)
{
	const char *given = getenv("DESYNC_TEST_DIR");

	if (given)
		return given;
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

void world_open(struct world *world, const struct world_case *what)
{
	world->what = what;
	snprintf(world->root, sizeof world->root, "%s/desync-crash-XXXXXX", world_base());
	if (!mkdtemp(world->root))
		world_die(world->root);
	snprintf(world->state, sizeof world->state, "%s/%s", world->root,
		 what->git ? ".git/desync" : ".desync");
	world->run = world_shared(sizeof *world->run);
}

void world_close(struct world *world)
{
	world_remove(world->root);
	munmap(world->run, sizeof *world->run);
}

static void write_below(const struct world *world, const char *path, const char *bytes)
{
	char full[PATH_MAX];

	snprintf(full, sizeof full, "%s/%s", world->root, path);
	world_write(full, bytes, strlen(bytes));
}

static struct ds_text text_of(const char *string)
{
	return (struct ds_text){string, strlen(string)};
}

/* What git itself wants to see before it calls a folder a repository. */
static void make_git(const struct world *world)
{
	write_below(world, ".git/HEAD", "ref: refs/heads/main\n");
	write_below(world, ".git/config",
		    "[core]\n\trepositoryformatversion = 0\n\tbare = false\n");
	write_below(world, ".git/objects/info/.keep", "");
	write_below(world, ".git/refs/heads/.keep", "");
}

static int commit_changes(const struct world *world, const struct ds_os *os,
			  struct ds_change *changes, size_t count, struct world_run *run)
{
	struct ds_place place = {0};
	struct ds_txn *txn = NULL;
	ds_error err = {0};
	const struct ds_txn_options options = {.os = os, .wait_ms = WAIT_MS, .who = "a test"};
	size_t used = 0;
	const char *note;

	int status = ds_place_find(&place, world->root, world->root, &err);
	if (status == 0)
		status = ds_txn_open(&txn, &place, &options, &err);
	if (status == 0)
		status = ds_txn_commit(txn, changes, count, &err);
	run->status = status;
	snprintf(run->message, sizeof run->message, "%.500s", status ? err.message : "");
	for (size_t i = 0; txn && (note = ds_txn_note(txn, i)) && used < WORLD_NOTES; i++)
		used += (size_t)snprintf(run->notes + used, WORLD_NOTES - used, "%s\n", note);
	run->doubtful = txn && ds_txn_is_doubtful(txn);
	for (size_t i = 0; i < count; i++)
		run->outcomes[i] = changes[i].outcome;
	run->returned = true;
	ds_txn_close(txn);
	ds_place_free(&place);
	return status;
}

void world_commit_here(struct world *world, const struct ds_os *os)
{
	struct ds_change changes[WORLD_FILES] = {{0}};
	char line[WORLD_FILES][128];
	const char *lines[WORLD_FILES][2] = {{0}};
	size_t count = 0;

	for (const struct world_file *file = world->what->files; file->path; file++, count++) {
		snprintf(line[count], sizeof line[count],
			 "\"item\":\"%s\",\"from\":\"old\",\"to\":\"new\"", file->path);
		lines[count][0] = line[count];
		changes[count] = (struct ds_change){.path = file->path,
						    .before = text_of(file->before),
						    .after = text_of(file->after),
						    .group = file->group,
						    .log = lines[count]};
	}
	commit_changes(world, os, changes, count, world->run);
}

/* A commit of a file that is not of the case. */
static bool commit_beside(struct world *world, const char *name, struct world_run *run)
{
	char line[64];
	const char *const lines[] = {line, NULL};
	struct ds_change change = {.path = name,
				   .before = text_of("before\n"),
				   .after = text_of("after\n"),
				   .log = lines};

	snprintf(line, sizeof line, "\"item\":\"%s\",\"from\":\"x\",\"to\":\"y\"", name);
	write_below(world, name, "before\n");
	return commit_changes(world, NULL, &change, 1, run) == 0 &&
	       change.outcome == DS_CHANGE_DONE;
}

void world_reset(struct world *world)
{
	world_remove(world->root);
	if (mkdir(world->root, 0777) != 0)
		world_die(world->root);
	if (world->what->git)
		make_git(world);
	for (const struct world_file *file = world->what->files; file->path; file++)
		write_below(world, file->path, file->found ? file->found : file->before);
	if (world->what->earlier && !commit_beside(world, "earlier", world->run))
		world_die("the earlier commit");
	memset(world->run, 0, sizeof *world->run);
}

int world_recover_here(const char *root, const struct ds_os *os, ds_error *err)
{
	struct ds_place place = {0};
	struct ds_txn *txn = NULL;
	const struct ds_txn_options options = {.os = os, .wait_ms = WAIT_MS, .who = "a test"};

	int status = ds_place_find(&place, root, root, err);
	if (status == 0)
		status = ds_txn_open(&txn, &place, &options, err);
	if (status == 0)
		status = ds_txn_recover(txn, err);
	ds_txn_close(txn);
	ds_place_free(&place);
	return status;
}

static void recover_in_run(struct world *world, const struct ds_os *os)
{
	ds_error err = {0};

	world->run->status = world_recover_here(world->root, os, &err);
	snprintf(world->run->message, sizeof world->run->message, "%.500s",
		 world->run->status ? err.message : "");
	world->run->returned = true;
}

void world_run(struct world *world, const struct fault_plan *plan,
	       void (*what)(struct world *, const struct ds_os *))
{
	int status;

	memset(world->run, 0, sizeof *world->run);
	pid_t child = fork();
	if (child < 0)
		world_die("fork");
	if (child == 0) {
		alarm(HANGS);
		fault_trace_to(&world->run->trace);
		if (plan)
			fault_begin(plan);
		what(world, plan ? &fault_os : NULL);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			world_die("waitpid");
	world->run->exit_status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void world_commit(struct world *world, const struct fault_plan *plan)
{
	world_run(world, plan, world_commit_here);
}

void world_recover(struct world *world, const struct fault_plan *plan)
{
	world_run(world, plan, recover_in_run);
}

/* ---- Judging it --------------------------------------------------------- */

enum { HOLDS_OLD = 1, HOLDS_NEW = 2, HOLDS_FOUND = 4 };

static int holds(const struct world *world, const struct world_file *file)
{
	char full[PATH_MAX];
	size_t len;

	snprintf(full, sizeof full, "%s/%s", world->root, file->path);
	char *bytes = world_read(full, &len);
	if (!bytes)
		return 0;
	int what = strcmp(bytes, file->before) == 0 ? HOLDS_OLD : 0;
	if (strcmp(bytes, file->after) == 0)
		what |= HOLDS_NEW;
	if (file->found && strcmp(bytes, file->found) == 0)
		what |= HOLDS_FOUND;
	if (strlen(bytes) != len)
		what = 0;
	free(bytes);
	return what;
}

/* A group in conflict stays as it was found, and one that was refused as it was before,
 * so they say nothing about the others. */
static bool set_aside(const struct world_case *what, size_t group, const struct world_run *told)
{
	bool tells = told && told->returned && told->status == 0;

	for (size_t i = 0; what->files[i].path; i++)
		if (what->files[i].group == group &&
		    (what->files[i].found || (tells && told->outcomes[i] != DS_CHANGE_DONE)))
			return true;
	return false;
}

enum world_state world_state(const struct world *world, const struct world_foreign *foreign,
			     const struct world_run *told)
{
	bool any_old = false;
	bool any_new = false;

	for (const struct world_file *file = world->what->files; file->path; file++) {
		int what = holds(world, file);
		if (foreign && strcmp(foreign->path, file->path) == 0)
			continue;
		if (set_aside(world->what, file->group, told)) {
			if (what != (file->found ? HOLDS_FOUND : HOLDS_OLD))
				return WORLD_MIXED;
			continue;
		}
		any_old |= what == HOLDS_OLD;
		any_new |= what == HOLDS_NEW;
		if (what != HOLDS_OLD && what != HOLDS_NEW)
			return WORLD_MIXED;
	}
	if (any_old && any_new)
		return WORLD_MIXED;
	return any_new ? WORLD_NEW : WORLD_OLD;
}

static bool expected_file(const struct world *world, const char *path)
{
	static const char *const of_git[] = {".git/HEAD", ".git/config", ".git/objects/info/.keep",
					     ".git/refs/heads/.keep"};

	for (const struct world_file *file = world->what->files; file->path; file++)
		if (strcmp(file->path, path) == 0)
			return true;
	for (size_t i = 0; world->what->git && i < sizeof of_git / sizeof *of_git; i++)
		if (strcmp(of_git[i], path) == 0)
			return true;
	return world->what->earlier && strcmp(path, "earlier") == 0;
}

/* What may lie in the state folder. */
static bool expected_state(const char *name, bool is_foreign)
{
	static const char *const may_be[] = {"lock", "log.jsonl", ".gitignore"};

	for (size_t i = 0; i < sizeof may_be / sizeof *may_be; i++)
		if (strcmp(name, may_be[i]) == 0)
			return true;
	return is_foreign && strncmp(name, "saved/", 6) == 0;
}

struct litter {
	const struct world *world;
	bool is_foreign;
	char *wrong;
	size_t room;
};
static struct litter litter; /* nftw has no context */

static int look_for_litter(const char *path, const struct stat *st, int type, struct FTW *at)
{
	size_t state_len = strlen(litter.world->state);

	(void)st, (void)at;
	if (type == FTW_D)
		return 0;
	bool in_state =
		strncmp(path, litter.world->state, state_len) == 0 && path[state_len] == '/';
	bool expected =
		in_state ? expected_state(path + state_len + 1, litter.is_foreign)
			 : expected_file(litter.world, path + strlen(litter.world->root) + 1);
	if (expected)
		return 0;
	snprintf(litter.wrong, litter.room, "litter: %.300s", path);
	return 1;
}

static bool has_directory(const struct world *world, const char *name)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;

	snprintf(path, sizeof path, "%s/%s", world->state, name);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		found |= strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (dir)
		closedir(dir);
	return found;
}

static void judge_litter(const struct world *world, bool is_foreign, char *wrong, size_t room)
{
	litter = (struct litter){world, is_foreign, wrong, room};
	nftw(world->root, look_for_litter, 16, FTW_PHYS);
	if (!*wrong && has_directory(world, "tmp"))
		snprintf(wrong, room, "a directory is left in tmp/");
}

/* A last line without an end is one that nobody reads, and the next writer cuts it: of
 * a conflict, say. Lines of changes are put right by the recovery. */
static bool may_be_torn(const char *line)
{
	static const char change[] = "{\"event\": \"change\"";
	return strncmp(line, change, strlen(change)) != 0;
}

/* Counts the lines of the log that say "change" of this item. */
static int changes_logged(const struct world *world, const char *item, char *wrong, size_t room)
{
	char path[PATH_MAX];
	int count = 0;

	snprintf(path, sizeof path, "%s/log.jsonl", world->state);
	char *bytes = world_read(path, NULL);
	char *line = bytes;
	while (line && *line) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		cJSON *object = cJSON_ParseWithOpts(line, NULL, true);
		const cJSON *event = cJSON_GetObjectItemCaseSensitive(object, "event");
		const cJSON *of = cJSON_GetObjectItemCaseSensitive(object, "item");
		if (!end ? !may_be_torn(line) : !cJSON_IsString(event))
			snprintf(wrong, room, "log: a torn line: %.200s", line);
		else if (end && strcmp(event->valuestring, "change") == 0 && cJSON_IsString(of))
			count += strcmp(of->valuestring, item) == 0;
		cJSON_Delete(object);
		line = end ? end + 1 : NULL;
	}
	free(bytes);
	return count;
}

static void judge_log(const struct world *world, const struct world_foreign *foreign,
		      const struct world_run *told, enum world_state state, char *wrong,
		      size_t room)
{
	for (const struct world_file *file = world->what->files; file->path && !*wrong; file++) {
		/* Somebody else may have written over a change that was made and logged. */
		if (foreign && strcmp(foreign->path, file->path) == 0)
			continue;
		int expected = state == WORLD_NEW && !set_aside(world->what, file->group, told);
		int count = changes_logged(world, file->path, wrong, room);
		if (!*wrong && count != expected)
			snprintf(wrong, room, "log: %s has %d lines instead of %d", file->path,
				 count, expected);
	}
	if (!*wrong && world->what->earlier && changes_logged(world, "earlier", wrong, room) != 1 &&
	    !*wrong)
		snprintf(wrong, room, "log: the line of the earlier commit is gone");
}

bool world_saved(const struct world *world, const char *token)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;

	snprintf(path, sizeof path, "%s/saved", world->state);
	DIR *dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		char file[PATH_MAX + 260];
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		char *bytes = world_read(file, NULL);
		found = bytes && strstr(bytes, token);
		free(bytes);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void judge_foreign(const struct world *world, const struct world_foreign *foreign,
			  char *wrong, size_t room)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", world->root, foreign->path);
	char *bytes = world_read(path, NULL);
	if (!(bytes && strstr(bytes, foreign->token)) && !world_saved(world, foreign->token))
		snprintf(wrong, room, "LOST: what somebody else wrote to %s; it holds: %.100s",
			 foreign->path, bytes ? bytes : "(nothing)");
	free(bytes);
}

/* As if the commit had said that the group of that file is in conflict: who was killed
 * cannot say so any more. */
static const struct world_run *as_conflict(const struct world_case *what, const char *path)
{
	static struct world_run told;
	size_t group = 0;

	for (size_t i = 0; what->files[i].path; i++)
		if (strcmp(what->files[i].path, path) == 0)
			group = what->files[i].group;
	told = (struct world_run){.returned = true};
	for (size_t i = 0; what->files[i].path; i++)
		told.outcomes[i] =
			what->files[i].group == group ? DS_CHANGE_CONFLICT : DS_CHANGE_DONE;
	return &told;
}

void world_judge(const struct world *world, const struct world_foreign *foreign,
		 const struct world_run *told, struct world_verdict *verdict)
{
	char *wrong = verdict->wrong;

	if (foreign && !told->returned && world_state(world, foreign, told) == WORLD_MIXED)
		told = as_conflict(world->what, foreign->path);
	*verdict = (struct world_verdict){.state = world_state(world, foreign, told)};
	if (verdict->state == WORLD_MIXED)
		snprintf(wrong, sizeof verdict->wrong, "neither all old nor all new");
	if (!*wrong && foreign)
		judge_foreign(world, foreign, wrong, sizeof verdict->wrong);
	if (!*wrong)
		judge_litter(world, foreign, wrong, sizeof verdict->wrong);
	if (!*wrong)
		judge_log(world, foreign, told, verdict->state, wrong, sizeof verdict->wrong);
}

void world_follow(struct world *world, struct world_verdict *verdict)
{
	static struct world_run run;
	char *wrong = verdict->wrong;
	size_t room = sizeof verdict->wrong;

	memset(&run, 0, sizeof run);
	if (!commit_beside(world, "next", &run))
		snprintf(wrong, room, "the next commit fails: %.200s", run.message);
	else if (changes_logged(world, "next", wrong, room) != 1 && !*wrong)
		snprintf(wrong, room, "log: no line of the next commit");
	else if (has_directory(world, "tmp"))
		snprintf(wrong, room, "the next commit leaves something in tmp/");
}
