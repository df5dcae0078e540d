/*
 * make-journal PATH BEFORE AFTER [version=N] [cut=N] [flip=N]: prints a journal as a writer would
 * leave it that was interrupted while it changed PATH from the text BEFORE to the text AFTER,
 * and had not come as far as a second file: a recovery puts BEFORE back.
 *
 * version=N says that another version made it; cut=N leaves the last N bytes out; flip=N turns
 * byte N over, behind the back of the checksum. In all else the journal is sound.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"

enum { TROUBLE = 2, VERSION_AT = 16 };

/* The name of what is exchanged tells both contents apart from anybody else's. */
static void name_temp(struct ds_journal_file *file, char *name)
{
	char before[DS_SHA256_HEX];
	char after[DS_SHA256_HEX];

	ds_sha256_hex(file->before_hash, before);
	ds_sha256_hex(file->after_hash, after);
	snprintf(name, DS_TEMP_NAME_ROOM, "0-%s-%s", before, after);
	file->temp = ds_text_of(name);
}

static struct ds_journal_file entry(const char *path, const char *before, const char *after)
{
	struct ds_journal_file file = {
		.path = ds_text_of(path),
		.mode = 0644,
		.after_size = strlen(after),
		.before = ds_text_of(before),
	};

	ds_sha256_of(before, strlen(before), file.before_hash);
	ds_sha256_of(after, strlen(after), file.after_hash);
	return file;
}

static struct ds_buf make(const char *path, const char *before, const char *after)
{
	struct ds_buf bytes = {0};
	struct ds_journal_file files[] = {
		entry(path, before, after),
		entry("never-changed", "old", "new"),
	};
	char names[sizeof files / sizeof *files][DS_TEMP_NAME_ROOM];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		name_temp(&files[i], names[i]);
	struct ds_journal journal = {.txid = "20261121T000000Z-0123456789ab",
				     .log_lines = {"", 0},
				     .files = files,
				     .count = sizeof files / sizeof *files};

	if (!ds_journal_encode(&bytes, &journal))
		exit(TROUBLE);
	return bytes;
}

static void sum_up(struct ds_buf *bytes)
{
	unsigned char digest[DS_SHA256_SIZE];
	size_t len = bytes->len - sizeof digest;

	ds_sha256_of(bytes->bytes, len, digest);
	memcpy(bytes->bytes + len, digest, sizeof digest);
}

static void damage(struct ds_buf *bytes, const char *how)
{
	const char *number = strchr(how, '=');
	size_t n = number ? strtoul(number + 1, NULL, 10) : bytes->len;

	if (n >= bytes->len)
		exit(TROUBLE);
	if (strncmp(how, "version=", 8) == 0) {
		bytes->bytes[VERSION_AT] = (char)n;
		sum_up(bytes);
	} else if (strncmp(how, "cut=", 4) == 0) {
		bytes->len -= n;
	} else {
		bytes->bytes[n] = (char)~bytes->bytes[n];
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: make-journal PATH BEFORE AFTER [version=N] [cut=N] [flip=N]\n",
		      stderr);
		return TROUBLE;
	}
	struct ds_buf bytes = make(argv[1], argv[2], argv[3]);
	for (int i = 4; i < argc; i++)
		damage(&bytes, argv[i]);
	bool well = fwrite(bytes.bytes, 1, bytes.len, stdout) == bytes.len && fflush(stdout) == 0;
	ds_buf_free(&bytes);
	return well ? 0 : TROUBLE;
}
