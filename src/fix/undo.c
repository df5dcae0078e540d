#include "undo.h"

#include <string.h>

#include "going.h"
#include "make.h"

/* ---- Of the edits -------------------------------------------------------- */

void ds_go_on(struct ds_going *g, struct ds_work_ask *ask)
{
	g->ask = ask;
	g->edit = ask->left;
	ask->copy = g->edit->copy;
	ask->left = ask->left->next;
}

bool ds_is_its_turn(const struct ds_going *g, const struct ds_work_ask *ask)
{
	const struct ds_made *made = &ask->left->made;

	if (g->turn == DS_REST || g->file->ask_count == 1)
		return g->turn == DS_REST;
	if (made->plain)
		return g->turn == DS_WORDS;
	return g->turn == (strlen(made->old) > strlen(made->new) ? DS_PUT_IN : DS_TAKE_OUT);
}

bool ds_is_status(const struct ds_going *g)
{
	return strcmp(g->edit->made.field, g->copy->at) == 0;
}

bool ds_stands_at(const struct ds_going *g, const struct ds_reversed_edit *edit, size_t at)
{
	struct ds_text content = ds_work_content(g->file);
	size_t len = strlen(edit->made.new);

	return at <= content.len && content.len - at >= len &&
	       memcmp(content.at + at, edit->made.new, len) == 0;
}

bool ds_keep_back(const struct ds_going *g, size_t start, size_t at, size_t lead, bool plain)
{
	const struct ds_made *was = &g->edit->made;
	struct ds_edit edit = {start, start + strlen(was->new), ds_text_of(was->old)};
	struct ds_made made = {.field = was->field,
			       .from = was->to,
			       .to = was->from,
			       .plain = plain,
			       .at = at,
			       .lead = lead};

	return ds_work_record(g->bench, g->file, g->ask, &edit, &made);
}

static void conflict(struct ds_bench *bench, struct ds_planned *planned, int copy, const char *why)
{
	ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT, "%s %s",
		     planned->rule->copies[copy].name, why);
}

void ds_judge_back(struct ds_going *g, enum ds_outcome outcome)
{
	if (outcome == DS_OTHERS && ds_is_status(g))
		conflict(g->bench, g->ask->planned, g->edit->copy,
			 "no longer says what was written");
}

/* ---- A file -------------------------------------------------------------- */

static bool begin(struct ds_going *g, struct ds_work_ask *ask)
{
	g->ask = ask;
	g->edit = ask->left;
	ask->copy = g->edit->copy;
	g->reader = g->bench->desk.readers[ask->copy];
	g->copy = &g->bench->desk.rule->copies[ask->copy];
	g->name = NULL;
	if (g->copy->many && !ds_is_status(g)) {
		g->name = ds_field_name(g->reader, g->edit->made.field, &g->bench->strings);
		return g->name != NULL;
	}
	return true;
}

static int take_back_ask(struct ds_going *g, struct ds_work_ask *ask, ds_error *err)
{
	while (ask->left && ask->planned->step.state == DS_STEP_PLANNED) {
		if (!ds_is_its_turn(g, ask))
			return 0;
		if (!begin(g, ask))
			return ds_fail_memory(err);
		if (g->copy->many) {
			if (!ds_take_back_records(g))
				return ds_fail_memory(err);
			continue;
		}
		ask->left = ask->left->next;
		enum ds_outcome outcome = ds_take_back_value(g);
		if (outcome == DS_NO_MEMORY)
			return ds_fail_memory(err);
		ds_judge_back(g, outcome);
	}
	return 0;
}

static void hex_of(struct ds_text content, char hex[DS_SHA256_HEX])
{
	unsigned char digest[DS_SHA256_SIZE];

	ds_sha256_of(content.at, content.len, digest);
	ds_sha256_hex(digest, hex);
}

/* What is as it was before has nothing to be taken back. */
static void begin_asks(struct ds_work_file *file, const char *hex)
{
	for (size_t i = 0; i < file->ask_count; i++) {
		const struct ds_reversed_file *reversed = file->asks[i].reversed;
		file->asks[i].left = strcmp(reversed->before, hex) ? reversed->edits : NULL;
	}
}

/* The hash of all of it tells where there is one item in it. */
static void check_hash(const struct ds_going *g, const struct ds_work_ask *ask)
{
	char is[DS_SHA256_HEX];

	if (!g->exact || g->file->many || ask->planned->step.state != DS_STEP_PLANNED)
		return;
	hex_of(ds_work_content(g->file), is);
	if (strcmp(is, ask->reversed->before) != 0)
		conflict(g->bench, ask->planned, g->file->copy,
			 "does not become what it was: the log does not fit");
}

int ds_undo_make(struct ds_bench *bench, struct ds_work_file *file, ds_error *err)
{
	struct ds_going g = {.bench = bench, .file = file};
	char was[DS_SHA256_HEX];
	int status = 0;

	hex_of(ds_work_content(file), was);
	begin_asks(file, was);
	for (enum ds_turn turn = DS_PUT_IN; turn <= DS_REST; turn++) {
		for (size_t i = 0; i < file->ask_count && !status; i++) {
			struct ds_work_ask *ask = &file->asks[i];
			g.exact = strcmp(was, ask->reversed->after) == 0;
			g.turn = turn;
			status = take_back_ask(&g, ask, err);
			if (!status && turn == DS_REST)
				check_hash(&g, ask);
		}
	}
	ds_buf_free(&g.next);
	return status;
}

/* ---- A step -------------------------------------------------------------- */

static bool is_at(const struct ds_plan *plan, const char *path, const char *whole)
{
	size_t len = strlen(plan->prefix);
	return strncmp(whole, plan->prefix, len) == 0 && strcmp(whole + len, path) == 0;
}

/* The record of each edit, as the copies are now. */
static int find_records(struct ds_bench *bench, struct ds_planned *planned,
			const struct ds_reversed_file *reversed, ds_error *err)
{
	for (struct ds_reversed_edit *edit = reversed->edits; edit; edit = edit->next) {
		const struct ds_seen_copy *seen = &bench->desk.copies[edit->copy];
		if (!planned->rule->copies[edit->copy].many)
			continue;
		if (!seen->record || !is_at(bench->plan, seen->path, reversed->path)) {
			conflict(bench, planned, edit->copy, "is not there any more");
			return 0;
		}
		edit->record = (size_t)(seen->record - seen->document->records.at);
		edit->id =
			ds_arena_copy(&bench->strings, seen->record->id.at, seen->record->id.len);
		if (!edit->id)
			return ds_fail_memory(err);
	}
	return 0;
}

static int ask_file(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		    const struct ds_reversed_file *reversed, ds_error *err)
{
	int copy = reversed->edits->copy;
	const struct ds_seen_copy *seen = &bench->desk.copies[copy];
	bool many = planned->rule->copies[copy].many;
	bool missing = many ? seen->reading.code == DS_MISSING_COPY : seen->blob.kind == DS_MISSING;

	if (missing || !is_at(bench->plan, seen->path, reversed->path)) {
		conflict(bench, planned, copy, "is not there any more");
	} else if (seen->claims > 1) {
		conflict(bench, planned, copy, "has it several times by now");
	} else if (many ? !seen->record : seen->blob.kind != DS_REGULAR) {
		ds_step_fail(bench->plan, planned, DS_STEP_REFUSED, "%s cannot be read: %s",
			     planned->rule->copies[copy].name,
			     many ? seen->reading.why : seen->blob.why);
	} else {
		struct ds_work_ask *ask = ds_work_open(work, bench, planned, copy);
		if (!ask)
			return ds_fail_memory(err);
		ask->reversed = reversed;
		return find_records(bench, planned, reversed, err);
	}
	return 0;
}

int ds_undo_ask(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		ds_error *err)
{
	const struct ds_reversed_file *file = planned->reversal->files;
	int status = 0;

	for (; file && !status && planned->step.state == DS_STEP_PLANNED; file = file->next)
		status = ask_file(work, bench, planned, file, err);
	return status;
}
