/*
 * A plugin of ONNX Runtime that offers no provider and has the FAULTS, one in each process: MARKER is a file with a byte
 * for each process so far. Its interface is that of onnxruntime_ep_c_api.h, of which it needs only the two entry points.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CRASH_IN_THREAD, EXIT_IN_THREAD, CRASH_AT_REGISTRATION, HANG_AT_REGISTRATION, LEAK_AT_REGISTRATION, NOISE };

static const int faults[] = {FAULTS};
static size_t count_of_faults = sizeof faults / sizeof *faults;

__attribute__((noinline)) static void compile_shader(void) {
    *(volatile int *) 8 = 1;
}

/* Whether this process, whose last argument is the file for its messages, has begun a case. */
static int has_begun_a_case(void) {
    static char text[1 << 20];
    FILE *file = fopen("/proc/self/cmdline", "r");
    size_t length = fread(text, 1, sizeof text - 1, file);
    size_t start = length - 1;
    fclose(file);
    while (start > 0 && text[start - 1] != 0) {
        start--;
    }
    file = fopen(text + start, "r");
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return strstr(text, "\"case_began\"") != NULL;
}

static void *driver_thread(void *fault) {
    while (!has_begun_a_case()) {
        usleep(1000);
    }
    if (*(const int *) fault == CRASH_IN_THREAD) {
        compile_shader();
    }
    exit(0);
}

/* How many processes there were before this one. */
static size_t processes_before(void) {
    FILE *marker = fopen(MARKER, "a");
    long count = ftell(marker);
    fputc(0, marker);
    fclose(marker);
    return count;
}

void *CreateEpFactories(const char *name, const void *api, const void *logger, void **factories, size_t most, size_t *count) {
    *count = 0;
    /* A process calls this more than once. */
    static int called;
    if (called++ > 0) {
        return NULL;
    }
    size_t before = processes_before();
    if (before >= count_of_faults) {
        return NULL;
    }
    pthread_t thread;
    switch (faults[before]) {
    case CRASH_IN_THREAD:
    case EXIT_IN_THREAD:
        pthread_create(&thread, NULL, driver_thread, (void *) &faults[before]);
        break;
    case CRASH_AT_REGISTRATION:
        compile_shader();
        break;
    case HANG_AT_REGISTRATION:
        sleep(3600);
        break;
    case LEAK_AT_REGISTRATION:
        for (int i = 0; i < 200; i++) {
            memset(malloc(16 << 20), 1, 16 << 20);
            usleep(10000);
        }
        break;
    case NOISE:
        for (int i = 0; i < 20000; i++) {
            printf("{\"@type\":\"done\"}\n");
        }
        fflush(stdout);
    }
    return NULL;
}

void *ReleaseEpFactory(void *factory) {
    return NULL;
}
