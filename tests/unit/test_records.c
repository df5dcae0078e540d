/* Files that hold many records, in JSON and in YAML: which records, what they say, where. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keypath.h"
#include "readers.h"
#include "splice.h"

#define BOM   "\xef\xbb\xbf"
#define TASKS "tasks[id={id}].status"

/* ---- What came out, as a line ------------------------------------------- */

/* "text@3-9" can be edited, "text@3-9." cannot; "(5)@3-4." is no word; "!code why@3". */
static void show_value(struct ds_buf *out, const struct ds_value *value)
{
	int len = (int)value->text.len;
	if (value->code)
		ds_buf_printf(out, "!%s %s", ds_code_name(value->code), value->why);
	else
		ds_buf_printf(out, value->word ? "%.*s" : "(%.*s)", len, value->text.at);
	if (value->placed && value->start == value->end)
		ds_buf_printf(out, "@%zu", value->start);
	else if (value->placed)
		ds_buf_printf(out, "@%zu-%zu", value->start, value->end);
	ds_buf_puts(out, value->placed && !value->editable ? "." : "");
}

static size_t count_fields(const char *const *fields)
{
	size_t count = 0;
	while (fields && fields[count])
		count++;
	return count;
}

/* "id[5-20]=status,field,field; id ..." */
static void show(struct ds_buf *out, const struct ds_records *records, const char *const *fields)
{
	if (records->defect.code) {
		ds_buf_printf(out, "!%s %s", ds_code_name(records->defect.code),
			      records->defect.why);
		if (records->defect.placed)
			ds_buf_printf(out, "@%zu", records->defect.start);
	}
	for (size_t i = 0; i < records->len; i++) {
		const struct ds_record *record = &records->at[i];
		ds_buf_printf(out, "%s%.*s[%zu-%zu]=", i ? "; " : "", (int)record->id.len,
			      record->id.at, record->start, record->end);
		for (size_t f = 0; f <= count_fields(fields); f++) {
			ds_buf_puts(out, f ? ", " : "");
			show_value(out, &record->values[f]);
		}
	}
	ds_buf_puts(out, "");
}

struct line {
	const char *at;
	const char *bytes;
	const char *shown;
	const char *const *fields;
	size_t len;
};

#define LINE(at, bytes, shown)                                                                     \
	{                                                                                          \
		at, bytes, shown, NULL, sizeof(bytes) - 1                                          \
	}
#define FIELDS(at, fields, bytes, shown)                                                           \
	{                                                                                          \
		at, bytes, shown, fields, sizeof(bytes) - 1                                        \
	}

/* The tables of JSON have ' for ". */
static void turn(char *bytes, size_t len, char from, char to)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == from)
			bytes[i] = to;
}

static void expect_line(const struct ds_reader *reader, const struct line *line)
{
	struct ds_spec spec = {line->at, NULL};
	struct ds_records records = {0};
	struct ds_arena arena = {0};
	struct ds_buf shown = {0};
	bool many = false;

	cr_assert_eq(reader->check(&spec, &many, NULL), 0, "%s", line->at);
	cr_assert(many, "%s", line->at);
	/* In a block of their own, so that a byte too many is noticed. */
	size_t len = line->len;
	char *bytes = malloc(len ? len : 1);
	cr_assert(bytes);
	memcpy(bytes, line->bytes, len);
	if (reader == &ds_json_reader)
		turn(bytes, len, '\'', '"');
	cr_assert(reader->records(&records, (struct ds_text){bytes, len}, &spec, line->fields,
				  &arena));
	show(&shown, &records, line->fields);
	if (reader == &ds_json_reader)
		turn(shown.bytes, shown.len, '"', '\'');
	cr_expect_str_eq(shown.bytes, line->shown, "%s in %s:\n%s, not\n%s", line->at, line->bytes,
			 shown.bytes, line->shown);
	ds_buf_free(&shown);
	ds_records_free(&records);
	ds_arena_free(&arena);
	free(bytes);
}

#define EXPECT_LINES(reader, table)                                                                \
	for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                               \
	expect_line(reader, &(table)[i])

/* ---- JSON --------------------------------------------------------------- */

static const char *const two_fields[] = {"grade", "a.b", NULL};
static const char *const own_fields[] = {"status", "id", "grade", NULL};

static const struct line json_records[] = {
	/* Ids and statuses, and what is none. */
	LINE(TASKS, "{'tasks':[{'id':'a','status':'open'},{'status':'done','id':7}]}",
	     "a[10-36]=open@30-34; 7[37-61]=done@48-52"),
	LINE(TASKS, BOM "\r\n{ 'tasks' : [ { 'id' : ' a ' ,\t'status' : ' open\\n' } ] }\n",
	     "a[19-58]=open@48-55"),
	LINE(TASKS,
	     "{'tasks':[{'id':-12,'status':'a'},{'id':1.0,'status':'b'},{'id':1e3,'status':'c'},{'"
	     "id':true,'status':'d'},{'id':[1],'status':'e'},{'id':{'id':1},'status':'f'},{'id':'"
	     "\\ud800','status':'g'}]}",
	     "-12[10-33]=a@30-31; [34-57]=!malformed its id is no text@40-43.; [58-81]=!malformed "
	     "its id is no text@64-67.; [82-106]=!malformed its id is no text@88-92.; "
	     "[107-130]=!malformed its id is no text@113-116.; [131-159]=!malformed its id is no "
	     "text@137-145.; [160-188]=!malformed its id is no text@167-173."),
	LINE(TASKS,
	     "{'tasks':[{'status':'a'},{'id':null,'status':'b'},{'id':' "
	     "','status':'c'},{'ID':1,'status':'d'},{'id\\u0000':1,'status':'e'}]}",
	     "[10-24]=!malformed it has no id@10.; [25-49]=!malformed it has no id@31-35.; "
	     "[50-73]=!malformed it has no id@57-58.; [74-95]=!malformed it has no id@76.; "
	     "[96-123]=!malformed it has no id@98."),
	LINE(TASKS,
	     "{'tasks':[{},{'x':1},{'id':''},{'id':null,'status':null},5,'x',null,[],[[{'id':1}]]]"
	     "}",
	     ""),
	LINE(TASKS,
	     "{'tasks':[{'id':1},{'id':2,'status':null},{'id':3,'status':''},{'id':4,'status':' "
	     "\\t'},{'id':5,'Status':'a'},{'id':6,'status\\u0000x':'a'}]}",
	     "1[10-18]=!missing-status it has no 'status'; 2[19-41]=!missing-status it is "
	     "null@36-40; 3[42-62]=!missing-status it is empty@60; 4[63-86]=!missing-status it is "
	     "empty@81-84; 5[87-108]=!missing-status it has no 'status', only a key that looks "
	     "like it@96.; 6[109-137]=!missing-status it has no 'status', only a key that looks "
	     "like it@118."),
	LINE(TASKS,
	     "{'tasks':[{'id':1,'status':5},{'id':2,'status':['a']},{'id':3,'status':{}},{'id':4,'"
	     "status':false},{'id':5,'status':'a\\u0000b'},{'id':6,'status':'a\\ud83d'}]}",
	     "1[10-29]=(5)@27-28.; 2[30-53]=(['a'])@47-52.; 3[54-74]=({})@71-73.; "
	     "4[75-98]=(false)@92-97.; 5[99-127]=(a\\u0000b)@117-125; "
	     "6[128-155]=(a\\ud83d)@146-153"),
	LINE(TASKS,
	     "{'tasks':[{'\\u0069d':'\\u0061\\u20ac\\ud83d\\ude00','st\\u0061tus':'d\\u006fne\\n'}]"
	     "}",
	     "a\342\202\254\360\237\230\200[10-76]=done@63-74"),
	/* Doubt inside a record is that record's. */
	LINE(TASKS,
	     "{'tasks':[{'id':1,'status':'a','status':'a'},{'id':2,'status':'a','STATUS':1},{'id':"
	     "3,'id':3,'status':'a'},{'Id':4,'id':4,'status':'a'},{'id':5,'id':5},{'id':6,'"
	     "st\\u0061tus':null,'status':'b'},{'id':7,'status\\u0000':1,'status':'b'},{'id':8,'"
	     "status':'z'}]}",
	     "1[10-44]=!ambiguous-status the key 'status' is there twice@32.; "
	     "2[45-77]=!ambiguous-status some parsers take this key for 'status' too@67.; "
	     "[78-106]=!ambiguous-status the key 'id' is there twice@87.; "
	     "[107-135]=!ambiguous-status some parsers take this key for 'id' too@109.; "
	     "6[152-192]=!ambiguous-status the key 'status' is there twice@180.; "
	     "7[193-231]=!ambiguous-status some parsers take this key for 'status' too@202.; "
	     "8[232-253]=z@250-251"),
	LINE(TASKS,
	     "{'tasks':[{'id':1,'x':{'id':2,'status':'x'},'y':[{'status':'y'}],'status':'z'}]}",
	     "1[10-78]=z@75-76"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a'},{'id':1,'status':'b'}]}",
	     "1[10-31]=a@28-29; 1[32-53]=b@50-51"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a','status':'b','status':'c'}]}",
	     "1[10-57]=!ambiguous-status the key 'status' is there twice@32."),
	LINE(TASKS, "{'tasks':[]}", ""),
	LINE("tasks[key={id}].\"the status\"", "{'tasks':[{'id':1,'key':2,'the status':'a'}]}",
	     "2[10-43]=a@40-41"),
	/* Fields. */
	FIELDS(TASKS, two_fields,
	       "{'tasks':[{'grade':5,'id':1,'a.b':'x','status':'a'},{'id':2,'grade':null,'a':{'b':"
	       "1},'A.B':2},{'id':3,'status':'a','grade':1,'grade':2,'a.b':''}]}",
	       "1[10-51]=a@48-49, (5)@19-20., x@35-36; 2[52-93]=!missing-status it has no "
	       "'status', !missing-status it is null@68-72, !missing-status it has no 'a.b', only "
	       "a key that looks like it@86.; 3[94-144]=a@112-113, !ambiguous-status the key "
	       "'grade' is there twice@126., !missing-status it is empty@142"),
	FIELDS(TASKS, own_fields,
	       "{'tasks':[{'id':1,'status':'a'},{'id':2,'status':'a','status':'b'}]}",
	       "1[10-31]=a@28-29, a@28-29, (1)@16-17., !missing-status it has no 'grade'; "
	       "2[32-66]=!ambiguous-status the key 'status' is there twice@54., !ambiguous-status "
	       "the key 'status' is there twice@54., (2)@38-39., !missing-status it has no "
	       "'grade'"),
	/* The root, keys as ids, a star. */
	LINE("[id={id}].status", " [{'id':1,'status':'a'}] ", "1[2-23]=a@20-21"),
	LINE("status_of.{id}",
	     "{'status_of':{'a':'x','b':null,'c':5,'a':'y','':'z','\\u0064':'e\\u0065','e\\u0000':'"
	     "f','  ':null,' g':{'status':1}}}",
	     "a[18-21]=x@19-20; b[26-30]=!missing-status it is null@26-30; c[35-36]=(5)@35-36.; "
	     "a[41-44]=y@42-43; [48-51]=!malformed it has no id@46.; d[61-70]=ee@62-69; "
	     "[81-84]=!malformed its id is no text@72-79.; g[100-112]=({'status':1})@100-112."),
	LINE("items.{id}.status",
	     "{'items':{'a':{'status':'x'},'b':{'id':'c'},'d':null,'e':'done','f':[{'status':'x'}],"
	     "'g':{'status':{'status':'x'}},'h':{'status':'a','status':'b'}}}",
	     "a[14-28]=x@25-26; b[33-43]=!missing-status it has no 'status'; "
	     "d[48-52]=!missing-status it has no 'status'; e[57-63]=!malformed not an object where "
	     "one must be@58-62.; f[68-84]=!malformed not an object where one must be@68-84.; "
	     "g[89-114]=({'status':'x'})@99-113.; h[119-146]=!ambiguous-status the key 'status' is "
	     "there twice@134."),
	LINE("{id}", "{'a':'x'}", "a[5-8]=x@6-7"),
	LINE("*.tasks[id={id}].status",
	     "{'one':{'tasks':[{'id':1,'status':'a'}]},'x':5,'y':null,'z':{'tasks':{}},'two':{'"
	     "tasks':[{'id':1,'status':'b'}],'more':{'tasks':[{'id':9}]}}}",
	     "1[17-38]=a@35-36; 1[89-110]=b@107-108"),
	LINE("a.*.{id}.s",
	     "{'a':{'x':{'i':{'s':'1'}},'y':{'j':{'s':'2'}}},'b':{'x':{'k':{'s':'3'}}}}",
	     "i[15-24]=1@21-22; j[35-44]=2@41-42"),
	LINE("*[id={id}].status",
	     "{'x':[{'id':1,'status':'a'}],'y':{'id':2},'z':[{'id':3,'status':'b'}]}",
	     "1[6-27]=a@24-25; 3[47-68]=b@65-66"),
	LINE("\"a.b\".\"*\".\"c | d\"[id={id}].status",
	     "{'a.b':{'x':1,'*':{'c | d':[{'id':1,'status':'a'}]}}}", "1[28-49]=a@46-47"),
	/* Alternatives: the first whose container is there. */
	LINE("[id={id}].status | " TASKS, "{'tasks':[{'id':1,'status':'a'}]}", "1[10-31]=a@28-29"),
	LINE("[id={id}].status | " TASKS, "[{'id':1,'status':'a'}]", "1[1-22]=a@19-20"),
	LINE("a[id={id}].status | b[id={id}].status",
	     "{'b':[{'id':1,'status':'x'}],'a':[{'id':2,'status':'y'}]}", "2[34-55]=y@52-53"),
	LINE("a[id={id}].status | b[id={id}].status", "{'b':[{'id':1,'status':'x'}],'a':[]}", ""),
	LINE("a[id={id}].status | b[id={id}].status", "{'a':5,'b':[{'id':1,'status':'x'}]}",
	     "1[12-33]=x@30-31"),
	LINE("a[id={id}].status | b[id={id}].status", "{'a':5,'b':true}",
	     "!malformed no array where one must be@5"),
	LINE("a[id={id}].status | b[id={id}].status", "{'a':[],'a':[],'b':[]}",
	     "!ambiguous-status the key 'a' is there twice@9"),
	/* There is no container: nothing, unless something else is in its place, or beside it. */
	LINE(TASKS, "{}", ""),
	LINE(TASKS, "{'tasks':null}", ""),
	LINE(TASKS, "{'Tasks':[{'id':1,'status':'a'}]}",
	     "!missing-status nothing at tasks[id={id}].status"),
	LINE("a[id={id}].status | b[id={id}].status", "{'c':[]}",
	     "!missing-status nothing at a[id={id}].status | b[id={id}].status"),
	LINE("a[id={id}].status | b[id={id}].status", "{'a':null,'c':[]}", ""),
	LINE("*.tasks[id={id}].status", "{'a':{'b':1}}",
	     "!missing-status nothing at *.tasks[id={id}].status"),
	LINE(TASKS, "{'tasks':{'id':1}}", "!malformed no array where one must be@9"),
	LINE(TASKS, " []", "!malformed no object where one must be@1"),
	LINE(TASKS, "null", "!malformed no object where one must be@0"),
	LINE("[id={id}].status", " {}", "!malformed no array where one must be@1"),
	LINE("a.b.{id}", "{'a':{'b':[]}}", "!malformed no object where one must be@10"),
	LINE("a.b.{id}", "{'a':'x'}", "!malformed no object where one must be@5"),
	/* Doubt on the way is the file's. */
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a'}],'tasks':[]}",
	     "!ambiguous-status the key 'tasks' is there twice@34"),
	LINE(TASKS, "{'tasks':[],'t\\u0061sks':[{'id':1,'status':'a'}]}",
	     "!ambiguous-status the key 'tasks' is there twice@13"),
	LINE(TASKS, "{'Tasks':[],'tasks':[{'id':1,'status':'a'}]}",
	     "!ambiguous-status some parsers take this key for 'tasks' too@2"),
	LINE(TASKS, "{'tasks':[],'tasks\\u0000':1}",
	     "!ambiguous-status some parsers take this key for 'tasks' too@13"),
	LINE("a.b.{id}", "{'a':{'B':1,'b':{'x':'1'}},'a':{}}",
	     "!ambiguous-status the key 'a' is there twice@28"),
	LINE("a.{id}", "{'a':{},'a':{},'A':1}", "!ambiguous-status the key 'a' is there twice@9"),
	/* What is no JSON has no records, however late that shows. */
	LINE(TASKS, "", "!malformed not valid JSON: the file is empty@0"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a'},]}",
	     "!malformed not valid JSON: expected a value@32"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a'}]} x",
	     "!malformed not valid JSON: something follows the end of the document@34"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a'}],'x':012}",
	     "!malformed not valid JSON: a number that begins with a needless zero@38"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a\xff'}]}",
	     "!malformed not valid JSON: a byte that is not UTF-8@29"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a\0'}]}",
	     "!malformed not valid JSON: a control character inside a string@29"),
	LINE(TASKS, "{'tasks':[{'id':1,'status':'a'",
	     "!malformed not valid JSON: expected ',' or '}'@30"),
	LINE(TASKS, "\xff\xfe[\0", "!malformed not valid JSON: expected a value@0"),
};

Test(records, json)
{
	EXPECT_LINES(&ds_json_reader, json_records);
}

/* ---- YAML --------------------------------------------------------------- */

#define SPRINT  "development_status.{id}"
#define STORIES "stories[id={id}].status"

static const struct line yaml_records[] = {
	/* The two shapes, with comments, and every style of writing a word. */
	LINE(SPRINT,
	     "# top\nproject: x\ndevelopment_status:\n  # one\n  epic-1: done # all\n  1-a: "
	     "'in''s'\n\n  1-b: \"a\\x62\"\n",
	     "epic-1[55-59]=done@55-59; 1-a[73-80]=in's@74-79; 1-b[89-96]=ab@90-95"),
	/* A map of plain words is read without libyaml. */
	LINE(SPRINT,
	     "a: b\nc:\n  d: e\n\ndevelopment_status:\r\n   1-a: x # y\r\n# z\n   b: 'f g'\nh:\n "
	     "i: "
	     "j\n",
	     "1-a[45-46]=x@45-46; b[62-67]=f g@63-66"),
	LINE(SPRINT, "development_status:\n  a: x\n    b: y\n",
	     "!malformed not valid YAML: mapping values are not allowed in this context@32"),
	LINE("{id}", "a: x\n\n7: y\n", "a[3-4]=x@3-4; 7[9-10]=y@9-10"),
	LINE(SPRINT, "c:\n  d: e\n", "!missing-status nothing at development_status.{id}"),
	LINE(STORIES,
	     "stories:\n  - id: 1\n    status: open # why\n  # two\n  - status: \"done\"\n    id: "
	     "'2'\n\n  -\n    id: c d\n    status: x y\n",
	     "1[13-42]=open@31-35; 2[54-81]=done@63-67; c d[90-114]=x y@110-113"),
	LINE(STORIES, BOM "stories:\r\n- {id: \xc3\xa9, status: a}\r\n- {status: 'b', id: f}\r\n",
	     "\303\251[15-34]=a@32-33; f[38-58]=b@48-49"),
	LINE(STORIES, "{\"stories\": [{\"id\": 7, \"status\": \"a\"}]}", "7[13-37]=a@34-35"),
	LINE(SPRINT, "%YAML 1.1\n---\ndevelopment_status: {a: b}\n...\n", "a[38-39]=b@38-39"),
	LINE("items.{id}.status",
	     "items:\n  a:\n    status: x\n  b: {status: y}\n  c:\n    id: d\n  e:\n  f: done\n  "
	     "g: [a]\n",
	     "a[16-26]=x@24-25; b[31-42]=y@40-41; c[52-58]=!missing-status it has no \"status\"; "
	     "e[62-62]=!missing-status it has no \"status\"; f[68-72]=!malformed not an object "
	     "where one must be@68-72.; g[78-81]=!malformed not an object where one must "
	     "be@78-81."),
	LINE("[id={id}].status", "- id: a\n  status: b\n- just text\n- [id, a]\n- {}\n-\n",
	     "a[2-20]=b@18-19"),
	LINE("*.{id}", "x:\n  a: 1\ny: 5\nz:\n  b: 2\n", "a[8-9]=1@8-9; b[23-24]=2@23-24"),
	LINE("a.\"b c\"[\"the key\"={id}].s", "a:\n  b c:\n    - the key: k\n      s: v\n",
	     "k[16-38]=v@36-37"),
	/* No word, nothing there. */
	LINE(SPRINT,
	     "development_status:\n  a:\n  b: ~\n  c: null # x\n  d: ''\n  e: |\n    done\n  f: "
	     ">-\n\n  g: [x]\n  h: {s: x}\n  i: \"a\\0\"\n  j: ' '\n  k: 5\n",
	     "a[24-24]=!missing-status it is empty@24; b[30-31]=!missing-status it is null@30-31; "
	     "c[37-41]=!missing-status it is null@37-41; d[51-53]=!missing-status it is empty@52; "
	     "e[59-70]=done@59-70.; f[75-79]=!missing-status it is empty@75-79.; "
	     "g[84-87]=([x])@84-87.; h[93-99]=({s: x})@93-99.; i[105-110]=(a\\0)@106-109; "
	     "j[116-119]=!missing-status it is empty@117-118; k[125-126]=5@125-126"),
	LINE(SPRINT,
	     "development_status:\n  '': a\n  ~: b\n  ? [x]\n  : c\n  \"a\\0\": d\n  ? e\n  : f\n  "
	     "? [y]\n  :\n",
	     "[26-27]=!malformed it has no id@23.; [33-34]=!malformed it has no id@30-31.; "
	     "[47-48]=!malformed its id is no text@39-42.; [58-59]=!malformed its id is no "
	     "text@52-55.; e[70-71]=f@70-71"),
	LINE(STORIES,
	     "stories:\n- status: a\n- id:\n  status: b\n- id: [1]\n  status: c\n- ID: 1\n  "
	     "status: d\n- id: 5\n- x: y\n",
	     "[11-21]=!malformed it has no id@11.; [23-39]=!malformed it has no id@26.; "
	     "[41-61]=!malformed its id is no text@45-48.; [63-81]=!malformed it has no id@63.; "
	     "5[83-89]=!missing-status it has no \"status\""),
	FIELDS(STORIES, two_fields,
	       "stories:\n- id: 1\n  status: a\n  grade: [x, y]\n- id: 2\n  a.b: |\n    z\n  "
	       "Grade: 1\n",
	       "1[11-45]=a@27-28, ([x, y])@38-44., !missing-status it has no \"a.b\"; "
	       "2[47-79]=!missing-status it has no \"status\", !missing-status it has no "
	       "\"grade\", only a key that looks like it@70., z@60-68."),
	FIELDS(STORIES, own_fields, "stories:\n- id: 1\n  status: a\n",
	       "1[11-29]=a@27-28, a@27-28, 1@15-16, !missing-status it has no \"grade\""),
	/* Doubt inside a record is that record's. */
	LINE(STORIES,
	     "stories:\n- id: 1\n  status: a\n  status: b\n- id: 2\n  Status: a\n  status: b\n- "
	     "id: 3\n  id: 4\n  status: a\n- id: 5\n  status: a\n",
	     "1[11-41]=!ambiguous-status the key \"status\" is there twice@31.; "
	     "2[43-73]=!ambiguous-status some parsers take this key for \"status\" too@51.; "
	     "[75-101]=!ambiguous-status the key \"id\" is there twice@83.; 5[103-121]=a@119-120"),
	LINE(STORIES,
	     "x: &x a\nstories:\n- id: 1\n  status: *x\n- id: *x\n  status: a\n- id: 2\n  status: "
	     "&y b\n- id: 3\n  &z status: c\n- id: 4\n  status: !!int 5\n- id: 5\n  status: !!str "
	     "5\n- id: 6\n  *x : 1\n  status: a\n",
	     "1[19-38]=!ambiguous-status \"status\" depends on an alias, an anchor or a tag@35.; "
	     "[40-59]=!ambiguous-status \"id\" depends on an alias, an anchor or a tag@44.; "
	     "2[61-82]=!ambiguous-status \"status\" depends on an alias, an anchor or a tag@77.; "
	     "3[84-105]=!ambiguous-status \"status\" depends on an alias, an anchor or a tag@92.; "
	     "4[107-131]=!ambiguous-status \"status\" depends on an alias, an anchor or a "
	     "tag@123.; 5[133-157]=5@155-156; [159-186]=!ambiguous-status \"status\" depends on an "
	     "alias, an anchor or a tag@167."),
	LINE(STORIES,
	     "base: &b {status: x}\nstories:\n- <<: *b\n  id: 1\n- <<: *b\n  id: 2\n  status: y\n- "
	     "<<: *b\n  status: z\n- &r\n  id: 3\n  status: a\n- *r\n- id: 4\n  status: b\n",
	     "1[32-47]=!ambiguous-status \"status\" may come from what is merged in here@32.; "
	     "2[49-76]=y@74-75; [78-97]=!ambiguous-status \"id\" may come from what is merged in "
	     "here@78.; 3[99-122]=!ambiguous-status \"status\" depends on an alias, an anchor or a "
	     "tag@99.; [124-126]=!ambiguous-status \"status\" depends on an alias, an anchor or a "
	     "tag@124.; 4[129-147]=b@145-146"),
	LINE(SPRINT, "development_status:\n  a: x\n  a: y\n  &k b: z\n  c: &v w\n  d: *v\n",
	     "a[25-26]=x@25-26; a[32-33]=y@32-33; [42-43]=!ambiguous-status its key depends on an "
	     "alias, an anchor or a tag@36.; c[49-53]=!ambiguous-status its value depends on an "
	     "alias, an anchor or a tag@49.; d[59-61]=!ambiguous-status its value depends on an "
	     "alias, an anchor or a tag@59."),
	/* Doubt on the way is the file's. */
	LINE(SPRINT, "development_status:\n  a: x\ndevelopment_status:\n  b: y\n",
	     "!ambiguous-status the key \"development_status\" is there twice@27"),
	LINE(SPRINT, "development_status:\n  a: x\nDevelopment_Status:\n  b: y\n",
	     "!ambiguous-status some parsers take this key for \"development_status\" too@27"),
	LINE(SPRINT, "Development_Status:\n  b: y\n",
	     "!missing-status nothing at development_status.{id}"),
	LINE(SPRINT, "development_status: &a\n  a: x\n",
	     "!ambiguous-status \"development_status\" depends on an alias, an anchor or a tag@20"),
	LINE(SPRINT, "b: &b {a: x}\ndevelopment_status: *b\n",
	     "!ambiguous-status \"development_status\" depends on an alias, an anchor or a tag@33"),
	LINE(SPRINT, "&k development_status:\n  a: x\n",
	     "!ambiguous-status \"development_status\" depends on an alias, an anchor or a tag@0"),
	LINE(SPRINT, "a: &k development_status\n*k :\n  a: x\n",
	     "!ambiguous-status \"development_status\" depends on an alias, an anchor or a tag@25"),
	LINE(SPRINT, "b: &b {development_status: {a: x}}\n<<: *b\n",
	     "!ambiguous-status \"development_status\" may come from what is merged in here@35"),
	LINE(SPRINT, "b: &b {development_status: {a: x}}\n<<: *b\ndevelopment_status: {c: d}\n",
	     "c[66-67]=d@66-67"),
	LINE(SPRINT, "b: &b {a: x}\ndevelopment_status:\n  <<: *b\n  c: d\n",
	     "!ambiguous-status \"records\" may come from what is merged in here@35"),
	LINE(STORIES, "&root\nstories: [{id: 1, status: a}]\n",
	     "!ambiguous-status \"records\" depends on an alias, an anchor or a tag@0"),
	LINE("*.{id}", "a: &x {b: c}\nd: &y 5\n",
	     "!ambiguous-status \"records\" depends on an alias, an anchor or a tag@3"),
	/* Alternatives, and what is no container. */
	LINE("[id={id}].status | " STORIES, "stories: [{id: 1, status: a}]\n", "1[10-28]=a@26-27"),
	LINE("a.{id} | b.{id}", "b: {c: d}\n", "c[7-8]=d@7-8"),
	LINE("a.{id} | b.{id}", "b: {c: d}\na: {}\n", ""),
	LINE(SPRINT, "", ""),
	LINE(SPRINT, "# nothing\n", ""),
	LINE(SPRINT, "development_status:\n", ""),
	LINE(SPRINT, "development_status: []\n", "!malformed no object where one must be@20"),
	LINE(STORIES, "stories: {}\n", "!malformed no array where one must be@9"),
	LINE(STORIES, "- stories\n", "!malformed no object where one must be@0"),
	LINE(STORIES, "~\n", "!malformed no object where one must be@0"),
	/* What is no YAML, or not every YAML's, has no records. */
	LINE(SPRINT, "development_status:\n  a: x\n---\na: b\n",
	     "!malformed not valid YAML: a second document begins@27"),
	LINE(SPRINT, "development_status:\n  a: x\n b: y\n",
	     "!malformed not valid YAML: did not find expected key@28"),
	LINE(SPRINT, "development_status:\n\ta: x\n",
	     "!malformed not valid YAML: found character that cannot start any token@20"),
	LINE(SPRINT, "development_status:\n  - - a: @x\n",
	     "!malformed not valid YAML: found character that cannot start any token; a text that "
	     "begins so has to be in quotes@29"),
	LINE(SPRINT, "development_status:\n  - - @x\n",
	     "!malformed not valid YAML: found character that cannot start any token; a text that "
	     "begins so has to be in quotes@26"),
	LINE(SPRINT, "development_status:\n  a: x\xff\n",
	     "!malformed not valid YAML: invalid leading UTF-8 octet@26"),
	LINE(SPRINT, BOM "development_status:\n  a: x\x01\n",
	     "!malformed not valid YAML: control characters are not allowed@29"),
	LINE(SPRINT, "development_status:\n  a: x\0\n",
	     "!malformed not valid YAML: control characters are not allowed@26"),
	LINE(SPRINT,
	     "\xff\xfe"
	     "a\0",
	     "!malformed not UTF-8 but UTF-16@0"),
	LINE(SPRINT, "# a\n%TAG !a! b\n---\ndevelopment_status: {a: b}\n",
	     "!malformed a %TAG directive, which is not for files like this@4"),
	LINE(SPRINT, "development_status:\n  a: x\xc2\x85  b: y\n",
	     "!ambiguous-status a line break here that only YAML 1.1 knows decides what it "
	     "says@26"),
	LINE(SPRINT, "title: \"a\xe2\x80\xa8 b\"\ndevelopment_status:\n  a: x\n",
	     "a[41-42]=x@41-42"),
	LINE(SPRINT, "a: [\r]\rdevelopment_status: {b: c}\r", "b[31-32]=c@31-32"),
	LINE(SPRINT,
	     "x: "
	     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"
	     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
	     "!malformed not valid YAML: nested deeper than 64 levels@66"),
};

Test(records, yaml)
{
	EXPECT_LINES(&ds_yaml_reader, yaml_records);
}

/* ---- Changing a record -------------------------------------------------- */

struct change {
	const char *at;
	const char *field; /* NULL: the status says another word; else it is put in */
	const char *behind;
	const char *before; /* the record is the one with the id "2" */
	const char *after;  /* NULL: refused */
};

static const struct ds_record *find_record(const struct ds_records *records)
{
	for (size_t i = 0; i < records->len; i++)
		if (ds_text_is(records->at[i].id, "2"))
			return &records->at[i];
	return NULL;
}

static bool make_edit(struct ds_edit *out, const struct ds_reader *reader,
		      const struct change *change, struct ds_text bytes,
		      const struct ds_record *record, struct ds_arena *arena, char *why)
{
	struct ds_text word = ds_text_of("done");
	struct ds_reading reading;
	struct ds_buf at = {0};

	if (!change->field) {
		ds_reading_of(&reading, &record->values[0]);
		cr_assert(reading.editable, "%s", change->before);
		return reader->edit(out, bytes, &reading, word, arena, why);
	}
	reader->beside(&at, change->at, change->field);
	bool made = reader->insert(out, bytes, record, at.bytes, change->behind, word, arena, why);
	ds_buf_free(&at);
	return made;
}

static void expect_change(const struct ds_reader *reader, const struct change *change)
{
	struct ds_text bytes = ds_text_of(change->before);
	struct ds_spec spec = {change->at, NULL};
	char why[DS_WHY_ROOM] = "";
	struct ds_records records = {0};
	struct ds_arena arena = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;

	cr_assert(reader->records(&records, bytes, &spec, NULL, &arena));
	const struct ds_record *record = find_record(&records);
	cr_assert(record, "%s: %s", change->before, records.defect.why);
	bool made = make_edit(&edit, reader, change, bytes, record, &arena, why);
	cr_expect_eq(made, change->after != NULL, "%s: %s", change->before, why);
	cr_expect(made || *why, "%s", change->before);
	if (made && change->after) {
		cr_expect(edit.start >= record->start && edit.end <= record->end,
			  "%s: beyond the record", change->before);
		ds_buf_append(&after, bytes.at, edit.start);
		ds_buf_append(&after, edit.text.at, edit.text.len);
		ds_buf_append(&after, bytes.at + edit.end, bytes.len - edit.end);
		cr_expect_str_eq(after.bytes, change->after);
	}
	ds_buf_free(&after);
	ds_records_free(&records);
	ds_arena_free(&arena);
}

#define EXPECT_CHANGES(reader, table)                                                              \
	for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                               \
	expect_change(reader, &(table)[i])

#define ROOT "[id={id}].status"

static const struct change json_changes[] = {
	{ROOT, NULL, NULL, "[{\"id\":1,\"status\":\"a\"},{\"id\":2,\"status\":\"b\"}]",
	 "[{\"id\":1,\"status\":\"a\"},{\"id\":2,\"status\":\"done\"}]"},
	{ROOT, NULL, NULL, "[{\"id\":2,\"status\":null}]", "[{\"id\":2,\"status\":\"done\"}]"},
	{"m.{id}", NULL, NULL, "{\"m\":{\"2\":\"b\",\"3\":\"c\"}}",
	 "{\"m\":{\"2\":\"done\",\"3\":\"c\"}}"},
	/* Last, or behind; never into another record or an object inside. */
	{ROOT, "status", NULL, "[{\"id\":1},{\"id\":2},{\"id\":3}]",
	 "[{\"id\":1},{\"id\":2,\"status\":\"done\"},{\"id\":3}]"},
	{ROOT, "at", "[id={id}].status",
	 "[ {\"status\": \"x\", \"id\": 2, \"y\": {\"status\": 1}} ]",
	 "[ {\"status\": \"x\", \"at\": \"done\", \"id\": 2, \"y\": {\"status\": 1}} ]"},
	{ROOT, "at", "[id={id}].gone", "[{\"id\":2,\"y\":{\"gone\":1}},{\"gone\":1}]",
	 "[{\"id\":2,\"y\":{\"gone\":1},\"at\":\"done\"},{\"gone\":1}]"},
	{ROOT, "at", "[id={id}].status",
	 "[\r\n  {\r\n    \"id\": 2,\r\n    \"status\": \"a\"\r\n  }\r\n]",
	 "[\r\n  {\r\n    \"id\": 2,\r\n    \"status\": \"a\",\r\n    \"at\": \"done\"\r\n  "
	 "}\r\n]"},
	{TASKS " | " ROOT, "at", TASKS " | " ROOT, "[{\"status\":\"a\",\"id\":2}]",
	 "[{\"status\":\"a\",\"at\":\"done\",\"id\":2}]"},
	{ROOT, "a.b", NULL, "[{\"id\":2}]", "[{\"id\":2,\"a.b\":\"done\"}]"},
	{"m.{id}.status", "status", NULL, "{\"m\":{\"2\":{ }}}",
	 "{\"m\":{\"2\":{ \"status\": \"done\" }}}"},
	{"m.{id}.status", "status", NULL, "{\"m\":{\"2\":null}}", NULL},
	{"m.{id}", "at", NULL, "{\"m\":{\"2\":\"b\"}}", NULL},
};

Test(records, json_changes)
{
	EXPECT_CHANGES(&ds_json_reader, json_changes);
}

static const struct change yaml_changes[] = {
	{SPRINT, NULL, NULL, "development_status:\n  1: a # one\n  2: b # two\n",
	 "development_status:\n  1: a # one\n  2: done # two\n"},
	{SPRINT, NULL, NULL, "development_status:\n  2: 'b'\n",
	 "development_status:\n  2: 'done'\n"},
	{SPRINT, NULL, NULL, "development_status:\n  2: # b\n",
	 "development_status:\n  2: done # b\n"},
	{SPRINT, NULL, NULL, "development_status: {1: a, 2: b}\n",
	 "development_status: {1: a, 2: done}\n"},
	{STORIES, NULL, NULL, BOM "stories:\r\n- id: 2\r\n  status: \"\xc3\xa9\" #\r\n",
	 BOM "stories:\r\n- id: 2\r\n  status: \"done\" #\r\n"},
	/* A line more, behind the neighbour or last. */
	{STORIES, "status", NULL, "stories:\n  - id: 1\n  - id: 2 # two\n\n  # three\n  - id: 3\n",
	 "stories:\n  - id: 1\n  - id: 2 # two\n    status: done\n\n  # three\n  - id: 3\n"},
	{STORIES, "at", STORIES, "stories:\n- status: a # b\n  id: 2\n  x:\n    - status: c\n",
	 "stories:\n- status: a # b\n  at: done\n  id: 2\n  x:\n    - status: c\n"},
	{STORIES, "at", STORIES, "stories:\n-   id: 2\n    x: {status: c}\n    status: a",
	 "stories:\n-   id: 2\n    x: {status: c}\n    status: a\n    at: done"},
	{STORIES, "at", "stories[id={id}].x",
	 "stories:\r\n  -\r\n    id: 2\r\n    x: |\r\n      a\r\n    y: b\r\n",
	 "stories:\r\n  -\r\n    id: 2\r\n    x: |\r\n      a\r\n    at: done\r\n    y: b\r\n"},
	{STORIES, "at", "stories[id={id}].x", "stories:\n- id: 2\n  x:\n  - a\n  # y\n  y: b\n",
	 "stories:\n- id: 2\n  x:\n  - a\n  at: done\n  # y\n  y: b\n"},
	{"m.{id}.status", "status", NULL, "m:\n  2:\n    t: \xc3\xa9\n  3: {}\n",
	 "m:\n  2:\n    t: \xc3\xa9\n    status: done\n  3: {}\n"},
	{STORIES, "at", STORIES, "stories:\n- id: 2\n  status: a # b\n# c\n- id: 3\n",
	 "stories:\n- id: 2\n  status: a # b\n  at: done\n# c\n- id: 3\n"},
	{STORIES, "at", STORIES, "stories:\r\n- id: 1\r\n- id: 2\r\n  status: a",
	 "stories:\r\n- id: 1\r\n- id: 2\r\n  status: a\r\n  at: done"},
	{ROOT, "status", NULL, BOM "- id: 2\n", BOM "- id: 2\n  status: done\n"},
	/* A line more would end the text's last one. */
	{STORIES, "status", NULL, "stories:\n- id: 2\n  t: |\n    a", NULL},
	{STORIES, "at", STORIES, "stories:\n- id: 2\n  status: a\n  t: >-\n    a",
	 "stories:\n- id: 2\n  status: a\n  at: done\n  t: >-\n    a"},
	{STORIES, "status", NULL, "stories:\n- t: |\n    a\n  id: 2",
	 "stories:\n- t: |\n    a\n  id: 2\n  status: done"},
	{STORIES, "status", NULL, "stories: [{id: 2}]\n", NULL},
	{STORIES, "yes", NULL, "stories:\n- id: 2\n", NULL},
	{"m.{id}.status", "status", NULL, "m:\n  2:\n", NULL},
};

Test(records, yaml_changes)
{
	EXPECT_CHANGES(&ds_yaml_reader, yaml_changes);
}

/* ---- One status --------------------------------------------------------- */

static const struct single {
	const struct ds_reader *reader;
	const char *at;
	const char *bytes;
	const char *shown;
	const char *with; /* what makes it say "done"; NULL: nothing does */
} singles[] = {
	{&ds_json_reader, "\"a.b\".\"s t\"", "{\"a\":{\"b\":1},\"a.b\":{\"s t\":\"x\"}}", "x@27-28",
	 "{\"a\":{\"b\":1},\"a.b\":{\"s t\":\"done\"}}"},
	{&ds_json_reader, "a.s | s", "{\"s\":\"x\"}", "x@6-7", "{\"s\":\"done\"}"},
	{&ds_json_reader, "a.s | s", "{\"a\":{},\"s\":\"x\"}", "!missing-status it has no \"a.s\"",
	 "{\"a\":{\"s\": \"done\"},\"s\":\"x\"}"},
	{&ds_json_reader, "a.s | b.s", "{\"b\":{}}", "!missing-status it has no \"b.s\"",
	 "{\"b\":{\"s\": \"done\"}}"},
	{&ds_json_reader, "a.s | b.s", "{\"a\":1}", "!malformed not an object where one must be@5.",
	 NULL},
	{&ds_json_reader, "a.s | b.s", "{}", "!missing-status it has no \"a.s\"", NULL},
	{&ds_yaml_reader, "status", "status: x # why\n", "x@8-9", "status: done # why\n"},
	{&ds_yaml_reader, "status", BOM "# a\n---\nstatus: 'x'\n...\n", "x@20-21",
	 BOM "# a\n---\nstatus: 'done'\n...\n"},
	{&ds_yaml_reader, "a.status", "a:\n  status: x\nstatus: y\n", "x@13-14",
	 "a:\n  status: done\nstatus: y\n"},
	{&ds_yaml_reader, "a.status", "a:\n  b: c\nd: e\n",
	 "!missing-status it has no \"a.status\"", "a:\n  b: c\n  status: done\nd: e\n"},
	{&ds_yaml_reader, "status", "a: b", "!missing-status it has no \"status\"",
	 "a: b\nstatus: done"},
	{&ds_yaml_reader, "status", "---\na: b\n...\n", "!missing-status it has no \"status\"",
	 "---\na: b\nstatus: done\n...\n"},
	{&ds_yaml_reader, "status", "# nothing\n", "!missing-status it has no \"status\"", NULL},
	{&ds_yaml_reader, "a.s | s", "s: x\n", "x@3-4", "s: done\n"},
	{&ds_yaml_reader, "s", "\xff\xfes\n", "!malformed not UTF-8 but UTF-16@0.", NULL},
	{&ds_yaml_reader, "s", "%TAG ! x\n--- {s: x}\n",
	 "!malformed a %TAG directive, which is not for files like this@0.", NULL},
	{&ds_yaml_reader, "s", "s: x\n---\ns: y\n",
	 "!malformed not valid YAML: a second document begins@5.", NULL},
	{&ds_yaml_reader, "s", "s: x\ns: y\ns: z\n",
	 "!ambiguous-status the key \"s\" is there twice@5.", NULL},
	{&ds_frontmatter_reader, "a.s | s", "---\ns: x\n---\n", "x@7-8", "---\ns: done\n---\n"},
};

static void expect_single(const struct single *line)
{
	struct ds_splice splice = {line->reader, line->at, ds_text_of("done"), true, NULL};
	struct ds_arena arena = {0};
	struct ds_reading reading;
	struct ds_value value;
	struct ds_buf shown = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	line->reader->read(&reading, ds_text_of(line->bytes), true, line->at, &arena);
	ds_value_of(&value, &reading, &arena);
	show_value(&shown, &value);
	cr_expect_str_eq(shown.bytes, line->shown);
	enum ds_splice_outcome outcome =
		ds_splice(&after, &edit, &splice, ds_text_of(line->bytes), &arena, why);
	cr_expect_eq(outcome, line->with ? DS_SPLICE_DONE : DS_SPLICE_REFUSED, "%s: %s",
		     line->bytes, why);
	if (line->with && outcome == DS_SPLICE_DONE)
		cr_expect_str_eq(after.bytes, line->with);
	ds_buf_free(&shown);
	ds_buf_free(&after);
	ds_arena_free(&arena);
}

Test(records, one_status)
{
	for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
		expect_single(&singles[i]);
}

/* ---- Paths -------------------------------------------------------------- */

static const struct {
	const char *at;
	const char *id;
	const char *shown; /* "one", "many", or what is wrong */
} paths[] = {
	{"status", NULL, "one"},
	{"a.b.status", NULL, "one"},
	{"\"a.b\".\"c | d\".\"{id}\".\"*\".e-f_g/h", NULL, "one"},
	{"a | b.c", NULL, "one"},
	{TASKS, NULL, "many"},
	{ROOT, NULL, "many"},
	{"*.\"a b\"[\"c d\"={id}].\"e f\"", NULL, "many"},
	{"*[id={id}].s | {id}.s | a.*.{id}.s", NULL, "many"},
	{"{id}", NULL, "many"},
	{"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p", NULL, "one"},
	{NULL, NULL, "\"at\" is to say which keys lead to the status, as in a.b.status"},
	{"", NULL, "\"at\" is to say which keys lead to the status, as in a.b.status"},
	{"status", "id",
	 "\"id\" is not for this reader: \"at\" has the id, as in tasks[id={id}].status"},
	{"a..b", NULL, "\"a..b\": a key is empty"},
	{".a", NULL, "\".a\": a key is empty"},
	{"a.", NULL, "\"a.\": a key is empty"},
	{"a | ", NULL, "\"a | \": a key is empty"},
	{" | a", NULL, "\" | a\": a key is empty"},
	{"a.\"\"", NULL, "\"a.\"\"\": a key is empty"},
	{"a.\"b", NULL, "\"a.\"b\": a quote is never closed"},
	{"a b", NULL, "\"a b\": a key with blanks or signs in it stands in double quotes"},
	{"a|b", NULL, "\"a|b\": a key with blanks or signs in it stands in double quotes"},
	{"a{id}", NULL, "\"a{id}\": a key with blanks or signs in it stands in double quotes"},
	{"\"a\"b", NULL, "\"\"a\"b\": a key with blanks or signs in it stands in double quotes"},
	{"a[0].b", NULL, "\"a[0].b\": a selector is written [KEY={id}]"},
	{"a[id={name}].b", NULL, "\"a[id={name}].b\": a selector is written [KEY={id}]"},
	{"a[={id}].b", NULL, "\"a[={id}].b\": a selector is written [KEY={id}]"},
	{"a[id={id}].{id}", NULL, "\"a[id={id}].{id}\": {id} is there twice"},
	{"{id}.{id}", NULL, "\"{id}.{id}\": {id} is there twice"},
	{"a[id={id}]", NULL,
	 "\"a[id={id}]\": one key stands behind a selector, as in tasks[id={id}].status"},
	{"a[id={id}].b.c", NULL,
	 "\"a[id={id}].b.c\": one key stands behind a selector, as in tasks[id={id}].status"},
	{"a[id={id}].*", NULL,
	 "\"a[id={id}].*\": one key stands behind a selector, as in tasks[id={id}].status"},
	{"{id}.b.c", NULL,
	 "\"{id}.b.c\": at most one key stands behind {id}, as in items.{id}.status"},
	{"{id}.*", NULL, "\"{id}.*\": at most one key stands behind {id}, as in items.{id}.status"},
	{"*.status", NULL, "\"*.status\": * is only for files that hold records: there is no {id}"},
	{"a | b.{id}", NULL, "\"a | b.{id}\": either all alternatives have an {id}, or none"},
	{"a.{id}.s | b.{id}.t", NULL,
	 "\"a.{id}.s | b.{id}.t\": all alternatives end in the same key"},
	{"a.{id}.s | b.{id}", NULL, "\"a.{id}.s | b.{id}\": all alternatives end in the same key"},
	{"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", NULL,
	 "\"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q\": it has more than 16 keys"},
};

Test(records, paths)
{
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct ds_spec spec = {paths[i].at, paths[i].id};
		ds_error err = {0};
		bool many = false;
		int status = ds_json_reader.check(&spec, &many, &err);
		cr_expect_str_eq(status ? err.message : many ? "many" : "one", paths[i].shown);
		cr_expect(!status || status == DS_TROUBLE);
		cr_expect_eq(ds_yaml_reader.check(&spec, &many, NULL), status);
		status = ds_frontmatter_reader.check(&spec, &many, &err);
		cr_expect_eq(status == 0, strcmp(paths[i].shown, "one") == 0, "%s", paths[i].at);
	}
}

Test(records, fields_beside)
{
	static const struct {
		const char *at;
		const char *field;
		const char *beside;
	} table[] = {
		{NULL, "x", "x"},
		{NULL, "x.y", "\"x.y\""},
		{"status", "x", "x"},
		{"a.b.status", "x", "a.b.x"},
		{"\"a.b\".\"c.d\"", "x y", "\"a.b\".\"x y\""},
		{"a.s | \"b | c\".s | s", "x", "a.x | \"b | c\".x | x"},
		{TASKS, "x", "tasks[id={id}].x"},
		{"[\"a.b\"={id}].s", "x", "[\"a.b\"={id}].x"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_buf out = {0};
		cr_expect(ds_json_reader.beside(&out, table[i].at, table[i].field));
		cr_expect_str_eq(out.bytes, table[i].beside);
		ds_buf_free(&out);
	}
}

/* ---- The same as cJSON -------------------------------------------------- */

/* A document with everything that may stand in a record; no two of them are alike. */
static void make_document(struct ds_buf *out, unsigned seed, size_t count)
{
	static const char *const statuses[] = {"\"open\"",   "\"d\\u00f6ne\"", "null", "5",
					       "\"a\\\"b\"", "[\"x\"]",        "true", "\"\""};
	static const char *const noise[] = {"{\"id\":\"no\",\"status\":\"no\"}", "[[],{}]", "1.5e3",
					    "\"]}\\\\\""};
	ds_buf_puts(out, "{\"x\":[{\"id\":1}],\"tasks\":[");
	for (size_t i = 0; i < count; i++) {
		seed = seed * 1103515245 + 12345;
		ds_buf_printf(out, "%s{", i ? ", " : "");
		ds_buf_printf(out, seed & 0x10000 ? "\"id\":%zu," : "\"id\" : \"t%zu\" ,", i);
		ds_buf_printf(out, "\"n\":%s", noise[seed >> 17 & 3]);
		if (seed >> 20 & 7)
			ds_buf_printf(out, ",\"status\":%s", statuses[seed >> 23 & 7]);
		ds_buf_puts(out, "}");
	}
	ds_buf_puts(out, "]}");
}

static void expect_same(const cJSON *element, const struct ds_record *record)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(element, "id");
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(element, "status");
	const struct ds_value *value = &record->values[0];
	char number[32];

	snprintf(number, sizeof number, "%.0f", id->valuedouble);
	cr_assert(ds_text_is(record->id, cJSON_IsString(id) ? id->valuestring : number));
	if (!status || cJSON_IsNull(status) || (cJSON_IsString(status) && !*status->valuestring))
		cr_assert_eq(value->code, DS_MISSING_STATUS);
	else
		cr_assert(!value->code && value->word == cJSON_IsString(status));
	if (!value->code && value->word)
		cr_assert(ds_text_is(value->text, status->valuestring));
}

/* As many as a file may have: each step of the walk is taken once. */
Test(records, cjson_finds_the_same)
{
	const size_t counts[] = {0, 1, 7, 1000, getenv("DESYNC_SLOW") ? 2000 : 100000};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct ds_spec spec = {TASKS, NULL};
		struct ds_records records = {0};
		struct ds_arena arena = {0};
		struct ds_buf text = {0};
		const cJSON *element;
		size_t at = 0;
		make_document(&text, (unsigned)i + 1, counts[i]);
		cr_assert(ds_json_reader.records(&records, (struct ds_text){text.bytes, text.len},
						 &spec, NULL, &arena));
		cr_assert_eq(records.len, counts[i], "%s", records.defect.why);
		cJSON *root = cJSON_ParseWithLength(text.bytes, text.len);
		cJSON_ArrayForEach(element, cJSON_GetObjectItemCaseSensitive(root, "tasks"))
			expect_same(element, &records.at[at++]);
		cr_expect_eq(at, counts[i]);
		cJSON_Delete(root);
		ds_records_free(&records);
		ds_arena_free(&arena);
		ds_buf_free(&text);
	}
}

/* JSON is YAML: the two readers agree about it, but for what YAML takes for text. */
Test(records, yaml_finds_the_same)
{
	struct ds_spec spec = {TASKS, NULL};
	struct ds_records json = {0};
	struct ds_records yaml = {0};
	struct ds_arena arena = {0};
	struct ds_buf text = {0};

	make_document(&text, 7, getenv("DESYNC_SLOW") ? 1000 : 100000);
	struct ds_text bytes = {text.bytes, text.len};
	cr_assert(ds_json_reader.records(&json, bytes, &spec, NULL, &arena));
	cr_assert(ds_yaml_reader.records(&yaml, bytes, &spec, NULL, &arena));
	cr_assert_eq(json.len, yaml.len, "%s", yaml.defect.why);
	for (size_t i = 0; i < json.len; i++) {
		const struct ds_record *a = &json.at[i];
		const struct ds_record *b = &yaml.at[i];
		cr_assert(ds_text_equal(a->id, b->id));
		cr_assert(a->start == b->start && a->end == b->end);
		cr_assert_eq(a->values[0].code, b->values[0].code);
		cr_assert_eq(a->values[0].start, b->values[0].start);
		cr_assert_eq(a->values[0].end, b->values[0].end);
		cr_assert(ds_text_equal(a->values[0].text, b->values[0].text));
	}
	ds_records_free(&json);
	ds_records_free(&yaml);
	ds_arena_free(&arena);
	ds_buf_free(&text);
}
