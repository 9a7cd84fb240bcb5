/* A plugin of the Extism ABI that does what its operation says: right, wrong or hostile. */
#include "../../examples/plugins/toolfs.h"

KERNEL(length_unsafe) u64 kernel_length_unsafe(u64 offset);
KERNEL(load_u64) u64 kernel_load_u64(u64 offset);
KERNEL(store_u64) void kernel_store_u64(u64 offset, u64 value);
KERNEL(input_load_u64) u64 kernel_input_load_u64(u64 offset);
KERNEL(config_get) u64 kernel_config_get(u64 key);
KERNEL(var_get) u64 kernel_var_get(u64 key);
KERNEL(var_set) void kernel_var_set(u64 key, u64 value);
KERNEL(log_info) void kernel_log_info(u64 text);
KERNEL(http_request) u64 kernel_http_request(u64 request, u64 body);
KERNEL(http_status_code) u32 kernel_http_status_code(void);

static char room[1 << 16];
static u32 count;

static u64 text(const char *chars) { u32 n = 0; while (chars[n]) n++; return share(chars, n); }
static u64 input(void) { return share(room, count = take_input(room, sizeof room)); }
static int give_block(u64 at) { kernel_output_set(at, kernel_length(at)); return 0; }
static int give_number(u64 value) {
  char digits[24];
  u32 n = sizeof digits;
  do digits[--n] = (char)('0' + value % 10); while (value /= 10);
  give(digits + n, sizeof digits - n);
  return 0;
}

EXPORT(echo) int echo(void) { return give_block(input()); }
EXPORT(nothing) void nothing(void) {}
EXPORT(upper) int upper(void) {
  u32 n = take_input(room, sizeof room);
  for (u32 i = 0; i < n; i++) if (room[i] >= 'a' && room[i] <= 'z') room[i] -= 32;
  give(room, n);
  return 0;
}
/* The input summed as words of 64 bits, written and read back through both widths. */
EXPORT(words) int words(void) {
  u64 n = kernel_input_length(), at = kernel_alloc(n + 16), sum = 0;
  for (u64 i = 0; i + 8 <= n; i += 8) kernel_store_u64(at + i, kernel_input_load_u64(i));
  for (u64 i = n / 8 * 8; i < n; i++) kernel_store_u8(at + i, kernel_input_load_u8(i));
  for (u64 i = 0; i < n; i++) sum = sum * 31 + kernel_load_u8(at + i);
  for (u64 i = 0; i + 8 <= n; i += 8) sum ^= kernel_load_u64(at + i);
  return give_number(sum);
}
EXPORT(lengths) int lengths(void) {
  u64 at = kernel_alloc(100), gone = kernel_alloc(50), sum = 0;
  kernel_free(gone);
  sum = kernel_length(at) + 1000 * kernel_length_unsafe(at) + 1000000 * kernel_length(gone) + 10000000 * kernel_length(at + 1);
  return give_number(sum + 100000000 * kernel_alloc(0));
}
EXPORT(config) int config(void) { return give_block(kernel_config_get(input())); }
EXPORT(no_config) int no_config(void) { return give_number(kernel_config_get(text("absent"))); }
EXPORT(counter) int counter(void) {
  u64 held = kernel_var_get(text("n")), value = held ? kernel_load_u64(held) : 0, next = kernel_alloc(8);
  kernel_store_u64(next, value + 1);
  kernel_var_set(text("n"), next);
  return give_number(value + 1);
}
EXPORT(forget) int forget(void) { kernel_var_set(text("n"), 0); return give_number(kernel_var_get(text("n"))); }
EXPORT(big_variable) int big_variable(void) { kernel_var_set(text("big"), kernel_alloc(2 << 20)); return 0; }
EXPORT(bad_handle) int bad_handle(void) { kernel_config_get(7777); return 0; }
EXPORT(log) int log_input(void) { kernel_log_info(input()); return 0; }
EXPORT(fails) int fails(void) { kernel_error_set(input()); return 1; }
EXPORT(fails_softly) int fails_softly(void) { kernel_error_set(text("an error, and a code of 0")); return 0; }
EXPORT(code) int code(void) { return 3; }
EXPORT(outside) int outside(void) {
  kernel_store_u8(1ull << 40, 1);
  kernel_store_u64(1ull << 50, 1);
  return give_number(kernel_load_u8(1ull << 40) + kernel_load_u64(1ull << 50) + kernel_input_load_u8(1ull << 33) + kernel_length(1ull << 40));
}

EXPORT(trap) int trap(void) { __builtin_trap(); }
EXPORT(divide) int divide(void) { volatile u32 zero = 0; return (int)(7 / zero); }
EXPORT(stray) int stray(void) { return *(volatile int *)0xfffffff0; }
static int deeper(volatile int *at) { volatile int here[64]; here[0] = *at + 1; return here[0] ? deeper(here) + here[0] : 0; }
EXPORT(recurse) int recurse(void) { volatile int start = 0; return deeper(&start); }
EXPORT(spin) int spin(void) { for (volatile u32 i = 0;; i++) {} }
/* As much memory as there is, in pages. */
EXPORT(grow) int grow(void) { while (__builtin_wasm_memory_grow(0, 1) != (unsigned long)-1) {} return give_number(__builtin_wasm_memory_size(0)); }
/* As much of the kernel's memory as there is, in MiB. */
EXPORT(hoard) int hoard(void) { u64 n = 0; while (n < 4096 && kernel_alloc(1 << 20)) n++; return give_number(n); }
/* Blocks of a byte; blocks that are freed at once, of sizes that no freed one fits; blocks that are freed and taken again. */
EXPORT(crumbs) int crumbs(void) { u64 n = 0; while (kernel_alloc(1)) n++; return give_number(n); }
EXPORT(churn) int churn(void) { u64 n = 0; for (u64 at; (at = kernel_alloc(1 + n * 200 % 60000)); n++) kernel_free(at); return give_number(n); }
EXPORT(turns) int turns(void) { u64 n = 0; for (u64 at; n < 3000000 && (at = kernel_alloc(8)); n++) kernel_free(at); return give_number(n); }
EXPORT(flood) int flood(void) { u64 at = kernel_alloc(8 << 20); kernel_output_set(at, 8 << 20); return 0; }
EXPORT(false_flood) int false_flood(void) { kernel_output_set(64, 1ull << 60); return 0; }
EXPORT(state) int state(void) { static u32 calls; return give_number(++calls); }

#ifdef FILES
TOOLFS(toolfs_write) u64 toolfs_write(u64 path, u64 data);
TOOLFS(toolfs_list) u64 toolfs_list(u64 path);
TOOLFS(toolfs_stat) u64 toolfs_stat(u64 path);
static int answer(u64 at) {
  u64 why = toolfs_error();
  if (why) { kernel_error_set(why); return 1; }
  return give_block(at);
}
EXPORT(read) int read(void) { return answer(toolfs_read(input())); }
EXPORT(write) int write(void) { u64 path = input(); return answer(toolfs_write(path, text("written by a plugin"))); }
EXPORT(list) int list(void) { return answer(toolfs_list(input())); }
EXPORT(stat) int stat(void) { return answer(toolfs_stat(input())); }
EXPORT(http) int http(void) { return give_block(kernel_http_request(input(), 0)); }
EXPORT(status) int status(void) { kernel_http_request(input(), 0); return give_number(kernel_http_status_code()); }
EXPORT(read_for_ever) int read_for_ever(void) { u64 path = input(); for (;;) toolfs_read(path); }
#endif
