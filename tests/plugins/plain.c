/* A plain module: allocate and execute. The response holds the request, unless it asks for something else. */
typedef unsigned int u32;
typedef unsigned long long u64;
#define EXPORT(name) __attribute__((export_name(#name)))

static char heap[1 << 20];
static u32 used, config;

EXPORT(allocate) char *allocate(u32 size) { char *at = heap + used; used += (size + 7) & ~7u; return used <= sizeof heap ? at : 0; }
EXPORT(deallocate) void deallocate(char *at, u32 size) { if (at + ((size + 7) & ~7u) == heap + used) used = (u32)(at - heap); }
EXPORT(init) void init(const char *at, u32 length) { config = length; (void)at; }
EXPORT(version) const char *version(void) { return "2.1"; }

static u64 packed(const char *at, u32 length) { return (u64)(u32)at << 32 | length; }

EXPORT(execute) u64 execute(const char *request, u32 length) {
  static const char head[] = "{\"success\":true,\"result\":";
  for (u32 i = 0; i + 3 < length; i++) {
    if (request[i] != '#') continue;
    if (request[i + 1] == 'o') return packed((const char *)0xfffffff0, 32);
    if (request[i + 1] == 'h') return packed(heap, 0xffffffff);
    if (request[i + 1] == 'n') return packed("no JSON", 7);
    if (request[i + 1] == 'f') return packed("{\"success\":true,\"result\":1,\"source\":\"/toolfs/secret\"}", 53);
  }
  char *to = allocate(length + sizeof head + 1);
  u32 n = 0;
  for (; head[n]; n++) to[n] = head[n];
  for (u32 i = 0; i < length; i++) to[n++] = request[i];
  to[n++] = '}';
  return packed(to, n);
}
