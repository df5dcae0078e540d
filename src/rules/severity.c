#include "severity.h"

#include <string.h>

static const char *const levels[] = {
	[DS_INFO] = "info", [DS_WARNING] = "warning", [DS_ERROR] = "error"};

enum { LEVELS = sizeof levels / sizeof *levels };

ds_code ds_code_find(struct ds_text name)
{
	for (ds_code code = DS_NO_CODE + 1; *ds_code_name(code); code++) {
		const char *alias = ds_code_info(code)->alias;
		if (ds_text_is(name, ds_code_name(code)) || (alias && ds_text_is(name, alias)))
			return code;
	}
	return DS_NO_CODE;
}

bool ds_code_may_pass(ds_code code)
{
	ds_status status = ds_code_info(code)->status;
	return status != DS_TROUBLE && status != DS_INTERRUPTED;
}

static int fail(const char *word, struct ds_buf *why, ds_error *err)
{
	int status =
		why->failed ? ds_fail_memory(err) : ds_fail_path(err, DS_TROUBLE, word, why->bytes);
	ds_buf_free(why);
	return status;
}

static int fail_code(const char *word, ds_error *err)
{
	struct ds_buf why = {0};
	const char *separator = "no such finding; there is";

	for (ds_code code = DS_NO_CODE + 1; *ds_code_name(code); code++) {
		if (!ds_code_may_pass(code))
			continue;
		ds_buf_printf(&why, "%s %s", separator, ds_code_name(code));
		separator = ",";
	}
	return fail(word, &why, err);
}

static int parse(struct ds_severities *out, const char *word, ds_error *err)
{
	struct ds_buf why = {0};
	size_t len = strcspn(word, "=");
	ds_code code = ds_code_find((struct ds_text){word, len});
	size_t level = 0;

	while (level < LEVELS && (!word[len] || strcmp(word + len + 1, levels[level]) != 0))
		level++;
	if (code == DS_NO_CODE)
		return fail_code(word, err);
	if (level == LEVELS) {
		ds_buf_printf(&why, "say %s=error, =warning or =info", ds_code_name(code));
		return fail(word, &why, err);
	}
	if (level != DS_ERROR && !ds_code_may_pass(code)) {
		ds_buf_printf(&why, "%s stays an error: where it is found, nothing is known",
			      ds_code_name(code));
		return fail(word, &why, err);
	}
	out->given[code] = true;
	out->level[code] = (ds_severity)level;
	return 0;
}

int ds_severities_parse(struct ds_severities *out, const char *const *words, ds_error *err)
{
	int status = 0;

	*out = (struct ds_severities){0};
	for (; !status && words && *words; words++)
		status = parse(out, *words, err);
	return status;
}

ds_severity ds_severity_of(const struct ds_severities *severities, const ds_finding *finding)
{
	return severities->given[finding->code] ? severities->level[finding->code]
						: finding->severity;
}
