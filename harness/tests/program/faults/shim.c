/* Stands between a program and the C library (LD_PRELOAD) and counts the calls by which it changes what is below FAULTS_BELOW. At the
 * call numbered FAULTS_AT it does what FAULTS_AS says: `kill` ends the process, half of what it was writing being written; `full` lets
 * the disk be full from then on; `error` refuses this one call. FAULTS_COUNT names a file that gets the number of calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { GROWS = 1 };

static atomic_long calls;
static const char *below, *as;
static long at;

__attribute__((constructor)) static void begin(void) {
  below = getenv("FAULTS_BELOW");
  as = getenv("FAULTS_AS");
  const char *number = getenv("FAULTS_AT");
  at = number ? atol(number) : LONG_MAX;
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("FAULTS_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (file) fprintf(file, "%ld\n", atomic_load(&calls)), fclose(file);
}

static int is_below(int folder, const char *path) {
  char link[64], place[PATH_MAX];
  if (!below) return 0;
  if (path && path[0] == '/') return !strncmp(path, below, strlen(below));
  if (folder == AT_FDCWD) return getcwd(place, sizeof place) && !strncmp(place, below, strlen(below));
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  ssize_t length = readlink(link, place, sizeof place - 1);
  if (length < 0) return 0;
  place[length] = 0;
  return !strncmp(place, below, strlen(below));
}

/* 0 to go on, 1 to be ended when half is done, an error otherwise. */
static int fate(int is_here, int what) {
  if (!is_here) return 0;
  long number = atomic_fetch_add(&calls, 1) + 1;
  if (!as || number < at) return 0;
  if (!strcmp(as, "full")) return what == GROWS ? ENOSPC : 0;
  if (number > at) return 0;
  if (!strcmp(as, "kill")) return 1;
  return EIO;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))
#define REFUSED(is_here, what)                  \
  do {                                          \
    int found = fate(is_here, what);            \
    if (found == 1) die();                      \
    if (found) return errno = found, -1;        \
  } while (0)

ssize_t write(int file, const void *bytes, size_t count) {
  int found = fate(is_below(file, NULL), GROWS);
  if (found && count > 1) NEXT(write)(file, bytes, count / 2);
  if (found == 1) die();
  if (found) return errno = found, -1;
  return NEXT(write)(file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
  int found = fate(is_below(file, NULL), GROWS);
  if (found && count > 1) NEXT(pwrite64)(file, bytes, count / 2, place);
  if (found == 1) die();
  if (found) return errno = found, -1;
  return NEXT(pwrite64)(file, bytes, count, place);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) { return pwrite64(file, bytes, count, place); }

ssize_t writev(int file, const struct iovec *parts, int count) {
  REFUSED(is_below(file, NULL), GROWS);
  return NEXT(writev)(file, parts, count);
}

ssize_t copy_file_range(int from, off64_t *start, int to, off64_t *place, size_t count, unsigned flags) {
  REFUSED(is_below(to, NULL), GROWS);
  return NEXT(copy_file_range)(from, start, to, place, count, flags);
}

#define OPEN(name)                                                                            \
  int name(const char *path, int flags, ...) {                                                \
    va_list rest;                                                                             \
    va_start(rest, flags);                                                                    \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                   \
    va_end(rest);                                                                             \
    REFUSED((flags & O_CREAT) && is_below(AT_FDCWD, path), GROWS);                            \
    return NEXT(name)(path, flags, mode);                                                     \
  }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
  REFUSED(is_below(AT_FDCWD, path), GROWS);
  return NEXT(mkdir)(path, mode);
}

int ftruncate64(int file, off64_t length) {
  REFUSED(is_below(file, NULL), 0);
  return NEXT(ftruncate64)(file, length);
}

int fsync(int file) {
  REFUSED(is_below(file, NULL), 0);
  return NEXT(fsync)(file);
}

int rename(const char *from, const char *to) {
  REFUSED(is_below(AT_FDCWD, to), 0);
  return NEXT(rename)(from, to);
}

int unlink(const char *path) {
  REFUSED(is_below(AT_FDCWD, path), 0);
  return NEXT(unlink)(path);
}

int unlinkat(int folder, const char *path, int flags) {
  REFUSED(is_below(folder, path), 0);
  return NEXT(unlinkat)(folder, path, flags);
}

int rmdir(const char *path) {
  REFUSED(is_below(AT_FDCWD, path), 0);
  return NEXT(rmdir)(path);
}
