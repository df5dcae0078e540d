/* hold-lock FILE SECONDS: takes the lock as a writer does, says so, and holds it. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { TROUBLE = 2 };

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(TROUBLE, "usage: hold-lock FILE SECONDS");
	int fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		err(TROUBLE, "%s", argv[1]);
	if (puts("held") == EOF || fflush(stdout) != 0)
		return TROUBLE;
	sleep((unsigned)strtoul(argv[2], NULL, 10));
	return 0;
}
