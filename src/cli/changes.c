#include "changes.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ask.h"
#include "commit.h"
#include "program.h"

/* ---- Who, why, how ------------------------------------------------------- */

enum { DESCRIPTORS = 65536 };

static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	/* Where it stays low, transactions are smaller. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void name_user(char *who, size_t room)
{
	char uid[24];
	char behind[64];
	const struct passwd *user = getpwuid(geteuid());
	const char *sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;

	snprintf(uid, sizeof uid, "%lu", (unsigned long)geteuid());
	snprintf(who, room, "%.60s", user ? user->pw_name : uid);
	if (!sudo || !*sudo)
		return;
	cli_escape(behind, sizeof behind, sudo);
	snprintf(who + strlen(who), room - strlen(who), " (sudo by %s)", behind);
}

/* The command line, for a person who reads the log: cut where it is long. */
static void name_command(char *why, size_t room, const char *program, char *const *argv)
{
	size_t len = (size_t)snprintf(why, room, "%s", program);
	for (size_t i = 1; argv[i] && len < room; i++) {
		bool plain = *argv[i] && !strpbrk(argv[i], " \t\n'\"\\$`&|;<>()*?[]{}~#!");
		int more = snprintf(why + len, room - len, plain ? " %s" : " '%s'", argv[i]);
		len += more > 0 ? (size_t)more : 0;
	}
}

void cli_begin_writing(struct cli_writing *writing, const struct cli_program *program,
		       const struct cli_options *options)
{
	*writing = (struct cli_writing){
		.apply = {.size = sizeof writing->apply,
			  .wait = options->wait,
			  .allow_plain_rename = options->plain_rename,
			  .who = writing->who,
			  .why = writing->why,
			  .progress = cli_progress_show,
			  .progress_context = &writing->progress},
	};
	name_user(writing->who, sizeof writing->who);
	name_command(writing->why, sizeof writing->why, program->name, options->argv);
	cli_progress_begin(&writing->progress, options);
	raise_descriptors();
}

int cli_plan_fix(ds_plan **out, const struct cli_options *options, ds_repo *repo, ds_error *err)
{
	struct cli_progress progress;
	ds_fix_options wanted = {
		.size = sizeof wanted,
		.ids = options->id_count ? options->ids : NULL,
		.id_count = options->id_count,
		.all = options->all,
		.jobs = options->jobs,
		.prefer = options->prefer,
		.add_missing = options->add_missing,
		.progress = cli_progress_show,
		.progress_context = &progress,
		.wait = options->wait,
	};

	cli_progress_begin(&progress, options);
	int status = ds_plan_fix(out, repo, &wanted, err);
	cli_progress_end(&progress);
	return status;
}

/* ---- Steps --------------------------------------------------------------- */

struct kind {
	const char *mark;
	const char *counted;
};

static const struct kind kinds[] = {
	[DS_STEP_FORWARDS] = {NULL, NULL},
	[DS_STEP_BACKWARDS] = {"backwards", "backwards"},
	[DS_STEP_TERMINAL] = {"from one terminal status to another",
			      "from one terminal status to another"},
	[DS_STEP_ADDITION] = {NULL, "added"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const char *cli_mark(ds_step_kind kind)
{
	return kinds[kind].mark;
}

/* "0047-us-task-linkage: spec.md active -> completed" */
static void print_step(const ds_step *step)
{
	cli_put(stdout, step->item);
	fputs(": ", stdout);
	cli_put(stdout, step->copies);
	if (step->from && step->kind != DS_STEP_ADDITION) {
		fputc(' ', stdout);
		cli_put(stdout, step->from);
		fputs(" -> ", stdout);
	} else {
		fputs(" gets ", stdout);
	}
	cli_put(stdout, step->to);
	if (cli_mark(step->kind))
		printf(" (%s)", cli_mark(step->kind));
	fputc('\n', stdout);
}

static void print_steps(const ds_plan *plan, ds_step_state state)
{
	const ds_step *step;
	for (size_t i = 0; (step = ds_plan_step(plan, i)); i++)
		if (step->wanted && step->state == state)
			print_step(step);
}

struct tally {
	size_t steps;
	size_t wanted;
	size_t kind[KINDS]; /* of those that are done, or would be */
	size_t done;
	size_t conflict;
	size_t refused;
	size_t not_done; /* wanted, but nothing at all could be done */
	size_t not_wanted;
};

static struct tally count_steps(const ds_plan *plan, ds_step_state counted)
{
	struct tally tally = {0};
	const ds_step *step;

	for (size_t i = 0; (step = ds_plan_step(plan, i)); i++) {
		tally.steps++;
		tally.wanted += step->wanted;
		tally.not_wanted += !step->wanted;
		tally.conflict += step->state == DS_STEP_CONFLICT;
		tally.refused += step->state == DS_STEP_REFUSED;
		tally.not_done += step->wanted && step->state == DS_STEP_PLANNED;
		if (step->state == counted && step->wanted) {
			tally.done++;
			tally.kind[step->kind]++;
		}
	}
	return tally;
}

/* ---- Carrying out -------------------------------------------------------- */

/* Returns whether one of the lines says what err says. */
static bool complain_of_steps(const struct cli_program *program, const ds_plan *plan,
			      const ds_error *err)
{
	const ds_step *step;
	bool said = false;

	for (size_t i = 0; (step = ds_plan_step(plan, i)); i++) {
		if (step->state != DS_STEP_CONFLICT && step->state != DS_STEP_REFUSED)
			continue;
		const char *why = step->why ? step->why : "not done";
		fprintf(stderr, "%s: ", program->name);
		cli_put(stderr, step->item);
		fputs(": ", stderr);
		cli_put(stderr, why);
		fputc('\n', stderr);
		said = said || strstr(err->message, why);
	}
	return said;
}

void cli_say_notes(const struct cli_program *program, const char *notes)
{
	for (size_t len; notes && *notes; notes += len + (notes[len] == '\n')) {
		len = strcspn(notes, "\n");
		fprintf(stderr, "%s: note: ", program->name);
		cli_put_bytes(stderr, notes, len);
		fputc('\n', stderr);
	}
}

static void say_notes(const struct cli_program *program, const ds_plan *plan)
{
	const char *note;
	for (size_t i = 0; (note = ds_plan_note(plan, i)); i++)
		cli_say_notes(program, note);
}

int cli_carry_out(const struct cli_program *program, const struct cli_options *options,
		  const struct cli_words *words, ds_plan *plan)
{
	struct cli_writing writing;
	ds_error err = {0};
	int status = DS_OK;

	cli_begin_writing(&writing, program, options);
	if (count_steps(plan, DS_STEP_PLANNED).wanted)
		status = ds_apply(plan, &writing.apply, &err);
	cli_progress_end(&writing.progress);
	bool said = complain_of_steps(program, plan, &err);
	if (status && !said && *err.message)
		cli_complain(program->name, "%s", err.message);
	say_notes(program, plan);
	if (options->commit)
		status = cli_graver(status, cli_commit_changed(program, options, words, plan));
	return status;
}

/* ---- What is left, and the count ----------------------------------------- */

static bool is_same_item(const ds_finding *a, const ds_finding *b)
{
	return a->item && b->item && strcmp(a->item, b->item) == 0 && strcmp(a->rule, b->rule) == 0;
}

/* Findings are in order of rule and item. */
static size_t count_items(const ds_result *rest)
{
	const ds_finding *finding;
	const ds_finding *last = NULL;
	size_t count = 0;

	for (size_t i = 0; (finding = ds_result_finding(rest, i)); i++) {
		if (finding->severity == DS_INFO)
			continue;
		count += !last || !is_same_item(last, finding);
		last = finding;
	}
	return count;
}

static void print_count(FILE *stream, const struct cli_words *words, const struct tally *tally,
			bool would, size_t left)
{
	const char *separator = " (";

	if (!tally->steps)
		fputs(words->nothing, stream);
	else
		fprintf(stream, "%zu %s", tally->done, would ? words->would : words->done);
	for (size_t i = 0; i < KINDS; i++) {
		if (!tally->kind[i] || !kinds[i].counted)
			continue;
		fprintf(stream, "%s%zu %s", separator, tally->kind[i], kinds[i].counted);
		separator = ", ";
	}
	if (*separator == ',')
		fputc(')', stream);
	if (tally->conflict)
		fprintf(stream, ", %zu in conflict", tally->conflict);
	if (tally->refused)
		fprintf(stream, ", %zu refused", tally->refused);
	if (tally->not_done && !would)
		fprintf(stream, ", %zu not done", tally->not_done);
	if (tally->not_wanted)
		fprintf(stream, ", %zu left alone", tally->not_wanted);
	if (left)
		fprintf(stream, ", %zu left for a person", left);
	fputc('\n', stream);
}

/* Whoever names an item wants it settled: then a gap is not nothing. */
static int rest_status(const struct cli_options *options, const ds_plan *plan)
{
	const ds_result *rest = ds_plan_rest(plan);
	return rest ? (int)ds_result_status(rest, options->strict || options->id_count) : DS_OK;
}

static int conclude(const struct cli_program *program, const struct cli_options *options,
		    const struct cli_words *words, const ds_plan *plan)
{
	const ds_result *rest = ds_plan_rest(plan);
	bool would = options->dry_run;
	struct tally tally = count_steps(plan, would ? DS_STEP_PLANNED : DS_STEP_DONE);
	int status = tally.not_wanted || (would && tally.wanted) ? DS_DESYNC : DS_OK;

	if (!options->quiet)
		print_steps(plan, would ? DS_STEP_PLANNED : DS_STEP_DONE);
	if (rest)
		status = cli_graver(status,
				    cli_print_result(program->name, options, rest, "findings"));
	if (!options->quiet)
		print_count(stdout, words, &tally, would, rest ? count_items(rest) : 0);
	if (!options->quiet && options->verbose && tally.done && !would && ds_plan_txid(plan))
		printf("to take it back: desync-fix --undo %s\n", ds_plan_txid(plan));
	status = cli_graver(status, cli_finish_stdout(program->name));
	return cli_graver(status, rest_status(options, plan));
}

/* What a diff cannot show, and the exit status speaks of. */
static void say_errors(const struct cli_program *program, const ds_result *rest)
{
	const ds_finding *finding;
	for (size_t i = 0; rest && (finding = ds_result_finding(rest, i)); i++) {
		if (finding->severity != DS_ERROR)
			continue;
		fprintf(stderr, "%s: ", program->name);
		if (finding->item) {
			cli_put(stderr, finding->item);
			fputs(": ", stderr);
		}
		cli_put(stderr, finding->message);
		fputs("; ", stderr);
		if (!finding->fix && finding->other) {
			cli_put(stderr, finding->choice);
			fputs(": ", stderr);
			cli_put(stderr, finding->other);
			fputs("; ", stderr);
		}
		cli_put(stderr, finding->fix ? finding->fix : finding->advice);
		fputc('\n', stderr);
	}
}

/* Nothing but the diff goes to standard output: it is for `git apply`. */
static int show_diff(const struct cli_program *program, const struct cli_options *options,
		     const struct cli_words *words, ds_plan *plan)
{
	struct tally tally = count_steps(plan, DS_STEP_PLANNED);
	const ds_result *rest = ds_plan_rest(plan);
	ds_error err = {0};
	const char *trouble;

	for (size_t i = 0; rest && (trouble = ds_result_trouble(rest, i)); i++)
		cli_complain(program->name, "%s", trouble);
	say_errors(program, rest);
	int status = tally.steps ? cli_print_diff(stdout, plan, DS_ALL_STEPS, &err) : DS_OK;
	if (status)
		cli_complain(program->name, "%s", err.message);
	status = cli_graver(status, cli_finish_stdout(program->name));
	/* What is refused comes out when it is made. */
	tally = count_steps(plan, DS_STEP_PLANNED);
	if (!options->quiet)
		print_count(stderr, words, &tally, true, rest ? count_items(rest) : 0);
	status = cli_graver(status, tally.wanted ? DS_DESYNC : DS_OK);
	return cli_graver(status, rest_status(options, plan));
}

static int ask(const struct cli_program *program, ds_plan *plan)
{
	ds_error err = {0};
	int status = cli_ask(plan, &err);
	if (status)
		cli_complain(program->name, "%s", err.message);
	return status;
}

int cli_settle(const struct cli_program *program, const struct cli_options *options,
	       const struct cli_words *words, ds_plan *plan)
{
	int status = DS_OK;

	if (options->diff)
		return show_diff(program, options, words, plan);
	if (!options->dry_run && !options->yes)
		status = ask(program, plan);
	if (status)
		return status;
	if (options->dry_run)
		say_notes(program, plan);
	else
		status = cli_carry_out(program, options, words, plan);
	return cli_graver(status, conclude(program, options, words, plan));
}
