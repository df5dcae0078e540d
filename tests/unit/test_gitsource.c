/* The index and revisions as sources, with the real git; and the tips of a push. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "desync/git.h"
#include "scratch.h"
#include "tree_source.h"

static struct test_scratch scratch;
static struct ds_git_repository repository;
static ds_error err;
static struct ds_buf shown;

/* Nothing of the machine's configuration, and no repository of its environment. */
static void set_up(void)
{
	static const char *const named[] = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE",
					    "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"};

	test_scratch_make(&scratch);
	cr_assert_eq(setenv("HOME", scratch.root, 1), 0);
	cr_assert_eq(setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1), 0);
	cr_assert_eq(setenv("GIT_CONFIG_NOSYSTEM", "1", 1), 0);
	cr_assert_eq(setenv("LC_ALL", "C.UTF-8", 1), 0);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(setenv((const char *const[]){"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL",
							  "GIT_COMMITTER_NAME",
							  "GIT_COMMITTER_EMAIL"}[i],
				    "t@example.org", 1),
			     0);
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		unsetenv(named[i]);
}

static void tear_down(void)
{
	ds_buf_free(&shown);
	ds_git_repository_free(&repository);
	cr_assert_eq(chdir("/"), 0);
	test_scratch_remove(&scratch);
}

TestSuite(gitsource, .init = set_up, .fini = tear_down);

/* ---- Showing a source --------------------------------------------------- */

struct shower {
	struct ds_source *source;
	const char *directory;
	bool list_only;
};

static int show_entry(void *context, const char *name, enum ds_entry_kind kind);

static void show_file(struct ds_source *source, const char *path)
{
	static const char signs[] = {[DS_REGULAR] = '=',
				     [DS_MISSING] = '-',
				     [DS_DIRECTORY] = '/',
				     [DS_UNUSABLE] = '!',
				     [DS_INDETERMINATE] = '?'};
	struct ds_extent extent = {.limit = 1 << 20};
	struct ds_blob blob = {0};

	source->ops->read(source, path, &extent, &blob);
	ds_buf_printf(&shown, "%s%c", path, signs[blob.kind]);
	for (size_t i = 0; blob.kind == DS_REGULAR && i < blob.bytes.len; i++)
		ds_buf_append(&shown, blob.bytes.bytes[i] == '\n' ? "," : blob.bytes.bytes + i, 1);
	if (blob.kind != DS_REGULAR)
		ds_buf_puts(&shown, blob.why);
	ds_buf_puts(&shown, "\n");
	ds_blob_free(&blob);
}

static void show_directory(struct ds_source *source, const char *path, bool list_only)
{
	struct shower shower = {source, path, list_only};
	if (source->ops->list(source, path, show_entry, &shower, &err) != 0)
		ds_buf_printf(&shown, "%s: %s\n", path, err.message);
}

static int show_entry(void *context, const char *name, enum ds_entry_kind kind)
{
	const struct shower *shower = context;
	char path[512];

	snprintf(path, sizeof path, "%s%s%s", shower->directory, *shower->directory ? "/" : "",
		 name);
	if (kind == DS_ENTRY_DIRECTORY)
		show_directory(shower->source, path, shower->list_only);
	else if (shower->list_only)
		shower->source->ops->want(shower->source, path);
	else
		show_file(shower->source, path);
	return 0;
}

/* All of it, as a caller who announces what it reads. */
static const char *show(struct ds_source *source)
{
	ds_buf_cut(&shown, 0);
	ds_buf_puts(&shown, "");
	show_directory(source, "", true);
	source->ops->want(source, NULL);
	show_directory(source, "", false);
	return shown.bytes;
}

/* ---- Repositories of every kind ------------------------------------------ */

struct kind_case {
	const char *what;
	const char *before;   /* a shell command in r, a repository with a and d/b */
	const char *variable; /* "NAME=value" up to a blank and the next; @ is the scratch */
	const char *at;       /* the current directory */
	const char *dir;      /* what is named, or NULL */
	const char *revision; /* NULL: the index */
	const char *root;     /* NULL: everything */
	const char *shown;    /* or the message where it fails */
};

#define ALL   "a=1,\nd/b=2,\n"
#define OTHER "(git init -q ../o; cd ../o; echo other >o; git add o); "

#define SUBMODULE "s: a submodule, which is judged by a gate of its own\n"

static const struct kind_case kinds[] = {
	{"plain", "echo 3 >d/c; git add d/c; echo 4 >d/b", NULL, "r", NULL, NULL, NULL,
	 ALL "d/c=3,\n"},
	{"a directory is named", ":", NULL, "", "r", NULL, NULL, ALL},
	{"in a subdirectory", ":", NULL, "r/d", NULL, NULL, NULL, ALL},
	{"one root, in a subdirectory", ":", NULL, "r/d", NULL, NULL, "d", "d/b=2,\n"},
	{"one root, named", ":", NULL, "", "r/d", NULL, "d", "d/b=2,\n"},
	{"a root with glob characters", ":", NULL, "r", NULL, NULL, "?", ""},
	{"a root that is magic", ":", NULL, "r", NULL, NULL, ":(top)a", ""},
	{"a root like an option", "echo 3 >--x; git add ./--x", NULL, "r", NULL, NULL, "--x",
	 "--x=3,\n"},
	{"unborn", "git update-ref -d HEAD; rm -f .git/index; git add d/b", NULL, "r", NULL, NULL,
	 NULL, "d/b=4,\n"},
	{"nothing at all", "git update-ref -d HEAD; rm -f .git/index", NULL, "r", NULL, NULL, NULL,
	 ""},
	{"linked worktree", "git worktree add -q ../w; cd ../w; echo w >a; git add a", NULL, "w",
	 NULL, NULL, NULL, "a=w,\nd/b=2,\n"},
	{"submodule",
	 OTHER "cd ../o; git commit -qm o; cd ../r; git -c protocol.file.allow=always submodule "
	       "--quiet add ../o s; echo s >s/t; git -C s add t",
	 NULL, "r/s", NULL, NULL, NULL, "o=other,\nt=s,\n"},
	{"in the folder of git", ":", NULL, "r/.git", NULL, NULL, NULL, ALL},
	{"split index", "git update-index --split-index; echo 3 >d/c; git add d/c", NULL, "r", NULL,
	 NULL, NULL, ALL "d/c=3,\n"},
	{"sparse index",
	 "mkdir e; echo e >e/f; git add .; git commit -qm e; git sparse-checkout init --cone "
	 "--sparse-index; git ls-files --sparse | grep -q '^d/$'",
	 NULL, "r", NULL, NULL, "d", "d/b=4,\n"},
	{"sha256", "rm -rf .git; git init -q --object-format=sha256 .; git add .", NULL, "r", NULL,
	 NULL, NULL, "a=wrong,\nd/b=4,\n"},
	{"index v4", "git update-index --index-version 4", NULL, "r", NULL, NULL, NULL, ALL},
	{"skipHash", "git config index.skipHash true; echo 3 >d/c; git add d/c", NULL, "r", NULL,
	 NULL, NULL, ALL "d/c=3,\n"},
	{"intent to add", "echo 3 >d/c; git add -N d/c", NULL, "r", NULL, NULL, NULL, ALL},
	{"intent to add, between and behind empty files",
	 ": >b; : >d/a; : >d/z; git add b d/a d/z; for f in 0 d/aa d/y e; do echo 3 >$f; done; "
	 "git add -N 0 d/aa d/y e",
	 NULL, "r", NULL, NULL, NULL, "a=1,\nb=\nd/a=\nd/b=2,\nd/z=\n"},
	{"intent to add, beside an empty file", ": >b; git add b; echo 3 >d/c; git add -N d/c",
	 NULL, "r/d", NULL, NULL, NULL, "a=1,\nb=\nd/b=2,\n"},
	{"intent to add, with sha256",
	 "rm -rf .git; git init -q --object-format=sha256 .; git add d; git add -N a", NULL, "r",
	 NULL, NULL, NULL, "d/b=4,\n"},
	{"a conflict, beside an empty file",
	 "git checkout -q .; git checkout -qb x; echo x >a; git commit -qam x; "
	 "git checkout -q -; echo y >a; git commit -qam y; ! git merge -q x >/dev/null; : >e; "
	 "git add e",
	 NULL, "r", NULL, NULL, NULL,
	 "a?not merged yet: its conflict is to be resolved\nd/b=2,\ne=\n"},
	{"a conflict that one side deleted",
	 "git checkout -q .; git checkout -qb x; git rm -q a; git commit -qm x; git checkout -q -; "
	 "echo y >a; git commit -qam y; ! git merge -q x >/dev/null",
	 NULL, "r", NULL, NULL, NULL, "a?not merged yet: its conflict is to be resolved\nd/b=2,\n"},
	{"skip-worktree and assume-unchanged",
	 "git update-index --skip-worktree a; git update-index --assume-unchanged d/b", NULL, "r",
	 NULL, NULL, NULL, ALL},
	{"autocrlf and attributes",
	 "git config core.autocrlf true; echo '* text eol=crlf' >.gitattributes; "
	 "printf '5\\r\\n' >a; git add -A . 2>/dev/null; git rm -qf --cached .gitattributes",
	 NULL, "r", NULL, NULL, NULL, "a=5,\nd/b=4,\n"},
	{"a name that is not UTF-8", "f=$(printf 'd/\\377\\nx'); echo 3 >\"$f\"; git add \"$f\"",
	 NULL, "r", NULL, NULL, NULL, ALL "d/\377\nx=3,\n"},
	{"a conflict",
	 "git checkout -q .; git checkout -qb x; echo x >a; git commit -qam x; git checkout -q -; "
	 "echo y >a; git commit -qam y; ! git merge -q x >/dev/null",
	 NULL, "r", NULL, NULL, NULL, "a?not merged yet: its conflict is to be resolved\nd/b=2,\n"},
	{"a submodule is a boundary",
	 OTHER "cd ../o; git commit -qm o; cd ../r; git -c protocol.file.allow=always submodule "
	       "--quiet add ../o s; git rm -qf --cached .gitmodules",
	 NULL, "r", NULL, NULL, NULL, SUBMODULE ALL SUBMODULE},
	{"no repository", "rm -rf .git", NULL, "r", NULL, NULL, NULL,
	 "git rev-parse: not a git repository (or any of the parent directories): .git"},

	/* As inside a hook. */
	{"GIT_DIR and GIT_WORK_TREE", ":", "GIT_DIR=@/r/.git GIT_WORK_TREE=@/r", "", NULL, NULL,
	 "d", "d/b=2,\n"},
	{"the same, not absolute, in a subdirectory", ":", "GIT_DIR=../.git GIT_WORK_TREE=..",
	 "r/d", NULL, NULL, "d", "d/b=2,\n"},
	{"GIT_INDEX_FILE", "GIT_INDEX_FILE=.git/i git add a", "GIT_INDEX_FILE=@/r/.git/i", "r",
	 NULL, NULL, NULL, "a=wrong,\n"},
	{"the same, not absolute", "GIT_INDEX_FILE=.git/i git add a", "GIT_INDEX_FILE=.git/i", "r",
	 NULL, NULL, NULL, "a=wrong,\n"},
	{"the same, in a subdirectory", "GIT_INDEX_FILE=.git/i git add a", "GIT_INDEX_FILE=.git/i",
	 "r/d", NULL, NULL, NULL, "a=wrong,\n"},
	{"the same, and the directory is named", "GIT_INDEX_FILE=.git/i git add a",
	 "GIT_INDEX_FILE=.git/i", "r/d", "..", NULL, NULL, "a=wrong,\n"},
	{"an index that is lost", ":", "GIT_INDEX_FILE=.git/i", "r", NULL, NULL, NULL,
	 ".git/i: not there, but GIT_INDEX_FILE names it as the index"},
	{"one that is lost, and the directory is named", ":", "GIT_INDEX_FILE=.git/i", "r", ".",
	 NULL, NULL, ".git/i: not there, but GIT_INDEX_FILE names it as the index"},
	{"the variables of another repository", OTHER "GIT_INDEX_FILE=.git/i git add a",
	 "GIT_DIR=@/r/.git GIT_INDEX_FILE=@/r/.git/i", "r", "../o", NULL, NULL, "o=other,\n"},
	{"variables that lead nowhere", ":", "GIT_DIR=@/nowhere", "r", ".", NULL, NULL, ALL},
	{"paths that are patterns by the environment", ":", "GIT_GLOB_PATHSPECS=1", "r", NULL, NULL,
	 "?", ""},

	/* Revisions. */
	{"a commit", ":", NULL, "r", NULL, "HEAD", NULL, ALL},
	{"in a subdirectory", ":", NULL, "r/d", NULL, "HEAD", "d", "d/b=2,\n"},
	{"a tag of a tag", "git tag -am t t; git tag -am u u t 2>/dev/null", NULL, "r", NULL, "u",
	 NULL, ALL},
	{"a tree", ":", NULL, "r", NULL, "HEAD^{tree}", NULL, ALL},
	{"a subtree", ":", NULL, "r", NULL, "HEAD:d", NULL, "b=2,\n"},
	{"a tag of a tree", "git tag -am t t HEAD^{tree}", NULL, "r", NULL, "t", NULL, ALL},
	{"a bare repository", "git clone -q --bare . ../b", NULL, "b", NULL, "HEAD", "d",
	 "d/b=2,\n"},
	{"a bare repository, named", "git clone -q --bare . ../b", NULL, "", "b", "HEAD", "d",
	 "d/b=2,\n"},
	{"a shallow clone", "git commit -qam 2; git clone -q --depth 1 file://$PWD ../c", NULL, "c",
	 NULL, "HEAD", NULL, "a=wrong,\nd/b=4,\n"},
	{"a file", ":", NULL, "r", NULL, "HEAD:a", NULL, ""},
	{"a tag of a file", "git tag -a -m x t HEAD:a", NULL, "r", NULL, "t", NULL, ""},
	{"a commit whose tree is not here",
	 "git cat-file commit HEAD | sed '1s/.*/tree 0123456789012345678901234567890123456789/' | "
	 "git hash-object -t commit -w --stdin --literally >id && git update-ref refs/x $(cat id)",
	 NULL, "r", NULL, "refs/x", NULL, "refs/x: neither a commit nor a tree that is here"},
	{"none", ":", NULL, "r", NULL, "nonesuch", NULL,
	 "nonesuch: no revision of this repository, or not all of it is here"},
	{"nothing", ":", NULL, "r", NULL, "", NULL,
	 "'': no revision of this repository, or not all of it is here"},
	{"an option", ":", NULL, "r", NULL, "--all", NULL,
	 "--all: no revision of this repository, or not all of it is here"},
	{"a range", ":", NULL, "r", NULL, "HEAD..HEAD", NULL,
	 "HEAD..HEAD: no revision of this repository, or not all of it is here"},
	{"two", ":", NULL, "r", NULL, "HEAD\nnonesuch", NULL,
	 "HEAD\\nnonesuch: no revision of this repository, or not all of it is here"},
	{"before the first commit", "git update-ref -d HEAD", NULL, "r", NULL, "HEAD", NULL,
	 "HEAD: no revision of this repository, or not all of it is here"},
};

/* Sets or takes away the variables of a case. */
static void set_variables(const char *all, bool set)
{
	char word[512];
	char value[512];
	int used;

	for (; all && sscanf(all, "%511s%n", word, &used) == 1; all += used) {
		char *is = strchr(word, '=');
		*is = '\0';
		bool here = is[1] == '@';
		snprintf(value, sizeof value, "%s%s", here ? scratch.root : "", is + 1 + here);
		if (set)
			setenv(word, value, 1);
		else
			unsetenv(word);
	}
}

static void go_to(const char *directory)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", scratch.root, directory);
	cr_assert_eq(chdir(path), 0, "%s", path);
}

static void begin(const char *before)
{
	ds_git_repository_free(&repository);
	go_to("");
	test_scratch_run(&scratch, "rm -rf r w o b c && git init -q r && cd r && mkdir d && "
				   "echo 1 >a && echo 2 >d/b && git add . && git commit -qm 1 && "
				   "echo wrong >a && echo 4 >d/b");
	test_scratch_run(&scratch, "cd r && { %s; }", before);
}

static int open_source(struct ds_source **source, const char *dir, const char *revision,
		       const char *root)
{
	const char *const roots[] = {root, NULL};

	*source = NULL;
	int status = ds_git_repository_find(&repository, dir, &err);
	if (status == 0)
		status = revision ? ds_git_revision_open(source, &repository, revision, roots, &err)
				  : ds_git_index_open(source, &repository, roots, &err);
	return status;
}

Test(gitsource, kinds)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct kind_case *c = &kinds[i];
		struct ds_source *source;

		begin(c->before);
		go_to(c->at);
		set_variables(c->variable, true);
		int status = open_source(&source, c->dir, c->revision, c->root);
		const char *got = status ? err.message : show(source);
		cr_expect_str_eq(got, c->shown, "%s: %s", c->what, got);
		cr_expect_eq(status, source ? 0 : DS_TROUBLE, "%s", c->what);
		if (source)
			cr_expect_str_eq(source->ops->name, c->revision ? c->revision : "index");
		if (source)
			source->ops->free(source);
		set_variables(c->variable, false);
	}
}

/* With so many empty files all is asked about again. */
Test(gitsource, many_empty_files_and_one_that_is_only_intended)
{
	static const struct {
		const char *path;
		enum ds_kind kind;
	} there[] = {
		{"e1", DS_REGULAR}, {"e300", DS_REGULAR}, {"d/c", DS_MISSING}, {"a", DS_REGULAR}};
	struct ds_blob blob = {0};
	struct ds_source *source;

	begin("for i in $(seq 300); do : >e$i; done; git add e*; echo 3 >d/c; git add -N d/c");
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
		source->ops->read(source, there[i].path, NULL, &blob);
		cr_expect_eq(blob.kind, there[i].kind, "%s", there[i].path);
	}
	ds_blob_free(&blob);
	source->ops->free(source);
}

/* ---- Which repository ---------------------------------------------------- */

struct find_case {
	const char *what;
	const char *before;
	const char *variable;
	const char *at;
	const char *dir;
	const char *found; /* "kind git common top prefix up" and flags, @ being the scratch */
};

static const struct find_case finds[] = {
	{"plain", ":", NULL, "r", NULL, "reads @/r/.git @/r/.git @/r [] []"},
	{"beneath", ":", NULL, "r/d", NULL, "reads @/r/.git @/r/.git @/r [d/] [../]"},
	{"far beneath", "mkdir -p d/e/f", NULL, "", "r/d/e/f",
	 "reads @/r/.git @/r/.git @/r [d/e/f/] [../../../]"},
	{"linked", "git worktree add -q ../w", NULL, "", "w/d",
	 "reads @/r/.git/worktrees/w @/r/.git @/w [d/] [../]"},
	{"bare", "git clone -q --bare . ../b", NULL, "", "b", "reads @/b @/b - [] [] bare"},
	{"in the folder of git", ":", NULL, "r/.git/refs", NULL, "reads @/r/.git @/r/.git - [] []"},
	{"as in a hook", ":", "GIT_INDEX_FILE=.git/index", "r", NULL,
	 "here @/r/.git @/r/.git @/r [] []"},
	{"as in a hook, named", ":", "GIT_INDEX_FILE=.git/index", "r", "d",
	 "here @/r/.git @/r/.git @/r [d/] []"},
	{"from a subdirectory, named", ":", "GIT_INDEX_FILE=.git/index", "r/d", "..",
	 "here @/r/.git @/r/.git @/r [] [../]"},
	{"as in a hook that receives", "git clone -q --bare . ../b; mkdir ../b/q",
	 "GIT_DIR=. GIT_QUARANTINE_PATH=@/b/q GIT_OBJECT_DIRECTORY=@/b/objects", "b", NULL,
	 "here @/b @/b - [] [] bare quarantined"},
	{"another than in the hook", "git clone -q --bare . ../b",
	 "GIT_DIR=@/r/.git GIT_QUARANTINE_PATH=@/r", "r", "../b", "reads @/b @/b - [] [] bare"},
	{"a name with glob characters", "git clone -q . '../[c]*'; mv ../*c* ../c", NULL, "c", NULL,
	 "reads @/c/.git @/c/.git @/c [] []"},
	{"a line break in its path",
	 "git clone -q . \"$(printf '../c\\nc')\"; mkdir ../c; mv ../c?c ../c/", NULL, "", "c/c\nc",
	 "git rev-parse: an answer that is not understood (is there a line break in the path of "
	 "the repository?)"},
	{"a line break beneath it", "mkdir \"$(printf 'x\\ny')\"", NULL, "", "r/x\ny",
	 "git rev-parse: an answer that is not understood (is there a line break in the path of "
	 "the repository?)"},
	{"not there", ":", NULL, "r", "none",
	 "git rev-parse: cannot change to 'none': No such file or directory"},
	{"an extension that nobody knows",
	 "git config core.repositoryformatversion 1; git config extensions.nonesuch true", NULL,
	 "r", NULL, "git rev-parse: unknown repository extension found:"},
	{"somebody else's", ":", "GIT_TEST_ASSUME_DIFFERENT_OWNER=1", "r", NULL,
	 "git rev-parse: detected dubious ownership in repository at '@/r'"},
};

/* With the scratch folder as @. */
static void put_shortened(const char *path)
{
	size_t len = strlen(scratch.root);
	const char *at;

	while ((at = strstr(path, scratch.root)) != NULL) {
		ds_buf_append(&shown, path, (size_t)(at - path));
		ds_buf_puts(&shown, "@");
		path = at + len;
	}
	ds_buf_puts(&shown, path);
}

static const char *show_repository(int status)
{
	char text[2048];
	const struct ds_git_repository *r = &repository;

	if (status)
		snprintf(text, sizeof text, "%s", err.message);
	else
		snprintf(text, sizeof text, "%s %s %s %s [%s] [%s]%s%s",
			 r->kind == DS_GIT_HERE ? "here" : "reads", r->git_dir, r->common_dir,
			 r->top ? r->top : "-", r->prefix, r->up, r->bare ? " bare" : "",
			 r->quarantined ? " quarantined" : "");
	ds_buf_cut(&shown, 0);
	ds_buf_puts(&shown, "");
	put_shortened(text);
	return shown.bytes;
}

Test(gitsource, finding)
{
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		const struct find_case *c = &finds[i];

		begin(c->before);
		go_to(c->at);
		set_variables(c->variable, true);
		int status = ds_git_repository_find(&repository, c->dir, &err);
		set_variables(c->variable, false);
		const char *got = show_repository(status);
		cr_expect_str_eq(got, c->found, "%s: %s", c->what, got);
		cr_expect(status == 0 || status == DS_TROUBLE);
	}
}

/* ---- Links --------------------------------------------------------------- */

#define NOWHERE " a link that leads nowhere, as far as is seen here"
#define OUTSIDE " a link that is absolute or leads outside the repository"

struct link_case {
	const char *target;
	char sign; /* as show has them; '/' where it leads to a directory */
	const char *shown;
};

/* Of d/link, in a tree with a, d/b, d/e/f, abs -> /, here -> d/e, file -> a, loop -> loop. */
static const struct link_case links[] = {
	{"b", '=', "2,"},
	{"./b", '=', "2,"},
	{"../a", '=', "1,"},
	{"../d/b", '=', "2,"},
	{"..//d/./e/../b", '=', "2,"},
	{"../file", '=', "1,"},
	{"../here/f", '=', "f,"},
	{"../here/../b", '=', "2,"}, /* beside d/e, not beside here */
	{"../here/../a", '!', NOWHERE},
	{"e", '/', ""},
	{"..", '/', ""},
	{".", '/', ""},
	{"../here", '/', ""},
	{"none", '!', NOWHERE},
	{"b/c", '!', NOWHERE},
	{"b/", '!', NOWHERE},
	{"../empty", '!', NOWHERE},
	{"none/../b", '!', NOWHERE},
	{"b/../b", '!', NOWHERE},
	{"../..", '!', OUTSIDE},
	{"../../r/a", '!', OUTSIDE},
	{"/etc/passwd", '!', OUTSIDE},
	{"../abs", '!', OUTSIDE},
	{"../abs/etc/passwd", '!', OUTSIDE},
	{"../loop", '!', " links that lead in a circle"},
	{"link", '!', " links that lead in a circle"},
	{"../s", '!', " not a regular file but a submodule"},
	{"../s/o", '?', "in a submodule, which is judged by a gate of its own"},
};

static void check_link(struct ds_source *source, const struct link_case *c)
{
	char expected[128];
	struct ds_blob blob = {0};
	struct ds_content_id id;
	const char *why = c->shown + (*c->shown == ' ');

	if (c->sign == '/')
		why = "not a regular file but a directory";
	snprintf(expected, sizeof expected, "d/link%c%s\n", c->sign == '/' ? '!' : c->sign, why);
	ds_buf_cut(&shown, 0);
	source->ops->want(source, "d/link");
	source->ops->want(source, NULL);
	show_file(source, "d/link");
	cr_expect_str_eq(shown.bytes, expected, "%s: %s", c->target, shown.bytes);
	source->ops->read(source, "d/link", NULL, &blob);
	cr_expect_eq(blob.kind, c->sign == '='   ? DS_REGULAR
				: c->sign == '/' ? DS_DIRECTORY
				: c->sign == '?' ? DS_INDETERMINATE
						 : DS_UNUSABLE);
	cr_expect_eq(source->ops->content_id(source, "d/link", &id), c->sign == '=', "%s",
		     c->target);
	ds_blob_free(&blob);
}

Test(gitsource, links)
{
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		struct ds_source *source;
		begin("git checkout -q .; mkdir d/e; echo f >d/e/f; ln -s / abs; ln -s d/e here; "
		      "ln -s a file; ln -s loop loop; git add .; git update-index --add "
		      "--cacheinfo "
		      "120000,$(git hash-object -w --stdin </dev/null),empty; git update-index "
		      "--add "
		      "--cacheinfo 160000,$(git rev-parse HEAD),s");
		test_scratch_run(&scratch, "cd r && ln -s '%s' d/link && git add d/link",
				 links[i].target);
		go_to("r");
		cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
		check_link(source, &links[i]);
		source->ops->free(source);
	}
}

static int count_names(void *context, const char *name, enum ds_entry_kind kind)
{
	(void)kind;
	(void)name;
	++*(size_t *)context;
	return 0;
}

struct list_case {
	const char *directory;
	size_t names;
	const char *why; /* NULL where it can be listed */
};

static const struct list_case lists[] = {
	{"", 8, NULL},
	{"d", 3, NULL},
	{"d/e", 2, NULL},
	{"here", 2, NULL},
	{"none", 0, NULL},
	{"none/x", 0, NULL},
	{"s", 0, "a submodule, which is judged by a gate of its own"},
	{"s/x", 0, "in a submodule, which is judged by a gate of its own"},
	{"a", 0, "not a directory"},
	{"dangling", 0, &NOWHERE[1]},
	{"up", 0, &OUTSIDE[1]},
};

Test(gitsource, lists)
{
	struct ds_source *source;

	begin("mkdir d/e d/e/g; echo f >d/e/f; echo f >d/e/g/f; echo f >d/e.x; ln -s d/e here; "
	      "ln -s none dangling; ln -s .. up; echo >d0; git add .; "
	      "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),s");
	test_scratch_run(&scratch, "cd r && echo >'d!' && git add 'd!'");
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		size_t names = 0;
		int status =
			source->ops->list(source, lists[i].directory, count_names, &names, &err);
		cr_expect_eq(names, lists[i].names, "%s: %zu", lists[i].directory, names);
		cr_expect_eq(status, lists[i].why ? DS_TROUBLE : 0, "%s", lists[i].directory);
		if (lists[i].why && status)
			cr_expect_str_eq(err.message, lists[i].why);
	}
	source->ops->free(source);
}

/* From a directory on. */
Test(gitsource, entering)
{
	struct ds_source *source;

	begin(":");
	go_to("r/d");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	cr_expect_str_eq(repository.prefix, "d/");
	cr_expect_eq(ds_git_source_enter(source, repository.prefix, &err), 0);
	cr_expect_str_eq(show(source), "b=2,\n");
	cr_expect_eq(ds_git_source_enter(source, "", &err), 0);
	cr_expect_str_eq(show(source), ALL);
	source->ops->free(source);
}

/* ---- What must not happen ------------------------------------------------ */

/* Whatever of the repository could name a program; each would leave a mark. */
static const char marks[] =
	"m='echo >>../mark'; "
	"for k in core.fsmonitor core.sshCommand core.alternateRefsCommand core.pager core.editor "
	"core.askPass diff.external diff.x.textconv diff.x.command filter.x.clean filter.x.smudge "
	"filter.x.process merge.x.driver remote.origin.uploadpack gpg.program "
	"credential.helper alias.ls-files alias.diff-index alias.diff-tree alias.cat-file "
	"alias.rev-parse "
	"interactive.diffFilter uploadpack.packObjectsHook; do git config $k \"$m\"; done; "
	"git config filter.x.required true; git config core.hooksPath hooks; mkdir hooks; "
	"for h in post-index-change reference-transaction post-checkout pre-commit; do "
	"printf '#!/bin/sh\\necho >>%s/mark\\n' \"$PWD/..\" >hooks/$h; chmod +x hooks/$h; done; "
	"echo '* filter=x diff=x merge=x' >.gitattributes; "
	"cp .gitattributes .git/info/attributes; touch d/b";

/* Whether each path is there in any of what it is compared with. */
static void were_there(struct ds_source *source, const char *const *paths, size_t count, bool *was)
{
	struct ds_source *before;

	memset(was, 0, count * sizeof *was);
	for (size_t nth = 0;; nth++) {
		cr_assert_eq(ds_git_source_before(&before, source, nth, NULL, &err), 0, "%s",
			     err.message);
		if (!before)
			return;
		for (size_t i = 0; i < count; i++) {
			struct ds_blob blob = {0};
			before->ops->read(before, paths[i], NULL, &blob);
			was[i] |= blob.kind != DS_MISSING;
			ds_blob_free(&blob);
		}
		before->ops->free(before);
	}
}

Test(gitsource, nothing_is_run)
{
	static const char *const revisions[] = {NULL, "HEAD"};

	for (size_t i = 0; i < 2; i++) {
		struct ds_source *source;
		begin(":");
		test_scratch_run(&scratch, "cd r && { %s; }; rm -f ../mark", marks);
		go_to("r");
		cr_assert_eq(open_source(&source, NULL, revisions[i], NULL), 0, "%s", err.message);
		cr_expect_str_eq(show(source), ALL);
		bool was;
		const char *const path = "a";
		were_there(source, &path, 1, &was);
		cr_expect_eq(was, i == 0);
		source->ops->free(source);
		cr_expect_neq(access("../mark", F_OK), 0, "a program of the repository was run");
		cr_expect_neq(access(".git/index.lock", F_OK), 0);
	}
}

Test(gitsource, replaced_objects_are_not_seen)
{
	struct ds_source *source;

	begin("git replace $(git rev-parse :a) $(echo evil | git hash-object -w --stdin); "
	      "git replace HEAD $(git commit-tree -m x $(git mktree </dev/null))");
	go_to("r");
	for (int i = 0; i < 2; i++) {
		ds_git_repository_free(&repository);
		cr_assert_eq(open_source(&source, NULL, i ? "HEAD" : NULL, NULL), 0, "%s",
			     err.message);
		cr_expect_str_eq(show(source), ALL);
		source->ops->free(source);
	}
}

/* ---- Objects that cannot be had ------------------------------------------ */

static const char damage[] =
	"for i in 1 2 3 4 5 6 7 8; do echo $i >f$i; done; git rm -q --cached a d/b; git add f*";

static const char *object_of(const char *name)
{
	static char command[256];
	snprintf(command, sizeof command,
		 "o=.git/objects/$(git rev-parse :%s | sed 's!^..!&/!'); chmod u+w $o; ", name);
	return command;
}

/* The ones behind it are read all the same. */
Test(gitsource, damaged_objects)
{
	struct ds_source *source;

	begin(damage);
	test_scratch_run(&scratch, "cd r; %s echo rubbish >$o", object_of("f3"));
	test_scratch_run(&scratch, "cd r; %s rm $o", object_of("f5"));
	test_scratch_run(&scratch, "cd r; %s echo rubbish >$o", object_of("f6"));
	test_scratch_run(&scratch, "cd r; %s : >$o", object_of("f8"));
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	const char *got = show(source);
	cr_expect(strstr(got, "f1=1,\nf2=2,\nf3?") &&
			  strstr(got, "\nf4=4,\nf5?its content is not "
				      "in this repository\nf6?") &&
			  strstr(got, "\nf7=7,\nf8?"),
		  "%s", got);
	source->ops->free(source);
}

Test(gitsource, partial_clone)
{
	struct ds_source *source;

	begin("git config uploadpack.allowFilter true; git config uploadpack.allowAnySHA1InWant "
	      "true; git clone -q --no-checkout --filter=blob:none file://$PWD ../c; cd ../c; "
	      "git read-tree HEAD; echo 5 >a; git add a; echo 6 >z; git add z");
	go_to("c");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	const char *got = show(source);
	cr_expect(strncmp(got, "a=5,\nd/b?", 9) == 0 && strstr(got, "\nz=6,\n"), "%s", got);
	source->ops->free(source);
	test_scratch_run(&scratch,
			 "cd c; test -z \"$(find .git/objects -newer .git/index -type f "
			 "-name '*.pack')\"; ! GIT_NO_LAZY_FETCH=1 git cat-file -e HEAD:d/b "
			 "2>/dev/null");
}

/* ---- In which order, and how much ---------------------------------------- */

static void check_read(struct ds_source *source, const char *path, const char *expected)
{
	struct ds_extent extent = {.limit = 1 << 20};
	struct ds_blob blob = {0};

	source->ops->read(source, path, &extent, &blob);
	cr_expect_eq(blob.kind, DS_REGULAR, "%s: %s", path, blob.why);
	cr_expect(blob.bytes.len == 2 && *blob.bytes.bytes == *expected, "%s", path);
	cr_expect(blob.whole);
	ds_blob_free(&blob);
}

Test(gitsource, any_order)
{
	struct ds_source *source;

	begin(damage);
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	check_read(source, "f1", "1"); /* nothing announced at all */
	for (char path[] = "f2"; path[1] <= '7'; path[1]++)
		source->ops->want(source, path);
	source->ops->want(source, "none");
	source->ops->want(source, NULL);
	check_read(source, "f2", "2");
	check_read(source, "f4", "4");
	check_read(source, "f3", "3"); /* passed over */
	check_read(source, "f8", "8"); /* not announced */
	check_read(source, "f5", "5");
	check_read(source, "f5", "5");
	source->ops->want(source, "f8"); /* while it is at work */
	check_read(source, "f7", "7");
	check_read(source, "f8", "8");
	source->ops->want(source, "f1"); /* when it has ended */
	check_read(source, "f1", "1");
	source->ops->free(source);
}

static size_t asked;

static bool has_end(const char *bytes, size_t len)
{
	asked++;
	return memchr(bytes, 'E', len) != NULL;
}

static bool never(const char *bytes, size_t len)
{
	(void)bytes;
	return len == 0;
}

struct extent_case {
	const char *path; /* of a file of so many bytes, or with an E there */
	struct ds_extent extent;
	enum ds_kind kind;
	size_t len;
	bool whole;
};

static const struct extent_case extents[] = {
	{"0", {.limit = 100}, DS_REGULAR, 0, true},
	{"0", {.first = 10, .limit = 100, .enough = never}, DS_REGULAR, 0, true},
	{"100", {.limit = 100}, DS_REGULAR, 100, true},
	{"101", {.limit = 100}, DS_UNUSABLE, 0, false},
	{"100000", {.limit = 1 << 20}, DS_REGULAR, 100000, true},
	{"100000", {.first = 10, .limit = 100, .enough = never}, DS_REGULAR, 100, false},
	{"100000", {.first = 10, .limit = 1 << 20, .enough = never}, DS_REGULAR, 100000, true},
	{"100", {.first = 100, .limit = 1000, .enough = never}, DS_REGULAR, 100, true},
	{"100", {.first = 99, .limit = 1000, .enough = never}, DS_REGULAR, 100, true},
	{"E", {.first = 10, .limit = 1000, .enough = has_end}, DS_REGULAR, 10, false},
	{"50E", {.first = 10, .limit = 1000, .enough = has_end}, DS_REGULAR, 160, false},
};

/* Each behind what the one before has left of its file. */
Test(gitsource, extents)
{
	struct ds_source *source;
	struct ds_blob blob = {0};

	begin("for n in 0 100 101 100000; do head -c $n /dev/zero >$n; done; "
	      "{ echo E; cat 100000; } >E; { head -c 50 /dev/zero; cat E; } >50E; git add .");
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	for (size_t i = 0; i < sizeof extents / sizeof *extents; i++)
		source->ops->want(source, extents[i].path);
	source->ops->want(source, NULL);
	for (size_t i = 0; i < sizeof extents / sizeof *extents; i++) {
		const struct extent_case *c = &extents[i];
		source->ops->read(source, c->path, &c->extent, &blob);
		cr_expect_eq(blob.kind, c->kind, "%zu: %s", i, blob.why);
		cr_expect_eq(blob.bytes.len, c->len, "%zu: %zu", i, blob.bytes.len);
		cr_expect(blob.bytes.bytes, "%zu", i);
		cr_expect_eq(blob.whole, c->whole, "%zu", i);
	}
	cr_expect_gt(asked, 2);
	source->ops->free(source);
	ds_blob_free(&blob);
}

Test(gitsource, content_ids)
{
	struct ds_source *source;
	struct ds_content_id one;
	struct ds_content_id other;

	begin("cp a copy; ln -s a link; git add copy link a; git update-index --add --cacheinfo "
	      "160000,$(git rev-parse HEAD),s");
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	cr_expect(source->ops->content_id(source, "a", &one));
	cr_expect_eq(one.len, 20);
	cr_expect(source->ops->content_id(source, "copy", &other));
	cr_expect_arr_eq(one.bytes, other.bytes, 20);
	cr_expect(source->ops->content_id(source, "link", &other));
	cr_expect_arr_eq(one.bytes, other.bytes, 20);
	cr_expect(source->ops->content_id(source, "d/b", &other));
	cr_expect_arr_neq(one.bytes, other.bytes, 20);
	cr_expect_not(source->ops->content_id(source, "s", &other));
	cr_expect_not(source->ops->content_id(source, "d", &other));
	cr_expect_not(source->ops->content_id(source, "none", &other));
	source->ops->free(source);
}

/* ---- Before and now ------------------------------------------------------ */

struct compare_case {
	const char *what;
	const char *before;
	const char *revision;
	const char *since; /* compared with as well; or NULL */
	const char *changes;
	const char *was; /* which of a, d/b, new, s, l, d were there */
};

#define MERGE                                                                                      \
	"git checkout -q .; git checkout -qb x; echo x >a; git commit -qam x; git checkout -q -; " \
	"echo y >d/b; echo y >y; git add y; git commit -qam y; "

static const struct compare_case compares[] = {
	{"nothing", ":", NULL, NULL, "", "110001"},
	{"changed", "git add a", NULL, NULL, "a ", "110001"},
	{"in the worktree only", "rm a", NULL, NULL, "", "110001"},
	{"removed", "git rm -q --cached a", NULL, NULL, "a ", "110001"},
	{"added", "echo >new; git add new", NULL, NULL, "new ", "110001"},
	{"intended", "echo >new; git add -N new", NULL, NULL, "", "110001"},
	{"renamed", "git mv -f a new; git reset -q; git rm -q --cached a; git add new", NULL, NULL,
	 "a new ", "110001"},
	{"of another kind", "ln -sf d a; git add a", NULL, NULL, "a ", "110001"},
	{"another mode", "git update-index --chmod=+x a", NULL, NULL, "a ", "110001"},
	{"links and submodules were there too",
	 "ln -s a l; git add l; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),s; "
	 "git commit -qm 2; git rm -q --cached l s",
	 NULL, NULL, "l s ", "110111"},
	{"unborn", "git update-ref -d HEAD", NULL, NULL, "a d/b ", "000000"},
	{"a merge under way", MERGE "git merge -q --no-commit x >/dev/null 2>&1", NULL, NULL,
	 "a:1 d/b:2 y:2 ", "110001"},
	{"a merge with more in it",
	 MERGE "git merge -q --no-commit x >/dev/null 2>&1; echo 5 >d/b; git add d/b", NULL, NULL,
	 "a:1 d/b:1 d/b:2 y:2 ", "110001"},
	{"a conflict", MERGE "echo z >a; git commit -qam z; ! git merge -q x >/dev/null", NULL,
	 NULL, "a:1 a:2 d/b:2 y:2 ", "110001"},
	{"the first commit", ":", "HEAD", NULL, "a d/b ", "000000"},
	{"a commit", "git commit -qam 2", "HEAD", NULL, "a d/b ", "110001"},
	{"one that removes", "git rm -q --cached a; git commit -qm 2", "HEAD", NULL, "a ",
	 "110001"},
	{"a merge", MERGE "git merge -q -m m x >/dev/null", "HEAD", NULL, "a:1 d/b:2 y:2 ",
	 "110001"},
	{"an evil merge",
	 MERGE "git merge -q --no-commit x >/dev/null 2>&1; echo new >new; git add new; git commit "
	       "-qm m",
	 "HEAD", NULL, "a:1 new:1 d/b:2 new:2 y:2 ", "110001"},
	{"a tree", ":", "HEAD^{tree}", NULL, "a d/b ", "000000"},
	{"since", "git commit -qm 2 a; git commit -qm 3 d/b", "HEAD", "HEAD~2", "d/b a d/b ",
	 "110001"},
	{"since what is not here", "git commit -qm 2 a; git commit -qm 3 d/b", "HEAD",
	 "0123456789012345678901234567890123456789", "d/b ", "110001"},
	{"since what is none", "git commit -qm 2 a", "HEAD", "--all", "a ", "110001"},
	{"since what had more", "git rm -q --cached a; git commit -qm 2; git commit -qm 3 d/b",
	 "HEAD", "HEAD~2", "d/b a d/b ", "110001"},
	{"since, of a merge",
	 "echo new >new; git add new; git commit -qm 2 new; " MERGE
	 "git merge -q -m m x >/dev/null",
	 "HEAD", "HEAD~3", "a:1 d/b:2 y:2 a d/b new y ", "111001"},
	{"since, of the index", "git commit -qm 2 a", NULL, "HEAD~1", "a ", "110001"},
	{"a shallow clone",
	 "git commit -qam 2; git commit -q --allow-empty -m 3; git clone -q --depth 1 file://$PWD "
	 "../c; cd ../r; rm -rf .git; cp -r ../c/.git .",
	 "HEAD", NULL, "a d/b ", "000000"},
};

/* Where it is not as in some of the parents only, it is said in which of them. */
static int show_change(void *context, const char *path, unsigned from, unsigned all)
{
	(void)context;
	ds_buf_printf(&shown, from == all ? "%s " : "%s:%u ", path, from);
	return 0;
}

static int stop_at_once(void *context, const char *path, unsigned from, unsigned all)
{
	(void)path;
	(void)from;
	(void)all;
	++*(int *)context;
	return DS_CONFLICT;
}

Test(gitsource, before_and_now)
{
	static const char *const paths[] = {"a", "d/b", "new", "s", "l", "d"};

	for (size_t i = 0; i < sizeof compares / sizeof *compares; i++) {
		const struct compare_case *c = &compares[i];
		struct ds_source *source;
		bool was[6];
		char seen[7] = "";

		begin(c->before);
		go_to("r");
		cr_assert_eq(open_source(&source, NULL, c->revision, NULL), 0, "%s: %s", c->what,
			     err.message);
		if (c->since)
			cr_expect_eq(ds_git_source_compare_with(source, c->since, &err), 0);
		ds_buf_cut(&shown, 0);
		ds_buf_puts(&shown, "");
		cr_expect_eq(ds_git_source_changes(source, show_change, NULL, &err), 0, "%s",
			     err.message);
		cr_expect_str_eq(shown.bytes, c->changes, "%s: %s", c->what, shown.bytes);
		were_there(source, paths, 6, was);
		for (int j = 0; j < 6; j++)
			seen[j] = was[j] ? '1' : '0';
		cr_expect_str_eq(seen, c->was, "%s: %s", c->what, seen);
		source->ops->free(source);
	}
}

Test(gitsource, before_and_now_from_a_directory_on)
{
	static const char *const paths[] = {"a", "b", "new"};
	struct ds_source *source;
	bool was[3];
	int calls = 0;

	begin("git add .");
	go_to("r/d");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0, "%s", err.message);
	cr_expect_eq(ds_git_source_enter(source, "d/", &err), 0);
	cr_expect_eq(ds_git_source_changes(source, show_change, NULL, &err), 0);
	cr_expect_str_eq(shown.bytes, "b ");
	were_there(source, paths, 3, was);
	cr_expect(!was[0] && was[1] && !was[2]);
	cr_expect_eq(ds_git_source_changes(source, stop_at_once, &calls, &err), DS_CONFLICT);
	cr_expect_eq(calls, 1);
	source->ops->free(source);
}

/* More than a command line holds, and names of every kind. */
Test(gitsource, many)
{
	enum { MANY = 30000 };
	struct ds_source *source;
	char(*names)[16] = calloc(MANY, sizeof *names);
	const char **paths = calloc(MANY, sizeof *paths);
	bool *was = calloc(MANY, sizeof *was);
	size_t count = 0;

	cr_assert(names && paths && was);
	begin("b=$(git rev-parse :a); seq 0 2 29999 | sed \"s!.*!100644 $b 0\tm/&/x!\" | "
	      "git update-index --index-info; git commit -qm m");
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "m/%d/x", i);
		paths[i] = names[i];
	}
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, "m"), 0, "%s", err.message);
	cr_expect_eq(source->ops->list(source, "m", count_names, &count, &err), 0);
	cr_expect_eq(count, MANY / 2);
	for (int i = 0; i < MANY; i++) {
		struct ds_content_id id;
		int at = (int)((long)i * 7919 % MANY); /* to and fro */
		cr_expect_eq(source->ops->content_id(source, paths[at], &id), at % 2 == 0, "%d",
			     at);
	}
	for (int i = 0; i < MANY; i++)
		source->ops->want(source, paths[i]);
	source->ops->want(source, NULL);
	for (int i = 0; i < MANY; i += 2)
		check_read(source, paths[i], "1");
	were_there(source, paths, MANY, was);
	for (int i = 0; i < MANY; i++)
		cr_expect_eq(was[i], i % 2 == 0, "%d", i);
	source->ops->free(source);
	free(was);
	free(paths);
	free(names);
}

/* ---- A git that is none -------------------------------------------------- */

/* In place of the real one, with the arguments behind git's own in "$@": $c is the
 * command, $g what runs the real git. */
static void fake_git(const char *body)
{
	test_scratch_run(
		&scratch,
		"mkdir -p bin; cat >bin/git <<'END'\n"
		"#!/bin/sh\n"
		"c=; for a; do case $a in ls-files|diff-index|cat-file|rev-parse) c=$a; esac; "
		"done\n"
		"g() { exec \"$REAL\" \"$@\"; }\n"
		"%s\nEND\nchmod +x bin/git",
		body);
}

struct fault_case {
	const char *what;
	const char *body;   /* of the script that is git */
	const char *opened; /* part of the message, or NULL where it opens */
	const char *shown;  /* part of it */
};

#define OF(command, body) "[ $c = " command " ] || g \"$@\"; " body

static const struct fault_case faults[] = {
	{"none of it", "g \"$@\"", NULL, "a=1,\nd/b=2,\n"},
	{"says nothing", "exit 0", "git rev-parse: an answer that is not understood", ""},
	{"fails", "exit 3", "git rev-parse: exited with 3 and said nothing", ""},
	{"no list", OF("ls-files", "exit 7"), "git ls-files: exited with 7", ""},
	{"fails behind the list", OF("ls-files", "\"$REAL\" \"$@\"; exit 7"),
	 "git ls-files: exited with 7", ""},
	{"a list that hangs", OF("ls-files", "sleep 60"), "git ls-files: stopped", ""},
	{"a list that hangs behind it", OF("ls-files", "\"$REAL\" \"$@\"; sleep 60"),
	 "git ls-files: stopped", ""},
	{"no list but rubbish", OF("ls-files", "printf 'rubbish\\ta\\0'"),
	 "a form that is not understood", ""},
	{"rubbish without an end", OF("ls-files", "printf '\\t'; exec cat /dev/zero"),
	 "a form that is not understood", ""},
	{"a path without an end", OF("ls-files", "printf '\\t'; exec tr '\\0' x </dev/zero"),
	 "a path of more than", ""},
	{"nothing but paths", OF("ls-files", "exec cat /dev/zero"), "a path of more than", ""},
	{"half a list", OF("ls-files", "\"$REAL\" \"$@\" | head -c 100"), "a list that breaks off",
	 ""},
	{"a list out of order", OF("ls-files", "\"$REAL\" \"$@\"; \"$REAL\" \"$@\""),
	 "a: git lists it twice, or out of order", ""},
	{"a mode that is none", OF("ls-files", "\"$REAL\" \"$@\" | sed s/100644/100655/"),
	 "a form that is not understood", ""},
	{"a stage that is none", OF("ls-files", "\"$REAL\" \"$@\" | sed 's/ 0\\t/ 00\\t/g'"),
	 "a form that is not understood", ""},
	{"an id that is none", OF("ls-files", "\"$REAL\" \"$@\" | tr d x"),
	 "a form that is not understood", ""},
	{"no contents", OF("cat-file", "exit 7"), NULL,
	 "a?git cat-file: exited with 7 and said nothing\nd/b?git cat-file: exited"},
	{"is killed", OF("cat-file", "kill -9 $$"), NULL,
	 "a?git cat-file: killed by signal 9\nd/b?"},
	{"dies in the middle", OF("cat-file", "\"$REAL\" \"$@\" | head -c 49"), NULL,
	 "a?git cat-file: exited with 0"},
	{"dies between", OF("cat-file", "\"$REAL\" \"$@\" | head -c 51"), NULL, "a=1,\nd/b=2,"},
	{"hangs", OF("cat-file", "sleep 60"), NULL,
	 "a?git cat-file: stopped, for it was not done after 300 ms\nd/b?git cat-file failed "
	 "before, and is not asked again\n"},
	{"rubbish", OF("cat-file", "exec cat /dev/zero"), NULL,
	 "a?git cat-file: an answer that is not understood\nd/b?git cat-file: an answer"},
	{"empty lines", OF("cat-file", "exec yes ''"), NULL, "a?git cat-file: an answer"},
	{"another's content", OF("cat-file", "\"$REAL\" \"$@\" | sed 's/^d/e/; s/^0/f/'"), NULL,
	 "a?git cat-file: an answer that is not understood\nd/b?git cat-file: an answer"},
	{"another's type", OF("cat-file", "\"$REAL\" \"$@\" | sed s/blob/tree/"), NULL,
	 "a?git cat-file: an answer that is not understood\nd/b?git cat-file: an answer"},
	{"a size that is none", OF("cat-file", "\"$REAL\" \"$@\" | sed 's/blob ./blob x/'"), NULL,
	 "a?git cat-file: an answer that is not understood\nd/b?git cat-file: an answer"},
	{"a size beyond all",
	 OF("cat-file", "\"$REAL\" \"$@\" | sed 's/blob ./blob 99999999999999999"
			"999999/'"),
	 NULL, "a?git cat-file: an answer that is not understood\nd/b?git cat-file: an answer"},
	{"a size that is too large", OF("cat-file", "\"$REAL\" \"$@\" | sed 's/blob ./blob 9/'"),
	 NULL, "a?"},
	{"does not listen", OF("cat-file", "exec <&-; exit 0"), NULL,
	 "a?git cat-file: exited with 0"},
	{"control bytes", OF("cat-file", "printf 'fatal: \\033[31m\\n' >&2; exit 1"), NULL,
	 "a?git cat-file: \\x1b[31m\n"},
};

static void use_fake_git(void)
{
	char path[256];
	char real[256];
	FILE *where = popen("command -v git", "r");

	cr_assert(where && fgets(real, sizeof real, where));
	pclose(where);
	real[strcspn(real, "\n")] = '\0';
	cr_assert_eq(setenv("REAL", real, 1), 0);
	snprintf(path, sizeof path, "%s/bin:/usr/bin:/bin", scratch.root);
	cr_assert_eq(setenv("PATH", path, 1), 0);
}

/* With a deadline that a test can wait for. */
static int open_quickly(struct ds_source **source)
{
	static const char *const roots[] = {NULL};

	*source = NULL;
	int status = ds_git_repository_find(&repository, NULL, &err);
	repository.deadline_ms = 300;
	return status ? status : ds_git_index_open(source, &repository, roots, &err);
}

Test(gitsource, faults)
{
	begin(":");
	use_fake_git();
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const struct fault_case *c = &faults[i];
		struct ds_source *source;

		go_to("r");
		fake_git(c->body);
		ds_git_repository_free(&repository);
		int status = open_quickly(&source);
		const char *got = status ? err.message : show(source);
		cr_expect(strstr(got, c->opened ? c->opened : c->shown), "%s: %s", c->what, got);
		cr_expect_eq(status, c->opened ? DS_TROUBLE : 0, "%s", c->what);
		if (source)
			source->ops->free(source);
	}
}

Test(gitsource, no_git)
{
	struct ds_source *source;

	begin(":");
	go_to("r");
	cr_assert_eq(open_source(&source, NULL, NULL, NULL), 0);
	char *path = strdup(getenv("PATH"));
	cr_assert_eq(setenv("PATH", "/nowhere", 1), 0);
	cr_expect_str_eq(show(source), "a?git is not installed: no folder of PATH has it\n"
				       "d/b?git is not installed: no folder of PATH has it\n");
	source->ops->free(source);
	ds_git_repository_free(&repository);
	cr_expect_eq(open_source(&source, NULL, NULL, NULL), DS_TROUBLE);
	cr_expect_str_eq(err.message, "git is not installed: no folder of PATH has it");
	setenv("PATH", path, 1);
	free(path);
}

/* ---- The tips of a push -------------------------------------------------- */

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B40 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define Z40 "0000000000000000000000000000000000000000"
#define Z64 "0000000000000000000000000000000000000000000000000000000000000000"

struct tips_case {
	ds_push_kind kind;
	const char *bytes;
	const char *tips; /* "name id old" each with a blank behind; or NULL where it fails */
};

static const struct tips_case tips_cases[] = {
	{DS_PRE_PUSH, "", ""},
	{DS_PRE_PUSH, "refs/heads/x " A40 " refs/heads/y " B40 "\n",
	 "refs/heads/y " A40 " " B40 " "},
	{DS_PRE_PUSH, "refs/heads/x " A40 " refs/heads/y " Z40, "refs/heads/y " A40 " - "},
	{DS_PRE_PUSH, "(delete) " Z40 " refs/heads/y " B40 "\n", ""},
	{DS_PRE_PUSH, "x " A40 " y " A40 "\n", ""},
	{DS_PRE_PUSH, "HEAD^{/a b} " A40 " y " B40 "\n", "y " A40 " " B40 " "},
	{DS_PRE_PUSH, "x " A40 " y " B40 "\nz " B40 " b " Z40 "\nx " A40 " a " Z40 "\n",
	 "y " A40 " " B40 " b " B40 " - "},
	{DS_PRE_PUSH, "x " C64 " y " Z64 "\n", "y " C64 " - "},
	{DS_PRE_PUSH, "x " A40 " y " Z64 "\n", NULL},
	{DS_PRE_PUSH, "x " A40 " y " B40 "\r\n", NULL},
	{DS_PRE_PUSH, "x " A40 " y\n", NULL},
	{DS_PRE_PUSH, A40 " y " B40 "\n", NULL},
	{DS_PRE_PUSH, "x " A40 "  " B40 "\n", NULL},
	{DS_PRE_PUSH, "x a" A40 " y " B40 "\n", NULL},
	{DS_PRE_PUSH, "x A" A40 " y " B40 "\n", NULL},
	{DS_PRE_PUSH, "\n", NULL},
	{DS_PRE_PUSH, "x " A40 " y " B40 "\n\n", NULL},
	{DS_PRE_RECEIVE, A40 " " B40 " refs/heads/\xff\n", "refs/heads/\xff " B40 " " A40 " "},
	{DS_PRE_RECEIVE, Z40 " " B40 " x", "x " B40 " - "},
	{DS_PRE_RECEIVE, A40 " " Z40 " x\n", ""},
	{DS_PRE_RECEIVE, A40 " " B40 " x\r\n", NULL},
	{DS_PRE_RECEIVE, A40 " " B40 " \n", NULL},
	{DS_PRE_RECEIVE, A40 " " B40 "\n", NULL},
	{DS_PRE_RECEIVE, "x " A40 " y " B40 "\n", NULL},
};

Test(gitsource, tips)
{
	for (size_t i = 0; i < sizeof tips_cases / sizeof *tips_cases; i++) {
		const struct tips_case *c = &tips_cases[i];
		ds_tips *tips;
		const ds_tip *tip;

		ds_buf_cut(&shown, 0);
		ds_buf_puts(&shown, "");
		int status = ds_tips_read(&tips, c->kind, c->bytes, strlen(c->bytes), &err);
		cr_expect_eq(status, c->tips ? 0 : DS_TROUBLE, "%s", c->bytes);
		for (size_t j = 0; tips && (tip = ds_tips_at(tips, j)) != NULL; j++)
			ds_buf_printf(&shown, "%s %s %s ", tip->name, tip->id,
				      tip->old ? tip->old : "-");
		cr_expect_str_eq(shown.bytes, c->tips ? c->tips : "", "%s: %s", c->bytes,
				 shown.bytes);
		ds_tips_free(tips);
	}
}

Test(gitsource, a_tip_with_a_nul)
{
	static const char bytes[] = A40 " " B40 " x\0y\n";
	ds_tips *tips;

	cr_expect_eq(ds_tips_read(&tips, DS_PRE_RECEIVE, bytes, sizeof bytes - 1, &err),
		     DS_TROUBLE);
	cr_expect_str_eq(err.message,
			 "standard input, line 1: not what git tells a pre-receive hook");
	ds_tips_free(tips);
}
