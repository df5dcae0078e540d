#include "specweave.h"

#include <stdio.h>
#include <stdlib.h>

#include "config.h"

const struct ds_rule *test_specweave(void)
{
	static struct ds_ruleset rules;
	ds_error err = {0};

	if (!rules.count && ds_builtin_use(&rules, "specweave", NULL, &err)) {
		fprintf(stderr, "%s\n", err.message);
		abort();
	}
	return rules.at[0];
}
