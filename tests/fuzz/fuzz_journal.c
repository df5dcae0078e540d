/* The journal reader: whatever the bytes, what it accepts writes the same bytes again and
 * names nothing outside. The first byte says how much is made to fit, since nobody guesses
 * a SHA-256: 0 takes the bytes as they are, 1 mends the magic, the length and the sum over
 * all, 2 mends the sums of the contents as well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 24, LENGTH_AT = 24, FILES_AT = 72 };

static void demand(bool held)
{
	if (!held)
		abort();
}

static uint64_t number(const char *at, size_t width)
{
	uint64_t value = 0;
	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)(unsigned char)at[i] << 8 * i;
	return value;
}

/* Walks the files as far as their lengths make sense, and puts right what they say of
 * their contents. */
static void mend_files(char *bytes, size_t len)
{
	size_t at = FILES_AT + 12;

	if (len < at + 4)
		return;
	at += 4 + (size_t)number(bytes + at, 4);
	while (at < len) {
		for (int text = 0; text < 2; text++) {
			if (at + 4 > len || number(bytes + at, 4) > len - at - 4)
				return;
			at += 4 + (size_t)number(bytes + at, 4);
		}
		size_t hash = at + 36;
		at += 36 + 64;
		if (at + 8 > len || number(bytes + at, 8) > len - at - 8)
			return;
		size_t before = (size_t)number(bytes + at, 8);
		ds_sha256_of(bytes + at + 8, before, (unsigned char *)bytes + hash);
		at += 8 + before;
	}
}

static void mend(char *bytes, size_t len, int how)
{
	size_t body = len - DS_SHA256_SIZE;

	if (how == 0 || len < FILES_AT + DS_SHA256_SIZE)
		return;
	memcpy(bytes, "desync journal\n\0\1\0\0\0", 20);
	for (size_t i = 0; i < 8; i++)
		bytes[LENGTH_AT + i] = (char)((uint64_t)len >> 8 * i & 0xff);
	if (how == 2)
		mend_files(bytes, body);
	ds_sha256_of(bytes, body, (unsigned char *)bytes + body);
}

static void check(const struct ds_journal *journal, struct ds_text bytes)
{
	struct ds_buf again = {0};

	for (size_t i = 0; i < journal->count; i++) {
		const struct ds_journal_file *file = &journal->files[i];
		demand(ds_path_is_safe(file->path));
		demand(*file->path.at != '/' && !memchr(file->path.at, '\0', file->path.len));
		demand(file->before.at + file->before.len <= bytes.at + bytes.len);
	}
	demand(!strchr(journal->txid, '/') && *journal->txid && *journal->txid != '.');
	if (ds_journal_encode(&again, journal)) {
		/* Flags that mean nothing are not kept, and so is the sum over them. */
		demand(again.len == bytes.len);
		demand(memcmp(again.bytes + HEAD, bytes.at + HEAD, 8) == 0);
	}
	ds_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_journal journal;

	if (size < 1)
		return 0;
	char *bytes = malloc(size);
	if (!bytes)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	mend(bytes, size - 1, data[0] % 3);
	struct ds_text text = {bytes, size - 1};
	if (!ds_journal_decode(&journal, text))
		check(&journal, text);
	ds_journal_free(&journal);
	free(bytes);
	return 0;
}
