/* A plugin of hyper-mcp, of the first version or (with -DSECOND) of the second: a tool that gives back what it was called with. */
#include "../../examples/plugins/toolfs.h"

TOOLFS(notify_tool_list_changed) void notify(void);
TOOLFS(list_roots) u64 list_roots(void);
TOOLFS(create_message) u64 create_message(u64 request);

static char room[1 << 16];
#define TOOLS "{\"tools\":[{\"name\":\"repeat\",\"description\":\"Says it again.\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}}}}]}"

static int list(void) { give(TOOLS, sizeof TOOLS - 1); return 0; }

static int call(void) {
  static const char head[] = "{\"content\":[{\"type\":\"text\",\"text\":\"";
  u32 n = 0, size = take_input(room + 20000, 20000);
  for (const char *at = head; *at; at++) room[n++] = *at;
  int failing = 0;
  for (u32 i = 0; i < size; i++) {
    char c = room[20000 + i];
    if (c == '!') failing = 1;
    if (c == '?') return create_message(list_roots()) != 0;
    if (c == '"' || c == '\\') room[n++] = '\\';
    room[n++] = c;
  }
  for (const char *at = failing ? "\"}],\"isError\":true}" : "\"}]}"; *at; at++) room[n++] = *at;
  give(room, n);
  return 0;
}

#ifdef SECOND
EXPORT(list_tools) int list_tools(void) { notify(); return list(); }
EXPORT(call_tool) int call_tool(void) { return call(); }
#else
EXPORT(describe) int describe(void) { return list(); }
EXPORT(call) int call_tool(void) { return call(); }
#endif
