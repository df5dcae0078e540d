/* Files that hold many records, in JSON and in YAML: which records, what they say, where. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keypath.h"
#include "readers.h"

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
	/* There is no container: nothing, unless something else is in its place. */
	LINE(TASKS, "{}", ""),
	LINE(TASKS, "{'tasks':null}", ""),
	LINE(TASKS, "{'Tasks':[{'id':1,'status':'a'}]}", ""),
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
