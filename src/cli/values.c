#include "values.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "desync.h"

bool cli_parse_number(const char *text, long least, long most, long *number)
{
	char *end;
	errno = 0;
	*number = strtol(text, &end, 10);
	return !errno && !*end && *text >= '0' && *text <= '9' && *number >= least &&
	       *number <= most;
}

/* Plain decimal: strtod knows more than a person means. */
bool cli_parse_seconds(const char *text, double *seconds)
{
	if (!*text || strspn(text, "0123456789.") != strlen(text) || strlen(text) > 9)
		return false;
	char *end;
	*seconds = strtod(text, &end);
	if (*end)
		return false;
	/* To the library 0 is the default. */
	if (*seconds <= 0)
		*seconds = -1;
	return true;
}

/* "64M"; what no memory holds is no size. */
bool cli_parse_size(const char *text, size_t *size)
{
	static const char units[] = "KMG";
	size_t len = strspn(text, "0123456789");
	const char *unit = text[len] ? strchr(units, text[len]) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;

	if (!len || len > 15 || (text[len] && (!unit || text[len + 1])))
		return false;
	unsigned long long number = strtoull(text, NULL, 10);
	*size = (size_t)(number << shift);
	return number && *size >> shift == number && *size <= (SIZE_MAX >> 2);
}

bool cli_is_format(const char *text)
{
	const char *name;
	for (size_t i = 0; (name = ds_report_format(i)); i++)
		if (strcmp(name, text) == 0)
			return true;
	return false;
}

bool cli_parse_color(const char *text, enum cli_color *color)
{
	static const char *const words[] = {[CLI_COLOR_AUTO] = "auto",
					    [CLI_COLOR_ALWAYS] = "always",
					    [CLI_COLOR_NEVER] = "never"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], text) == 0) {
			*color = (enum cli_color)i;
			return true;
		}
	}
	return false;
}
