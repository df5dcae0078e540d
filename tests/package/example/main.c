/*
 * A program that uses desync: reports on the repository in argv[1], then asks
 * whether the item argv[2] may be closed. Without CMake, it is built by
 *
 *     cc -std=c11 -o example main.c $(pkg-config --cflags --libs desync)
 */
#include <desync.h>
#include <errno.h>
#include <stdio.h>

static int print(void *stream, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, stream) == len ? 0 : EIO;
}

static int scan(ds_repo *repo, ds_error *err)
{
	ds_result *result;
	int status = ds_scan(&result, repo, NULL, err);

	if (!status)
		status = ds_report(result, NULL, print, stdout, err);
	if (!status)
		printf("%zu items, exit status %d\n", ds_result_summary(result)->items,
		       (int)ds_result_status(result, false));
	ds_result_free(result);
	return status;
}

int main(int argc, char **argv)
{
	ds_repo *repo;
	ds_error err;

	if (argc != 3)
		return DS_TROUBLE;
	int status = ds_open(&repo, argv[1], NULL, &err);
	if (!status)
		status = scan(repo, &err);
	if (!status)
		status = ds_validate(repo, argv[2], &err);
	if (status)
		fprintf(stderr, "example: %s\n", err.message);
	ds_close(repo);
	return status;
}
