/*
 * gate.h - what a hook of git's runs
 */
#ifndef CLI_GATE_H
#define CLI_GATE_H

#include "options.h"

/* Judges what git is about to take, as the hook of that name, and says what is wrong on
 * standard error, nothing else: the status to exit with. Nothing is wrong where no rule
 * fits. */
int cli_gate(const struct cli_program *program, struct cli_options *options, const char *hook);

#endif
