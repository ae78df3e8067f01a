/* A stand-in for libnvidia-ml.so.1: what cockpit, nvitop and gpustat call.
 *
 * NVML_STUB          what is there and what is wrong, words parted by blanks:
 *   count=8 (to 128)  model=2080|h20|a100  mig=0:3 (GPU 0 is cut into 3)  name=TEXT (_ for blanks)
 *   still             values do not wander with the time
 *   counted=7         counters stand at 7 s worth of traffic instead of following the time
 *   train, two        each GPU runs one, two processes    busy=3  GPU 3 runs two, one without memory
 *   pid=1234567       the first pid, GPU 1 has the next; with `same` all GPUs have this one
 *   container         pids not of this namespace, memory unknown
 *   denied            NO_PERMISSION on the processes    shareless  no new shares of processes
 *   init=18  init=hang  init=abort  init_ms=3000
 *   lost=3 reset=3 unknown=3 (or =all)   all calls of GPU 3 fail
 *   fault=3@GetPowerUsage@999            one call fails with a code
 *   hang=3  hang=3@GetPowerUsage         all calls, one call never return while this is said
 *   slow=3@300  slow=3@300@GetName       all calls, one call take so many ms
 *   missing=utilization|memory|temperature|power|clock|processes|limits|throttle|fan|pcie|energy|
 *           ecc|remap|nvlink|shares|events|mig   NOT_SUPPORTED;  missing=field82 one field value
 *   refuse=GetMemoryInfo_v2              FUNCTION_NOT_FOUND
 *   xid=3:79                             reported once for as long as it is said
 *   remap=3 (pending)  ecc=3:5 (5 corrected, 1 uncorrected)  throttle=3:68  watts=1000
 *   recovery=3:1  narrow=3 (PCIe x4)  linkdown=3 (one NVLink)
 * NVML_STUB_CONTROL  a file with more such words: faults that begin mid-run
 * NVML_STUB_CALLS    a file that gets one line, "function gpu", for each call
 *
 * Compiled with -DOLD_LIBRARY it lacks the newer symbols, as a library of 2020 does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    SUCCESS = 0,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NO_PERMISSION = 4,
    NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7,
    TIMEOUT = 10,
    FUNCTION_NOT_FOUND = 13,
    GPU_IS_LOST = 15,
    RESET_REQUIRED = 16,
    UNKNOWN = 999
};

#define GIB (1024ULL * 1024 * 1024)
#define RESERVED (233ULL * 1024 * 1024)
#define MOST 128
#define PARTS 7
#define XID 8ULL

typedef struct { unsigned gpu, memory; } Utilization;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } Process;
typedef struct { unsigned pid; unsigned long long time_us; unsigned sm, memory, encoder, decoder; } Share;
typedef struct { void *device; unsigned long long kind, data; unsigned gpu_instance, compute_instance; } Event;
typedef struct {
    uint32_t id, scope;
    int64_t time, latency;
    uint32_t type, problem;
    union { double d; unsigned u; unsigned long long ull; } value;
} FieldValue;
typedef struct {
    char legacy[16];
    unsigned domain, bus, device, ids, subsystem;
    char id[32];
} Pci;

typedef struct {
    const char *word, *name;
    unsigned gib, watt, clock, generation, links;
    int is_server;      /* ECC, row remapping, memory temperature; no fan */
    int has_pcie_bytes; /* cumulative PCIe counters */
} Model;

static const Model models[] = {
    {"2080", "NVIDIA GeForce RTX 2080", 8, 215, 1815, 3, 0, 0, 0},
    {"h20", "NVIDIA H20", 96, 500, 1980, 5, 18, 1, 1},
    {"a100", "NVIDIA A100-SXM4-80GB", 80, 400, 1410, 4, 12, 1, 0},
};

static int handles[MOST], part_handles[MOST][PARTS];

/* --- the words ------------------------------------------------------------------------------ */

static char words[8192] = " ";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Read the words anew if the control file is another than the last time; called under the lock.
 * With NVML_STUB_RENEW_MS it is looked at this seldom: a call then costs what a driver's costs us. */
static void renew(void)
{
    static int is_read;
    static struct stat before;
    static double looked_s;
    const char *seldom = getenv("NVML_STUB_RENEW_MS");
    if (seldom) {
        struct timespec tick;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
        double moment_s = (double)tick.tv_sec + (double)tick.tv_nsec / 1e9;
        if (is_read && moment_s - looked_s < atoi(seldom) / 1000.0)
            return;
        looked_s = moment_s;
    }
    const char *fixed = getenv("NVML_STUB"), *control = getenv("NVML_STUB_CONTROL");
    struct stat now = {0};
    if (control && stat(control, &now) != 0)
        memset(&now, 0, sizeof now);
    if (is_read && now.st_ino == before.st_ino && now.st_size == before.st_size &&
        now.st_mtim.tv_nsec == before.st_mtim.tv_nsec && now.st_mtim.tv_sec == before.st_mtim.tv_sec)
        return;
    is_read = 1;
    before = now;
    size_t used = (size_t)snprintf(words, sizeof words, " %s ", fixed ? fixed : "");
    int file = now.st_ino ? open(control, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        ssize_t count = read(file, words + used, sizeof words - used - 2);
        close(file);
        used += count > 0 ? (size_t)count : 0;
    }
    for (size_t i = 0; i < used; i++)
        if (words[i] == '\n')
            words[i] = ' ';
    words[used] = ' ';
    words[used + 1] = 0;
}

/* Copy what follows "key=" in the nth such word; 0 where there is none. */
static int value_of(const char *key, int nth, char *into, size_t size)
{
    char start[64];
    int length = snprintf(start, sizeof start, " %s=", key), found = 0;
    pthread_mutex_lock(&lock);
    renew();
    for (const char *at = words; (at = strstr(at, start)); at += length)
        if (nth-- == 0) {
            size_t end = strcspn(at + length, " ");
            snprintf(into, size, "%.*s", (int)end, at + length);
            found = 1;
            break;
        }
    pthread_mutex_unlock(&lock);
    return found;
}

static int has_word(const char *word)
{
    char whole[64];
    snprintf(whole, sizeof whole, " %s ", word);
    pthread_mutex_lock(&lock);
    renew();
    int found = strstr(words, whole) != NULL;
    pthread_mutex_unlock(&lock);
    return found;
}

static int said(const char *key, const char *value)
{
    char one[128];
    for (int nth = 0; value_of(key, nth, one, sizeof one); nth++)
        if (strcmp(one, value) == 0)
            return 1;
    return 0;
}

static int number(const char *key, int otherwise)
{
    char one[128];
    return value_of(key, 0, one, sizeof one) ? atoi(one) : otherwise;
}

/* The words "key=GPU" and "key=all", and with a part after : or @ where `rest` is asked for. */
static int said_of(const char *key, int gpu, char *rest, size_t size)
{
    char one[128];
    for (int nth = 0; value_of(key, nth, one, sizeof one); nth++) {
        char *end;
        long index = strtol(one, &end, 10);
        if (end == one ? strcmp(one, "all") != 0 : index != gpu)
            continue;
        if (!rest && end != one && *end)
            continue;
        if (rest)
            snprintf(rest, size, "%s", end != one && *end ? end + 1 : "");
        return 1;
    }
    return 0;
}

static int number_of(const char *key, int gpu, int otherwise)
{
    char rest[64];
    return said_of(key, gpu, rest, sizeof rest) ? atoi(rest) : otherwise;
}

/* --- faults --------------------------------------------------------------------------------- */

static void record(const char *function, int gpu)
{
    static int file = -2;
    pthread_mutex_lock(&lock);
    const char *path = getenv("NVML_STUB_CALLS");
    if (file == -2)
        file = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;
    pthread_mutex_unlock(&lock);
    char line[128];
    int size = snprintf(line, sizeof line, "%s %d\n", function, gpu);
    if (file >= 0 && write(file, line, (size_t)size) < 0)
        perror("NVML_STUB_CALLS");
}

static int hangs(const char *function, int gpu)
{
    char one[128], that[128];
    snprintf(that, sizeof that, "%d@%s", gpu, function);
    for (int nth = 0; value_of("hang", nth, one, sizeof one); nth++) {
        char *end;
        if (strtol(one, &end, 10) == gpu && end != one && !*end)
            return 1;
        if (strcmp(one, that) == 0)
            return 1;
    }
    return 0;
}

static int slow_ms(const char *function, int gpu)
{
    char one[128], name[96];
    for (int nth = 0, index, ms; value_of("slow", nth, one, sizeof one); nth++) {
        int count = sscanf(one, "%d@%d@%95s", &index, &ms, name);
        if (count >= 2 && index == gpu && (count == 2 || strcmp(name, function) == 0))
            return ms;
    }
    return 0;
}

static int fault(const char *function, int gpu)
{
    char one[128], name[96];
    for (int nth = 0, index, code; value_of("fault", nth, one, sizeof one); nth++)
        if (sscanf(one, "%d@%95[^@]@%d", &index, name, &code) == 3 && index == gpu &&
            strcmp(name, function) == 0)
            return code;
    return SUCCESS;
}

static int trouble(const char *function, int gpu, const char *field)
{
    record(function, gpu);
    while (hangs(function, gpu))
        usleep(20 * 1000);
    int ms = slow_ms(function, gpu);
    if (ms)
        usleep((unsigned)ms * 1000);
    if (said("refuse", function))
        return FUNCTION_NOT_FOUND;
    if (said_of("lost", gpu, NULL, 0))
        return GPU_IS_LOST;
    if (said_of("reset", gpu, NULL, 0))
        return RESET_REQUIRED;
    if (said_of("unknown", gpu, NULL, 0))
        return UNKNOWN;
    int code = fault(function, gpu);
    if (code)
        return code;
    return field && said("missing", field) ? NOT_SUPPORTED : SUCCESS;
}

/* --- what is pretended ---------------------------------------------------------------------- */

static int is_part(void *device) { return device >= (void *)part_handles && device < (void *)(part_handles + MOST); }
static int part_of(void *device) { return is_part(device) ? (int)((int *)device - &part_handles[0][0]) % PARTS : -1; }
static int index_of(void *device)
{
    return is_part(device) ? (int)((int *)device - &part_handles[0][0]) / PARTS : (int)((int *)device - handles);
}
static int part_count(int gpu) { return number_of("mig", gpu, 0); }

static const Model *model(void)
{
    char word[32] = "2080";
    value_of("model", 0, word, sizeof word);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].word, word) == 0)
            return &models[i];
    return models;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* -1 to 1, different for each GPU, or 0 where all stand still. */
static double wander(int gpu, double period_s)
{
    return has_word("still") ? 0 : sin(now_s() * 6.2832 / period_s + gpu * 1.7);
}

static double counted_s(void)
{
    char word[32];
    return value_of("counted", 0, word, sizeof word) ? atof(word) : now_s() - 1.6e9;
}

static unsigned long long total(void *device)
{
    return model()->gib * GIB / (is_part(device) ? PARTS : 1);
}
static unsigned long long used(void *device)
{
    int gpu = index_of(device);
    unsigned long long base = is_part(device) ? GIB : 2 * GIB + (unsigned long long)gpu * GIB / 64;
    return base + (unsigned long long)(wander(gpu, 40) * 64 + 64) * 1024 * 1024 * !has_word("still");
}
static double watts(int gpu)
{
    int most = number("watts", 0);
    return most ? most * 0.99 : 200.5 + wander(gpu, 9) * 12;
}

#define BEGIN(field)                                        \
    int gpu = index_of(device);                             \
    int problem = trouble(__func__ + 10, gpu, field);       \
    if (problem)                                            \
        return problem;                                     \
    if (is_part(device) && part_of(device) >= part_count(gpu)) \
        return INVALID_ARGUMENT;

#define NO_PARTS              \
    if (is_part(device))      \
        return NOT_SUPPORTED;

/* --- the system ----------------------------------------------------------------------------- */

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
    usleep((unsigned)number("init_ms", 0) * 1000);
    return number("init", SUCCESS);
}

int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
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

int nvmlSystemGetNVMLVersion(char *version, unsigned size)
{
    snprintf(version, size, "12.570.133.20");
    return SUCCESS;
}

int nvmlSystemGetCudaDriverVersion(int *version)
{
    *version = 12080;
    return SUCCESS;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version) { return nvmlSystemGetCudaDriverVersion(version); }

int nvmlSystemGetProcessName(unsigned pid, char *name, unsigned size)
{
    snprintf(name, size, "python-%u", pid);
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    int problem = trouble("GetCount", -1, NULL);
    *count = (unsigned)number("count", 2);
    char later[32];
    for (int nth = 1; value_of("count", nth, later, sizeof later); nth++)
        *count = (unsigned)atoi(later); /* the control file has the last word */
    return problem;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    int problem = trouble("GetHandleByIndex", (int)index, NULL);
    if (index >= MOST)
        return INVALID_ARGUMENT;
    *device = &handles[index];
    return problem;
}

int nvmlDeviceGetIndex(void *device, unsigned *index)
{
    BEGIN(NULL)
    *index = (unsigned)(is_part(device) ? part_of(device) : gpu);
    return SUCCESS;
}

/* --- what a GPU is -------------------------------------------------------------------------- */

int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
    BEGIN(NULL)
    char given[96];
    int is_given = value_of("name", 0, given, sizeof given);
    for (char *at = given; is_given && *at; at++)
        if (*at == '_')
            *at = ' ';
    snprintf(name, size, "%s%s", is_given ? given : model()->name, is_part(device) ? " MIG 1g.10gb" : "");
    return SUCCESS;
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size)
{
    BEGIN(NULL)
    if (is_part(device))
        snprintf(uuid, size, "MIG-%08x-%04x-0000-0000-000000000000", gpu, part_of(device));
    else
        snprintf(uuid, size, "GPU-%08x-0000-0000-0000-000000000000", gpu);
    return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **device)
{
    unsigned gpu, part;
    if (sscanf(uuid, "GPU-%8x", &gpu) == 1 && gpu < MOST)
        *device = &handles[gpu];
    else if (sscanf(uuid, "MIG-%8x-%4x", &gpu, &part) == 2 && gpu < MOST && part < PARTS)
        *device = &part_handles[gpu][part];
    else
        return NOT_FOUND;
    return trouble("GetHandleByUUID", (int)gpu, NULL);
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **device)
{
    unsigned domain, bus;
    if (sscanf(id, "%x:%x:", &domain, &bus) != 2 || bus < 1 || bus > MOST)
        return NOT_FOUND;
    *device = &handles[bus - 1];
    return trouble("GetHandleByPciBusId", (int)bus - 1, NULL);
}

int nvmlDeviceGetPciInfo_v3(void *device, Pci *pci)
{
    BEGIN(NULL)
    memset(pci, 0, sizeof *pci);
    pci->bus = (unsigned)gpu + 1;
    snprintf(pci->legacy, sizeof pci->legacy, "0000:%02X:00.0", gpu + 1);
    snprintf(pci->id, sizeof pci->id, "00000000:%02X:00.0", gpu + 1);
    return SUCCESS;
}

int nvmlDeviceGetSerial(void *device, char *serial, unsigned size)
{
    BEGIN(NULL)
    snprintf(serial, size, "%d", 1320000000 + gpu);
    return SUCCESS;
}

#define FIXED(function, type, number)         \
    int function(void *device, type *value)   \
    {                                         \
        BEGIN(NULL)                           \
        *value = number;                      \
        return SUCCESS;                       \
    }

FIXED(nvmlDeviceGetPersistenceMode, unsigned, 1)
FIXED(nvmlDeviceGetPerformanceState, unsigned, 2)
FIXED(nvmlDeviceGetDisplayActive, unsigned, 0)
FIXED(nvmlDeviceGetDisplayMode, unsigned, 0)
FIXED(nvmlDeviceGetComputeMode, unsigned, 0)

int nvmlDeviceGetDriverModel(void *device, unsigned *current, unsigned *pending)
{
    (void)device, (void)current, (void)pending;
    return NOT_SUPPORTED; /* a thing of Windows; the library of Linux has the function */
}

int nvmlDeviceGetDriverModel_v2(void *device, unsigned *current, unsigned *pending)
{
    return nvmlDeviceGetDriverModel(device, current, pending);
}

int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor)
{
    BEGIN(NULL)
    *major = model()->is_server ? 9 : 7;
    *minor = model()->is_server ? 0 : 5;
    return SUCCESS;
}

int nvmlDeviceGetEncoderUtilization(void *device, unsigned *pct, unsigned *period_us)
{
    BEGIN(NULL)
    *pct = 0;
    *period_us = 167000;
    return SUCCESS;
}

int nvmlDeviceGetDecoderUtilization(void *device, unsigned *pct, unsigned *period_us)
{
    BEGIN(NULL)
    *pct = 0;
    *period_us = 167000;
    return SUCCESS;
}

int nvmlDeviceGetBAR1MemoryInfo(void *device, Memory *memory)
{
    BEGIN(NULL)
    *memory = (Memory){256 * GIB / 1024, 250 * GIB / 1024, 6 * GIB / 1024};
    return SUCCESS;
}

static int limit(unsigned *milliwatt)
{
    *milliwatt = (unsigned)number("watts", (int)model()->watt) * 1000;
    return SUCCESS;
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatt)
{
    BEGIN("limits")
    NO_PARTS
    return limit(milliwatt);
}

int nvmlDeviceGetPowerManagementLimit(void *device, unsigned *milliwatt)
{
    BEGIN("limits")
    NO_PARTS
    return limit(milliwatt);
}

int nvmlDeviceGetTemperatureThreshold(void *device, int threshold, unsigned *celsius)
{
    BEGIN("limits")
    NO_PARTS
    if (threshold > 1)
        return INVALID_ARGUMENT;
    *celsius = threshold ? 93 : 98;
    return SUCCESS;
}

/* --- what changes each second --------------------------------------------------------------- */

int nvmlDeviceGetUtilizationRates(void *device, Utilization *rates)
{
    BEGIN("utilization")
    if (is_part(device) || part_count(gpu))
        return NOT_SUPPORTED;
    double swing = wander(gpu, 7) * 6;
    rates->gpu = (unsigned)fmax(0, fmin(100, 90 + gpu % 10 + swing));
    rates->memory = 40;
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(void *device, Memory *memory)
{
    BEGIN("memory")
    memory->total = total(device);
    memory->used = used(device) + RESERVED;
    memory->free = total(device) - memory->used;
    return SUCCESS;
}

#ifndef OLD_LIBRARY
int nvmlDeviceGetMemoryInfo_v2(void *device, MemoryV2 *memory)
{
    BEGIN("memory")
    if (memory->version != (sizeof *memory | 2 << 24))
        return 25;
    memory->total = total(device);
    memory->reserved = RESERVED;
    memory->used = used(device);
    memory->free = total(device) - memory->used - RESERVED;
    return SUCCESS;
}
#endif

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius)
{
    BEGIN("temperature")
    NO_PARTS
    (void)sensor;
    *celsius = (unsigned)(60 + gpu % 30 + lround(wander(gpu, 30) * 4));
    return SUCCESS;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatt)
{
    BEGIN("power")
    NO_PARTS
    *milliwatt = (unsigned)(watts(gpu) * 1000);
    return SUCCESS;
}

int nvmlDeviceGetClockInfo(void *device, int type, unsigned *mhz)
{
    BEGIN("clock")
    NO_PARTS
    (void)type;
    *mhz = 1800 + (unsigned)(int)(15 * lround(wander(gpu, 11)));
    return SUCCESS;
}

int nvmlDeviceGetMaxClockInfo(void *device, int type, unsigned *mhz)
{
    BEGIN("clock")
    NO_PARTS
    (void)type;
    *mhz = model()->clock;
    return SUCCESS;
}

static int reasons(int gpu, unsigned long long *bits)
{
    *bits = (unsigned long long)number_of("throttle", gpu, 4);
    return SUCCESS;
}

#ifndef OLD_LIBRARY
int nvmlDeviceGetCurrentClocksEventReasons(void *device, unsigned long long *bits)
{
    BEGIN("throttle")
    return is_part(device) ? NOT_SUPPORTED : reasons(gpu, bits);
}
#endif

int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *bits)
{
    BEGIN("throttle")
    return is_part(device) ? NOT_SUPPORTED : reasons(gpu, bits);
}

/* --- processes ------------------------------------------------------------------------------ */

static unsigned process_count(int gpu)
{
    if (said_of("busy", gpu, NULL, 0) || has_word("two"))
        return 2;
    return has_word("train") || has_word("container") || number("pid", 0) ? 1 : 0;
}

static unsigned pid_of(int gpu, unsigned i)
{
    if (said_of("busy", gpu, NULL, 0))
        return 41000 + i;
    unsigned first = (unsigned)number("pid", has_word("container") ? 4190000 : 51000);
    return first + (has_word("same") ? 0 : (unsigned)gpu) + i * MOST;
}

static unsigned long long memory_of(void *device, unsigned i)
{
    int gpu = index_of(device);
    if (said_of("busy", gpu, NULL, 0))
        return i ? ~0ULL : GIB;
    return has_word("container") ? ~0ULL : used(device) / (i + 2);
}

static int processes(void *device, unsigned *count, Process *into)
{
    if (has_word("denied"))
        return NO_PERMISSION;
    int gpu = index_of(device);
    unsigned found = process_count(gpu), room = *count;
    *count = found;
    if (found > room)
        return INSUFFICIENT_SIZE;
    for (unsigned i = 0; i < found; i++)
        into[i] = (Process){pid_of(gpu, i), memory_of(device, i), ~0u, ~0u};
    return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v2(void *device, unsigned *count, Process *into)
{
    BEGIN("processes")
    return processes(device, count, into);
}

int nvmlDeviceGetGraphicsRunningProcesses_v2(void *device, unsigned *count, Process *into)
{
    BEGIN("processes")
    (void)into;
    *count = 0;
    return has_word("denied") ? NO_PERMISSION : SUCCESS;
}

#ifndef OLD_LIBRARY
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, Process *into)
{
    BEGIN("processes")
    return processes(device, count, into);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned *count, Process *into)
{
    return nvmlDeviceGetGraphicsRunningProcesses_v2(device, count, into);
}

int nvmlDeviceGetMPSComputeRunningProcesses_v3(void *device, unsigned *count, Process *into)
{
    return nvmlDeviceGetGraphicsRunningProcesses_v2(device, count, into);
}
#endif

/* A sample each second; NOT_FOUND where none is newer than asked for. */
int nvmlDeviceGetProcessUtilization(void *device, Share *into, unsigned *count, unsigned long long since_us)
{
    BEGIN("shares")
    if (is_part(device) || part_count(gpu))
        return NOT_SUPPORTED;
    unsigned long long latest_us = (unsigned long long)now_s() * 1000000;
    unsigned found = process_count(gpu), room = *count;
    if (!found || latest_us <= since_us || has_word("shareless"))
        return NOT_FOUND;
    *count = found;
    if (!into || found > room)
        return INSUFFICIENT_SIZE;
    for (unsigned i = 0; i < found; i++)
        into[i] = (Share){pid_of(gpu, i), latest_us, 80 / (i + 1), 30, 0, 0};
    return SUCCESS;
}

/* --- links, counters, health ---------------------------------------------------------------- */

#define OF_MODEL(function, field, type, number)  \
    int function(void *device, type *value)      \
    {                                            \
        BEGIN(field)                             \
        NO_PARTS                                 \
        *value = number;                         \
        return SUCCESS;                          \
    }

OF_MODEL(nvmlDeviceGetCurrPcieLinkGeneration, "pcie", unsigned, model()->generation)
OF_MODEL(nvmlDeviceGetMaxPcieLinkGeneration, "pcie", unsigned, model()->generation)
OF_MODEL(nvmlDeviceGetCurrPcieLinkWidth, "pcie", unsigned, said_of("narrow", gpu, NULL, 0) ? 4 : 16)
OF_MODEL(nvmlDeviceGetMaxPcieLinkWidth, "pcie", unsigned, 16)
OF_MODEL(nvmlDeviceGetPcieReplayCounter, "pcie", unsigned, 3)
OF_MODEL(nvmlDeviceGetTotalEnergyConsumption, "energy", unsigned long long, (unsigned long long)(counted_s() * 200500))

int nvmlDeviceGetFanSpeed(void *device, unsigned *pct)
{
    BEGIN("fan")
    if (is_part(device) || model()->is_server)
        return NOT_SUPPORTED;
    *pct = 45;
    return SUCCESS;
}

/* Measures for 20 ms, as NVML does. */
int nvmlDeviceGetPcieThroughput(void *device, unsigned counter, unsigned *kib_per_s)
{
    BEGIN("pcie")
    NO_PARTS
    usleep(20 * 1000);
    *kib_per_s = counter ? 1000000 : 250000;
    return SUCCESS;
}

static unsigned long long corrected(int gpu) { return (unsigned long long)number_of("ecc", gpu, 0); }

int nvmlDeviceGetTotalEccErrors(void *device, int kind, int counter, unsigned long long *count)
{
    BEGIN("ecc")
    (void)counter;
    if (is_part(device) || !model()->is_server)
        return NOT_SUPPORTED;
    *count = kind ? corrected(gpu) > 0 : corrected(gpu);
    return SUCCESS;
}

int nvmlDeviceGetMemoryErrorCounter(void *device, int kind, int counter, int where, unsigned long long *count)
{
    (void)where;
    return nvmlDeviceGetTotalEccErrors(device, kind, counter, count);
}

#ifndef OLD_LIBRARY
int nvmlDeviceGetRemappedRows(void *device, unsigned *correctable, unsigned *uncorrectable, unsigned *pending, unsigned *failed)
{
    BEGIN("remap")
    if (is_part(device) || !model()->is_server)
        return NOT_SUPPORTED;
    *correctable = 0;
    *uncorrectable = *pending = (unsigned)said_of("remap", gpu, NULL, 0);
    *failed = 0;
    return SUCCESS;
}
#endif

int nvmlDeviceGetRetiredPagesPendingStatus(void *device, unsigned *pending)
{
    BEGIN("remap")
    NO_PARTS
    if (model()->is_server)
        return NOT_SUPPORTED;
    *pending = (unsigned)said_of("remap", gpu, NULL, 0);
    return SUCCESS;
}

int nvmlDeviceGetNvLinkState(void *device, unsigned link, unsigned *is_active)
{
    BEGIN("nvlink")
    if (is_part(device) || link >= model()->links)
        return NOT_SUPPORTED;
    *is_active = !(said_of("linkdown", gpu, NULL, 0) && link == 0);
    return SUCCESS;
}

static void tell(FieldValue *one, unsigned long long value)
{
    one->type = 3;
    one->value.ull = value;
    one->problem = SUCCESS;
}

static void server_field(FieldValue *one, int gpu)
{
    int is_remap = !said("missing", "remap"), is_ecc = !said("missing", "ecc");
    unsigned pending = (unsigned)said_of("remap", gpu, NULL, 0);
    if (one->id == 3 && is_ecc)
        tell(one, corrected(gpu));
    else if (one->id == 4 && is_ecc)
        tell(one, corrected(gpu) > 0);
    else if (one->id == 82)
        tell(one, (unsigned long long)(66 + gpu % 30));
    else if ((one->id == 142 || one->id == 145) && is_remap)
        tell(one, 0);
    else if ((one->id == 143 || one->id == 144) && is_remap)
        tell(one, pending);
    else if (one->id == 230)
        tell(one, (unsigned long long)number_of("recovery", gpu, 0));
}

static void link_field(FieldValue *one, int gpu)
{
    const Model *m = model();
    double kib = counted_s() * 1e6;
    if (one->id == 91)
        tell(one, m->links);
    else if (one->id == 38)
        tell(one, 0);
    else if ((one->id == 138 || one->id == 139) && one->scope == 0xFFFFFFFF)
        tell(one, (unsigned long long)(one->id == 138 ? kib : 2 * kib));
    else if (one->id == 165 && one->scope < m->links)
        tell(one, !(said_of("linkdown", gpu, NULL, 0) && one->scope == 0));
}

#ifndef OLD_LIBRARY
int nvmlDeviceGetFieldValues(void *device, int count, FieldValue *values)
{
    BEGIN("fields")
    NO_PARTS
    const Model *m = model();
    for (int i = 0; i < count; i++) {
        FieldValue *one = &values[i];
        char name[16];
        snprintf(name, sizeof name, "field%u", one->id);
        one->problem = NOT_SUPPORTED;
        one->time = (int64_t)(now_s() * 1e6);
        if (said("missing", name))
            continue;
        if (m->is_server)
            server_field(one, gpu);
        if (m->links && !said("missing", "nvlink"))
            link_field(one, gpu);
        if (one->id == 83 && !said("missing", "energy"))
            tell(one, (unsigned long long)(counted_s() * 200500));
        if (one->id == 94 && !said("missing", "pcie"))
            tell(one, 3);
        if ((one->id == 197 || one->id == 198) && m->has_pcie_bytes && !said("missing", "pcie"))
            tell(one, (unsigned long long)(counted_s() * (one->id == 198 ? 1e9 : 25e7)));
    }
    return SUCCESS;
}
#endif

/* --- MIG ------------------------------------------------------------------------------------ */

#ifndef OLD_LIBRARY
int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *pending)
{
    BEGIN("mig")
    if (is_part(device) || !model()->is_server)
        return NOT_SUPPORTED;
    char rest[16];
    *now = *pending = (unsigned)said_of("mig", gpu, rest, sizeof rest);
    return SUCCESS;
}

int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned *count)
{
    BEGIN("mig")
    *count = model()->is_server && !is_part(device) ? PARTS : 0;
    return SUCCESS;
}

int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned index, void **part)
{
    BEGIN("mig")
    if ((int)index >= part_count(gpu))
        return NOT_FOUND;
    *part = &part_handles[gpu][index];
    return SUCCESS;
}

int nvmlDeviceIsMigDeviceHandle(void *device, unsigned *answer)
{
    *answer = (unsigned)is_part(device);
    return SUCCESS;
}

int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(void *part, void **device)
{
    *device = &handles[index_of(part)];
    return is_part(part) ? SUCCESS : INVALID_ARGUMENT;
}

int nvmlDeviceGetGpuInstanceId(void *device, unsigned *id)
{
    BEGIN("mig")
    *id = (unsigned)part_of(device) + 7;
    return is_part(device) ? SUCCESS : INVALID_ARGUMENT;
}

int nvmlDeviceGetComputeInstanceId(void *device, unsigned *id)
{
    BEGIN("mig")
    *id = 0;
    return is_part(device) ? SUCCESS : INVALID_ARGUMENT;
}
#endif

/* --- events --------------------------------------------------------------------------------- */

static char registered[MOST], reported[MOST][64];
static int event_set;

int nvmlEventSetCreate(void **set)
{
    int problem = trouble("EventSetCreate", -1, "eventsets");
    *set = &event_set;
    return problem;
}

int nvmlEventSetFree(void *set)
{
    (void)set;
    memset(registered, 0, sizeof registered);
    return SUCCESS;
}

int nvmlDeviceGetSupportedEventTypes(void *device, unsigned long long *kinds)
{
    BEGIN("events")
    *kinds = XID;
    return SUCCESS;
}

int nvmlDeviceRegisterEvents(void *device, unsigned long long kinds, void *set)
{
    BEGIN("events")
    (void)set;
    registered[gpu] = (kinds & XID) != 0;
    return SUCCESS;
}

/* The next word xid=GPU:CODE that was not reported since it was said. */
static int next_event(Event *event)
{
    for (int gpu = 0; gpu < MOST; gpu++) {
        char code[64];
        if (!registered[gpu] || !said_of("xid", gpu, code, sizeof code)) {
            reported[gpu][0] = 0;
            continue;
        }
        if (strcmp(reported[gpu], code) == 0)
            continue;
        snprintf(reported[gpu], sizeof reported[gpu], "%s", code);
        *event = (Event){&handles[gpu], XID, (unsigned long long)atoi(code), ~0u, ~0u};
        return 1;
    }
    return 0;
}

int nvmlEventSetWait_v2(void *set, Event *event, unsigned timeout_ms)
{
    (void)set;
    int problem = trouble("EventSetWait", -1, NULL);
    double end = now_s() + timeout_ms / 1000.0;
    while (!problem) {
        if (next_event(event))
            return SUCCESS;
        if (now_s() >= end)
            return TIMEOUT;
        usleep(100 * 1000);
    }
    return problem;
}
