#include "work.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "finding.h"
#include "rules.h"
#include "settle.h"
#include "splice.h"
#include "undo.h"

/* ---- Reading ------------------------------------------------------------ */

void ds_bench_renew(struct ds_bench *bench)
{
	for (int i = 0; i < DS_COPY_LIMIT; i++) {
		ds_ledger_clear(&bench->ledgers[i]);
		free(bench->digests[i]);
		bench->digests[i] = NULL;
	}
	bench->fresh = false;
}

/* The files of many items, once for all steps of a work. */
static int read_ledgers(struct ds_bench *bench, ds_error *err)
{
	struct ds_desk *desk = &bench->desk;
	int status = 0;

	ds_bench_renew(bench);
	for (int i = 0; i < desk->copy_count && !status; i++) {
		const struct ds_copy_rule *copy = &desk->rule->copies[i];
		if (!copy->many || copy->from == DS_FROM_HEAD)
			continue;
		status = ds_ledger_read(&bench->ledgers[i], desk->rule, i, desk->source,
					desk->limit, err);
		size_t documents = bench->ledgers[i].document_count;
		bench->digests[i] = calloc(documents + 1, sizeof *bench->digests[i]);
		if (!status && !bench->digests[i])
			status = ds_fail_memory(err);
	}
	bench->fresh = !status;
	return status;
}

static int prepare(struct ds_bench *bench, const struct ds_rule *rule, ds_error *err)
{
	struct ds_desk *desk = &bench->desk;

	if (desk->rule != rule) {
		ds_bench_renew(bench);
		ds_desk_clear(desk);
		if (!ds_desk_prepare(desk, rule, bench->plan->source))
			return ds_fail(err, DS_TROUBLE,
				       "the rule %s names a reader that does not exist",
				       rule->name);
		desk->whole = true;
		desk->limit = bench->plan->limit;
		desk->ledgers = bench->ledgers;
	}
	return bench->fresh ? 0 : read_ledgers(bench, err);
}

int ds_bench_read(struct ds_bench *bench, const struct ds_planned *planned, ds_error *err)
{
	struct ds_item item = {.path = planned->path, .id = planned->step.item};
	int status = prepare(bench, planned->rule, err);

	if (!status)
		ds_collect(&bench->desk, &item);
	return status;
}

void ds_bench_clear(struct ds_bench *bench)
{
	ds_bench_renew(bench);
	ds_desk_clear(&bench->desk);
	ds_arena_free(&bench->strings);
}

/* ---- A work's files ----------------------------------------------------- */

static void clear_file(struct ds_work_file *file)
{
	ds_buf_free(&file->before);
	ds_buf_free(&file->after);
	free(file->asks);
	free(file->edits);
	*file = (struct ds_work_file){0};
}

static void clear_files(struct ds_work *work)
{
	for (size_t i = 0; i < work->count; i++)
		clear_file(&work->files[i]);
	work->count = 0;
	work->own_bytes = 0;
	work->shared_bytes = 0;
}

void ds_work_clear(struct ds_work *work)
{
	clear_files(work);
	free(work->files);
	free(work->steps);
	*work = (struct ds_work){0};
}

/* Room for one more of `count` pieces; what is there moves along. */
static bool grow(void **at, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room ? *room * 2 : 4;
	void *moved = count < *room ? *at : realloc(*at, wanted * size);

	if (!moved)
		return false;
	*room = count < *room ? *room : wanted;
	*at = moved;
	return true;
}

static unsigned add_hash(unsigned hash, const char *path)
{
	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619u;
	return hash;
}

static unsigned hash_of(const char *prefix, const char *path)
{
	return add_hash(add_hash(2166136261u, prefix), path);
}

/* Mostly it is a number that differs. */
struct ds_work_file *ds_work_find(const struct ds_work *work, const char *prefix, const char *path)
{
	unsigned hash = hash_of(prefix, path);
	size_t len = strlen(prefix);

	for (size_t i = 0; i < work->count; i++) {
		const char *whole = work->files[i].path;
		if (work->files[i].hash == hash && strncmp(whole, prefix, len) == 0 &&
		    strcmp(whole + len, path) == 0)
			return &work->files[i];
	}
	return NULL;
}

struct ds_text ds_work_content(const struct ds_work_file *file)
{
	const struct ds_buf *content = file->changed ? &file->after : &file->before;
	return (struct ds_text){content->len ? content->bytes : "", content->len};
}

/* A document stays where it is: other steps need it. */
static bool take_bytes(struct ds_work *work, struct ds_work_file *file, struct ds_seen_copy *copy)
{
	if (file->many) {
		struct ds_text bytes = ds_seen_bytes(copy);
		work->shared_bytes += bytes.len;
		return ds_buf_append(&file->before, bytes.at, bytes.len);
	}
	file->before = copy->blob.bytes;
	copy->blob.bytes = (struct ds_buf){0};
	work->own_bytes += 2 * file->before.len;
	return true;
}

static struct ds_work_file *add_file(struct ds_work *work, struct ds_bench *bench, const char *path,
				     int copy)
{
	const struct ds_rule *rule = bench->desk.rule;

	if (!path || !grow((void **)&work->files, &work->room, work->count, sizeof *work->files))
		return NULL;
	struct ds_work_file *file = &work->files[work->count++];
	*file = (struct ds_work_file){.path = path,
				      .hash = hash_of("", path),
				      .copy = copy,
				      .many = rule->copies[copy].many,
				      .group = ds_rule_has_many(rule) ? 0 : work->step_count};
	return take_bytes(work, file, &bench->desk.copies[copy]) ? file : NULL;
}

/* Two copies may be in one file. */
static struct ds_work_file *open_file(struct ds_work *work, struct ds_bench *bench, int copy)
{
	struct ds_work_file *file =
		ds_work_find(work, bench->plan->prefix, bench->desk.copies[copy].path);
	struct ds_buf path = {0};

	if (file)
		return file;
	ds_buf_printf(&path, "%s%s", bench->plan->prefix, bench->desk.copies[copy].path);
	const char *kept = path.failed ? NULL : ds_arena_string(&bench->strings, path.bytes);
	ds_buf_free(&path);
	return add_file(work, bench, kept, copy);
}

struct ds_work_ask *ds_work_open(struct ds_work *work, struct ds_bench *bench,
				 struct ds_planned *planned, int copy)
{
	const struct ds_seen_copy *seen = &bench->desk.copies[copy];
	struct ds_work_file *file = open_file(work, bench, copy);

	if (!file ||
	    !grow((void **)&file->asks, &file->ask_room, file->ask_count, sizeof *file->asks))
		return NULL;
	struct ds_work_ask *ask = &file->asks[file->ask_count++];
	*ask = (struct ds_work_ask){.planned = planned, .copy = copy};
	if (!seen->record)
		return ask;
	ask->record = (size_t)(seen->record - seen->document->records.at);
	ask->id = ds_arena_copy(&bench->strings, seen->record->id.at, seen->record->id.len);
	return ask->id ? ask : NULL;
}

/* ---- Whether it is as it was planned ------------------------------------ */

static bool same_said(const struct ds_planned *planned, const char *now)
{
	const char *then = planned->step.from;
	return then && now ? strcmp(then, now) == 0 : then == now;
}

/* Parts that are other items, and what was committed, are not on the bench: there, only the
 * copies are looked at. */
static bool is_decided(const struct ds_plan *plan, const struct ds_rule *rule)
{
	int believed = plan->prefer ? ds_copy_named(rule, plan->prefer) : rule->authority;

	if (believed >= 0)
		return rule->copies[believed].from == DS_FROM_HEAD;
	if (plan->prefer)
		return false;
	for (const struct ds_rollup *rollup = rule->rollups;
	     rollup && rule->authority == DS_PARTS && (rollup->path || rollup->children); rollup++)
		if (rollup->children)
			return true;
	return false;
}

static bool work_out(struct ds_repair *repair, struct ds_bench *bench,
		     const struct ds_planned *planned)
{
	const struct ds_plan *plan = bench->plan;
	struct ds_item item = {.path = planned->path, .id = planned->step.item};

	if (plan->task == DS_TASK_SET || is_decided(plan, planned->rule))
		return ds_repair_to(repair, &bench->desk, planned->to, planned->add != 0);
	return ds_repair_for(repair, &bench->desk, &item, plan->prefer, planned->add != 0);
}

/* Whether the copies say by now what they were to say. */
static bool is_settled(const struct ds_bench *bench, const struct ds_planned *planned)
{
	unsigned which = planned->change | planned->add;

	if (bench->plan->expects)
		return false;
	for (int i = 0; i < bench->desk.copy_count; i++)
		if ((which & 1u << i) && !ds_copy_says(&bench->desk.copies[i], planned->to))
			return false;
	return true;
}

/* The first of these copies that has no text and no mere gap either. */
static int find_defect(const struct ds_desk *desk, unsigned which)
{
	for (int i = 0; i < desk->copy_count; i++) {
		ds_code code = desk->copies[i].reading.code;
		if ((which & 1u << i) && code != DS_NO_CODE && code != DS_MISSING_STATUS)
			return i;
	}
	return DS_NO_COPY;
}

/* What cannot be read was not changed by anybody: that is trouble, no conflict. */
static void fail_defect(struct ds_bench *bench, struct ds_planned *planned, int copy)
{
	const struct ds_reading *reading = &bench->desk.copies[copy].reading;

	ds_step_fail(bench->plan, planned,
		     reading->code == DS_UNREADABLE ? DS_STEP_REFUSED : DS_STEP_CONFLICT,
		     "%s %s%s%s", planned->rule->copies[copy].name,
		     ds_code_info(reading->code)->phrase, reading->why[0] ? ": " : "",
		     reading->why);
}

static int believed_copy(const struct ds_plan *plan, const struct ds_rule *rule)
{
	return plan->prefer ? ds_copy_named(rule, plan->prefer) : rule->authority;
}

/* What is in the way of reading it, else what it says instead. */
static void explain(struct ds_bench *bench, struct ds_planned *planned)
{
	const struct ds_desk *desk = &bench->desk;
	const char *names = planned->step.copies;
	int believed = believed_copy(bench->plan, planned->rule);
	unsigned which = planned->change | planned->add;
	bool failed;

	int defect = find_defect(desk, believed < 0 ? which : which | 1u << believed);
	if (defect != DS_NO_COPY) {
		fail_defect(bench, planned, defect);
		return;
	}
	const char *then = planned->step.from;
	const char *now = ds_said(desk, planned->change | planned->add, &bench->strings, &failed);
	if (same_said(planned, now))
		ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT,
			     "another copy than %s was changed meanwhile", names);
	else
		ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT,
			     "%s was changed meanwhile: expected %s, found %s", names,
			     then ? then : "no status", now ? now : "no status");
}

static bool is_set(const unsigned char *digest)
{
	static const unsigned char none[DS_SHA256_SIZE];
	return memcmp(digest, none, sizeof none) != 0;
}

/* Of a document it is worked out once, not for each of its items. */
static void digest_of(unsigned char digest[DS_SHA256_SIZE], const struct ds_bench *bench, int copy)
{
	const struct ds_seen_copy *seen = &bench->desk.copies[copy];
	struct ds_text bytes = ds_seen_bytes(seen);
	size_t number =
		seen->document ? (size_t)(seen->document - bench->ledgers[copy].documents) : 0;
	unsigned char *known = seen->document ? bench->digests[copy][number] : digest;

	if (!seen->document || !is_set(known))
		ds_sha256_of(bytes.at, bytes.len, known);
	if (known != digest)
		memcpy(digest, known, DS_SHA256_SIZE);
}

static bool was_shown(const struct ds_bench *bench, const struct ds_planned *planned)
{
	unsigned char digest[DS_SHA256_SIZE];

	for (int i = 0; i < bench->desk.copy_count; i++) {
		if (!planned->shown[i])
			continue;
		digest_of(digest, bench, i);
		if (memcmp(digest, planned->shown[i], sizeof digest) != 0)
			return false;
	}
	return true;
}

static void fail_shown(struct ds_bench *bench, struct ds_planned *planned)
{
	ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT, "%s was changed since it was shown",
		     planned->step.copies);
}

/* Sets the step's state where it is not as it was planned. */
static int check_as_planned(struct ds_bench *bench, struct ds_planned *planned, ds_error *err)
{
	struct ds_repair repair;
	bool failed;

	bool well = work_out(&repair, bench, planned);
	const char *said =
		ds_said(&bench->desk, planned->change | planned->add, &bench->strings, &failed);
	if (!well || failed)
		return ds_fail_memory(err);
	if (is_settled(bench, planned))
		planned->step.state = DS_STEP_DONE;
	else if (repair.to != planned->to || !same_said(planned, said) ||
		 (planned->change && repair.change != planned->change) ||
		 (planned->add && repair.add != planned->add))
		explain(bench, planned);
	else if (!was_shown(bench, planned))
		fail_shown(bench, planned);
	return 0;
}

/* ---- Adding ------------------------------------------------------------- */

static int ask_copy(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		    int copy, ds_error *err)
{
	bool failed;
	const char *from = ds_said(&bench->desk, 1u << copy, &bench->strings, &failed);
	struct ds_work_ask *ask = failed ? NULL : ds_work_open(work, bench, planned, copy);

	if (!ask)
		return ds_fail_memory(err);
	ask->from = from;
	ask->insert = (planned->add & 1u << copy) != 0;
	return 0;
}

/* The believed copy comes last: who sees it changed sees all of it changed. */
static int ask_copies(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		      ds_error *err)
{
	unsigned which = planned->change | planned->add;
	int last = planned->rule->authority >= 0 ? planned->rule->authority
						 : ds_believed(&bench->desk);
	int status = 0;

	for (int i = 0; i < bench->desk.copy_count && !status; i++)
		if (i != last && (which & 1u << i))
			status = ask_copy(work, bench, planned, i, err);
	if (!status && last >= 0 && (which & 1u << last)) {
		status = ask_copy(work, bench, planned, last, err);
		if (!status)
			ds_work_find(work, bench->plan->prefix, bench->desk.copies[last].path)
				->believed = true;
	}
	return status;
}

/* Asks, where the step is as it was planned. */
static int ask_step(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		    ds_error *err)
{
	int status = ds_bench_read(bench, planned, err);

	planned->made = 0;
	planned->found = DS_NOT_READ_BACK;
	if (status)
		return status;
	if (!planned->reversal)
		status = check_as_planned(bench, planned, err);
	else if (!was_shown(bench, planned))
		fail_shown(bench, planned);
	if (status || planned->step.state != DS_STEP_PLANNED)
		return status;
	return planned->reversal ? ds_undo_ask(work, bench, planned, err)
				 : ask_copies(work, bench, planned, err);
}

/* Its asks, and the files that it opened, come last. */
static void drop_asks(struct ds_work *work, const struct ds_planned *last)
{
	for (size_t i = work->count; i-- > 0;) {
		struct ds_work_file *file = &work->files[i];
		while (file->ask_count && file->asks[file->ask_count - 1].planned == last)
			file->ask_count--;
		if (file->ask_count)
			continue;
		if (file->many)
			work->shared_bytes -= file->before.len;
		else
			work->own_bytes -= 2 * file->before.len;
		clear_file(file);
		work->count = i;
	}
}

int ds_work_add(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		ds_error *err)
{
	if (!work->step_count)
		work->notes = bench->plan->notes.len;
	if (!grow((void **)&work->steps, &work->step_room, work->step_count, sizeof *work->steps))
		return ds_fail_memory(err);
	int status = ask_step(work, bench, planned, err);
	if (!status && planned->step.state == DS_STEP_PLANNED)
		work->steps[work->step_count++] = planned;
	else
		drop_asks(work, planned);
	return status;
}

void ds_work_drop(struct ds_work *work)
{
	drop_asks(work, work->steps[--work->step_count]);
}

/* ---- Making ------------------------------------------------------------- */

void ds_work_take(struct ds_work_file *file, struct ds_buf *next)
{
	ds_buf_free(&file->after);
	file->after = *next;
	file->changed = true;
	*next = (struct ds_buf){0};
}

bool ds_work_record(struct ds_bench *bench, struct ds_work_file *file,
		    const struct ds_work_ask *ask, const struct ds_edit *edit,
		    const struct ds_made *made)
{
	struct ds_text content = ds_work_content(file);
	struct ds_work_edit kept = {*made, ask->planned, ask->copy};

	if (!grow((void **)&file->edits, &file->edit_room, file->edit_count, sizeof *file->edits))
		return false;
	kept.made.old =
		ds_arena_copy(&bench->strings, content.at + edit->start, edit->end - edit->start);
	kept.made.new = ds_arena_copy(&bench->strings, edit->text.at, edit->text.len);
	if (!kept.made.old || !kept.made.new)
		return false;
	file->edits[file->edit_count++] = kept;
	ask->planned->made++;
	return true;
}
/* What is said of one value of a file: the status, or a field that follows it. */
struct saying {
	struct ds_bench *bench;
	struct ds_work_file *file;
	int copy;
	const struct ds_follow *follow; /* NULL: the status */
};

static const char *place_of(const struct saying *s)
{
	return s->follow ? s->follow->field : s->bench->desk.rule->copies[s->copy].at;
}

static struct ds_text word_for(const struct saying *s, const struct ds_work_ask *ask)
{
	if (!s->follow)
		return ds_text_of(ds_copy_word(ask->planned->rule, s->copy, ask->planned->to));
	return ds_text_of(s->follow->what == DS_FOLLOW_NOW ? s->bench->now
							   : s->bench->plan->reason);
}

static bool is_meant(const struct saying *s, const struct ds_work_ask *ask)
{
	const struct ds_planned *planned = ask->planned;
	const struct ds_follow *follow = s->follow;

	if (ask->copy != s->copy || planned->step.state != DS_STEP_PLANNED)
		return false;
	if (!follow)
		return true;
	return ask->done && (!follow->with_reason || s->bench->plan->reason) &&
	       (!follow->when || strcmp(follow->when, planned->step.to) == 0);
}

/* A field that cannot follow is no reason to leave the status alone. */
static bool say_refused(const struct saying *s, const struct ds_work_ask *ask, const char *why)
{
	if (s->follow)
		return ds_plan_say(s->bench->plan, "%s: \"%s\" is left as it is: %s", s->file->path,
				   s->follow->field, why);
	ds_step_fail(s->bench->plan, ask->planned, DS_STEP_REFUSED, "%s: %s",
		     ask->planned->rule->copies[s->copy].name, why);
	return true;
}

static bool keep_edit(const struct saying *s, struct ds_work_ask *ask, const struct ds_edit *edit,
		      struct ds_made *made)
{
	made->field = place_of(s);
	if (!s->follow) {
		made->from = ask->from;
		made->to = ask->planned->step.to;
		ask->done = true;
	}
	return ds_work_record(s->bench, s->file, ask, edit, made);
}

/* Where the value's text stands in what was put in. */
static void place(struct ds_made *made, const struct ds_splice *splice, struct ds_text after,
		  const struct ds_edit *edit, struct ds_arena *scratch)
{
	struct ds_reading reading;

	splice->reader->read(&reading, after, true, splice->at, scratch);
	made->at = edit->start;
	made->lead = reading.start - edit->start;
	made->plain = edit->start < edit->end && reading.start == edit->start &&
		      reading.end == edit->start + edit->text.len;
}

/* The one value of a file that holds no records. */
static bool edit_value(const struct saying *s, struct ds_work_ask *ask)
{
	struct ds_arena *strings = &s->bench->strings;
	struct ds_splice splice = {.reader = s->bench->desk.readers[s->copy],
				   .at = place_of(s),
				   .word = word_for(s, ask),
				   .insert = s->follow || ask->insert};
	struct ds_made made = {0};
	struct ds_buf next = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];
	bool well = true;

	if (s->follow)
		splice.behind = s->bench->desk.rule->copies[s->copy].at;
	switch (ds_splice(&next, &edit, &splice, ds_work_content(s->file), strings, why)) {
	case DS_SPLICE_MEMORY:
		return false;
	case DS_SPLICE_REFUSED:
		well = say_refused(s, ask, why);
		break;
	case DS_SPLICE_DONE:
		place(&made, &splice, (struct ds_text){next.bytes, next.len}, &edit, strings);
		well = keep_edit(s, ask, &edit, &made);
		if (well)
			ds_work_take(s->file, &next);
		break;
	default:
		break;
	}
	ds_buf_free(&next);
	return well;
}

static bool edit_values(const struct saying *s)
{
	for (size_t i = 0; i < s->file->ask_count; i++)
		if (is_meant(s, &s->file->asks[i]) && !edit_value(s, &s->file->asks[i]))
			return false;
	return true;
}

const char *ds_field_name(const struct ds_reader *reader, const char *at, struct ds_arena *strings)
{
	size_t len = strlen(at);
	const char *end = at + len;
	const char *name = at;

	if (!reader->beside)
		return at;
	if (len > 1 && end[-1] == '"')
		for (name = --end; name > at && name[-1] != '"';)
			name--;
	else if (strrchr(at, '.'))
		name = strrchr(at, '.') + 1;
	return ds_arena_copy(strings, name, (size_t)(end - name));
}

static bool keep_record_edit(const struct saying *s, const struct ds_record_edit *edit)
{
	struct ds_work_ask *ask = &s->file->asks[edit->number];
	struct ds_made made = {.at = edit->at, .lead = edit->lead, .plain = edit->plain};

	if (edit->outcome == DS_SPLICE_REFUSED)
		return say_refused(s, ask, edit->why);
	return edit->outcome == DS_SPLICE_SAME || keep_edit(s, ask, &edit->edit, &made);
}

static bool splice_records(const struct saying *s, struct ds_record_edit *edits, size_t count)
{
	const struct ds_copy_rule *copy = &s->bench->desk.rule->copies[s->copy];
	struct ds_arena *strings = &s->bench->strings;
	struct ds_splice_records splice = {.reader = s->bench->desk.readers[s->copy],
					   .spec = {copy->at, copy->id},
					   .at = place_of(s)};
	struct ds_buf next = {0};
	size_t before = s->file->edit_count;

	if (s->follow) {
		splice.behind = copy->at;
		splice.field = ds_field_name(splice.reader, s->follow->field, strings);
	}
	bool well =
		(!s->follow || splice.field) &&
		ds_splice_records(&next, edits, count, &splice, ds_work_content(s->file), strings);
	for (size_t i = 0; i < count && well; i++)
		well = keep_record_edit(s, &edits[i]);
	if (well && s->file->edit_count > before)
		ds_work_take(s->file, &next);
	ds_buf_free(&next);
	return well;
}

/* One value each of many records: all that are asked for, together. */
static bool edit_records(const struct saying *s)
{
	struct ds_record_edit *edits = calloc(s->file->ask_count + 1, sizeof *edits);
	size_t count = 0;

	for (size_t i = 0; i < s->file->ask_count && edits; i++) {
		const struct ds_work_ask *ask = &s->file->asks[i];
		if (is_meant(s, ask))
			edits[count++] =
				(struct ds_record_edit){.number = i,
							.record = ask->record,
							.id = ask->id ? ask->id : "",
							.word = word_for(s, ask),
							.insert = s->follow || ask->insert};
	}
	bool well = edits && (!count || splice_records(s, edits, count));
	free(edits);
	return well;
}

static bool edit_copy(struct saying *s)
{
	const struct ds_copy_rule *copy = &s->bench->desk.rule->copies[s->copy];
	const struct ds_follow *follow = s->bench->plan->task == DS_TASK_SET ? copy->follow : NULL;
	bool (*edit)(const struct saying *s) = copy->many ? edit_records : edit_values;

	s->follow = NULL;
	bool well = edit(s);
	for (; follow && follow->field && well; follow++) {
		s->follow = follow;
		well = edit(s);
	}
	return well;
}

static int edit_file(struct ds_bench *bench, struct ds_work_file *file, ds_error *err)
{
	struct saying s = {.bench = bench, .file = file};

	if (bench->plan->task == DS_TASK_UNDO)
		return ds_undo_make(bench, file, err);
	for (; s.copy < bench->desk.copy_count; s.copy++)
		if (!edit_copy(&s))
			return ds_fail_memory(err);
	return 0;
}

/* ---- Finishing ---------------------------------------------------------- */

static size_t count_planned(const struct ds_work *work)
{
	size_t count = 0;
	for (size_t i = 0; i < work->step_count; i++)
		count += work->steps[i]->step.state == DS_STEP_PLANNED;
	return count;
}

int ds_work_again(struct ds_work *work, struct ds_bench *bench, ds_error *err)
{
	size_t count = work->step_count;
	int status = 0;

	clear_files(work);
	ds_arena_reset(&bench->strings);
	bench->plan->notes.len = work->notes;
	for (work->step_count = 0; work->step_count < count && !status; work->step_count++) {
		struct ds_planned *planned = work->steps[work->step_count];
		if (planned->step.state != DS_STEP_PLANNED)
			continue;
		status = ask_step(work, bench, planned, err);
		if (planned->step.state != DS_STEP_PLANNED)
			drop_asks(work, planned);
	}
	work->step_count = count;
	return status;
}

/* Files of several groups are in order as they are. */
static bool is_late(const struct ds_bench *bench, const struct ds_work_file *file)
{
	return file->believed && ds_rule_has_many(bench->desk.rule);
}

/* The believed copies' files last; what was said already needs no edit. */
static int order_files(struct ds_work *work, const struct ds_bench *bench, ds_error *err)
{
	struct ds_work_file *files = calloc(work->count + 1, sizeof *files);
	size_t kept = 0;

	if (!files)
		return ds_fail_memory(err);
	for (int late = 0; late < 2; late++)
		for (size_t i = 0; i < work->count; i++)
			if (work->files[i].edit_count && is_late(bench, &work->files[i]) == late)
				files[kept++] = work->files[i];
	for (size_t i = 0; i < work->count; i++)
		if (!work->files[i].edit_count)
			clear_file(&work->files[i]);
	free(work->files);
	work->files = files;
	work->room = work->count + 1;
	work->count = kept;
	return 0;
}

/* Each turn but the last finds at least one step that cannot be done. */
int ds_work_finish(struct ds_work *work, struct ds_bench *bench, ds_error *err)
{
	for (;;) {
		size_t planned = count_planned(work);
		int status = 0;
		for (size_t i = 0; i < work->count && !status; i++)
			status = edit_file(bench, &work->files[i], err);
		if (!status && count_planned(work) == planned)
			return order_files(work, bench, err);
		if (!status)
			status = ds_work_again(work, bench, err);
		if (status)
			return status;
	}
}
