/*
 * One place, one copy. A cell that two copies claim would be set twice, and always agree with
 * itself.
 *
 * What is compared is what is claimed, and not how it is spelled: which files, which part of
 * them, which keys. What only a file can tell (a column by its name, and by its number) is seen
 * when it is read (detect/collect.c).
 */
#include <string.h>

#include "config_keys.h"
#include "keypath.h"
#include "pattern.h"

/* ---- Files ---------------------------------------------------------------- */

/* The files that a copy may be in: what it captures is anything. */
static bool put_files(struct ds_buf *out, const struct ds_rule *rule, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "{");
		ds_buf_append(out, path, len);
		path += len;
		if (!*path)
			break;
		bool item = strncmp(path, "{item}", 6) == 0 && rule->items;
		path += strcspn(path, "}") + 1;
		if (!item) {
			ds_buf_puts(out, "*");
			continue;
		}
		put_files(out, rule, rule->items);
		if (out->len && out->bytes[out->len - 1] == '/')
			ds_buf_cut(out, out->len - 1);
	}
	return !out->failed;
}

/* Two rules may divide between them what their patterns have in common. */
static bool leaves_some(const struct ds_rule *rule)
{
	return rule->exclude || rule->ignore;
}

/* ---- Parts of a file ------------------------------------------------------- */

enum { IN_DATA = 1, IN_FRONT_MATTER = 2, IN_LINES = 4 };

/* Of readers that look at the same part: what is read with keys, or a label. */
static unsigned parts_of(const struct ds_copy_rule *copy)
{
	static const struct {
		const char *reader;
		unsigned parts;
	} table[] = {
		{"json", IN_DATA},
		{"yaml", IN_DATA},
		{"frontmatter", IN_FRONT_MATTER},
		{"preamble", IN_FRONT_MATTER | IN_LINES},
		{"line", IN_LINES},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(copy->read, table[i].reader) == 0)
			return table[i].parts;
	return 0;
}

static bool is_same(const char *a, const char *b)
{
	return ds_text_equal_but_for_case(ds_text_of(a ? a : ""), ds_text_of(b ? b : ""));
}

/* "01" is the first column, too. */
static bool is_same_column(const char *a, const char *b)
{
	if (!a[strspn(a, "0123456789")] && !b[strspn(b, "0123456789")]) {
		a += strspn(a, "0");
		b += strspn(b, "0");
	}
	return is_same(a, b);
}

static bool step_meets(const struct ds_keypath_step *a, const struct ds_keypath_step *b)
{
	if (a->kind == b->kind)
		return ds_text_equal_but_for_case(a->key, b->key);
	return (a->kind == DS_KEYPATH_ANY && b->kind == DS_KEYPATH_KEY) ||
	       (a->kind == DS_KEYPATH_KEY && b->kind == DS_KEYPATH_ANY);
}

static bool path_meets(const struct ds_keypath *a, const struct ds_keypath *b)
{
	if (a->len != b->len)
		return false;
	for (int i = 0; i < a->len; i++)
		if (!step_meets(&a->steps[i], &b->steps[i]))
			return false;
	return true;
}

/* As many as anybody would write. */
enum { CHOICES = 4 };

static int parse(struct ds_keypath paths[CHOICES], const char *at)
{
	int len = 0;

	while (*at && len < CHOICES && !ds_keypath_parse(&paths[len], &at))
		len++;
	return len;
}

static bool keys_meet(const char *one, const char *other)
{
	struct ds_keypath a[CHOICES];
	struct ds_keypath b[CHOICES];
	int a_len = parse(a, one);
	int b_len = parse(b, other);

	for (int i = 0; i < a_len; i++)
		for (int k = 0; k < b_len; k++)
			if (path_meets(&a[i], &b[k]))
				return true;
	return false;
}

/* Whether both copies may take the same bytes of one file. */
static bool is_same_part(const struct ds_copy_rule *a, const struct ds_copy_rule *b)
{
	unsigned shared = parts_of(a) & parts_of(b);

	if (a->from != b->from || (!shared && strcmp(a->read, b->read) != 0))
		return false;
	if (strcmp(a->read, "table") == 0)
		return is_same_column(a->at, b->at) && is_same_column(a->id, b->id);
	if (shared & ~(unsigned)IN_LINES)
		return keys_meet(a->at, b->at);
	return is_same(a->at, b->at) && is_same(a->id, b->id);
}

/* ---- Claims ---------------------------------------------------------------- */

struct claim {
	const struct ds_loader *l;
	const struct ds_node *node;
	const struct ds_rule *rule;
	const struct ds_copy_rule *copy;
	struct ds_buf files;
	struct ds_buf others;
};

static int refuse(struct claim *claim, const struct ds_rule *rule, const struct ds_copy_rule *other,
		  bool some)
{
	struct ds_buf where = {0};
	int status = ds_rule_say_origin(&where, rule, other->origin)
			     ? ds_node_fail(claim->l, claim->node,
					    "%s: reads what %s of %s reads already%s, %s",
					    claim->copy->name, other->name, rule->name,
					    some ? " where a file matches both" : "", where.bytes)
			     : ds_fail_memory(claim->l->err);
	ds_buf_free(&where);
	return status;
}

static int check(struct claim *claim, const struct ds_rule *rule)
{
	bool divided = leaves_some(rule) || leaves_some(claim->rule);

	for (const struct ds_copy_rule *other = rule->copies; other->name; other++) {
		if (other == claim->copy)
			break;
		if (!is_same_part(other, claim->copy))
			continue;
		ds_buf_cut(&claim->others, 0);
		if (!put_files(&claim->others, rule, other->path))
			return ds_fail_memory(claim->l->err);
		if (strcmp(claim->files.bytes, claim->others.bytes) == 0)
			return refuse(claim, rule, other, false);
		if (!divided && ds_patterns_meet(claim->files.bytes, claim->others.bytes))
			return refuse(claim, rule, other, true);
	}
	return 0;
}

static int check_all(const struct ds_loader *l, const struct ds_rule *rule,
		     const struct ds_copy_rule *copy, const struct ds_node *node)
{
	struct claim claim = {.l = l, .node = node, .rule = rule, .copy = copy};
	int status = put_files(&claim.files, rule, copy->path) ? check(&claim, rule)
							       : ds_fail_memory(l->err);

	for (size_t i = 0; i < l->set->count && !status; i++)
		status = check(&claim, l->set->at[i]);
	ds_buf_free(&claim.files);
	ds_buf_free(&claim.others);
	return status;
}

int ds_check_claims(const struct ds_loader *l, const struct ds_rule *rule,
		    const struct ds_node *copies)
{
	const struct ds_copy_rule *copy = rule->copies;
	int status = 0;

	for (const struct ds_node *node = copies->first; node && !status; node = node->next)
		status = check_all(l, rule, copy++, node);
	return status;
}
