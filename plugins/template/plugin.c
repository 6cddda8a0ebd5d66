/*
 * A plugin to copy: one op, its gradient, and the description of both. Build it with `sh build.sh`.
 *
 * The op is softsign, x / (1 + |x|). To make it yours, change the two loops, the names below and
 * the formula in plugin_test.ts.
 */
#include <math.h>
#include "minitensor_plugin.h"

/* What the library gives: threads, scratch memory, and set_error, to say why a kernel fails. */
static const minitensor_host *host;

static minitensor_status initialize(const minitensor_host *given) {
  host = given;
  return MINITENSOR_OK;
}

/*
 * The kernel. An elementwise call comes as rows: data[0] is the output's, then the inputs', each
 * `step` elements from the next. The loop is written once and compiled for both dtypes.
 */
#define SOFTSIGN(type, absolute)                                        \
  do {                                                                  \
    type *out = (type *)rows.data[0];                                   \
    const type *x = (const type *)rows.data[1];                         \
    for (int64_t i = 0; i < rows.count; i++) {                          \
      const type value = x[i * rows.step[1]];                           \
      out[i * rows.step[0]] = value / (1 + absolute(value));            \
    }                                                                   \
  } while (minitensor_next_row(&rows))

static minitensor_status softsign(minitensor_call *call) {
  minitensor_rows rows = minitensor_first_row(call);
  switch (minitensor_dtype(minitensor_output(call, 0))) {
    case MINITENSOR_FLOAT32: SOFTSIGN(float, fabsf); break;
    case MINITENSOR_FLOAT64: SOFTSIGN(double, fabs); break;
    default: host->set_error("softsign takes float32 and float64"); return MINITENSOR_FAILED;
  }
  return MINITENSOR_OK;
}

/*
 * The gradient: its output is the gradient of x; its inputs are the result's gradient, then x,
 * because the op below says MINITENSOR_SAVES_INPUTS. The slope is 1 / (1 + |x|)^2.
 */
#define SOFTSIGN_BACKWARD(type, absolute)                               \
  do {                                                                  \
    type *out = (type *)rows.data[0];                                   \
    const type *grad = (const type *)rows.data[1];                      \
    const type *x = (const type *)rows.data[2];                         \
    for (int64_t i = 0; i < rows.count; i++) {                          \
      const type root = 1 + absolute(x[i * rows.step[2]]);              \
      out[i * rows.step[0]] = grad[i * rows.step[1]] / (root * root);   \
    }                                                                   \
  } while (minitensor_next_row(&rows))

static minitensor_status softsign_backward(minitensor_call *call) {
  minitensor_rows rows = minitensor_first_row(call);
  const int dtype = minitensor_dtype(minitensor_output(call, 0));
  if (dtype == MINITENSOR_FLOAT32) SOFTSIGN_BACKWARD(float, fabsf);
  else SOFTSIGN_BACKWARD(double, fabs);
  return MINITENSOR_OK;
}

static const minitensor_op ops[] = {
    {
        .name = "template/softsign",
        .summary = "x / (1 + |x|)",
        .input_count = 1,
        .output_count = 1,
        .flags = MINITENSOR_ELEMENTWISE,
        .dtypes = MINITENSOR_FLOATS,
        .saves = MINITENSOR_SAVES_INPUTS,
        .infer = "same", /* the result's shape and dtype are the input's */
        .forward = softsign,
        .backward = softsign_backward,
    },
};

static const minitensor_plugin template_plugin = {
    .abi_version = MINITENSOR_PLUGIN_ABI_VERSION,
    .struct_size = sizeof(minitensor_plugin),
    .name = "template",
    .version = "1.0.0",
    .description = "a plugin to copy",
    .author = "you",
    .min_minitensor_version = "0.1.0",
    .initialize = initialize,
    .op_count = sizeof(ops) / sizeof(ops[0]),
    .op_size = sizeof(minitensor_op),
    .ops = ops,
};

MINITENSOR_PLUGIN(template_plugin)
