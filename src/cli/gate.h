/*
 * gate.h - what a hook does: judge what is committed or pushed, and say nothing if all is well
 */
#ifndef CLI_GATE_H
#define CLI_GATE_H

#include "options.h"
#include "program.h"

/* Judges for the hook of that name: the index for pre-commit and pre-merge-commit, every
 * new tip of what is on standard input for pre-push and pre-receive. What is wrong goes to
 * standard error. The status to exit with; where no rule fits, 0. */
int cli_gate(const struct cli_program *program, struct cli_options *options, const char *hook);

/* Whether an option was given that only judging takes; then that was said. */
bool cli_is_for_gate(const struct cli_program *program, const struct cli_options *options);

#endif
