/*
 * What repairs an error in the index.
 *
 * The item is read twice, whole: as it is judged, and from the worktree. Where the worktree
 * agrees already, its files need only be added; where desync-fix can mend it, that comes
 * first; a copy that is removed is brought back, from HEAD or for the worktree from the
 * index, and what there is to do then the next try says. In all other cases there is no
 * command, and the advice of the finding stands.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "compared.h"
#include "err.h"
#include "finding.h"
#include "gate.h"
#include "readers.h"
#include "worktree.h"

struct adviser {
	ds_result *result;
	ds_repo *repo;
	ds_repo *files;           /* the same root in the worktree; NULL where no rule fits that */
	struct ds_source *source; /* of its files; NULL where that cannot be opened */
	struct ds_interrupted interrupted;
	bool checked_out; /* what is judged is what HEAD has: the worktree is that of it */
	bool partial;     /* a `git commit -- FILE` is under way, with an index of its own */
	bool sparse;      /* git has to be told that paths it leaves out are meant */

	/* Of files of many items: compared once, not for each of them. */
	struct compared {
		const struct ds_blob *judged;
		const struct ds_blob *there;
		bool differ;
	} compared[DS_COPY_LIMIT];

	struct ds_scanned *theirs; /* one a rule: what is in files of many items there */
	bool *read;                /* once it was asked for */

	ds_finding *finding; /* the one at hand */
	struct ds_desk judged;
	struct ds_desk there; /* in the worktree */
	struct ds_buf line;
};

/* ---- Comparing index and worktree ---------------------------------------- */

/* The file that a copy is in, also where it has no place there. */
static const struct ds_blob *blob_of(const struct ds_desk *desk, int copy)
{
	static const struct ds_blob none = {.kind = DS_MISSING};
	const struct ds_seen_copy *seen = &desk->copies[copy];

	if (seen->document)
		return &seen->document->blob;
	if (!desk->rule->copies[copy].many)
		return seen->left ? &none : &seen->blob;
	return desk->ledgers && desk->ledgers[copy].document_count == 1
		       ? &desk->ledgers[copy].documents[0].blob
		       : &none;
}

static struct ds_text bytes_of(const struct ds_desk *desk, int copy)
{
	const struct ds_buf *bytes = &blob_of(desk, copy)->bytes;
	return (struct ds_text){bytes->bytes ? bytes->bytes : "", bytes->len};
}

/* Line ends are git's to convert, and what it has converted has LF alone. */
static bool equal_but_for_cr(struct ds_text index, struct ds_text file)
{
	size_t i = 0;

	if (ds_text_equal(index, file))
		return true;
	for (size_t k = 0; k < file.len; k++) {
		if (k + 1 < file.len && file.at[k] == '\r' && file.at[k + 1] == '\n')
			continue;
		if (i == index.len || index.at[i++] != file.at[k])
			return false;
	}
	return i == index.len;
}

static bool differs_now(const struct adviser *a, int copy)
{
	enum ds_kind kind = blob_of(&a->judged, copy)->kind;
	return kind != blob_of(&a->there, copy)->kind ||
	       (kind == DS_REGULAR &&
		!equal_but_for_cr(bytes_of(&a->judged, copy), bytes_of(&a->there, copy)));
}

static bool differs(struct adviser *a, int copy)
{
	struct compared *known = &a->compared[copy];
	struct compared now = {.judged = blob_of(&a->judged, copy),
			       .there = blob_of(&a->there, copy)};

	if (!a->there.rule->copies[copy].many)
		return differs_now(a, copy);
	if (known->judged != now.judged || known->there != now.there) {
		now.differ = differs_now(a, copy);
		*known = now;
	}
	return known->differ;
}

/* Whether something beside the status differs, which `git add` would take along. */
static bool has_other_changes(const struct adviser *a, int copy)
{
	const struct ds_reading *here = &a->judged.copies[copy].reading;
	const struct ds_reading *there = &a->there.copies[copy].reading;
	struct ds_text old = bytes_of(&a->judged, copy);
	struct ds_text new = bytes_of(&a->there, copy);

	if (here->code != DS_NO_CODE || there->code != DS_NO_CODE)
		return false;
	struct ds_text old_end = {old.at + here->end, old.len - here->end};
	struct ds_text new_end = {new.at + there->end, new.len - there->end};
	old.len = here->start;
	new.len = there->start;
	return !equal_but_for_cr(old, new) || !equal_but_for_cr(old_end, new_end);
}

static unsigned differing(struct adviser *a)
{
	unsigned which = 0;
	for (int i = 0; i < a->there.copy_count; i++)
		which |= differs(a, i) ? 1u << i : 0;
	return which;
}

static unsigned to_be_fixed(const struct adviser *a)
{
	unsigned which = 0;
	for (int i = 0; i < a->there.copy_count; i++)
		which |= ds_is_to_change(&a->there, i) ? 1u << i : 0;
	return which;
}

/* ---- Commands ------------------------------------------------------------ */

static const char *keep(struct adviser *a)
{
	const char *kept = a->line.failed || !a->line.bytes
				   ? NULL
				   : ds_arena_copy(&a->result->strings, a->line.bytes, a->line.len);
	ds_buf_cut(&a->line, 0);
	return kept;
}

static void say_git(struct adviser *a, const char *command)
{
	ds_buf_puts(&a->line, "git ");
	if (a->repo->where) {
		ds_buf_puts(&a->line, "-C ");
		ds_shell_quote(&a->line, ds_text_of(a->repo->where));
		ds_buf_puts(&a->line, " ");
	}
	ds_buf_puts(&a->line, command);
}

/* Where the person is: a hook runs at the top, and is told where git was called. */
static bool is_at_top(const struct adviser *a)
{
	const char *prefix = getenv("GIT_PREFIX");
	return !a->repo->where && !*a->repo->git.up && !(prefix && *prefix);
}

/* Nothing that git takes for a pattern, or for more of the magic that ":" begins. */
static bool is_plain(const char *path)
{
	static const char harmless[] =
		".0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return !strpbrk(path, "*?[\\") && strchr(harmless, *path);
}

/* A path from the root as git takes it, wherever it is called in the worktree. */
static void say_path(struct adviser *a, const char *path)
{
	struct ds_buf whole = {0};
	struct ds_buf magic = {0};

	ds_buf_printf(&whole, "%s%s", a->repo->git.prefix, path);
	if (!whole.failed && !is_plain(whole.bytes))
		ds_buf_puts(&magic, ":(top,literal)");
	else if (!is_at_top(a))
		ds_buf_puts(&magic, ":/");
	ds_buf_append(&magic, whole.bytes, whole.len);
	ds_buf_puts(&a->line, " ");
	if (whole.failed || magic.failed || !ds_shell_quote(&a->line, ds_text_of(magic.bytes)))
		a->line.failed = true;
	ds_buf_free(&whole);
	ds_buf_free(&magic);
}

/* Where a copy is; NULL where that cannot be told. */
static const char *place_of(struct adviser *a, const ds_item_view *item, int copy,
			    struct ds_buf *path)
{
	const struct ds_document *document = a->there.copies[copy].document;

	if (document)
		return document->path;
	return ds_copy_path(path, a->there.rule, copy, item->path, item->id) == DS_PATH_MADE
		       ? path->bytes
		       : NULL;
}

/* Several copies may be in one file. */
static bool is_said(struct adviser *a, const ds_item_view *item, unsigned before, const char *path)
{
	bool said = false;

	for (int i = 0; i < a->there.copy_count && !said; i++) {
		struct ds_buf other = {0};
		const char *place = before & 1u << i ? place_of(a, item, i, &other) : NULL;
		said = place && strcmp(place, path) == 0;
		ds_buf_free(&other);
	}
	return said;
}

static void say_copies(struct adviser *a, const ds_item_view *item, unsigned which)
{
	for (int i = 0; i < a->there.copy_count; i++) {
		struct ds_buf path = {0};
		if (!(which & 1u << i) || a->there.copies[i].left)
			continue;
		const char *place = place_of(a, item, i, &path);
		if (!place)
			a->line.failed = true;
		else if (!is_said(a, item, which & ((1u << i) - 1), place))
			say_path(a, place);
		ds_buf_free(&path);
	}
}

/* Those that are in the one and not in the other. */
static unsigned only_in(const struct ds_desk *one, const struct ds_desk *other)
{
	unsigned which = 0;
	for (int i = 0; i < one->copy_count; i++)
		if (blob_of(one, i)->kind != DS_MISSING && blob_of(other, i)->kind == DS_MISSING)
			which |= 1u << i;
	return which;
}

static void say_add(struct adviser *a, const ds_item_view *item, unsigned which)
{
	/* One that was taken out may be one that git ignores. */
	say_git(a, which & only_in(&a->there, &a->judged) ? "add -f" : "add");
	ds_buf_puts(&a->line, a->sparse ? " --sparse --" : " --");
	say_copies(a, item, which);
}

/* What goes with an added file unasked, and what a commit of named files has to name. */
static void say_side_effects(struct adviser *a, unsigned which)
{
	const char *separator = "; takes along the other changes of ";

	for (int i = 0; i < a->there.copy_count; i++) {
		if (!(which & 1u << i) || !has_other_changes(a, i))
			continue;
		ds_buf_printf(&a->line, "%s%s", separator, a->there.rule->copies[i].name);
		separator = " and ";
	}
	if (*separator != ';')
		ds_buf_puts(&a->line, " that are not staged");
	if (a->partial)
		ds_buf_puts(&a->line, "; then name these files in `git commit -- FILE...` too");
}

static bool give(struct adviser *a, const char *fix, const char *outcome)
{
	a->finding->fix = fix;
	a->finding->outcome = outcome;
	return fix && outcome;
}

static bool give_other(struct adviser *a, const char *choice, const char *other)
{
	a->finding->choice = choice;
	a->finding->other = other;
	return choice && other;
}

/* ---- The repairs --------------------------------------------------- */

static bool advise_add(struct adviser *a, const ds_item_view *item)
{
	const struct ds_vocabulary *vocabulary = a->there.rule->vocabulary;
	unsigned which = differing(a);

	say_add(a, item, which);
	const char *fix = keep(a);
	ds_buf_printf(&a->line, "stages what the worktree agrees on: %s",
		      vocabulary->statuses[ds_judged_status(&a->there)].word);
	say_side_effects(a, which);
	return give(a, fix, keep(a));
}

/* The words are those of the same mismatch in the worktree. */
static bool advise_fix(struct adviser *a, const struct ds_item *it, const ds_item_view *item)
{
	struct ds_findings findings = {0};
	unsigned which = differing(a) | to_be_fixed(a);

	bool well = ds_describe(&a->there, it, 0, &findings, &a->result->strings);
	const ds_finding *same = well && findings.len ? &findings.at[0] : NULL;
	if (same && same->fix && same->outcome) {
		ds_buf_printf(&a->line, "%s && ", same->fix);
		say_add(a, item, which);
		const char *fix = keep(a);
		ds_buf_puts(&a->line, same->outcome);
		say_side_effects(a, which);
		well = give(a, fix, keep(a));
	}
	if (well && same && same->other) {
		ds_buf_printf(&a->line, "%s && ", same->other);
		say_add(a, item, ~0u);
		well = give_other(a, same->choice, keep(a));
	}
	if (well && same && same->other && !same->fix) {
		ds_buf_printf(&a->line, "%s && ", same->advice);
		say_add(a, item, ~0u);
		a->finding->advice = keep(a);
		well = a->finding->advice != NULL;
	}
	ds_findings_free(&findings);
	return well;
}

/* Which copy is that of a finding that it is missing. */
static unsigned which_is_gone(const struct adviser *a)
{
	for (int i = 0; i < a->there.copy_count; i++)
		if (strcmp(a->there.rule->copies[i].name, a->finding->copies[0].name) == 0)
			return 1u << i;
	return 0;
}

/* Whether it had the file to itself, which is nobody else's when it is brought back. */
static bool is_alone(const struct adviser *a)
{
	int copy = ds_copy_named(a->there.rule, a->finding->copies[0].name);
	return copy != DS_NO_COPY && !a->there.rule->copies[copy].many;
}

/* The other result is that nothing of the item is left. */
static bool advise_restore(struct adviser *a, const ds_item_view *item)
{
	unsigned gone = which_is_gone(a);

	if (gone & only_in(&a->there, &a->judged)) {
		say_add(a, item, gone);
	} else {
		say_git(a, "restore --source=HEAD --staged --worktree --");
		say_copies(a, item, gone);
	}
	const char *fix = keep(a);
	ds_buf_printf(&a->line, "keeps %s", a->finding->copies[0].name);
	say_side_effects(a, 0);
	const char *outcome = keep(a);
	/* Its path may be that of a file that others are in, too. */
	if (ds_rule_has_many(a->there.rule))
		return give(a, fix, outcome);
	say_git(a, a->sparse ? "rm -r --sparse --" : "rm -r --");
	say_path(a, item->path);
	return give(a, fix, outcome) && give_other(a, "to remove the item", keep(a));
}

/* Nothing can be mended where the files are not. */
static bool advise_checkout(struct adviser *a, const ds_item_view *item, unsigned which)
{
	say_git(a, a->sparse ? "restore --ignore-skip-worktree-bits --" : "restore --");
	say_copies(a, item, which);
	return give(a, keep(a), "brings back in the worktree what is staged: then try again");
}

/* ---- One finding --------------------------------------------------------- */

/* What a command would have to name. */
static bool is_printable(const struct adviser *a, const ds_item_view *item)
{
	const char *const names[] = {item->path, item->id, a->repo->git.prefix, a->repo->where};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i] && ds_needs_escape(ds_text_of(names[i])))
			return false;
	return true;
}

static bool is_settled_there(const struct adviser *a)
{
	return ds_judge(&a->there) == DS_ITEM_AGREES && ds_judged_status(&a->there) != DS_NO_STATUS;
}

/* An unmerged file must not be added before somebody has settled its conflict. */
static bool may_be_added(const struct adviser *a)
{
	for (int i = 0; i < a->judged.copy_count; i++)
		if (blob_of(&a->judged, i)->kind == DS_INDETERMINATE)
			return false;
	return true;
}

static bool advise_index(struct adviser *a, const struct ds_item *it, const ds_item_view *item)
{
	bool removed = a->finding->code == DS_MISSING_COPY && is_alone(a);
	unsigned lacking = only_in(&a->judged, &a->there);

	if (may_be_added(a) && is_settled_there(a))
		return !differing(a) || advise_add(a, item);
	if (may_be_added(a) && ds_judge(&a->there) == DS_ITEM_DESYNCED)
		return advise_fix(a, it, item);
	if (removed)
		return advise_restore(a, item);
	if (a->finding->code == DS_STATUS_MISMATCH && lacking)
		return advise_checkout(a, item, lacking);
	return true;
}

/* The command with the option that commits what it changed. */
static const char *committing(struct adviser *a, const char *command)
{
	size_t program = strcspn(command, " ");

	ds_buf_printf(&a->line, "%.*s --commit%s", (int)program, command, command + program);
	return keep(a);
}

/* A commit that is made is repaired by another one. */
static bool advise_revision(struct adviser *a, const struct ds_item *it)
{
	struct ds_findings findings = {0};
	bool well = true;

	if (a->finding->code == DS_MISSING_COPY)
		return true;
	if (is_settled_there(a)) {
		a->finding->advice = "the worktree agrees already: commit that, then try again";
		return true;
	}
	if (ds_judge(&a->there) == DS_ITEM_DESYNCED && ds_is_repairable(&a->there, it))
		well = ds_describe(&a->there, it, 0, &findings, &a->result->strings);
	const ds_finding *same = well && findings.len ? &findings.at[0] : NULL;
	if (same && same->fix && same->outcome) {
		ds_buf_printf(&a->line, "%s, and commits that: then try again", same->outcome);
		const char *outcome = keep(a);
		well = give(a, committing(a, same->fix), outcome);
	}
	if (well && same && same->other)
		well = give_other(a, same->choice, committing(a, same->other));
	ds_findings_free(&findings);
	return well;
}

/* What is in files of many items: of what is judged it is known already, in the worktree it
 * is read once. */
static bool lend_ledgers(struct adviser *a, const struct ds_rule *rule)
{
	size_t i = 0;

	while (a->repo->rules[i] != rule)
		i++;
	a->judged.ledgers = a->result->scanned[i].ledgers;
	a->there.ledgers = a->theirs[i].ledgers;
	if (a->read[i])
		return true;
	struct ds_scan scan = {.rule = rule, .source = a->source, .limit = a->repo->limit};
	a->read[i] = true;
	return ds_read_ledgers(&scan, &a->theirs[i], NULL) == 0;
}

static bool read_both(struct adviser *a, const struct ds_rule *rule, const struct ds_item *it)
{
	if (!ds_desk_prepare(&a->judged, rule, a->repo->source) ||
	    !ds_desk_prepare(&a->there, rule, a->source) || !lend_ledgers(a, rule))
		return false;
	a->judged.whole = a->there.whole = true;
	a->judged.limit = a->there.limit = a->repo->limit;
	a->there.where = a->repo->options.bytes;
	ds_collect(&a->judged, it);
	ds_collect(&a->there, it);
	return true;
}

/* Whether a command has to name the rule: another one has, or may have, an item of this id. */
static bool is_shared(const struct adviser *a, const struct ds_rule *own, const ds_item_view *item)
{
	size_t others = 0;

	if (own->by_number && a->repo->ruleset.count > 1)
		return true;
	for (const struct ds_rule **rule = a->repo->rules; *rule; rule++, others++) {
		ds_finding like = {.rule = (*rule)->name, .item = item->id};
		if (strcmp(like.rule, item->rule) != 0 && ds_item_of(a->result, a->repo, &like, 0))
			return true;
	}
	return others < a->repo->ruleset.count;
}

static bool advise_item(struct adviser *a, const struct ds_rule *rule, const ds_item_view *item)
{
	struct ds_item it = {.path = item->path,
			     .id = item->id,
			     .seen = true,
			     .shared_id = is_shared(a, rule, item)};
	bool well = true;

	if (read_both(a, rule, &it))
		well = a->repo->origin == DS_INDEX ? advise_index(a, &it, item)
						   : advise_revision(a, &it);
	ds_desk_clear(&a->judged);
	ds_desk_clear(&a->there);
	return well;
}

static bool advise_recovery(struct adviser *a)
{
	if (a->interrupted.damaged) {
		a->finding->advice =
			"first see desync-scan: a change in the worktree was cut short, "
			"and its journal is damaged";
		return true;
	}
	ds_buf_printf(&a->line, "desync-fix %s--recover",
		      a->repo->options.len ? a->repo->options.bytes : "");
	return give(a, keep(a),
		    "settles a change that was cut short in the worktree: then try "
		    "again");
}

/* A file of many items, that is gone from the index alone or from both. */
static bool advise_file(struct adviser *a)
{
	const ds_copy *copy = &a->finding->copies[0];
	struct ds_blob blob = {0};

	a->source->ops->read(a->source, copy->path, NULL, &blob);
	say_git(a, blob.kind == DS_MISSING ? "restore --source=HEAD --staged --worktree --"
					   : "add -f --");
	ds_blob_free(&blob);
	say_path(a, copy->path);
	const char *fix = keep(a);
	ds_buf_printf(&a->line, "keeps %s", copy->name);
	return give(a, fix, keep(a));
}

/* Nothing is advised that was worked out for files which are not what is judged. */
static bool advise(struct adviser *a)
{
	const struct ds_rule *rule = ds_rule_of(a->repo, a->finding);
	const ds_item_view *item = rule ? ds_item_of(a->result, a->repo, a->finding, 0) : NULL;

	if (!a->finding->fix && a->finding->other)
		a->finding->advice = ds_code_info(a->finding->code)->advice;
	a->finding->fix = a->finding->outcome = NULL;
	a->finding->choice = a->finding->other = NULL;
	if (a->repo->origin == DS_REVISION && !a->checked_out) {
		a->finding->advice = "check that revision out, repair it there, and commit";
		return true;
	}
	if (rule && !a->finding->item && a->finding->code == DS_MISSING_COPY && a->source &&
	    a->repo->origin == DS_INDEX && !ds_needs_escape(ds_text_of(a->finding->copies[0].path)))
		return advise_file(a);
	if (!item || ds_item_of(a->result, a->repo, a->finding, 1) || !is_printable(a, item))
		return true;
	if (a->interrupted.found)
		return advise_recovery(a);
	return !a->source || advise_item(a, rule, item);
}

/* ---- All of them --------------------------------------------------------- */

/* Both have the same tree. */
static bool is_checked_out(const ds_repo *repo)
{
	const char *const names[] = {repo->source->ops->name, "HEAD"};
	char ids[2][DS_GIT_HEX_ROOM] = {"", ""};
	struct ds_buf name = {0};
	char type;

	for (int i = 0; i < 2; i++) {
		ds_buf_cut(&name, 0);
		ds_buf_printf(&name, "%s^{tree}", names[i]);
		if (name.failed || ds_git_resolve(ids[i], &type, &repo->git, name.bytes, NULL) != 0)
			ids[i][0] = '\0';
	}
	ds_buf_free(&name);
	return *ids[0] && strcmp(ids[0], ids[1]) == 0;
}

static const char partial_index[] = "next-index-";

static bool is_partial(void)
{
	const char *index = getenv("GIT_INDEX_FILE");
	return index && strstr(index, partial_index);
}

/* What was left out once may still be, and where it is not, saying so does no harm. */
static bool is_sparse(const ds_repo *repo)
{
	struct ds_buf path = {0};

	ds_buf_printf(&path, "%s/info/sparse-checkout", repo->git.git_dir);
	bool sparse = !path.failed && access(path.bytes, F_OK) == 0;
	ds_buf_free(&path);
	return sparse;
}

/* What cannot be opened gives no advice, and is no failure of the gate. */
static void open_files(struct adviser *a)
{
	ds_open_options options = {
		.size = sizeof options, .may_be_none = true, .config = a->repo->config};

	if (!a->repo->git.top || ds_open(&a->files, a->repo->root, &options, NULL) != 0)
		return;
	/* Not what lies further up. */
	if (a->files && strcmp(a->files->root, a->repo->root) != 0) {
		ds_close(a->files);
		a->files = NULL;
	}
	if (a->files)
		a->source = a->files->source;
	else if (ds_worktree_open(&a->source, a->repo->root, NULL) != 0)
		a->source = NULL;
	if (a->files && ds_look_for_interrupted(&a->interrupted, a->files, NULL) != 0)
		a->interrupted.found = false;
}

static void close_files(struct adviser *a)
{
	if (a->files)
		ds_forget_interrupted(&a->interrupted, a->files);
	else if (a->source)
		a->source->ops->free(a->source);
	ds_close(a->files);
}

static bool is_error(const ds_finding *finding)
{
	return finding->severity == DS_ERROR;
}

/* Whether the copy's file will be read, and not only looked for. */
static bool is_to_read(const struct ds_copy_rule *copy)
{
	const struct ds_reader *reader = ds_reader_find(copy->read);
	return !copy->many && copy->from == DS_FROM_SOURCE && reader && !reader->in_path;
}

/* What will be read of the source, in that order. */
static void announce(struct adviser *a, const ds_finding *finding)
{
	struct ds_source *source = a->repo->source;
	const struct ds_rule *rule = ds_rule_of(a->repo, finding);
	const ds_item_view *item = rule ? ds_item_of(a->result, a->repo, finding, 0) : NULL;

	for (int i = 0; item && rule->copies[i].name; i++) {
		ds_buf_cut(&a->line, 0);
		if (is_to_read(&rule->copies[i]) &&
		    ds_copy_path(&a->line, rule, i, item->path, item->id) == DS_PATH_MADE)
			source->ops->want(source, a->line.bytes);
	}
}

static void announce_all(struct adviser *a)
{
	struct ds_source *source = a->repo->source;

	for (size_t i = 0; i < a->result->finding_count; i++)
		if (is_error(&a->result->findings[i]))
			announce(a, &a->result->findings[i]);
	source->ops->want(source, NULL);
	ds_buf_cut(&a->line, 0);
}

static bool has_errors(const ds_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++)
		if (is_error(&result->findings[i]))
			return true;
	return false;
}

int ds_advise(ds_result *result, ds_repo *repo, ds_error *err)
{
	struct adviser a = {.result = result, .repo = repo, .partial = is_partial()};
	bool well = true;

	if (repo->origin == DS_WORKTREE || !has_errors(result))
		return 0;
	a.sparse = is_sparse(repo);
	a.checked_out = repo->origin == DS_REVISION && repo->git.top && is_checked_out(repo);
	a.theirs = calloc(result->rule_count + 1, sizeof *a.theirs);
	a.read = calloc(result->rule_count + 1, sizeof *a.read);
	well = a.theirs && a.read;
	open_files(&a);
	announce_all(&a);
	for (size_t i = 0; i < result->finding_count && well; i++) {
		a.finding = &result->findings[i];
		if (is_error(a.finding))
			well = advise(&a);
	}
	close_files(&a);
	for (size_t i = 0; a.theirs && i < result->rule_count; i++)
		ds_scanned_free(&a.theirs[i]);
	free(a.theirs);
	free(a.read);
	ds_buf_free(&a.line);
	return well ? 0 : ds_fail_memory(err);
}
