#include "beside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compared.h"
#include "content.h"
#include "readers.h"
#include "rules.h"
#include "worktree.h"

/* ---- The worktree --------------------------------------------------------- */

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

static bool is_partial(void)
{
	const char *index = getenv("GIT_INDEX_FILE");
	return index && strstr(index, "next-index-");
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
static void open_files(struct ds_beside *b)
{
	ds_open_options options = {
		.size = sizeof options, .may_be_none = true, .config = b->repo->config};

	if (!b->repo->git.top || ds_open(&b->files, b->repo->root, &options, NULL) != 0)
		return;
	/* Not what lies further up. */
	if (b->files && strcmp(b->files->root, b->repo->root) != 0) {
		ds_close(b->files);
		b->files = NULL;
	}
	if (b->files)
		b->source = b->files->source;
	else if (ds_worktree_open(&b->source, b->repo->root, NULL) != 0)
		b->source = NULL;
	if (b->files && ds_look_for_interrupted(&b->interrupted, b->files, NULL) != 0)
		b->interrupted.found = false;
}

bool ds_beside_open(struct ds_beside *b, const ds_result *result, ds_repo *repo)
{
	*b = (struct ds_beside){.result = result, .repo = repo, .partial = is_partial()};
	b->sparse = is_sparse(repo);
	b->checked_out = repo->origin == DS_REVISION && repo->git.top && is_checked_out(repo);
	b->theirs = calloc(result->rule_count + 1, sizeof *b->theirs);
	b->read = calloc(result->rule_count + 1, sizeof *b->read);
	open_files(b);
	return b->theirs && b->read;
}

void ds_beside_close(struct ds_beside *b)
{
	if (b->files)
		ds_forget_interrupted(&b->interrupted, b->files);
	else if (b->source)
		b->source->ops->free(b->source);
	ds_close(b->files);
	for (size_t i = 0; b->theirs && i < b->result->rule_count; i++)
		ds_scanned_free(&b->theirs[i]);
	free(b->theirs);
	free(b->read);
}

/* ---- How it differs ------------------------------------------------------- */

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

static bool is_line_end(struct ds_text text, size_t at)
{
	return at + 1 < text.len && text.at[at] == '\r' && text.at[at + 1] == '\n';
}

static bool has_line_end(struct ds_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_line_end(text, i))
			return true;
	return false;
}

/* Line ends are git's to convert, and what it has converted has LF alone: then the CR that the
 * file has before one does not count. */
static void compare_texts(struct ds_apart *apart, struct ds_text judged, struct ds_text there)
{
	bool converted = !has_line_end(judged);
	size_t i = 0;
	size_t k = 0;

	for (;; i++, k++) {
		k += converted && is_line_end(there, k);
		if (i == judged.len || k == there.len || judged.at[i] != there.at[k])
			break;
	}
	apart->judged_from = i;
	apart->there_from = k;
	apart->differ = i < judged.len || k < there.len;
	for (i = judged.len, k = there.len;; i--, k--) {
		k -= converted && k && is_line_end(there, k - 1);
		if (!i || !k || judged.at[i - 1] != there.at[k - 1])
			break;
	}
	apart->judged_to = i;
	apart->there_to = k;
}

/* Of files of many items: once, not for each of them. */
static void compare_copy(struct ds_beside *b, int copy)
{
	struct ds_apart *apart = &b->apart[copy];
	const struct ds_blob *judged = blob_of(&b->judged, copy);
	const struct ds_blob *there = blob_of(&b->there, copy);

	if (b->there.rule->copies[copy].many && apart->judged == judged && apart->there == there)
		return;
	*apart = (struct ds_apart){
		.judged = judged, .there = there, .differ = judged->kind != there->kind};
	if (judged->kind == DS_REGULAR && there->kind == DS_REGULAR)
		compare_texts(apart, ds_blob_text(judged), ds_blob_text(there));
}

unsigned ds_differing(const struct ds_beside *b)
{
	unsigned which = 0;
	for (int i = 0; i < b->there.copy_count; i++)
		which |= b->apart[i].differ ? 1u << i : 0;
	return which;
}

unsigned ds_only_in(const struct ds_desk *one, const struct ds_desk *other)
{
	unsigned which = 0;
	for (int i = 0; i < one->copy_count; i++)
		if (blob_of(one, i)->kind != DS_MISSING && blob_of(other, i)->kind == DS_MISSING)
			which |= 1u << i;
	return which;
}

unsigned ds_unmerged(const struct ds_beside *b)
{
	unsigned which = 0;
	for (int i = 0; i < b->judged.copy_count; i++)
		which |= blob_of(&b->judged, i)->kind == DS_INDETERMINATE ? 1u << i : 0;
	return which;
}

bool ds_has_other_changes(const struct ds_beside *b, int copy)
{
	const struct ds_reading *judged = &b->judged.copies[copy].reading;
	const struct ds_reading *there = &b->there.copies[copy].reading;
	const struct ds_apart *apart = &b->apart[copy];

	return judged->code == DS_NO_CODE && there->code == DS_NO_CODE &&
	       (apart->judged_from < judged->start || apart->there_from < there->start ||
		apart->judged_to > judged->end || apart->there_to > there->end);
}

/* ---- An item -------------------------------------------------------------- */

/* Whether the copy's file will be read, and not only looked for. */
static bool is_to_read(const struct ds_copy_rule *copy)
{
	const struct ds_reader *reader = ds_reader_find(copy->read);
	return !copy->many && copy->from == DS_FROM_SOURCE && reader && !reader->in_path;
}

void ds_beside_want(struct ds_beside *b, const struct ds_rule *rule, const ds_item_view *item)
{
	struct ds_source *source = b->repo->source;
	struct ds_buf path = {0};

	for (int i = 0; rule->copies[i].name; i++) {
		ds_buf_cut(&path, 0);
		if (is_to_read(&rule->copies[i]) &&
		    ds_copy_path(&path, rule, i, item->path, item->id) == DS_PATH_MADE)
			source->ops->want(source, path.bytes);
	}
	ds_buf_free(&path);
}

/* What is in files of many items: of what is judged it is known already, in the worktree it
 * is read once. */
static bool lend_ledgers(struct ds_beside *b, const struct ds_rule *rule)
{
	size_t i = 0;

	while (b->repo->rules[i] != rule)
		i++;
	b->judged.ledgers = b->result->scanned[i].ledgers;
	b->there.ledgers = b->theirs[i].ledgers;
	if (b->read[i])
		return true;
	struct ds_scan scan = {.rule = rule, .source = b->source, .limit = b->repo->limit};
	b->read[i] = true;
	return ds_read_ledgers(&scan, &b->theirs[i], NULL) == 0;
}

bool ds_beside_read(struct ds_beside *b, const struct ds_rule *rule, const struct ds_item *item)
{
	if (!ds_desk_prepare(&b->judged, rule, b->repo->source) ||
	    !ds_desk_prepare(&b->there, rule, b->source) || !lend_ledgers(b, rule))
		return false;
	b->judged.whole = b->there.whole = true;
	b->judged.limit = b->there.limit = b->repo->limit;
	b->there.where = b->repo->options.bytes;
	ds_collect(&b->judged, item);
	ds_collect(&b->there, item);
	for (int i = 0; i < b->there.copy_count; i++)
		compare_copy(b, i);
	return true;
}

void ds_beside_leave(struct ds_beside *b)
{
	ds_desk_clear(&b->judged);
	ds_desk_clear(&b->there);
}
