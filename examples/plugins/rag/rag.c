/*
 * Searches documents by words: ToolFS's example of a plugin in WASM. rag.py beside it is the same plugin in Python.
 *
 *   init      {documents?: [{id, content, metadata?}], path?: "/toolfs/data/documents.jsonl"}
 *   search    data {query | input, top_k?}, options {text, top_k?}, or path "/query?text=…&top_k=…"
 *   read_file the same; list_dir names what can be read
 *
 * Relevance is the cosine of the words' weights, count × (N + 1) / (documents with it + 1), with N documents. Words are what letters, digits
 * and all that is not ASCII make, in lower case.
 *
 * Build: python -m ziglang cc -target wasm32-freestanding -nostdlib -Oz -Wl,--no-entry -Wl,--strip-all -o rag.wasm rag.c
 */
#include "../toolfs.h"

#define HEAP (8u << 20)
#define MOST_DOCUMENTS 1000
#define MOST_RESULTS 100

typedef struct { const char *at; u32 length; } Text;
typedef struct { u64 hash; u32 count; } Word;
typedef struct { Text id, content, metadata; Word *words; u32 word_count; double score; } Document;

static char heap[HEAP];
static u32 used;
static Document documents[MOST_DOCUMENTS];
static u32 document_count, kept;
static Text path;
static const char *problem;

static void *reserve(u32 size) {
  if (size > HEAP - used - 8) { problem = "the documents are too big"; used = 0; size = 0; }
  void *at = heap + used;
  used += (size + 7) & ~7u;
  return at;
}

static u32 size_of(const char *text) { u32 n = 0; while (text[n]) n++; return n; }

static int same(Text text, const char *other) {
  u32 n = size_of(other);
  if (text.length != n) return 0;
  for (u32 i = 0; i < n; i++) if (text.at[i] != other[i]) return 0;
  return 1;
}

/* JSON: a value is the text that it takes. What is broken ends at the end of the text. */

static u32 skip_space(Text t, u32 i) { while (i < t.length && (t.at[i] == ' ' || t.at[i] == '\n' || t.at[i] == '\t' || t.at[i] == '\r')) i++; return i; }

static u32 skip_string(Text t, u32 i) {
  for (i++; i < t.length && t.at[i] != '"'; i++) if (t.at[i] == '\\') i++;
  return i < t.length ? i + 1 : t.length;
}

static u32 skip_value(Text t, u32 i) {
  u32 depth = 0;
  for (i = skip_space(t, i); i < t.length;) {
    char c = t.at[i];
    if (c == '"') i = skip_string(t, i);
    else if (c == '{' || c == '[') depth++, i++;
    else if (c == '}' || c == ']') { if (!depth) return i; depth--, i++; }
    else if (!depth && (c == ',' || c == ':')) return i;
    else i++;
    if (!depth && (c == '"' || c == '}' || c == ']')) return i;
  }
  return i;
}

static Text value_at(Text t, u32 *i) {
  u32 start = skip_space(t, *i);
  *i = skip_value(t, start);
  return (Text){t.at + start, *i - start};
}

static Text next_item(Text list, u32 *i) {
  if (*i == 0) *i = 1; else if (*i < list.length && list.at[*i] == ',') ++*i; else return (Text){0, 0};
  Text item = value_at(list, i);
  *i = skip_space(list, *i);
  return item;
}

static Text member(Text object, const char *name) {
  u32 i = 0;
  if (!object.length || object.at[0] != '{') return (Text){0, 0};
  for (;;) {
    Text key = next_item(object, &i);
    if (key.length < 2 || i >= object.length || object.at[i] != ':') return (Text){0, 0};
    i++;
    Text value = value_at(object, &i);
    i = skip_space(object, i);
    if (same((Text){key.at + 1, key.length - 2}, name)) return value;
  }
}

static int is_string(Text value) { return value.length >= 2 && value.at[0] == '"'; }

static u32 hex(const char *at) {
  u32 value = 0;
  for (u32 i = 0; i < 4; i++) { char c = at[i]; value = value << 4 | (u32)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10); }
  return value;
}

static u32 put_utf8(char *to, u32 code) {
  if (code < 0x80) { to[0] = (char)code; return 1; }
  if (code < 0x800) { to[0] = (char)(0xc0 | code >> 6); to[1] = (char)(0x80 | (code & 63)); return 2; }
  if (code < 0x10000) { to[0] = (char)(0xe0 | code >> 12); to[1] = (char)(0x80 | (code >> 6 & 63)); to[2] = (char)(0x80 | (code & 63)); return 3; }
  to[0] = (char)(0xf0 | code >> 18); to[1] = (char)(0x80 | (code >> 12 & 63)); to[2] = (char)(0x80 | (code >> 6 & 63)); to[3] = (char)(0x80 | (code & 63));
  return 4;
}

static Text decoded(Text value) {
  char *to = reserve(value.length);
  u32 n = 0;
  if (problem) return (Text){0, 0};
  for (u32 i = 1; i + 1 < value.length; i++) {
    char c = value.at[i];
    if (c != '\\') { to[n++] = c; continue; }
    c = value.at[++i];
    if (c != 'u') { to[n++] = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c; continue; }
    if (i + 5 >= value.length) break;
    u32 code = hex(value.at + i + 1);
    i += 4;
    if ((code & 0xfc00) == 0xd800 && i + 7 < value.length && value.at[i + 1] == '\\') {
      code = 0x10000 + ((code & 0x3ff) << 10) + (hex(value.at + i + 3) & 0x3ff);
      i += 6;
    }
    n += put_utf8(to + n, code);
  }
  return (Text){to, n};
}

/* Words. */

static int is_word(char c) { return (u8)c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

static u32 words_of(Text text, Word **words) {
  *words = reserve((text.length / 2 + 1) * sizeof(Word));
  u32 count = 0;
  for (u32 i = 0; !problem && i < text.length;) {
    if (!is_word(text.at[i])) { i++; continue; }
    u64 hash = 14695981039346656037ull;
    for (; i < text.length && is_word(text.at[i]); i++) {
      char c = text.at[i];
      hash = (hash ^ (u8)(c >= 'A' && c <= 'Z' ? c | 32 : c)) * 1099511628211ull;
    }
    u32 at = 0;
    while (at < count && (*words)[at].hash != hash) at++;
    if (at == count) (*words)[count++] = (Word){hash, 0};
    (*words)[at].count++;
  }
  return count;
}

static u32 count_in(const Document *document, u64 hash) {
  for (u32 i = 0; i < document->word_count; i++) if (document->words[i].hash == hash) return document->words[i].count;
  return 0;
}

static double weight(u64 hash, u32 count) {
  u32 with = 0;
  for (u32 i = 0; i < document_count; i++) with += count_in(&documents[i], hash) > 0;
  return (double)count * (document_count + 1) / (with + 1);
}

static void add(Text object) {
  Text id = member(object, "id"), content = member(object, "content");
  if (!is_string(id) || !is_string(content)) { problem = "a document is {id, content, metadata?}"; return; }
  if (document_count == MOST_DOCUMENTS) { problem = "there are too many documents"; return; }
  Document *document = &documents[document_count++];
  *document = (Document){id, content, member(object, "metadata"), 0, 0, 0};
  document->word_count = words_of(decoded(content), &document->words);
}

/* Answers. */

static void say(Text *to, const char *text) { char *end = (char *)to->at + to->length; while (*text) *end++ = *text++, to->length++; }
static void say_text(Text *to, Text text) { for (u32 i = 0; i < text.length; i++) ((char *)to->at)[to->length++] = text.at[i]; }

static void say_number(Text *to, u64 value) {
  char digits[24];
  u32 n = sizeof digits;
  digits[--n] = 0;
  do digits[--n] = (char)('0' + value % 10); while (value /= 10);
  say(to, digits + n);
}

static void say_string(Text *to, Text text) {
  say(to, "\"");
  for (u32 i = 0; i < text.length; i++) {
    u8 c = (u8)text.at[i];
    char escaped[7] = {'\\', 'u', '0', '0', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15], 0};
    char plain[3] = {'\\', (char)c, 0};
    say_text(to, c < 0x20 ? (Text){escaped, 6} : c == '"' || c == '\\' ? (Text){plain, 2} : (Text){plain + 1, 1});
  }
  say(to, "\"");
}

/* With six digits after the point. */
static void say_score(Text *to, double score) {
  u64 millionths = (u64)(score * 1000000 + 0.5);
  say_number(to, millionths / 1000000);
  say(to, ".");
  for (u64 part = millionths % 1000000, unit = 100000; unit; part %= unit, unit /= 10) say_number(to, part / unit);
}

static int fail(const char *why) {
  static char room[600];
  Text answer = {room, 0};
  say(&answer, "{\"success\":false,\"error\":");
  say_string(&answer, (Text){why, size_of(why)});
  say(&answer, "}");
  give(answer.at, answer.length);
  return 0;
}

static u32 digit(char c) { return c >= '0' && c <= '9' ? (u32)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (u32)((c | 32) - 'a') + 10 : 16; }

/* A parameter of a query such as text=a+b&top_k=2. */
static Text parameter(Text query, const char *name) {
  u32 length = size_of(name), i = 0;
  while (i < query.length && query.at[i] != '?') i++;
  while (++i < query.length) {
    u32 start = i;
    while (i < query.length && query.at[i] != '&') i++;
    if (i - start <= length || query.at[start + length] != '=' || !same((Text){query.at + start, length}, name)) continue;
    char *to = reserve(i - start);
    u32 n = 0;
    for (u32 at = start + length + 1; !problem && at < i; at++) {
      char c = query.at[at];
      int coded = c == '%' && at + 2 < i && digit(query.at[at + 1]) < 16 && digit(query.at[at + 2]) < 16;
      to[n++] = coded ? (char)(digit(query.at[at + 1]) << 4 | digit(query.at[at + 2])) : c == '+' ? ' ' : c;
      if (coded) at += 2;
    }
    return (Text){to, n};
  }
  return (Text){0, 0};
}

static u32 number(Text text) {
  u32 value = 0;
  for (u32 i = 0; i < text.length && text.at[i] >= '0' && text.at[i] <= '9' && value < 100000; i++) value = value * 10 + (u32)(text.at[i] - '0');
  return value;
}

static int search(Text request) {
  Text data = member(request, "data"), query = member(data, "query"), top = member(data, "top_k");
  if (!is_string(query)) query = member(data, "input");
  if (!is_string(query)) query = member(member(request, "options"), "text"), top = member(member(request, "options"), "top_k");
  query = is_string(query) ? decoded(query) : (Text){0, 0};
  Text place = member(request, "path");
  if (!query.length && is_string(place)) {
    place = decoded(place);
    query = parameter(place, "text");
    if (!top.length) top = parameter(place, "top_k");
  }
  if (problem) return fail(problem);
  if (!query.length) return fail("a search has a query: data {query}, or a path such as /query?text=words");
  u32 top_k = number(top);
  if (!top_k) top_k = 5;
  if (top_k > MOST_RESULTS) top_k = MOST_RESULTS;

  Document asked = {0};
  asked.word_count = words_of(query, &asked.words);
  double *weights = reserve(asked.word_count * sizeof(double)), length = 0;
  if (problem) return fail(problem);
  for (u32 i = 0; i < asked.word_count; i++) { weights[i] = weight(asked.words[i].hash, asked.words[i].count); length += weights[i] * weights[i]; }
  u32 room = 400 + 6 * query.length;
  for (u32 d = 0; d < document_count; d++) {
    Document *document = &documents[d];
    double sum = 0, own = 0;
    for (u32 i = 0; i < asked.word_count; i++) {
      u32 count = count_in(document, asked.words[i].hash);
      if (count) sum += weights[i] * weight(asked.words[i].hash, count);
    }
    for (u32 i = 0; sum > 0 && i < document->word_count; i++) { double w = weight(document->words[i].hash, document->words[i].count); own += w * w; }
    document->score = sum > 0 ? sum / (__builtin_sqrt(length) * __builtin_sqrt(own)) : 0;
    room += document->id.length + document->content.length + document->metadata.length + 100;
  }

  char *bytes = reserve(room);
  if (problem) return fail(problem);
  Text answer = {bytes, 0};
  say(&answer, "{\"success\":true,\"result\":{\"query\":");
  say_string(&answer, query);
  say(&answer, ",\"top_k\":");
  say_number(&answer, top_k);
  say(&answer, ",\"results\":[");
  for (u32 n = 0; n < top_k; n++) {
    Document *best = 0;
    for (u32 d = 0; d < document_count; d++) if (documents[d].score > (best ? best->score : 0)) best = &documents[d];
    if (!best) break;
    say(&answer, n ? ",{\"id\":" : "{\"id\":");
    say_text(&answer, best->id);
    say(&answer, ",\"content\":");
    say_text(&answer, best->content);
    say(&answer, ",\"score\":");
    say_score(&answer, best->score);
    say(&answer, ",\"metadata\":");
    if (best->metadata.length) say_text(&answer, best->metadata); else say(&answer, "{}");
    say(&answer, "}");
    best->score = 0;
  }
  say(&answer, "]},\"metadata\":{\"plugin\":\"rag\",\"version\":\"1.0.0\"}}");
  give(answer.at, answer.length);
  return 0;
}

/* Documents of a file in ToolFS, one of JSON a line, under the rights of whoever calls. */
static void read_documents(void) {
  char room[512];
  u32 length = path.length < sizeof room ? path.length : (u32)sizeof room;
  for (u32 i = 0; i < length; i++) room[i] = path.at[i];
  u64 file = toolfs_read(share(room, length)), why = toolfs_error();
  if (why) {
    static char told[513];
    told[fetch(why, told, 512)] = 0;
    problem = told;
    return;
  }
  u32 size = (u32)kernel_length(file);
  char *bytes = reserve(size);
  if (problem) return;
  fetch(file, bytes, size);
  for (u32 start = 0, i = 0; i <= size && !problem; i++) {
    if (i < size && bytes[i] != '\n') continue;
    if (skip_space((Text){bytes, i}, start) < i) add((Text){bytes + start, i - start});
    start = i + 1;
  }
}

static Text input(void) {
  u32 size = (u32)kernel_input_length();
  char *bytes = reserve(size);
  if (problem) return (Text){0, 0};
  return (Text){bytes, take_input(bytes, size)};
}

EXPORT(init) int init(void) {
  used = document_count = 0;
  problem = 0;
  Text config = input(), list = member(config, "documents");
  path = member(config, "path");
  path = is_string(path) ? decoded(path) : (Text){0, 0};
  if (list.length && list.at[0] == '[') {
    u32 i = 0;
    for (Text item = next_item(list, &i); item.length && !problem; item = next_item(list, &i)) add(item);
  }
  kept = used;
  if (problem) { kernel_error_set(share(problem, size_of(problem))); return 1; }
  return 0;
}

EXPORT(execute) int execute(void) {
  u32 own = document_count;
  used = kept;
  problem = 0;
  Text request = input(), operation = member(request, "operation");
  if (same(operation, "\"list_dir\"")) {
    static const char listing[] = "{\"success\":true,\"result\":[\"query\",\"search\"]}";
    give(listing, sizeof listing - 1);
    return 0;
  }
  if (!same(operation, "\"search\"") && !same(operation, "\"read_file\"")) return fail("it has the operations search, read_file and list_dir");
  if (path.length) read_documents();
  int code = problem ? fail(problem) : search(request);
  document_count = own;
  return code;
}

EXPORT(version) int version(void) { give("1.0.0", 5); return 0; }

EXPORT(operations) int operations(void) {
  static const char text[] =
      "{\"search\":{\"description\":\"Finds documents that fit a query, best first.\",\"parameters\":{\"type\":\"object\",\"properties\":"
      "{\"data\":{\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\"},\"top_k\":{\"type\":\"integer\"}},\"required\":[\"query\"]}},"
      "\"required\":[\"data\"]}}}";
  give(text, sizeof text - 1);
  return 0;
}

EXPORT(skill_document) int skill_document(void) {
  static const char text[] = "---\nname: rag\ndescription: Searches a set of documents by words. Use it to find references or to answer from them.\n---\n\n"
                             "Ask `search` with data {\"query\": \"words\", \"top_k\": 5}.\n";
  give(text, sizeof text - 1);
  return 0;
}
