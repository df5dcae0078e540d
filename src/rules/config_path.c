#include <string.h>

#include "config_keys.h"
#include "pattern_component.h"

static bool is(struct ds_text component, const char *name)
{
	return ds_text_equal_but_for_case(component, ds_text_of(name));
}

static bool may_be(struct ds_text component, const char *name)
{
	struct ds_captures unused = {.len = 0};

	return is(component, name) ||
	       (ds_is_wild(component) && ds_match_component(component, ds_text_of(name), &unused));
}

static bool has_component(const char *path, const char *name,
			  bool (*fits)(struct ds_text component, const char *name))
{
	while (*path) {
		size_t len = strcspn(path, "/");
		if (fits((struct ds_text){path, len}, name))
			return true;
		path += len + (path[len] == '/');
	}
	return false;
}

/* As a path: the file that the rule was found to fit by. */
static const char marker[] = "{marker}";

int ds_check_path(const struct ds_loader *l, const struct ds_node *node, bool is_read)
{
	/* Git's, and our own. */
	static const char *const closed[] = {".git", ".desync", DS_CONFIG_NAME, DS_CONFIG_FOLDER};
	ds_error why;
	int status = ds_check_text(l, node);

	if (status)
		return status;
	if (*node->text == '/' || has_component(node->text, "..", is))
		return ds_node_fail(l, node, "%s: leaves the root: a path begins in it, without ..",
				    node->text);
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
		if (has_component(node->text, closed[i], is_read ? may_be : is))
			return ds_node_fail(l, node, "%s: nothing in %s is a copy", node->text,
					    closed[i]);
	if (strcmp(node->text, marker) == 0 && !l->marker)
		return ds_node_fail(l, node, "{marker}: there is none, as the file has no fits");
	if (ds_pattern_check(node->text, &why))
		return ds_node_fail(l, node, "%s: %s", node->text, why.message);
	return 0;
}

/* The name of the capture that the text begins with, at its "{". */
static struct ds_text capture_at(const char *text)
{
	return (struct ds_text){text + 1, strcspn(text, "}") - 1};
}

bool ds_has_capture(const char *pattern, struct ds_text name)
{
	for (; pattern && (pattern = strchr(pattern, '{')); pattern++)
		if (ds_text_equal(capture_at(pattern), name))
			return true;
	return false;
}

static int check_capture(const struct ds_loader *l, const struct ds_rule *rule,
			 const struct ds_node *node, struct ds_text name)
{
	if (strcmp(node->text, marker) == 0)
		return 0;
	if (ds_text_is(name, "item") && rule->items)
		return strncmp(node->text, "{item}", 6) == 0
			       ? 0
			       : ds_node_fail(l, node,
					      "%s: a path begins with {item}, if it has it",
					      node->text);
	if (ds_has_capture(rule->items, name) || ds_text_is(name, "id"))
		return 0;
	return ds_node_fail(l, node, "{%.*s}: no such capture in items%s", (int)name.len, name.at,
			    rule->items ? "" : ", which has no path pattern");
}

static const char *join_path(const struct ds_loader *l, const char *path)
{
	if (strcmp(path, marker) == 0)
		return l->marker;
	return ds_join(l, strncmp(path, "{item}", 6) == 0 ? "" : l->start, path);
}

static bool is_folder(const char *path)
{
	size_t len = path ? strlen(path) : 0;
	return len && path[len - 1] == '/';
}

static int check_file(const struct ds_loader *l, const struct ds_rule *rule,
		      const struct ds_node *node)
{
	if (is_folder(node->text) || (ds_node_is(node, "{item}") && is_folder(rule->items)))
		return ds_node_fail(l, node, "%s: a file was expected, not a folder", node->text);
	return 0;
}

int ds_take_item_path(const struct ds_loader *l, const struct ds_rule *rule,
		      const struct ds_node *node, bool folder, const char **path)
{
	int status = ds_check_path(l, node, true);

	if (!status && !folder)
		status = check_file(l, rule, node);

	if (!status && strchr(node->text, '*'))
		status = ds_node_fail(l, node, "%s: a wildcard, where one file is meant",
				      node->text);
	for (const char *at = node->text; !status && (at = strchr(at, '{')); at++)
		status = check_capture(l, rule, node, capture_at(at));
	if (status)
		return status;
	*path = join_path(l, node->text);
	return *path ? 0 : DS_TROUBLE;
}

int ds_take_wide_path(const struct ds_loader *l, const struct ds_rule *rule,
		      const struct ds_node *node, const char **path)
{
	int status = ds_check_path(l, node, true);

	if (!status && (ds_has_capture(node->text, ds_text_of("item")) ||
			ds_has_capture(node->text, ds_text_of("id"))))
		status = ds_node_fail(l, node,
				      "%s: is one item's, but its records say whose they "
				      "are: * in place of {item} and {id}",
				      node->text);
	if (!status)
		status = check_file(l, rule, node);
	if (status)
		return status;
	*path = join_path(l, node->text);
	return *path ? 0 : DS_TROUBLE;
}
