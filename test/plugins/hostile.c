/* A plugin that lies, in the way that CASE names; the plain one is right. See hostile_test.ts. */
#include <minitensor_plugin.h>
#include <stdlib.h>

#define NONE 0
#define NO_SYMBOLS 1
#define NO_DESCRIBE 2
#define ABI_999 3
#define STRUCT_ABI 4
#define SMALL_STRUCT 5
#define NULL_NAME 6
#define UNMAPPED_NAME 7
#define NOT_UTF8 8
#define LONG_NAME 9
#define UNKNOWN_DTYPE 10
#define NO_DTYPE 11
#define MANY_OPS 12
#define NULL_OPS 13
#define SMALL_OP 14
#define NO_FORWARD 15
#define DUPLICATE 16
#define BUILT_IN 17
#define BAD_OP_NAME 18
#define BAD_VERSION 19
#define BAD_MINIMUM 20
#define FUTURE 21
#define PAST 22
#define INITIALIZE_SAYS 23
#define INITIALIZE_SILENT 24
#define KERNEL_SAYS 25
#define BACKWARD_FAILS 26
#define STATUS_77 27
#define INFER_RANK 28
#define INFER_SIZE 29
#define INFER_DTYPE 30
#define UNKNOWN_RULE 31
#define NO_GRADIENT 32
#define NULL_DESCRIPTION 33
#define WILD_DESCRIPTION 34
#define ABORTS 35
#define SEGFAULTS 36
#define MANY_INPUTS 37
#define UNMAPPED_OPS 38
#define EMPTY_NAME 39
#define INFER_SHAPE 40
#define NULL_ATTRIBUTE 41
#define HANGS 42
#define UNKNOWN_FLAG 43
#define TWO_GRADIENTS 44
#define NO_OUTPUT 45

#ifndef CASE
#define CASE NONE
#endif
#define IS(case) (CASE == case)

static const minitensor_host *host;

static minitensor_status initialize(const minitensor_host *given) {
  host = given;
  if (IS(INITIALIZE_SAYS)) given->set_error("the licence has expired");
  return IS(INITIALIZE_SAYS) || IS(INITIALIZE_SILENT) ? MINITENSOR_FAILED : MINITENSOR_OK;
}

static minitensor_status copy(minitensor_call *call) {
  minitensor_rows rows = minitensor_first_row(call);
  do {
    float *out = (float *)rows.data[0];
    const float *x = (const float *)rows.data[1];
    for (int64_t i = 0; i < rows.count; i++) out[i * rows.step[0]] = x[i * rows.step[1]];
  } while (minitensor_next_row(&rows));
  return MINITENSOR_OK;
}

static minitensor_status forward(minitensor_call *call) {
  if (IS(KERNEL_SAYS)) {
    host->set_error("the moon is in the wrong phase");
    return MINITENSOR_FAILED;
  }
  return IS(STATUS_77) ? 77 : copy(call);
}

static minitensor_status backward(minitensor_call *call) {
  if (!IS(BACKWARD_FAILS)) return copy(call);
  host->set_error("the way back is closed");
  return MINITENSOR_FAILED;
}

static minitensor_status infer(minitensor_call *call) {
  minitensor_view *out = &call->views[0];
  out->rank = IS(INFER_RANK) ? 99 : 1;
  out->shape[0] = IS(INFER_SIZE) ? -3 : 2;
  out->dtype = IS(INFER_DTYPE) ? 42 : MINITENSOR_FLOAT32;
  return MINITENSOR_OK;
}

static const minitensor_attribute attribute = {.name = NULL};

#define OWN_INFER (IS(INFER_RANK) || IS(INFER_SIZE) || IS(INFER_DTYPE) || IS(INFER_SHAPE))

static const minitensor_op ops[] = {
    {
        .name = IS(BUILT_IN) ? "add" : IS(BAD_OP_NAME) ? "a b;c" : "hostile/copy",
        .summary = "x",
        .input_count = IS(MANY_INPUTS) ? 4000000000u : 1,
        .output_count = IS(NO_OUTPUT) ? 0 : 1,
        .flags = IS(UNKNOWN_FLAG) ? 0x80 : MINITENSOR_ELEMENTWISE,
        .dtypes = IS(UNKNOWN_DTYPE) ? 0x8001 : IS(NO_DTYPE) ? 0 : 1,
        .infer = OWN_INFER ? NULL : IS(UNKNOWN_RULE) ? "guess" : "same",
        .infer_fn = OWN_INFER ? infer : NULL,
        .forward = IS(NO_FORWARD) ? NULL : forward,
        .backward = IS(NO_GRADIENT) ? NULL : backward,
        .gradient = IS(NO_GRADIENT) || IS(TWO_GRADIENTS) ? "hostile/absent" : NULL,
        .attributes = IS(NULL_ATTRIBUTE) ? &attribute : NULL,
        .attribute_count = IS(NULL_ATTRIBUTE) ? 1 : 0,
        .attribute_size = sizeof attribute,
    },
    {
        .name = IS(DUPLICATE) ? "hostile/copy" : "hostile/other",
        .input_count = 1,
        .output_count = 1,
        .flags = MINITENSOR_ELEMENTWISE,
        .dtypes = 1,
        .infer = "same",
        .forward = copy,
    },
};

#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define WILD(type) ((const type *)(uintptr_t)0x7ead00000000)

static minitensor_plugin plugin = {
    .abi_version = IS(STRUCT_ABI) ? 7 : MINITENSOR_PLUGIN_ABI_VERSION,
    .struct_size = IS(SMALL_STRUCT) ? 8 : sizeof plugin,
    .name = IS(NULL_NAME)       ? NULL
            : IS(UNMAPPED_NAME) ? WILD(char)
            : IS(NOT_UTF8)      ? "caf\xe9"
            : IS(LONG_NAME)     ? LONG LONG
            : IS(EMPTY_NAME)    ? ""
                                : "hostile",
    .version = IS(BAD_VERSION) ? "one" : "1.0.0",
    .description = "lies",
    .author = "nobody",
    .min_minitensor_version = IS(BAD_MINIMUM) ? "1.2" : IS(FUTURE) ? "99.0.0" : "0.1.0",
    .max_minitensor_version = IS(PAST) ? "0.0.1" : NULL,
    .initialize = initialize,
    .op_count = IS(MANY_OPS) ? 0xffffffffu : 2,
    .op_size = IS(SMALL_OP) ? 16 : sizeof(minitensor_op),
    .ops = IS(NULL_OPS) ? NULL : IS(UNMAPPED_OPS) ? WILD(minitensor_op) : ops,
};

#if CASE == NO_SYMBOLS
int hostile_is_here(void) { return (int)plugin.op_count; }
#else
MINITENSOR_EXPORT uint32_t minitensor_plugin_abi_version(void) { return IS(ABI_999) ? 999 : 1; }

#if CASE != NO_DESCRIBE
MINITENSOR_EXPORT const minitensor_plugin *minitensor_plugin_describe(void) {
  if (IS(ABORTS) || IS(ABI_999)) abort(); /* of another version it must not be called at all */
  if (IS(SEGFAULTS)) *(volatile int *)8 = 1;
  while (IS(HANGS)) continue;
  if (IS(NULL_DESCRIPTION)) return NULL;
  return IS(WILD_DESCRIPTION) ? (const minitensor_plugin *)(uintptr_t)0x10 : &plugin;
}
#endif
#endif
