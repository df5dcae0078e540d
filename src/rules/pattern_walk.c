/* The paths of a source that patterns match. */
#include "pattern_component.h"

/* What is left of a pattern in the directory that the walk is in. */
struct tail {
	struct ds_text pattern;
	int which; /* number of the whole pattern */
};

/* A pattern with "**" leaves several: one for each component behind it at the most. */
struct tails {
	struct tail at[2 * DS_WALK_LIMIT];
	int len;
	bool too_many;
};

struct walker {
	const struct ds_walk *walk;
	struct ds_buf path; /* without a "/" at its end */
	ds_error *err;
};

static int walk_from(struct walker *w, const struct tails *tails);

static void add(struct tails *tails, struct ds_text pattern, int which)
{
	if (tails->len == 2 * DS_WALK_LIMIT)
		tails->too_many = true;
	else
		tails->at[tails->len++] = (struct tail){pattern, which};
}

static struct ds_text first_of(struct tail tail, struct ds_text *left)
{
	*left = tail.pattern;
	return ds_take_component(left);
}

static bool push(struct walker *w, struct ds_text name)
{
	if (w->path.len)
		ds_buf_puts(&w->path, "/");
	return ds_buf_append(&w->path, name.at, name.len);
}

static int emit(struct walker *w, int which)
{
	return w->walk->match(w->walk->context, w->path.bytes, which, w->err);
}

/* The directory that is being listed, and what its names have to match. */
struct listing {
	struct walker *w;
	const struct tails *tails;
	size_t base; /* the length of the directory's own path */
};

/* A name that the last component of a pattern matches. What should be a file and is a FIFO or a
 * device is found, too: whoever reads it is told. */
static int arrive(struct walker *w, struct tail tail, enum ds_entry_kind kind)
{
	bool found = ds_ends_in_slash(tail.pattern) ? kind == DS_ENTRY_DIRECTORY
						    : kind != DS_ENTRY_DIRECTORY;
	return found || kind == DS_ENTRY_LINK ? emit(w, tail.which) : 0;
}

/* A repository within: what is in it is judged there, and no index of this one has it. */
static bool is_boundary(struct walker *w)
{
	struct ds_source *source = w->walk->source;
	struct ds_blob blob = {0};
	size_t base = w->path.len;

	if (ds_buf_puts(&w->path, "/.git"))
		source->ops->read(source, w->path.bytes, NULL, &blob);
	bool own = blob.kind == DS_DIRECTORY || blob.kind == DS_REGULAR;
	ds_buf_cut(&w->path, base);
	ds_blob_free(&blob);
	return own;
}

static int enter(struct listing *l, struct ds_text name, enum ds_entry_kind kind)
{
	bool enterable = kind == DS_ENTRY_DIRECTORY || kind == DS_ENTRY_LINK;
	struct tails below = {.len = 0};
	int status = 0;

	for (int i = 0; i < l->tails->len && !status; i++) {
		struct ds_captures unused = {.len = 0};
		struct tail tail = l->tails->at[i];
		struct ds_text left;
		struct ds_text component = first_of(tail, &left);
		if (ds_is_any_depth(component)) {
			/* Links are not followed here: they could lead in circles. */
			if (kind == DS_ENTRY_DIRECTORY && *name.at != '.')
				add(&below, tail.pattern, tail.which);
		} else if (ds_is_wild(component) && ds_match_component(component, name, &unused)) {
			if (!left.len)
				status = arrive(l->w, tail, kind);
			else if (enterable)
				add(&below, left, tail.which);
		}
	}
	return status || !below.len || is_boundary(l->w) ? status : walk_from(l->w, &below);
}

static int on_name(void *context, const char *name, enum ds_entry_kind kind)
{
	struct listing *l = context;
	struct ds_text text = ds_text_of(name);
	int status = push(l->w, text) ? enter(l, text, kind) : ds_fail_memory(l->w->err);
	ds_buf_cut(&l->w->path, l->base);
	return status;
}

static unsigned patterns_of(const struct tails *tails)
{
	unsigned patterns = 0;
	for (int i = 0; i < tails->len; i++)
		patterns |= 1u << tails->at[i].which;
	return patterns;
}

/* Lists the directory if a wildcard asks for it. */
static int walk_wild(struct walker *w, const struct tails *tails)
{
	struct ds_source *source = w->walk->source;
	struct tails wild = {.len = 0};
	struct listing l = {.w = w, .tails = &wild, .base = w->path.len};
	struct ds_text left;
	ds_error why = {0};

	for (int i = 0; i < tails->len; i++)
		if (ds_is_wild(first_of(tails->at[i], &left)))
			add(&wild, tails->at[i].pattern, tails->at[i].which);
	if (!wild.len)
		return 0;
	const char *path = l.base ? w->path.bytes : "";
	/* What a callback says is already in w->err; `why` is the source's. */
	int status = source->ops->list(source, path, on_name, &l, &why);
	if (!status || !why.status)
		return status;
	ds_buf_cut(&w->path, l.base);
	path = l.base ? w->path.bytes : "";
	return w->walk->problem(w->walk->context, path, patterns_of(&wild), why.message, w->err);
}

/* What stands at the path, for the patterns that end here. */
static int arrive_at(struct walker *w, const struct tails *here)
{
	struct ds_source *source = w->walk->source;
	struct ds_blob blob = {0};
	int status = 0;

	source->ops->read(source, w->path.bytes, NULL, &blob);
	for (int i = 0; i < here->len && !status; i++) {
		bool directory = ds_ends_in_slash(here->at[i].pattern);
		if (blob.kind == (directory ? DS_DIRECTORY : DS_REGULAR) ||
		    blob.kind == DS_UNUSABLE)
			status = emit(w, here->at[i].which);
	}
	ds_blob_free(&blob);
	return status;
}

/* The tails that begin with this component, which has no wildcard: it need not be
 * listed, but at the end of a pattern it has to be there. */
static int walk_literal(struct walker *w, const struct tails *tails, struct ds_text component)
{
	struct tails below = {.len = 0};
	struct tails here = {.len = 0};
	size_t base = w->path.len;
	int status = 0;

	for (int i = 0; i < tails->len; i++) {
		struct ds_text left;
		if (!ds_text_equal(first_of(tails->at[i], &left), component))
			continue;
		if (left.len)
			add(&below, left, tails->at[i].which);
		else
			add(&here, tails->at[i].pattern, tails->at[i].which);
	}
	if (!push(w, component))
		status = ds_fail_memory(w->err);
	if (!status && here.len)
		status = arrive_at(w, &here);
	if (!status && below.len)
		status = walk_from(w, &below);
	ds_buf_cut(&w->path, base);
	return status;
}

static bool is_first_of_its_kind(const struct tails *tails, int index)
{
	struct ds_text left;
	struct ds_text component = first_of(tails->at[index], &left);
	for (int i = 0; i < index; i++)
		if (ds_text_equal(first_of(tails->at[i], &left), component))
			return false;
	return true;
}

static int walk_from(struct walker *w, const struct tails *tails)
{
	struct tails all = *tails;
	int status = 0;

	for (int i = 0; i < tails->len; i++) {
		struct ds_text left;
		if (ds_is_any_depth(first_of(tails->at[i], &left)))
			add(&all, left, tails->at[i].which);
	}
	if (all.too_many)
		return ds_fail(w->err, DS_TROUBLE, "too many components behind \"**\"");
	for (int i = 0; i < all.len && !status; i++) {
		struct ds_text left;
		struct ds_text component = first_of(all.at[i], &left);
		if (!ds_is_wild(component) && is_first_of_its_kind(&all, i))
			status = walk_literal(w, &all, component);
	}
	return status ? status : walk_wild(w, &all);
}

int ds_pattern_walk(const struct ds_walk *walk, ds_error *err)
{
	struct walker w = {.walk = walk, .err = err};
	struct tails tails = {.len = 0};

	for (int i = 0; i < walk->pattern_count; i++)
		add(&tails, ds_text_of(walk->patterns[i]), i);
	int status = walk_from(&w, &tails);
	ds_buf_free(&w.path);
	return status;
}
