/* A control for the checks: a test that passes and leaks. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(control, leaks)
{
	volatile char *bytes = malloc(37);
	cr_assert(bytes != NULL);
	bytes[0] = 1;
	bytes = NULL;
}
