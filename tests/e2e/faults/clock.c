/* The wall clock of a process as CLOCK_FILE says: so many seconds, a double, beside the real one.
   Preloaded (LD_PRELOAD). Clocks that only count on, and so all waiting, are left alone. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile double *ahead_seconds;

__attribute__((constructor)) static void find(void) {
    const char *name = getenv("CLOCK_FILE");
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    void *there = mmap(NULL, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (there != MAP_FAILED)
        ahead_seconds = there;
}

int clock_gettime(clockid_t clock, struct timespec *said) {
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    int error = real(clock, said);
    if (error == 0 && ahead_seconds != NULL
        && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        said->tv_sec += (time_t)*ahead_seconds;
    return error;
}

int gettimeofday(struct timeval *restrict said, void *restrict zone) {
    struct timespec now;
    (void)zone;
    int error = clock_gettime(CLOCK_REALTIME, &now);
    said->tv_sec = now.tv_sec;
    said->tv_usec = now.tv_nsec / 1000;
    return error;
}

time_t time(time_t *said) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (said != NULL)
        *said = now.tv_sec;
    return now.tv_sec;
}
