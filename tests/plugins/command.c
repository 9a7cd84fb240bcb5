/* A WASI command without a library. Without arguments it is a plugin: its response holds the request. Else it does what they say. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef struct { const void *at; u32 length; } Bytes;

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) extern
WASI(args_sizes_get) u32 args_sizes_get(u32 *count, u32 *size);
WASI(args_get) u32 args_get(char **args, char *room);
WASI(fd_read) u32 fd_read(u32 fd, const Bytes *to, u32 count, u32 *read);
WASI(fd_write) u32 fd_write(u32 fd, const Bytes *from, u32 count, u32 *written);
WASI(fd_close) u32 fd_close(u32 fd);
WASI(fd_readdir) u32 fd_readdir(u32 fd, void *to, u32 length, u64 cookie, u32 *used);
WASI(fd_prestat_dir_name) u32 fd_prestat_dir_name(u32 fd, char *to, u32 length);
WASI(path_open) u32 path_open(u32 fd, u32 lookup, const char *path, u32 length, u32 how, u64 rights, u64 inherited, u32 flags, u32 *opened);
WASI(path_unlink_file) u32 path_unlink_file(u32 fd, const char *path, u32 length);
WASI(path_rename) u32 path_rename(u32 fd, const char *from, u32 from_length, u32 to_fd, const char *to, u32 to_length);
WASI(path_symlink) u32 path_symlink(const char *from, u32 from_length, u32 fd, const char *to, u32 to_length);
WASI(proc_exit) _Noreturn void proc_exit(u32 code);

enum { CREATE = 1, TRUNCATE = 8, READ = 2, WRITE = 64, READDIR = 1 << 14 };
static char room[1 << 16], names[4096], *args[32];

static u32 size_of(const char *text) { u32 n = 0; while (text[n]) n++; return n; }
static void say(u32 fd, const char *text, u32 length) { Bytes from = {text, length}; u32 n; fd_write(fd, &from, 1, &n); }
static int is(const char *text, const char *other) { while (*text && *text == *other) text++, other++; return *text == *other; }
static void check(u32 errno) {
  if (!errno) return;
  char told[] = "errno 00";
  told[6] = (char)('0' + errno / 10); told[7] = (char)('0' + errno % 10);
  say(2, told, 8);
  proc_exit(errno);
}
static void copy(u32 from, u32 to) {
  for (u32 n = 1; n;) { Bytes into = {room, sizeof room}; check(fd_read(from, &into, 1, &n)); say(to, room, n); }
}

__attribute__((export_name("_start"))) void start(void) {
  u32 count, size, fd;
  check(args_sizes_get(&count, &size));
  if (count > 32 || size > sizeof names) proc_exit(90);
  args_get(args, names);
  if (count == 1) {
    say(1, "{\"success\":true,\"result\":", 25);
    copy(0, 1);
    say(1, "}", 1);
    return;
  }
  const char *what = args[1], *path = args[2];
  u32 root = count > 4 && is(args[4], ".") ? 4 : 3;
  if (is(what, "cat")) {
    check(path_open(root, 1, path, size_of(path), 0, READ, READ, 0, &fd));
    copy(fd, 1);
  } else if (is(what, "write")) {
    check(path_open(root, 1, path, size_of(path), CREATE | TRUNCATE, READ | WRITE, 0, 0, &fd));
    say(fd, args[3], size_of(args[3]));
    check(fd_close(fd));
  } else if (is(what, "ls")) {
    u32 n;
    check(path_open(root, 1, path, size_of(path), 2, READ | READDIR, READ, 0, &fd));
    check(fd_readdir(fd, room, sizeof room, 0, &n));
    for (u32 at = 0; at + 24 <= n;) { u32 length = *(u32 *)(room + at + 16); say(1, room + at + 24, length); say(1, "\n", 1); at += 24 + length; }
  } else if (is(what, "rm")) check(path_unlink_file(root, path, size_of(path)));
  else if (is(what, "mv")) check(path_rename(root, path, size_of(path), root, args[3], size_of(args[3])));
  else if (is(what, "ln")) check(path_symlink(path, size_of(path), root, args[3], size_of(args[3])));
  else if (is(what, "exit")) proc_exit(path[0] - '0');
  else if (is(what, "flood")) for (;;) say(1, room, sizeof room);
  else if (is(what, "fill")) {
    check(path_open(root, 1, path, size_of(path), CREATE | TRUNCATE, READ | WRITE, 0, 0, &fd));
    for (u32 n;;) { Bytes from = {room, sizeof room}; check(fd_write(fd, &from, 1, &n)); }
  } else if (is(what, "drip")) for (;;) say(1, "x", 1);
  else if (is(what, "void")) for (;;) say(1, "", 0);
  else if (is(what, "vectors")) { u32 n; for (;;) fd_write(1, (const Bytes *)room, 0x1000000, &n); }
  else if (is(what, "handles")) {
    for (;;) if (path_open(root, 1, path, size_of(path), CREATE, READ | WRITE, 0, 0, &fd)) proc_exit(0);
  } else if (is(what, "unlinked")) {
    for (u32 n;;) {
      check(path_open(root, 1, path, size_of(path), CREATE, READ | WRITE, 0, 0, &fd));
      for (u32 i = 0; i < 160; i++) { Bytes from = {room, sizeof room}; check(fd_write(fd, &from, 1, &n)); }
      path_unlink_file(root, path, size_of(path));
    }
  } else if (is(what, "names")) for (;;) path_unlink_file(root, room, 0x4000000);
  else if (is(what, "spin")) for (volatile u32 i = 0;; i++) {}
  else if (is(what, "args")) for (u32 i = 1; i < count; i++) { say(1, args[i], size_of(args[i])); say(1, "\n", 1); }
}
