/*
 * A plugin of ONNX Runtime that offers no provider and does what FAULT says, once: MARKER is a file that it creates
 * before. Its interface is that of onnxruntime_ep_c_api.h, of which it needs only the two entry points.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CRASH_IN_THREAD, EXIT_IN_THREAD, CRASH_AT_REGISTRATION, HANG_AT_REGISTRATION, LEAK_AT_REGISTRATION, NOISE };

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

static void *driver_thread(void *unused) {
    while (!has_begun_a_case()) {
        usleep(1000);
    }
    switch (FAULT) {
    case CRASH_IN_THREAD:
        compile_shader();
        break;
    case EXIT_IN_THREAD:
        exit(0);
    }
    return unused;
}

void *CreateEpFactories(const char *name, const void *api, const void *logger, void **factories, size_t most, size_t *count) {
    *count = 0;
    if (FAULT == NOISE) {
        for (int i = 0; i < 20000; i++) {
            printf("{\"@type\":\"done\"}\n");
        }
        fflush(stdout);
        return NULL;
    }
    if (access(MARKER, F_OK) == 0) {
        return NULL;
    }
    fclose(fopen(MARKER, "w"));
    if (FAULT == CRASH_AT_REGISTRATION) {
        compile_shader();
    }
    if (FAULT == HANG_AT_REGISTRATION) {
        sleep(3600);
    }
    for (int i = 0; FAULT == LEAK_AT_REGISTRATION && i < 200; i++) {
        memset(malloc(16 << 20), 1, 16 << 20);
        usleep(2000);
    }
    pthread_t thread;
    pthread_create(&thread, NULL, driver_thread, NULL);
    return NULL;
}

void *ReleaseEpFactory(void *factory) {
    return NULL;
}
