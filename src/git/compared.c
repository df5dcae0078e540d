#include "compared.h"

#include <stdlib.h>
#include <string.h>

#include "records.h"
#include "spawn_git.h"

/* ---- Names -------------------------------------------------------------- */

static int run(struct ds_git_answer *answer, const struct ds_git_call *call, ds_error *err)
{
	int status = ds_git_run(answer, call, err);
	if (status == 0 && answer->status != 0)
		status = ds_git_complain(answer, call->args[0], err);
	return status;
}

/* "<id> <type> <size>", where it is not the name and "missing" or "ambiguous". */
static bool is_object(const char *line, size_t hex)
{
	static const char digits[] = "0123456789";
	if (strspn(line, "0123456789abcdef") != hex || line[hex] != ' ')
		return false;
	const char *size = strchr(line + hex + 1, ' ');
	return size && strspn(size + 1, digits) > 0 && size[1 + strspn(size + 1, digits)] == '\n';
}

/* Through standard input: there no name can be taken for an option or a range. */
int ds_git_resolve(char id[DS_GIT_HEX_ROOM], char *type, const struct ds_git_repository *repository,
		   const char *name, ds_error *err)
{
	static const char *const args[] = {"cat-file", "--batch-check", NULL};
	struct ds_git_answer answer = {0};
	struct ds_git_call call = ds_git_call_in(repository, args);
	struct ds_buf line = {0};
	size_t hex = 2 * repository->id_size;

	*id = '\0';
	if (strchr(name, '\n') || !*name)
		return 0;
	int status = ds_buf_printf(&line, "%s\n", name) ? 0 : ds_fail_memory(err);
	call.input = (struct ds_text){line.bytes, line.len};
	if (status == 0)
		status = run(&answer, &call, err);
	if (status == 0 && answer.out.len && is_object(answer.out.bytes, hex)) {
		memcpy(id, answer.out.bytes, hex);
		id[hex] = '\0';
		*type = answer.out.bytes[hex + 1];
	}
	ds_git_answer_free(&answer);
	ds_buf_free(&line);
	return status;
}

int ds_git_ids_of(struct ds_buf *ids, const struct ds_git_repository *repository,
		  const char *const *names, ds_error *err)
{
	const char *const args[] = {"rev-parse", "--quiet", "--revs-only",
				    names[0],    names[1],  NULL};
	struct ds_git_answer answer = {0};
	struct ds_git_call call = ds_git_call_in(repository, args);
	size_t hex = 2 * repository->id_size;

	int status = run(&answer, &call, err);
	for (char *at = answer.out.bytes; status == 0 && at && *at; at += hex + 1) {
		if (strspn(at, "0123456789abcdef") != hex || at[hex] != '\n')
			status = ds_fail(err, DS_TROUBLE,
					 "git rev-parse: an answer that is not understood");
		else if (!ds_buf_append(ids, at, hex) || !ds_buf_append(ids, "", 1))
			status = ds_fail_memory(err);
	}
	ds_git_answer_free(&answer);
	return status;
}

/* ---- What there was before ---------------------------------------------- */

static int ask_before(struct ds_git_compared *compared, ds_error *err)
{
	static const char *const names[] = {"HEAD", "MERGE_HEAD"};

	if (compared->asked || compared->tree)
		return 0;
	int status = ds_git_ids_of(&compared->before, compared->repository, names, err);
	compared->asked = status == 0;
	return status;
}

int ds_git_compared_add(struct ds_git_compared *compared, const char *revision, ds_error *err)
{
	char id[DS_GIT_HEX_ROOM];
	char type;

	/* One whose content is not here cannot be compared with. */
	if (ds_git_resolve(id, &type, compared->repository, revision, NULL) != 0 || !*id ||
	    type == 'b')
		return 0;
	return ds_buf_append(&compared->added, id, strlen(id) + 1) ? 0 : ds_fail_memory(err);
}

int ds_git_compared_before(const char **id, struct ds_git_compared *compared, size_t nth,
			   ds_error *err)
{
	size_t at = nth * (2 * compared->repository->id_size + 1);
	int status = ask_before(compared, err);
	size_t own = compared->before.len;

	*id = NULL;
	if (!status && at < own)
		*id = compared->before.bytes + at;
	else if (!status && at - own < compared->added.len)
		*id = compared->added.bytes + (at - own);
	return status;
}

enum { KNOWN_MOST = 64 }; /* a branch that was merged into often has many */

struct history {
	struct ds_git_compared *compared;
	struct ds_buf line;
	int known;
	bool news;
};

/* "<id>" of what is new, "-<id>" of where that begins. */
static bool take_line(struct history *history)
{
	const char *line = history->line.bytes;
	size_t hex = 2 * history->compared->repository->id_size;
	bool known = *line == '-';

	if (strspn(line + known, "0123456789abcdef") != hex || line[known + hex])
		return false;
	history->news |= !known;
	if (known && history->known++ < KNOWN_MOST)
		ds_buf_append(&history->compared->added, line + 1, hex + 1);
	return true;
}

static int take_piece(struct history *history, const char *at, size_t len, ds_error *err)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] != '\n') {
			ds_buf_append(&history->line, at + i, 1);
			continue;
		}
		if (!history->line.len || !take_line(history))
			return ds_fail(err, DS_TROUBLE,
				       "git rev-list: an answer that is not understood");
		ds_buf_cut(&history->line, 0);
	}
	return history->line.failed || history->compared->added.failed ? ds_fail_memory(err) : 0;
}

/* There may be very many lines of it. */
static int read_history(struct history *history, const char *const *args, ds_error *err)
{
	struct ds_git_call call = ds_git_call_in(history->compared->repository, args);
	struct ds_git_answer answer = {0};
	struct ds_git_process *process;
	char piece[4096];
	size_t got = 1;

	int status = ds_git_start(&process, &call, NULL, NULL, err);
	if (status)
		return status;
	while (got && !status) {
		status = ds_git_read(process, piece, sizeof piece, &got, err);
		if (!status)
			status = take_piece(history, piece, got, err);
	}
	if (status) {
		ds_git_stop(process);
		return status;
	}
	status = ds_git_finish(&answer, process, err);
	if (!status && answer.status)
		status = ds_git_complain(&answer, args[0], err);
	ds_git_answer_free(&answer);
	return status;
}

int ds_git_compared_add_known(struct ds_git_compared *compared, const char *id, const char *known,
			      bool *news, ds_error *err)
{
	struct history history = {.compared = compared};
	struct ds_buf refs = {0};

	if (*known)
		ds_buf_printf(&refs, "--remotes=%s", known);
	else
		ds_buf_puts(&refs, "--all");
	const char *const args[] = {"rev-list", "--boundary", id, "--not", refs.bytes, NULL};
	int status = refs.failed ? ds_fail_memory(err) : read_history(&history, args, err);
	*news = history.news;
	compared->all_new = history.news && !history.known;
	ds_buf_free(&history.line);
	ds_buf_free(&refs);
	return status;
}

void ds_git_compared_free(struct ds_git_compared *compared)
{
	ds_buf_free(&compared->before);
	ds_buf_free(&compared->added);
}

/* ---- What changed ------------------------------------------------------- */

struct changes {
	ds_git_change_fn each;
	void *context;
	unsigned from;
	unsigned all;
};

static int pass_on(void *context, struct ds_text meta, struct ds_text path, ds_error *err)
{
	const struct changes *changes = context;

	(void)meta;
	(void)err;
	return changes->each(changes->context, path.at, changes->from, changes->all);
}

/* Those that have no bit of their own share the last, which counts for each of them. */
static unsigned bit_of(size_t nth)
{
	return 1u << (nth < 31 ? nth : 31);
}

int ds_git_compared_changes(struct ds_git_compared *compared, const char *const *roots,
			    ds_git_change_fn each, void *context, ds_error *err)
{
	const struct ds_git_repository *repository = compared->repository;
	struct changes changes = {.each = each, .context = context};
	size_t step = 2 * repository->id_size + 1;
	int status = ask_before(compared, err);
	const struct ds_buf *before = &compared->before;
	const struct ds_buf *added = &compared->added;

	for (size_t at = 0; at < before->len; at += step)
		changes.all |= bit_of(at / step);
	for (size_t at = 0; at < before->len && status == 0; at += step) {
		changes.from = bit_of(at / step);
		status = ds_git_records(repository, before->bytes + at, compared->tree, roots,
					pass_on, &changes, err);
	}
	if (!changes.all)
		changes.all = 1;
	changes.from = changes.all;
	if ((before->len == 0 || compared->all_new) && status == 0) /* all of it is new */
		status = ds_git_records(repository, ds_git_empty_tree(repository), compared->tree,
					roots, pass_on, &changes, err);
	for (size_t at = 0; at < added->len && status == 0; at += step)
		status = ds_git_records(repository, added->bytes + at, compared->tree, roots,
					pass_on, &changes, err);
	return status;
}
