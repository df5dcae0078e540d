#include "objects.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOM = 64 << 10,
	TOLD_AT_ONCE = 256, /* ids */
	HEX = 2 * 32,       /* of the longest id */
	HEADER_LIMIT = HEX + 64,
	DEATHS = 1000, /* of one feed; more are no accident, and take their time */
};

struct ds_git_objects {
	const struct ds_git_repository *repository;
	struct ds_git_call call;
	struct ds_git_process *git; /* NULL: none is at work */
	struct ds_buf wanted;       /* ids */
	size_t next;                /* of those, the one whose answer comes next */
	size_t begun;               /* the one that this git began with */
	size_t told;                /* up to here it knows them */
	struct ds_buf line;         /* what it is told */
	unsigned deaths;
	bool broken;   /* and is not tried again */
	uint64_t left; /* of the object before: to be dropped, with the newline */
	size_t at;     /* of what was read from git */
	size_t len;
	char bytes[ROOM];
};

static const char *const question[] = {"cat-file", "--batch", "--buffer", NULL};

static size_t id_size(const struct ds_git_objects *objects)
{
	return objects->repository->id_size;
}

static size_t wanted_count(const struct ds_git_objects *objects)
{
	return objects->wanted.len / id_size(objects);
}

static const unsigned char *wanted_at(const struct ds_git_objects *objects, size_t index)
{
	return (const unsigned char *)objects->wanted.bytes + index * id_size(objects);
}

/* ---- What goes wrong ---------------------------------------------------- */

static void fail(struct ds_blob *blob, enum ds_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct ds_blob *blob, enum ds_kind kind, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(blob->why, sizeof blob->why, format, args);
	va_end(args);
	blob->kind = kind;
	ds_buf_cut(&blob->bytes, 0);
}

/* ---- Telling it --------------------------------------------------------- */

static bool put_hex(struct ds_buf *out, const unsigned char *id, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char hex[HEX];

	for (size_t i = 0; i < size; i++) {
		hex[2 * i] = digits[id[i] >> 4];
		hex[2 * i + 1] = digits[id[i] & 15];
	}
	return ds_buf_append(out, hex, 2 * size);
}

static struct ds_text tell_more(void *context)
{
	struct ds_git_objects *objects = context;
	size_t count = wanted_count(objects);

	ds_buf_cut(&objects->line, 0);
	for (int i = 0; i < TOLD_AT_ONCE && objects->told < count; i++) {
		put_hex(&objects->line, wanted_at(objects, objects->told), id_size(objects));
		/* Without memory for it git gets less, and says less. */
		if (!ds_buf_puts(&objects->line, "\n"))
			return (struct ds_text){"", 0};
		objects->told++;
	}
	return (struct ds_text){objects->line.bytes, objects->line.len};
}

static int start(struct ds_git_objects *objects, ds_error *err)
{
	objects->begun = objects->told = objects->next;
	objects->left = 0;
	objects->at = objects->len = 0;
	return ds_git_start(&objects->git, &objects->call, tell_more, objects, err);
}

/* ---- Hearing it --------------------------------------------------------- */

/* More of what it says; false at its end, or when it fails. */
static bool hear(struct ds_git_objects *objects, ds_error *err)
{
	size_t got = 0;

	if (objects->at == objects->len)
		objects->at = objects->len = 0;
	if (ds_git_read(objects->git, objects->bytes + objects->len, ROOM - objects->len, &got,
			err) != 0)
		return false;
	objects->len += got;
	return got != 0;
}

/* Takes the bytes, or drops them where `into` is NULL. */
static bool take(struct ds_git_objects *objects, struct ds_buf *into, uint64_t count, ds_error *err)
{
	while (count) {
		if (objects->at == objects->len && !hear(objects, err))
			return false;
		size_t here = objects->len - objects->at;
		if (here > count)
			here = (size_t)count;
		if (into && !ds_buf_append(into, objects->bytes + objects->at, here)) {
			ds_fail_memory(err);
			return false;
		}
		objects->at += here;
		count -= here;
	}
	return true;
}

/* The line before each object; false where there is none. */
static bool take_header(struct ds_git_objects *objects, struct ds_text *header, ds_error *err)
{
	for (;;) {
		const char *line = objects->bytes + objects->at;
		size_t here = objects->len - objects->at;
		const char *end = memchr(line, '\n', here);
		if (end || here > HEADER_LIMIT) {
			*header = (struct ds_text){line, end ? (size_t)(end - line) : here};
			objects->at += header->len + 1;
			return true;
		}
		memmove(objects->bytes, line, here);
		objects->at = 0;
		objects->len = here;
		if (!hear(objects, err))
			return false;
	}
}

/* ---- One object --------------------------------------------------------- */

enum outcome {
	ANSWERED, /* in the blob, whatever it says */
	DIED,     /* before it said it all */
	RUBBISH,  /* nothing of what follows can be told apart */
};

static bool parse_size(uint64_t *size, struct ds_text digits)
{
	*size = 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9' || *size > INT64_MAX / 16)
			return false;
		*size = *size * 10 + (uint64_t)(digits.at[i] - '0');
	}
	return digits.len != 0;
}

/* "<id> blob <size>", or "<id> missing". */
static enum outcome understand(struct ds_text header, const struct ds_buf *hex, uint64_t *size,
			       struct ds_blob *blob)
{
	static const char blob_word[] = " blob ";
	size_t word = sizeof blob_word - 1;

	if (header.len <= hex->len || memcmp(header.at, hex->bytes, hex->len) != 0)
		return RUBBISH;
	header.at += hex->len;
	header.len -= hex->len;
	blob->kind = DS_REGULAR;
	if (ds_text_is(header, " missing")) {
		fail(blob, DS_INDETERMINATE, "its content is not in this repository");
		return ANSWERED;
	}
	if (header.len <= word || memcmp(header.at, blob_word, word) != 0)
		return RUBBISH;
	return parse_size(size, (struct ds_text){header.at + word, header.len - word}) ? ANSWERED
										       : RUBBISH;
}

/* What was not wanted of the object before, and the newline behind it: without that, its
 * size was wrong. */
static enum outcome take_rest(struct ds_git_objects *objects, ds_error *err)
{
	uint64_t left = objects->left;

	objects->left = 0;
	if (left == 0)
		return ANSWERED;
	if (!take(objects, NULL, left - 1, err) ||
	    (objects->at == objects->len && !hear(objects, err)))
		return DIED;
	return objects->bytes[objects->at++] == '\n' ? ANSWERED : RUBBISH;
}

/* As much of the object as the extent wants. */
static bool take_wanted(struct ds_git_objects *objects, uint64_t size,
			const struct ds_extent *extent, struct ds_blob *blob, ds_error *err)
{
	size_t most = size < extent->limit ? (size_t)size : extent->limit;
	size_t want = extent->enough && extent->first < most ? extent->first : most;

	if (!ds_buf_reserve(&blob->bytes, want)) {
		ds_fail_memory(err);
		return false;
	}
	for (;;) {
		if (!take(objects, &blob->bytes, want - blob->bytes.len, err))
			return false;
		if (want == most || extent->enough(blob->bytes.bytes, blob->bytes.len))
			break;
		want = want * 4 < most ? want * 4 : most;
	}
	objects->left -= want;
	blob->whole = want == size;
	return true;
}

/* No extent: it is passed over. */
static enum outcome take_object(struct ds_git_objects *objects, uint64_t size,
				const struct ds_extent *extent, struct ds_blob *blob, ds_error *err)
{
	objects->left = size + 1;
	if (extent && !extent->enough && size > extent->limit)
		ds_blob_too_large(blob, extent->limit);
	else if (extent && !take_wanted(objects, size, extent, blob, err))
		return DIED;
	return blob->whole ? take_rest(objects, err) : ANSWERED;
}

/* The next of what was announced. */
static enum outcome take_next(struct ds_git_objects *objects, const struct ds_extent *extent,
			      struct ds_blob *blob, ds_error *err)
{
	struct ds_buf hex = {0};
	struct ds_text header;
	uint64_t size = 0;

	blob->whole = false;
	err->message[0] = '\0';
	enum outcome outcome = take_rest(objects, err);
	if (outcome == ANSWERED && !take_header(objects, &header, err))
		outcome = DIED;
	if (outcome == ANSWERED &&
	    !put_hex(&hex, wanted_at(objects, objects->next), id_size(objects))) {
		ds_fail_memory(err);
		outcome = DIED;
	}
	if (outcome == ANSWERED)
		outcome = understand(header, &hex, &size, blob);
	ds_buf_free(&hex);
	if (outcome == ANSWERED && blob->kind == DS_REGULAR)
		outcome = take_object(objects, size, extent, blob, err);
	return outcome;
}

/* ---- The next, whatever happens ----------------------------------------- */

/* Why it gave no answer, in its own words as far as it has any. */
static void bury(struct ds_git_objects *objects, enum outcome outcome, ds_error *err)
{
	struct ds_git_answer answer = {0};

	if (outcome == RUBBISH)
		ds_fail(err, DS_TROUBLE, "git cat-file: an answer that is not understood");
	else if (*err->message)
		objects->broken = true; /* it hangs, or we have no memory: that stays so */
	if (*err->message)
		ds_git_stop(objects->git);
	else if (ds_git_finish(&answer, objects->git, err) == 0)
		ds_git_complain(&answer, question[0], err);
	ds_git_answer_free(&answer);
	objects->git = NULL;
}

/* Git may have died before it said all that it knew of those before. The one to blame is
 * the one that it names, or that another git begins with and dies on. */
static bool is_to_blame(const struct ds_git_objects *objects, const ds_error *err)
{
	struct ds_buf hex = {0};

	bool named = put_hex(&hex, wanted_at(objects, objects->next), id_size(objects)) &&
		     strstr(err->message, hex.bytes);
	ds_buf_free(&hex);
	return named || objects->broken || objects->begun == objects->next;
}

/* False: once more. */
static bool try_next(struct ds_git_objects *objects, const struct ds_extent *extent,
		     struct ds_blob *blob)
{
	ds_error err;

	ds_buf_cut(&blob->bytes, 0);
	if (objects->broken || objects->deaths > DEATHS) {
		fail(blob, DS_INDETERMINATE, "git cat-file failed before, and is not asked again");
		return true;
	}
	if (!objects->git && start(objects, &err) != 0) {
		fail(blob, DS_INDETERMINATE, "%s", err.message);
		return true;
	}
	enum outcome outcome = take_next(objects, extent, blob, &err);
	if (outcome == ANSWERED)
		return true;
	bury(objects, outcome, &err);
	if (!is_to_blame(objects, &err))
		return false;
	objects->deaths++;
	fail(blob, DS_INDETERMINATE, "%s", err.message);
	return true;
}

static void read_next(struct ds_git_objects *objects, const struct ds_extent *extent,
		      struct ds_blob *blob)
{
	struct ds_git_answer answer = {0};

	while (!try_next(objects, extent, blob))
		continue;
	objects->next++;
	if (objects->git && objects->next == wanted_count(objects)) {
		ds_git_finish(&answer, objects->git, NULL); /* it has said all that we wanted */
		ds_git_answer_free(&answer);
		objects->git = NULL;
	}
}

/* ---- From outside ------------------------------------------------------- */

struct ds_git_objects *ds_git_objects_open(const struct ds_git_repository *repository)
{
	struct ds_git_objects *objects = malloc(sizeof *objects);
	if (!objects)
		return NULL;
	memset(objects, 0, offsetof(struct ds_git_objects, bytes));
	objects->repository = repository;
	objects->call = ds_git_call_in(repository, question);
	return objects;
}

void ds_git_objects_free(struct ds_git_objects *objects)
{
	if (!objects)
		return;
	ds_git_stop(objects->git);
	ds_buf_free(&objects->wanted);
	ds_buf_free(&objects->line);
	free(objects);
}

void ds_git_objects_want(struct ds_git_objects *objects, const unsigned char *id)
{
	ds_buf_append(&objects->wanted, (const char *)id, id_size(objects));
}

static bool is_wanted(const struct ds_git_objects *objects, const unsigned char *id, size_t *at)
{
	for (*at = objects->next; *at < wanted_count(objects); (*at)++)
		if (memcmp(wanted_at(objects, *at), id, id_size(objects)) == 0)
			return true;
	return false;
}

static void read_alone(const struct ds_git_objects *objects, const unsigned char *id,
		       const struct ds_extent *extent, struct ds_blob *blob)
{
	struct ds_git_objects *another = ds_git_objects_open(objects->repository);

	if (another)
		ds_git_objects_want(another, id);
	if (another && another->wanted.len)
		read_next(another, extent, blob);
	else
		fail(blob, DS_INDETERMINATE, "out of memory");
	ds_git_objects_free(another);
}

void ds_git_objects_read(struct ds_git_objects *objects, const unsigned char *id,
			 const struct ds_extent *extent, struct ds_blob *blob)
{
	size_t at;

	if (!is_wanted(objects, id, &at)) {
		read_alone(objects, id, extent, blob);
		return;
	}
	while (objects->next < at)
		read_next(objects, NULL, blob);
	read_next(objects, extent, blob);
}
