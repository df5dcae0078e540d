#include "gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"
#include "desync/git.h"
#include "output.h"

/* ---- One index, or one revision ------------------------------------------ */

static int write_stderr(void *context, const char *bytes, size_t len)
{
	(void)context;
	return fwrite(bytes, 1, len, stderr) == len ? 0 : EIO;
}

/* What the hook blocks, for a person: "the commit", "the push of refs/heads/main". */
struct subject {
	const char *what;
	const char *ref; /* or NULL */
};

static void say_blocked(const struct cli_program *program, const struct subject *subject,
			const ds_result *result, const struct cli_options *options)
{
	ds_report_options wanted = {
		.size = sizeof wanted,
		.format = "hook",
		.color = cli_wants_color(options, STDERR_FILENO),
		.verbose = options->verbose,
		.strict = options->strict,
	};
	const char *trouble;
	ds_error err;

	fprintf(stderr, "%s: %s", program->name, subject->what);
	if (subject->ref) {
		fputs(" of ", stderr);
		cli_put(stderr, subject->ref);
	}
	fputs(" is blocked:\n", stderr);
	for (size_t i = 0; (trouble = ds_result_trouble(result, i)); i++)
		cli_complain(program->name, "%s", trouble);
	if (ds_report(result, &wanted, write_stderr, NULL, &err) != 0)
		cli_complain(program->name, "%s", err.message);
}

/* A gate that checks less than it is meant to has to say so, also where it lets pass. */
static void say_unchecked(const struct cli_program *program, const ds_result *result)
{
	enum { SHOWN = 6 };
	const ds_finding *finding;
	size_t shown = 0;

	for (size_t i = 0; shown < SHOWN && (finding = ds_result_finding(result, i)); i++) {
		if (finding->item || finding->severity != DS_WARNING || !finding->copy_count)
			continue;
		fprintf(stderr, "%s: ", program->name);
		cli_put(stderr, finding->copies[0].path);
		fputs(": warning: ", stderr);
		cli_put(stderr, finding->message);
		fputc('\n', stderr);
		shown++;
	}
	if (ds_result_summary(result)->idle)
		cli_say_notes(program, ds_result_summary(result)->notes);
}

static int judge(const struct cli_program *program, const struct cli_options *options,
		 const ds_open_options *from, const struct subject *subject)
{
	ds_scan_options how = {
		.size = sizeof how,
		.gate = options->gate,
		.baseline = options->no_baseline ? "" : options->baseline,
		.severities = options->severities,
		.keep_verdicts = true,
	};
	ds_repo *repo;
	ds_result *result = NULL;
	ds_error err = {0};

	int status = ds_open(&repo, options->directory, from, &err);
	if (!status && repo)
		status = ds_scan(&result, repo, &how, &err);
	if (status)
		cli_complain(program->name, "%s is blocked: %s", subject->what, err.message);
	else if (!repo && *err.message && !options->quiet)
		cli_complain(program->name, "note: %s", err.message);
	if (result) {
		status = ds_result_status(result, options->strict);
		if (status && !options->quiet)
			say_blocked(program, subject, result, options);
		else if (!options->quiet)
			say_unchecked(program, result);
	}
	ds_result_free(result);
	ds_close(repo);
	return status;
}

static int judge_index(const struct cli_program *program, const struct cli_options *options)
{
	ds_open_options from = {.size = sizeof from,
				.rule = options->rule,
				.config = options->config,
				.file_limit = options->file_limit,
				.origin = DS_INDEX,
				.may_be_none = true};
	struct subject subject = {.what = "the commit"};

	return judge(program, options, &from, &subject);
}

static int judge_tip(const struct cli_program *program, const struct cli_options *options,
		     const ds_tip *tip, const char *known_in)
{
	ds_open_options from = {.size = sizeof from,
				.rule = options->rule,
				.config = options->config,
				.file_limit = options->file_limit,
				.origin = DS_REVISION,
				.revision = tip->id,
				.since = tip->old,
				.known_in = tip->old ? NULL : known_in,
				.may_be_none = true};
	struct subject subject = {.what = "the push", .ref = tip->name};

	return judge(program, options, &from, &subject);
}

/* ---- What is pushed ------------------------------------------------------ */

enum { INPUT_LIMIT = 64 << 20 };

/* All of standard input; NULL with errno. */
static char *read_input(size_t *len)
{
	size_t room = 1 << 16;
	char *bytes = malloc(room);

	*len = 0;
	while (bytes) {
		size_t got = fread(bytes + *len, 1, room - *len, stdin);
		*len += got;
		if (got == 0 && !ferror(stdin))
			return bytes;
		errno = ferror(stdin) ? errno : EFBIG;
		if (ferror(stdin) || *len >= INPUT_LIMIT)
			break;
		char *larger = *len < room ? bytes : realloc(bytes, room *= 2);
		if (!larger)
			break;
		bytes = larger;
	}
	free(bytes);
	return NULL;
}

/* Managers that have read the input themselves hand on what it said. */
static int judge_named(const struct cli_program *program, const struct cli_options *options)
{
	const char *to = getenv("PRE_COMMIT_TO_REF");
	ds_tip tip = {.name = getenv("PRE_COMMIT_REMOTE_BRANCH"),
		      .id = to,
		      .old = getenv("PRE_COMMIT_FROM_REF")};

	if (!to || !*to || strspn(to, "0") == strlen(to))
		return 0;
	if (tip.old && strspn(tip.old, "0") == strlen(tip.old))
		tip.old = NULL;
	return judge_tip(program, options, &tip, NULL);
}

/* Git names the remote to pre-push. */
static const char *name_known(const struct cli_options *options, ds_push_kind kind)
{
	return kind == DS_PRE_RECEIVE ? "" : *options->command ? *options->command : NULL;
}

static int judge_push(const struct cli_program *program, const struct cli_options *options,
		      ds_push_kind kind)
{
	const char *known_in = name_known(options, kind);
	size_t len;
	ds_tips *tips = NULL;
	const ds_tip *tip;
	ds_error err;
	char *input = read_input(&len);

	if (!input) {
		cli_complain(program->name, "the push is blocked: standard input: %s",
			     strerror(errno));
		return DS_TROUBLE;
	}
	int status = ds_tips_read(&tips, kind, input, len, &err);
	if (status)
		cli_complain(program->name, "the push is blocked: %s", err.message);
	for (size_t i = 0; tips && (tip = ds_tips_at(tips, i)); i++)
		status = cli_graver(status, judge_tip(program, options, tip, known_in));
	if (!len && kind == DS_PRE_PUSH)
		status = judge_named(program, options);
	ds_tips_free(tips);
	free(input);
	return status;
}

/* ---- Options ------------------------------------------------------------- */

bool cli_is_for_gate(const struct cli_program *program, const struct cli_options *options)
{
	const struct {
		bool given;
		const char *name;
	} all[] = {
		{options->rule, "--rule"},
		{options->config, "--config"},
		{options->file_limit, "--max-file-size"},
		{options->gate, "--gate"},
		{options->strict, "--strict"},
		{options->severities && *options->severities, "--severity"},
		{options->baseline, "--baseline"},
		{options->no_baseline, "--no-baseline"},
		{options->verbose, "--verbose"},
		{options->color != CLI_COLOR_AUTO, "--color"},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (!all[i].given)
			continue;
		cli_complain(program->name, "%s is for run; see %s --help", all[i].name,
			     program->name);
		return true;
	}
	return false;
}

/* ---- Which hook ---------------------------------------------------------- */

int cli_gate(const struct cli_program *program, struct cli_options *options, const char *hook)
{
	if (strcmp(hook, "pre-commit") == 0 || strcmp(hook, "pre-merge-commit") == 0)
		return judge_index(program, options);
	if (strcmp(hook, "pre-push") == 0)
		return judge_push(program, options, DS_PRE_PUSH);
	if (strcmp(hook, "pre-receive") == 0)
		return judge_push(program, options, DS_PRE_RECEIVE);
	cli_complain(program->name,
		     "'%s' is no hook that there is a gate for: pre-commit, pre-merge-commit, "
		     "pre-push, pre-receive",
		     hook);
	return DS_TROUBLE;
}
