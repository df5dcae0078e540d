/*
 * specweave.h - the built-in rule that most tests are about
 */
#ifndef TEST_SPECWEAVE_H
#define TEST_SPECWEAVE_H

#include "rule.h"

/* Loaded once a process; ends it where it cannot be loaded. */
const struct ds_rule *test_specweave(void);

#endif
