/* A stand-in for libnvidia-ml.so.1: only the functions that cockpit calls.
 *
 * NVML_STUB         what is there and what is wrong, words parted by blanks:
 *                   count=8 model=h20|2080 init=18 lost=3 reset=3 unknown=3 hang=3
 *                   missing=utilization|memory|temperature|power|clock|processes|limits
 *                   busy=3 (GPU 3 runs two processes) refuse=GetMemoryInfo_v2 init=hang init=abort
 * NVML_STUB_CONTROL a file with more such words, read at each call: faults that begin mid-run
 * NVML_STUB_CALLS   a file that gets one line, "function gpu", for each call
 *
 * Compiled with -DOLD_LIBRARY it lacks the newer symbols, as a library of 2020 does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SUCCESS = 0,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    INSUFFICIENT_SIZE = 7,
    FUNCTION_NOT_FOUND = 13,
    GPU_IS_LOST = 15,
    RESET_REQUIRED = 16,
    UNKNOWN = 999
};

#define GIB (1024ULL * 1024 * 1024)
#define RESERVED (233ULL * 1024 * 1024)
#define MOST 128

static int handles[MOST];

typedef struct { unsigned gpu, memory; } Utilization;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } Process;

static void words(char *into, size_t size)
{
    const char *fixed = getenv("NVML_STUB"), *control = getenv("NVML_STUB_CONTROL");
    size_t used = (size_t)snprintf(into, size, " %s ", fixed ? fixed : "");
    int file = control ? open(control, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    ssize_t count = read(file, into + used, size - used - 2);
    close(file);
    used += count > 0 ? (size_t)count : 0;
    for (size_t i = 0; i < used; i++)
        if (into[i] == '\n')
            into[i] = ' ';
    into[used] = ' ';
    into[used + 1] = 0;
}

static int said(const char *key, const char *value)
{
    char all[2048], word[128];
    words(all, sizeof all);
    snprintf(word, sizeof word, " %s=%s ", key, value);
    return strstr(all, word) != NULL;
}

static int said_of(const char *key, int gpu)
{
    char number[16];
    snprintf(number, sizeof number, "%d", gpu);
    return said(key, number);
}

static int number(const char *key, int otherwise)
{
    char all[2048], word[128], *found;
    words(all, sizeof all);
    snprintf(word, sizeof word, " %s=", key);
    found = strstr(all, word);
    return found ? atoi(found + strlen(word)) : otherwise;
}

static void record(const char *function, int gpu)
{
    const char *path = getenv("NVML_STUB_CALLS");
    if (!path)
        return;
    char line[128];
    int size = snprintf(line, sizeof line, "%s %d\n", function, gpu);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) {
        if (write(file, line, (size_t)size) < 0)
            perror("NVML_STUB_CALLS");
        close(file);
    }
}

static int trouble(const char *function, int gpu, const char *field)
{
    record(function, gpu);
    while (said_of("hang", gpu))
        usleep(20 * 1000);
    if (said("refuse", function))
        return FUNCTION_NOT_FOUND;
    if (said_of("lost", gpu))
        return GPU_IS_LOST;
    if (said_of("reset", gpu))
        return RESET_REQUIRED;
    if (said_of("unknown", gpu))
        return UNKNOWN;
    return field && said("missing", field) ? NOT_SUPPORTED : SUCCESS;
}

static int index_of(void *device) { return (int)((int *)device - handles); }
static int is_h20(void) { return said("model", "h20"); }
static unsigned long long total(void) { return (is_h20() ? 96 : 8) * GIB; }
static unsigned long long used(int gpu) { return 2 * GIB + (unsigned long long)gpu * GIB / 64; }

#define BEGIN(field)                                        \
    int gpu = index_of(device);                             \
    int problem = trouble(__func__ + 10, gpu, field);       \
    if (problem)                                            \
        return problem;

int nvmlInitWithFlags(unsigned flags)
{
    (void)flags;
    record("Init", -1);
    if (said("init", "abort")) {
        fputs("the stand-in gives up\n", stderr);
        abort();
    }
    while (said("init", "hang"))
        usleep(20 * 1000);
    return number("init", SUCCESS);
}

int nvmlShutdown(void) { return SUCCESS; }

const char *nvmlErrorString(int code)
{
    (void)code;
    return "An error of the stand-in";
}

int nvmlSystemGetDriverVersion(char *version, unsigned size)
{
    snprintf(version, size, "570.133.20");
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = (unsigned)number("count", 2);
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    int problem = trouble("GetHandleByIndex", (int)index, NULL);
    if (index >= MOST)
        return INVALID_ARGUMENT;
    *device = &handles[index];
    return problem;
}

int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
    BEGIN(NULL)
    snprintf(name, size, is_h20() ? "NVIDIA H20" : "NVIDIA GeForce RTX 2080");
    return SUCCESS;
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size)
{
    BEGIN(NULL)
    snprintf(uuid, size, "GPU-%08x-0000-0000-0000-000000000000", gpu);
    return SUCCESS;
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatt)
{
    BEGIN("limits")
    *milliwatt = is_h20() ? 500000 : 215000;
    return SUCCESS;
}

int nvmlDeviceGetPowerManagementLimit(void *device, unsigned *milliwatt)
{
    BEGIN("limits")
    *milliwatt = is_h20() ? 500000 : 215000;
    return SUCCESS;
}

int nvmlDeviceGetTemperatureThreshold(void *device, int threshold, unsigned *celsius)
{
    BEGIN("limits")
    if (threshold != 1)
        return INVALID_ARGUMENT;
    *celsius = 93;
    return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(void *device, Utilization *rates)
{
    BEGIN("utilization")
    rates->gpu = (unsigned)(90 + gpu % 10);
    rates->memory = 40;
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(void *device, Memory *memory)
{
    BEGIN("memory")
    memory->total = total();
    memory->used = used(gpu) + RESERVED;
    memory->free = total() - memory->used;
    return SUCCESS;
}

#ifndef OLD_LIBRARY
int nvmlDeviceGetMemoryInfo_v2(void *device, MemoryV2 *memory)
{
    BEGIN("memory")
    memory->total = total();
    memory->reserved = RESERVED;
    memory->used = used(gpu);
    memory->free = total() - used(gpu) - RESERVED;
    return SUCCESS;
}
#endif

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius)
{
    BEGIN("temperature")
    (void)sensor;
    *celsius = (unsigned)(60 + gpu);
    return SUCCESS;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatt)
{
    BEGIN("power")
    *milliwatt = 200500;
    return SUCCESS;
}

int nvmlDeviceGetClockInfo(void *device, int type, unsigned *mhz)
{
    BEGIN("clock")
    (void)type;
    *mhz = 1800;
    return SUCCESS;
}

static int processes(int gpu, unsigned *count, Process *into)
{
    unsigned found = said_of("busy", gpu) ? 2 : 0, room = *count;
    *count = found;
    if (found > room)
        return INSUFFICIENT_SIZE;
    for (unsigned i = 0; i < found; i++)
        into[i] = (Process){41000 + i, i ? ~0ULL : GIB, 0, 0};
    return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v2(void *device, unsigned *count, Process *into)
{
    BEGIN("processes")
    return processes(gpu, count, into);
}

#ifndef OLD_LIBRARY
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, Process *into)
{
    BEGIN("processes")
    return processes(gpu, count, into);
}
#endif
