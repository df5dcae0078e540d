/*
 * hook_setup.h - what installing a hook needs to know, and what it leaves to be done
 */
#ifndef CLI_HOOK_SETUP_H
#define CLI_HOOK_SETUP_H

#include "program.h"

/* The absolute path that this program was called by, links and all: they are what stays
 * when it is upgraded. Freed by the caller; NULL where it cannot be told. */
char *cli_own_path(const char *called);

/* Says of what is staged that the gate checks nothing of it; where it was `installed` just
 * now also how many desyncs are in there, and what to do about them. */
void cli_say_present(const struct cli_program *program, const struct cli_options *options,
		     bool installed);

/* The line without the current directory, where it begins with a path in it. */
const char *cli_from_here(const char *line);

#endif
