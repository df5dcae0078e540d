#include "rules.h"

static const struct ds_rule *const builtin[] = {
	&ds_specweave_rule,
	NULL,
};

const struct ds_rule *const *ds_builtin_rules(void)
{
	return builtin;
}
