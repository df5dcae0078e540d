#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

/* The root is at or below the top; both are without links. */
static const char *prefix_of(struct ds_plan *plan, const char *root)
{
	struct ds_buf prefix = {0};
	const char *below = root + strlen(plan->place->top);

	while (*below == '/')
		below++;
	ds_buf_printf(&prefix, "%s%s", below, *below ? "/" : "");
	return ds_arena_take(&plan->strings, &prefix);
}

int ds_plan_begin(struct ds_plan *plan, struct ds_source *source, const struct ds_place *place,
		  const char *root, ds_error *err)
{
	plan->source = source;
	plan->place = place;
	plan->prefix = prefix_of(plan, root);
	return plan->prefix ? 0 : ds_fail_memory(err);
}

void ds_plan_clear(struct ds_plan *plan)
{
	free(plan->steps);
	free(plan->notes.at);
	free(plan->changed.at);
	ds_arena_free(&plan->strings);
}

struct ds_planned *ds_plan_add(struct ds_plan *plan, const struct ds_planned *planned)
{
	if (!ds_grow(&plan->steps, &plan->room, plan->count, sizeof *plan->steps))
		return NULL;
	plan->steps[plan->count] = *planned;
	return &plan->steps[plan->count++];
}

static int class_of(ds_step_kind kind)
{
	static const int class[] = {[DS_STEP_BACKWARDS] = 0,
				    [DS_STEP_TERMINAL] = 0,
				    [DS_STEP_FORWARDS] = 1,
				    [DS_STEP_ADDITION] = 2};
	return class[kind];
}

static int compare(const void *left, const void *right)
{
	const struct ds_planned *a = left;
	const struct ds_planned *b = right;
	int order = class_of(a->step.kind) - class_of(b->step.kind);

	if (!order)
		order = strcmp(a->rule->name, b->rule->name);
	if (!order)
		order = strcmp(a->step.item, b->step.item);
	return order ? order : strcmp(a->path, b->path);
}

void ds_plan_sort(struct ds_plan *plan)
{
	if (plan->count)
		qsort(plan->steps, plan->count, sizeof *plan->steps, compare);
}

bool ds_lines_add(struct ds_lines *lines, const char *line)
{
	if (!line || !ds_grow(&lines->at, &lines->room, lines->len, sizeof *lines->at))
		return false;
	lines->at[lines->len++] = line;
	return true;
}

__attribute__((format(printf, 2, 0))) static const char *keep(struct ds_plan *plan,
							      const char *format, va_list args)
{
	char line[512];
	return vsnprintf(line, sizeof line, format, args) < 0
		       ? NULL
		       : ds_arena_string(&plan->strings, line);
}

bool ds_plan_say(struct ds_plan *plan, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *line = keep(plan, format, args);
	va_end(args);
	return ds_lines_add(&plan->notes, line);
}

void ds_step_fail(struct ds_plan *plan, struct ds_planned *planned, ds_step_state state,
		  const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *why = keep(plan, format, args);
	va_end(args);
	planned->step.state = state;
	planned->step.why = why ? why : "out of memory";
}
