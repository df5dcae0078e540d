/*
 * digest.h - what names a rule's way of judging
 */
#ifndef DS_RULE_DIGEST_H
#define DS_RULE_DIGEST_H

#include "rule.h"

/* SHA-256 over all of the rule that a verdict depends on, and the version of the program. */
void ds_rule_digest(const struct ds_rule *rule, unsigned char digest[32]);

#endif
