/*
 * The most that a core can do: fused multiply-adds on registers alone, in GFLOP/s of float32.
 * `peak THREADS SECONDS` prints the sum over that many threads, the best of several slices each.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Chains of additions enough to hide the latency, few enough for the registers there are. */
#if defined(__AVX512F__)
enum { BYTES = 64, CHAINS = 24 };
#elif defined(__AVX__)
enum { BYTES = 32, CHAINS = 12 };
#elif defined(__aarch64__)
enum { BYTES = 16, CHAINS = 24 };
#else
enum { BYTES = 16, CHAINS = 12 };
#endif

typedef float Vector __attribute__((vector_size(BYTES)));

enum { LANES = BYTES / sizeof(float), ROUNDS = 200000 };

static double seconds_limit;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

/* One slice; the sum keeps the compiler from leaving the work out. */
static float slice(float seed) {
    Vector chains[CHAINS], factor, term;
    for (int lane = 0; lane < LANES; lane++) {
        factor[lane] = 0.999f + 1e-9f * seed;
        term[lane] = 1e-3f * seed;
    }
    for (int i = 0; i < CHAINS; i++) chains[i] = term * (float)i;
    for (long round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 24
        for (int i = 0; i < CHAINS; i++) chains[i] = chains[i] * factor + term;
    }
    float sum = 0;
    for (int i = 0; i < CHAINS; i++)
        for (int lane = 0; lane < LANES; lane++) sum += chains[i][lane];
    return sum;
}

static void *work(void *result) {
    const double flops = 2.0 * LANES * CHAINS * ROUNDS;
    const double end = now() + seconds_limit;
    double best = 0;
    float sum = 1;
    while (now() < end) {
        const double start = now();
        sum = slice(sum * 1e-9f + 1);
        const double rate = flops / (now() - start);
        if (rate > best) best = rate;
    }
    *(double *)result = sum == 0 ? 0 : best / 1e9;
    return NULL;
}

int main(int count, char **arguments) {
    enum { THREADS_MAX = 1024 };
    static pthread_t threads[THREADS_MAX];
    static double results[THREADS_MAX];
    if (count != 3) return 2;
    const int thread_count = atoi(arguments[1]);
    seconds_limit = atof(arguments[2]);
    if (thread_count < 1 || thread_count > THREADS_MAX) return 2;
    for (int i = 0; i < thread_count; i++)
        if (pthread_create(&threads[i], NULL, work, &results[i]) != 0) return 1;
    double total = 0;
    for (int i = 0; i < thread_count; i++) {
        pthread_join(threads[i], NULL);
        total += results[i];
    }
    printf("%.1f\n", total);
    return 0;
}
