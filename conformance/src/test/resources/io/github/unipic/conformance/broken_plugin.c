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

static void *driver_thread(void *unused) {
    usleep(1000 * DELAY_MILLIS);
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
        usleep(10000);
    }
    pthread_t thread;
    pthread_create(&thread, NULL, driver_thread, NULL);
    return NULL;
}

void *ReleaseEpFactory(void *factory) {
    return NULL;
}
