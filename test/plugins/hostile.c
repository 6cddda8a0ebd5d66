/* Plugins that lie, one per -DCASE=CASE_name; hostile.ts compiles them and says what each meets. */
#include "minitensor_plugin.h"
#include <stdio.h>
#include <stdlib.h>

#define JOIN(a, b) a##b
#define IS(name) (JOIN(CASE_, name) == CASE)

enum {
  CASE_good, CASE_no_symbols, CASE_only_version, CASE_abi_999, CASE_struct_abi, CASE_struct_size,
  CASE_null_name, CASE_unmapped_name, CASE_name_not_utf8, CASE_name_too_long, CASE_unknown_dtype,
  CASE_no_dtype, CASE_op_count_huge, CASE_ops_null, CASE_op_size_small, CASE_no_forward,
  CASE_duplicate_op, CASE_taken_op, CASE_bad_op_name, CASE_bad_version, CASE_version_of_two,
  CASE_minimum_99, CASE_maximum_0, CASE_initialize_message, CASE_initialize_silent,
  CASE_kernel_message, CASE_backward_message, CASE_kernel_status_77, CASE_infer_rank_99,
  CASE_infer_negative, CASE_infer_dtype_42, CASE_unknown_rule, CASE_missing_gradient,
  CASE_describe_null, CASE_describe_16, CASE_describe_aborts, CASE_describe_crashes, CASE_cleanup,
  CASE_too_many_inputs
};

#if CASE_IS_NO_SYMBOLS
MINITENSOR_EXPORT int minitensor_nothing(void) { return 0; }
#else

static const minitensor_host *host;

/* Adds a letter to a file, where a test can count the calls without opening this library again. */
static void cleanup(void) {
#ifdef CLEANED
  FILE *file = fopen(CLEANED, "a");
  if (file == NULL) return;
  fputc('x', file);
  fclose(file);
#endif
}

static minitensor_status initialize(const minitensor_host *given) {
  host = given;
  if (IS(initialize_message)) host->set_error("there is no licence");
  return IS(initialize_message) || IS(initialize_silent) ? MINITENSOR_FAILED : MINITENSOR_OK;
}

static minitensor_status forward(minitensor_call *call) {
  minitensor_rows rows = minitensor_first_row(call);
  if (IS(kernel_message)) {
    host->set_error("the kernel has no idea");
    return MINITENSOR_FAILED;
  }
  if (IS(kernel_status_77)) return 77;
  if (minitensor_dtype(&call->views[0]) != MINITENSOR_FLOAT32) return MINITENSOR_BAD_DTYPE;
  do {
    float *out = (float *)rows.data[0];
    const float *x = (const float *)rows.data[1];
    for (int64_t i = 0; i < rows.count; i++) out[i * rows.step[0]] = x[i * rows.step[1]] * 2;
  } while (minitensor_next_row(&rows));
  return MINITENSOR_OK;
}

static minitensor_status backward(minitensor_call *call) {
  if (!IS(backward_message)) return forward(call);
  host->set_error("the gradient is unknown");
  return MINITENSOR_FAILED;
}

static minitensor_status infer(minitensor_call *call) {
  minitensor_view *out = &call->views[0];
  *out = *minitensor_input(call, 0);
  if (IS(infer_rank_99)) out->rank = 99;
  if (IS(infer_negative)) out->shape[0] = -3;
  if (IS(infer_dtype_42)) out->dtype = 42;
  return MINITENSOR_OK;
}

static char long_name[1 << 16];
static minitensor_op ops[2];
static minitensor_plugin plugin;

static int uses_infer(void) {
  return IS(infer_rank_99) || IS(infer_negative) || IS(infer_dtype_42);
}

static void fill_op(minitensor_op *op) {
  op->name = IS(taken_op) ? "add" : IS(bad_op_name) ? "no good/name!" : "hostile/twice";
  op->summary = "x * 2";
  op->input_count = IS(too_many_inputs) ? 40 : 1;
  op->output_count = 1;
  op->flags = uses_infer() ? 0 : MINITENSOR_ELEMENTWISE;
  op->dtypes = IS(unknown_dtype) ? 0x80000001u : IS(no_dtype) ? 0 : MINITENSOR_FLOATS;
  op->infer = uses_infer() ? NULL : IS(unknown_rule) ? "guess" : "same";
  op->infer_fn = uses_infer() ? infer : NULL;
  op->forward = IS(no_forward) ? NULL : forward;
  op->backward = IS(missing_gradient) ? NULL : backward;
  op->gradient = IS(missing_gradient) ? "hostile/nowhere" : NULL;
}

static const char *plugin_name(void) {
  if (IS(null_name)) return NULL;
  if (IS(unmapped_name)) return (const char *)((uintptr_t)1 << 40);
  if (IS(name_not_utf8)) return "\xff\xfe";
  return IS(name_too_long) ? long_name : "hostile";
}

static void fill(void) {
  for (size_t i = 0; i + 1 < sizeof long_name; i++) long_name[i] = 'x';
  fill_op(&ops[0]);
  fill_op(&ops[1]);
  plugin.abi_version = IS(struct_abi) ? 7 : MINITENSOR_PLUGIN_ABI_VERSION;
  plugin.struct_size = IS(struct_size) ? 8 : sizeof plugin;
  plugin.name = plugin_name();
  plugin.version = IS(bad_version) ? "one.two.three" : IS(version_of_two) ? "1.2" : "1.0.0";
  plugin.description = "says what is not so";
  plugin.author = "nobody";
  plugin.min_minitensor_version = IS(minimum_99) ? "99.0.0" : "0.1.0";
  plugin.max_minitensor_version = IS(maximum_0) ? "0.0.1" : NULL;
  plugin.initialize = initialize;
  plugin.cleanup = cleanup;
  plugin.op_count = IS(op_count_huge) ? UINT32_MAX : IS(duplicate_op) ? 2 : 1;
  plugin.op_size = IS(op_size_small) ? 16 : sizeof(minitensor_op);
  plugin.ops = IS(ops_null) ? NULL : ops;
}

MINITENSOR_EXPORT uint32_t minitensor_plugin_abi_version(void) {
  return IS(abi_999) ? 999 : MINITENSOR_PLUGIN_ABI_VERSION;
}

#if !CASE_IS_ONLY_VERSION
MINITENSOR_EXPORT const minitensor_plugin *minitensor_plugin_describe(void) {
  if (IS(describe_null)) return NULL;
  if (IS(describe_16)) return (const minitensor_plugin *)(uintptr_t)16;
  if (IS(describe_aborts) || IS(abi_999)) abort(); /* of another version: must not be called */
  if (IS(describe_crashes)) *(volatile int *)0 = 0;
  fill();
  return &plugin;
}
#endif
#endif
