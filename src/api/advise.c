/*
 * What repairs an error in the index.
 *
 * The item is read twice, whole: as it is judged, and from the worktree. Where the worktree
 * agrees already, its files need only be added; where desync-fix can mend it, that comes
 * first; a copy that is removed is brought back, from HEAD or for the worktree from the
 * index, and what there is to do then the next try says. In all other cases there is no
 * command, and the advice of the finding stands.
 */
#include <string.h>

#include "beside.h"
#include "compare.h"
#include "compose.h"
#include "demands.h"
#include "finding.h"
#include "gate.h"
#include "git_line.h"

struct adviser {
	ds_result *result;
	ds_repo *repo;
	struct ds_beside beside;
	const struct ds_desk *judged; /* both in there */
	const struct ds_desk *there;
	ds_finding *finding; /* the one at hand */
	struct ds_buf line;
};

/* ---- Commands ------------------------------------------------------------ */

static const char *keep(struct adviser *a)
{
	return ds_keep_line(&a->result->strings, &a->line);
}

/* Where a copy is; NULL where that cannot be told. */
static const char *place_of(struct adviser *a, const ds_item_view *item, int copy,
			    struct ds_buf *path)
{
	const struct ds_document *document = a->there->copies[copy].document;

	if (document)
		return document->path;
	return ds_copy_path(path, a->there->rule, copy, item->path, item->id) == DS_PATH_MADE
		       ? path->bytes
		       : NULL;
}

/* Several copies may be in one file. */
static bool is_said(struct adviser *a, const ds_item_view *item, unsigned before, const char *path)
{
	bool said = false;

	for (int i = 0; i < a->there->copy_count && !said; i++) {
		struct ds_buf other = {0};
		const char *place = before & 1u << i ? place_of(a, item, i, &other) : NULL;
		said = place && strcmp(place, path) == 0;
		ds_buf_free(&other);
	}
	return said;
}

static void say_copies(struct adviser *a, const ds_item_view *item, unsigned which)
{
	for (int i = 0; i < a->there->copy_count; i++) {
		struct ds_buf path = {0};
		if (!(which & 1u << i) || a->there->copies[i].left)
			continue;
		const char *place = place_of(a, item, i, &path);
		if (!place)
			a->line.failed = true;
		else if (!is_said(a, item, which & ((1u << i) - 1), place))
			ds_say_path(&a->line, a->repo, place);
		ds_buf_free(&path);
	}
}

static void say_add(struct adviser *a, const ds_item_view *item, unsigned which)
{
	/* One that was taken out may be one that git ignores. */
	ds_say_git(&a->line, a->repo, which & ds_only_in(a->there, a->judged) ? "add -f" : "add");
	ds_buf_puts(&a->line, a->beside.sparse ? " --sparse --" : " --");
	say_copies(a, item, which);
}

/* What goes with an added file unasked, and what a commit of named files has to name. */
static void say_side_effects(struct adviser *a, unsigned which)
{
	const char *separator = "; takes along the other changes of ";

	for (int i = 0; i < a->there->copy_count; i++) {
		if (!(which & 1u << i) || !ds_has_other_changes(&a->beside, i))
			continue;
		ds_buf_printf(&a->line, "%s%s", separator, a->there->rule->copies[i].name);
		separator = " and ";
	}
	if (*separator != ';')
		ds_buf_puts(&a->line, " that are not staged");
	if (a->beside.partial)
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

/* Not what a link leads to: nothing is written there, and git adds nothing behind one. */
static unsigned that_can_be_set(const struct adviser *a)
{
	unsigned which = 0;
	for (int i = 0; i < a->there->copy_count; i++)
		which |= ds_seen_linked(&a->there->copies[i]) ? 0 : 1u << i;
	return which;
}

static unsigned to_be_fixed(const struct adviser *a)
{
	unsigned which = 0;
	for (int i = 0; i < a->there->copy_count; i++)
		which |= ds_is_to_change(a->there, i) ? 1u << i : 0;
	return which;
}

static bool advise_add(struct adviser *a, const ds_item_view *item)
{
	const struct ds_vocabulary *vocabulary = a->there->rule->vocabulary;
	unsigned which = ds_differing(&a->beside);

	say_add(a, item, which);
	const char *fix = keep(a);
	ds_buf_printf(&a->line, "stages what the worktree agrees on: %s",
		      vocabulary->statuses[ds_judged_status(a->there)].word);
	say_side_effects(a, which);
	return give(a, fix, keep(a));
}

/* Where no command repairs it: what is done by hand, or the command that is the other choice. */
static bool give_advice(struct adviser *a, const ds_item_view *item, const ds_finding *same)
{
	char why[DS_WHY_ROOM];
	bool by_hand = ds_left_by_hand(a->there, why) != DS_NO_COPY;

	if (by_hand)
		a->finding->advice = same->advice;
	if (by_hand || !same->other)
		return true;
	ds_buf_printf(&a->line, "%s && ", same->advice);
	say_add(a, item, that_can_be_set(a));
	a->finding->advice = keep(a);
	return a->finding->advice != NULL;
}

/* The words are those of the same mismatch in the worktree. */
static bool advise_fix(struct adviser *a, const struct ds_item *it, const ds_item_view *item)
{
	struct ds_findings findings = {0};
	unsigned which = ds_differing(&a->beside) | to_be_fixed(a);

	bool well = ds_describe(a->there, it, 0, &findings, &a->result->strings);
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
		say_add(a, item, that_can_be_set(a));
		well = give_other(a, same->choice, keep(a));
	}
	if (well && same && !same->fix)
		well = give_advice(a, item, same);
	ds_findings_free(&findings);
	return well;
}

/* The other result is that nothing of the item is left. */
static bool advise_restore(struct adviser *a, const ds_item_view *item, unsigned gone)
{
	if (gone & ds_only_in(a->there, a->judged)) {
		say_add(a, item, gone);
	} else {
		ds_say_git(&a->line, a->repo, "restore --source=HEAD --staged --worktree --");
		say_copies(a, item, gone);
	}
	const char *fix = keep(a);
	ds_buf_printf(&a->line, "keeps %s", a->finding->copies[0].name);
	say_side_effects(a, 0);
	const char *outcome = keep(a);
	/* Its path may be that of a file that others are in, too. */
	if (ds_rule_has_many(a->there->rule))
		return give(a, fix, outcome);
	ds_say_git(&a->line, a->repo, a->beside.sparse ? "rm -r --sparse --" : "rm -r --");
	ds_say_path(&a->line, a->repo, item->path);
	return give(a, fix, outcome) && give_other(a, "to remove the item", keep(a));
}

/* Nothing can be mended where the files are not. */
static bool advise_checkout(struct adviser *a, const ds_item_view *item, unsigned which)
{
	ds_say_git(&a->line, a->repo,
		   a->beside.sparse ? "restore --ignore-skip-worktree-bits --" : "restore --");
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

static bool follows_from_items(const struct ds_rule *rule)
{
	for (size_t i = 0; i < ds_rollup_count(rule); i++)
		if (rule->rollups[i].children)
			return true;
	return false;
}

/* Other items of the worktree are not looked at, so nothing is known of what follows from them. */
static bool is_settled_there(const struct adviser *a)
{
	if (a->finding->code == DS_ROLLUP_MISMATCH && follows_from_items(a->there->rule))
		return false;
	return ds_judge(a->there) == DS_ITEM_AGREES && ds_judged_status(a->there) != DS_NO_STATUS;
}

static bool advise_index(struct adviser *a, const struct ds_item *it, const ds_item_view *item)
{
	int gone = a->finding->code == DS_MISSING_COPY
			   ? ds_copy_named(a->there->rule, a->finding->copies[0].name)
			   : DS_NO_COPY;
	/* A file that others are in, too, is not brought back for one. */
	bool removed = gone != DS_NO_COPY && !a->there->rule->copies[gone].many;
	unsigned lacking = ds_only_in(a->judged, a->there);
	/* An unmerged file must not be added before somebody has settled its conflict. */
	bool may_be_added = !ds_unmerged(&a->beside);

	if (may_be_added && is_settled_there(a))
		return !ds_differing(&a->beside) || advise_add(a, item);
	if (may_be_added && ds_judge(a->there) == DS_ITEM_DESYNCED)
		return advise_fix(a, it, item);
	if (removed)
		return advise_restore(a, item, 1u << gone);
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
	if (ds_judge(a->there) == DS_ITEM_DESYNCED && ds_is_repairable(a->there, it))
		well = ds_describe(a->there, it, 0, &findings, &a->result->strings);
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

/* Then a command has to be told that such items are meant. */
static bool is_archived(const ds_result *result, const ds_item_view *item)
{
	size_t at = (size_t)(item - result->items);
	size_t rule = 0;

	while (at >= result->ends[rule])
		rule++;
	return result->scanned[rule].items.at[at - (rule ? result->ends[rule - 1] : 0)].archived;
}

static bool advise_item(struct adviser *a, const struct ds_rule *rule, const ds_item_view *item)
{
	struct ds_item it = {.path = item->path,
			     .id = item->id,
			     .archived = is_archived(a->result, item),
			     .seen = true,
			     .shared_id = is_shared(a, rule, item)};
	bool well = true;

	if (ds_beside_read(&a->beside, rule, &it))
		well = a->repo->origin == DS_INDEX ? advise_index(a, &it, item)
						   : advise_revision(a, &it);
	ds_beside_leave(&a->beside);
	return well;
}

static bool advise_recovery(struct adviser *a)
{
	if (a->beside.interrupted.damaged) {
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

	a->beside.source->ops->read(a->beside.source, copy->path, NULL, &blob);
	ds_say_git(&a->line, a->repo,
		   blob.kind == DS_MISSING ? "restore --source=HEAD --staged --worktree --"
					   : "add -f --");
	ds_blob_free(&blob);
	ds_say_path(&a->line, a->repo, copy->path);
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
	if (a->repo->origin == DS_REVISION && !a->beside.checked_out) {
		a->finding->advice = "check that revision out, repair it there, and commit";
		return true;
	}
	if (rule && !a->finding->item && a->finding->code == DS_MISSING_COPY && a->beside.source &&
	    a->repo->origin == DS_INDEX && !ds_needs_escape(ds_text_of(a->finding->copies[0].path)))
		return advise_file(a);
	if (!item || ds_item_of(a->result, a->repo, a->finding, 1) || !is_printable(a, item))
		return true;
	if (a->beside.interrupted.found)
		return advise_recovery(a);
	return !a->beside.source || advise_item(a, rule, item);
}

/* ---- All of them --------------------------------------------------------- */

static bool is_error(const ds_finding *finding)
{
	return finding->severity == DS_ERROR;
}

static void announce_all(struct adviser *a)
{
	struct ds_source *source = a->repo->source;

	for (size_t i = 0; i < a->result->finding_count; i++) {
		const ds_finding *finding = &a->result->findings[i];
		const struct ds_rule *rule = ds_rule_of(a->repo, finding);
		const ds_item_view *item = rule ? ds_item_of(a->result, a->repo, finding, 0) : NULL;
		if (is_error(finding) && item)
			ds_beside_want(&a->beside, rule, item);
	}
	source->ops->want(source, NULL);
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
	struct adviser a = {.result = result, .repo = repo};

	if (repo->origin == DS_WORKTREE || !has_errors(result))
		return 0;
	bool well = ds_beside_open(&a.beside, result, repo);
	a.judged = &a.beside.judged;
	a.there = &a.beside.there;
	announce_all(&a);
	for (size_t i = 0; i < result->finding_count && well; i++) {
		a.finding = &result->findings[i];
		if (is_error(a.finding))
			well = advise(&a);
	}
	ds_beside_close(&a.beside);
	ds_buf_free(&a.line);
	return well ? 0 : ds_fail_memory(err);
}
