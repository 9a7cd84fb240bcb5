/* What a ToolFS plugin in C needs of the Extism ABI, without any library: input, output, files. */
#ifndef TOOLFS_H
#define TOOLFS_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define KERNEL(name) __attribute__((import_module("extism:host/env"), import_name(#name))) extern
#define TOOLFS(name) __attribute__((import_module("extism:host/user"), import_name(#name))) extern
#define EXPORT(name) __attribute__((export_name(#name)))

KERNEL(alloc) u64 kernel_alloc(u64 length);
KERNEL(free) void kernel_free(u64 offset);
KERNEL(length) u64 kernel_length(u64 offset);
KERNEL(load_u8) u32 kernel_load_u8(u64 offset);
KERNEL(store_u8) void kernel_store_u8(u64 offset, u32 value);
KERNEL(input_length) u64 kernel_input_length(void);
KERNEL(input_load_u8) u32 kernel_input_load_u8(u64 offset);
KERNEL(output_set) void kernel_output_set(u64 offset, u64 length);
KERNEL(error_set) void kernel_error_set(u64 offset);

/* The offset of a file's bytes; 0 where it is empty or cannot be read. */
TOOLFS(toolfs_read) u64 toolfs_read(u64 path);
/* The offset of the reason why the last one failed; 0 where it did not. */
TOOLFS(toolfs_error) u64 toolfs_error(void);

static inline u64 share(const char *bytes, u32 length) {
  u64 at = kernel_alloc(length);
  for (u32 i = 0; at && i < length; i++) kernel_store_u8(at + i, (u8)bytes[i]);
  return at;
}

/* As much of a block as there is room for; returns how much that was. */
static inline u32 fetch(u64 at, char *to, u32 room) {
  u64 length = kernel_length(at);
  u32 count = length < room ? (u32)length : room;
  for (u32 i = 0; i < count; i++) to[i] = (char)kernel_load_u8(at + i);
  return count;
}

static inline u32 take_input(char *to, u32 room) {
  u64 length = kernel_input_length();
  u32 count = length < room ? (u32)length : room;
  for (u32 i = 0; i < count; i++) to[i] = (char)kernel_input_load_u8(i);
  return count;
}

static inline void give(const char *bytes, u32 length) { kernel_output_set(share(bytes, length), length); }

#endif
