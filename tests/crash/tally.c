#include "tally.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many violations are told in full, unless DESYNC_TELL asks for more. */
static long told_of(void)
{
	const char *given = getenv("DESYNC_TELL");
	return given ? atol(given) : 6;
}

void tally_run(struct tally *tally, const char *wrong, const char *format, ...)
{
	va_list args;

	tally->runs++;
	if (!*wrong)
		return;
	tally->violations++;
	tally->lost += strncmp(wrong, "LOST", 4) == 0;
	if (tally->quiet || tally->violations > told_of())
		return;
	printf("  VIOLATION (%s): %s\n    ", tally->what, wrong);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

bool tally_end(const struct tally *tally)
{
	bool passed = tally->quiet ? tally->violations > 0 : tally->violations == 0;

	printf("%s%s: %ld runs, %ld violations, %ld tokens lost%s\n",
	       tally->quiet ? "control: " : "", tally->what, tally->runs, tally->violations,
	       tally->lost,
	       passed         ? ""
	       : tally->quiet ? ": NOT CAUGHT"
			      : ": FAILED");
	fflush(stdout);
	return passed;
}
