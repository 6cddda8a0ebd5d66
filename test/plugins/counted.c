/* A plugin with one op, NAME/twice, that counts in the file LOG: "i" for initialize, "c" for cleanup. */
#include <minitensor_plugin.h>
#include <stdio.h>

#define TEXT(x) #x
#define STRING(x) TEXT(x)

static void count(char what) {
  FILE *file = fopen(LOG, "a");
  if (file == NULL) return;
  fputc(what, file);
  fclose(file);
}

static minitensor_status initialize(const minitensor_host *host) {
  count('i');
  return host->abi_version == MINITENSOR_PLUGIN_ABI_VERSION ? MINITENSOR_OK : MINITENSOR_FAILED;
}

static void cleanup(void) { count('c'); }

/* Forward and backward are the same: the double of the one input. */
static minitensor_status twice(minitensor_call *call) {
  minitensor_rows rows = minitensor_first_row(call);
  do {
    float *out = (float *)rows.data[0];
    const float *x = (const float *)rows.data[1];
    for (int64_t i = 0; i < rows.count; i++) out[i * rows.step[0]] = 2 * x[i * rows.step[1]];
  } while (minitensor_next_row(&rows));
  return MINITENSOR_OK;
}

static const minitensor_op op = {
    .name = STRING(NAME) "/twice",
    .summary = "2 x",
    .input_count = 1,
    .output_count = 1,
    .flags = MINITENSOR_ELEMENTWISE,
    .dtypes = MINITENSOR_DTYPE_BIT(MINITENSOR_FLOAT32),
    .infer = "same",
    .forward = twice,
    .backward = twice,
};

static const minitensor_plugin plugin = {
    .abi_version = MINITENSOR_PLUGIN_ABI_VERSION,
    .struct_size = sizeof plugin,
    .name = STRING(NAME),
    .version = "1.0.0",
    .description = "doubles, and counts",
    .author = "minitensor",
    .min_minitensor_version = "0.1.0",
    .initialize = initialize,
    .cleanup = cleanup,
    .op_count = 1,
    .op_size = sizeof op,
    .ops = &op,
};

MINITENSOR_PLUGIN(plugin)
