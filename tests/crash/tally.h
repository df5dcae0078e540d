/*
 * tally.h - the figures of a test
 */
#ifndef TEST_TALLY_H
#define TEST_TALLY_H

#include <stdbool.h>

struct tally {
	const char *what;
	long runs;
	long violations;
	long lost;  /* tokens of somebody else's that are nowhere */
	bool quiet; /* a control: its violations are wanted */
};

/* Counts a run; `wrong` is empty where all was well, else it is printed with where it
 * happened, as long as there are few. */
void tally_run(struct tally *tally, const char *wrong, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints the figures. Whether it passed: none for a test, some for a control. */
bool tally_end(const struct tally *tally);

#endif
