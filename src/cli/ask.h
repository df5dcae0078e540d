/*
 * ask.h - asking a person about each step of a plan
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdio.h>

#include "desync/change.h"

/* Whether there is somebody to ask: standard input and error are a terminal. */
bool cli_can_ask(void);

/* Shows each step as a small diff and asks, on standard error; afterwards those are
 * wanted that were answered with yes. Nothing is written and no lock held. */
int cli_ask(ds_plan *plan, ds_error *err);

/* Writes the diff of a step (or of all) to the stream; harmless where that is a
 * terminal, exact where it is not. */
int cli_print_diff(FILE *stream, ds_plan *plan, size_t index, ds_error *err);

#endif
