/* Stands between a program and the C library (LD_PRELOAD) and is another machine: one that has no more than MACHINE_THREADS threads
 * beside the first at a time, and whose clock goes MACHINE_LATE seconds late.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static atomic_long threads;

struct work {
  void *(*of)(void *);
  void *with;
};

static void end(void *nothing) {
  (void)nothing;
  atomic_fetch_sub(&threads, 1);
}

static void *do_it(void *given) {
  struct work work = *(struct work *)given;
  free(given);
  void *outcome;
  pthread_cleanup_push(end, NULL);
  outcome = work.of(work.with);
  pthread_cleanup_pop(1);
  return outcome;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*of)(void *), void *with) {
  const char *most = getenv("MACHINE_THREADS");
  if (atomic_fetch_add(&threads, 1) >= (most ? atol(most) : 1000000)) {
    atomic_fetch_sub(&threads, 1);
    return EAGAIN;
  }
  struct work *work = malloc(sizeof *work);
  *work = (struct work){of, with};
  return NEXT(pthread_create)(thread, how, do_it, work);
}

static long late(void) {
  const char *seconds = getenv("MACHINE_LATE");
  return seconds ? atol(seconds) : 0;
}

int clock_gettime(clockid_t which, struct timespec *now) {
  int outcome = NEXT(clock_gettime)(which, now);
  if (!outcome && which == CLOCK_REALTIME) now->tv_sec -= late();
  return outcome;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int outcome = NEXT(gettimeofday)(now, zone);
  if (!outcome) now->tv_sec -= late();
  return outcome;
}

time_t time(time_t *now) {
  time_t moment = NEXT(time)(NULL) - late();
  if (now) *now = moment;
  return moment;
}
