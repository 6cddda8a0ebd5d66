/*
 * minitensor_plugin.h: what a plugin of minitensor is, in C99 (and C++11). Nothing else is needed:
 *
 *     cc -O3 -shared -fPIC -I plugins/include my_plugin.c -o libmy_plugin.so
 *
 * A plugin is a shared library that exports two functions, minitensor_plugin_abi_version and
 * minitensor_plugin_describe; MINITENSOR_PLUGIN, at the end, writes both. The first is called
 * before anything else is called or read; the second answers a static minitensor_plugin, valid as
 * long as the library is open, that lists the plugin's ops.
 *
 * An op is a record: how many tensors it takes and gives, how the results' shapes and dtypes follow
 * from the inputs', a kernel that computes them, and how its gradient is computed. A kernel is a
 * function of one argument, the call: outputs and inputs as views, and the attributes as numbers.
 * Rules a kernel may rely on:
 *
 *   - the number of views, their dtypes (one of the op's `dtypes`), ranks and shapes are what
 *     `infer` said;
 *   - `data` is the address of the element at index 0 of every dim; strides are in elements, and
 *     those of inputs may be negative or 0, those of a gradient too; an output is contiguous, and
 *     overlaps no input;
 *   - no output is empty; an input may be (the sum of nothing);
 *   - kernels may run at the same time on several threads of JavaScript, each with a call of its
 *     own.
 *
 * Sizes, strides and addresses are doubles, exact up to 2^53, because JavaScript writes them so;
 * the functions below read them. The interface is for 64-bit systems.
 *
 * Compatibility: MINITENSOR_PLUGIN_ABI_VERSION is raised when the meaning of anything here changes,
 * and the library refuses a plugin of another version. New fields are added at the end of structs
 * only; struct_size and op_size tell the library which ones a plugin has.
 *
 * MIT licence, as minitensor.
 */
#ifndef MINITENSOR_PLUGIN_H
#define MINITENSOR_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MINITENSOR_PLUGIN_ABI_VERSION 1u
#define MINITENSOR_RANK_MAX 16
#define MINITENSOR_VIEW_MAX 12
#define MINITENSOR_ATTRIBUTE_MAX 32

/* Dtypes, as in minitensor_view.dtype; a bool is one byte, 0 or 1. */
enum {
  MINITENSOR_FLOAT32 = 0,
  MINITENSOR_FLOAT64 = 1,
  MINITENSOR_INT32 = 2,
  MINITENSOR_INT64 = 3,
  MINITENSOR_BOOL = 4,
  MINITENSOR_UINT8 = 5,
  /* An op that does not name one of the following in its `dtypes` gets float32 in place of the
     first two and int32 in place of the others, and its results are converted back. */
  MINITENSOR_FLOAT16 = 6,
  MINITENSOR_BFLOAT16 = 7, /* the upper half of a float32's bits */
  MINITENSOR_INT8 = 8,
  MINITENSOR_INT16 = 9
};

/* Bits of minitensor_op.dtypes. */
#define MINITENSOR_DTYPE_BIT(dtype) (1u << (dtype))
#define MINITENSOR_FLOATS \
  (MINITENSOR_DTYPE_BIT(MINITENSOR_FLOAT32) | MINITENSOR_DTYPE_BIT(MINITENSOR_FLOAT64))
#define MINITENSOR_INTEGERS                                                                  \
  (MINITENSOR_DTYPE_BIT(MINITENSOR_INT32) | MINITENSOR_DTYPE_BIT(MINITENSOR_INT64) |         \
   MINITENSOR_DTYPE_BIT(MINITENSOR_UINT8))

/* What a kernel answers. With FAILED it should have said why, by the host's set_error. */
typedef int32_t minitensor_status;
enum {
  MINITENSOR_OK = 0,
  MINITENSOR_BAD_DTYPE = 1,
  MINITENSOR_BAD_INDEX = 2,
  MINITENSOR_DIVISION_BY_ZERO = 3,
  MINITENSOR_OUT_OF_MEMORY = 4,
  MINITENSOR_BAD_VALUE = 5,
  MINITENSOR_FAILED = 6
};

/* A tensor: an address, a dtype, a shape and strides in elements. */
typedef struct minitensor_view {
  double data;
  double dtype;
  double rank;
  double size; /* number of elements */
  double shape[MINITENSOR_RANK_MAX];
  double strides[MINITENSOR_RANK_MAX];
} minitensor_view;

/* One call of a kernel. */
typedef struct minitensor_call {
  double kernel;
  double output_count;
  double input_count;
  /* In a call of an op with MINITENSOR_ELEMENTWISE: the number of elements when every view has the
     same shape and is contiguous, or is a single element and named in `splat`. Then only `data` and
     `dtype` of the views are set. Otherwise -1. The rows below hide the difference. */
  double flat;
  double detail[2];
  double splat;
  /* In a backward kernel: inputs whose gradient is wanted, a bit each. The others' need not be
     computed. */
  double needs;
  double attributes[MINITENSOR_ATTRIBUTE_MAX];
  minitensor_view views[MINITENSOR_VIEW_MAX]; /* outputs, then inputs */
} minitensor_call;

typedef minitensor_status (*minitensor_kernel)(minitensor_call *call);

/* What the library gives to a plugin: valid from `initialize` on, as long as the plugin is loaded.
   */
typedef struct minitensor_host {
  uint32_t abi_version;
  uint32_t struct_size;
  const char *version; /* of minitensor: "0.1.0" */
  /* Runs body(context, index) for index 0..count on minitensor's threads, and returns when all are
     done. `nanoseconds` is a guess of the whole job's time on one thread: short jobs run on the
     caller. Cut the work the same way whatever the number of threads, and results will not depend
     on it. */
  void (*parallel_for)(size_t count, double nanoseconds,
                       void (*body)(const void *context, size_t index), const void *context);
  /* At least `bytes` bytes, aligned to 64, uninitialised, or NULL. Slot 0 belongs to the call, slot
     1 to a body of parallel_for on its thread; valid until the same thread asks for the same slot
     again. */
  void *(*scratch)(uint32_t slot, size_t bytes);
  /* Tells why a kernel or `initialize` fails: UTF-8, copied, at most 511 bytes. */
  void (*set_error)(const char *message);
  uint32_t (*threads)(void);
} minitensor_host;

/* minitensor_attribute.flags */
#define MINITENSOR_REQUIRED 1u

/* A named number of an op: `{ min: -1 }`. Booleans arrive as 0 and 1. */
typedef struct minitensor_attribute {
  const char *name;
  double default_value; /* where it is not required */
  uint32_t flags;
  uint32_t reserved;
} minitensor_attribute;

/* minitensor_op.flags */
/* Outputs have one shape, to which the inputs are broadcast, and each element is computed from
   those at its place: inputs come expanded to the shape (stride 0 along expanded dims). */
#define MINITENSOR_ELEMENTWISE 1u

/* minitensor_op.saves: what the gradient reads. */
#define MINITENSOR_SAVES_INPUTS 1u
#define MINITENSOR_SAVES_OUTPUTS 2u

typedef struct minitensor_op {
  const char *name; /* `name` or `owner/name`: letters, digits, _ . - */
  const char *summary;
  uint32_t input_count;    /* tensors that the op needs */
  uint32_t optional_count; /* tensors that may follow them; views[] has as many as were given */
  uint32_t output_count;   /* 1 or more; all views of a call together at most MINITENSOR_VIEW_MAX */
  uint32_t flags;
  uint32_t dtypes; /* bits of the dtypes that an input may have */
  uint32_t saves;
  /* Shapes and dtypes of the outputs, by the name of a rule:
       "same"       those of the first input;
       "broadcast"  all inputs broadcast together, in their common dtype, to which they are
                    converted;
       "compare"    as broadcast, bool;
       "reduce"     the first input without the dim of attribute `dim` (all dims if it is NaN;
                    negative ones count from the end, and reach the kernel as they are), kept as
                    size 1 if attribute `keepdim` is not 0.
     Or NULL, and infer_fn: called as a kernel whose views have no data; it reads the inputs' rank,
     shape and dtype and sets the outputs'. */
  const char *infer;
  minitensor_kernel infer_fn;
  minitensor_kernel forward;
  /* The gradient: NULL in both if there is none. `backward` has an output per input that was given,
     with its shape and dtype (of an elementwise op: with the broadcast shape; the library sums over
     what was expanded). Its inputs are the gradients of the outputs, zeros where none arrived, then
     the inputs and the outputs that `saves` names. It is not differentiated itself. `gradient`
     names an op of this plugin, with the same attributes in the same order, that computes the same
     from the same, and may have a gradient of its own: then the op can be differentiated twice. An
     op with optional inputs cannot have one by name. */
  minitensor_kernel backward;
  const char *gradient;
  const minitensor_attribute *attributes; /* in the order of minitensor_call.attributes */
  uint32_t attribute_count;
  uint32_t attribute_size;         /* sizeof(minitensor_attribute) */
  const char *const *output_names; /* of several outputs: `{ mean, variance }`; NULL: an array */
} minitensor_op;

typedef struct minitensor_plugin {
  uint32_t abi_version; /* MINITENSOR_PLUGIN_ABI_VERSION */
  uint32_t struct_size; /* sizeof(minitensor_plugin) */
  const char *name;
  const char *version; /* three numbers: "1.0.0" */
  const char *description;
  const char *author;
  const char *min_minitensor_version;
  const char *max_minitensor_version; /* NULL: none */
  /* Called once, before any kernel; not OK: the plugin is refused. May be NULL. */
  minitensor_status (*initialize)(const minitensor_host *host);
  /* Called once, when the plugin was unloaded and no graph can call its kernels any more: that may
     be later, or never if the process ends before. On a thread of JavaScript. May be NULL. */
  void (*cleanup)(void);
  uint32_t op_count;
  uint32_t op_size; /* sizeof(minitensor_op) */
  const minitensor_op *ops;
} minitensor_plugin;

#if defined(_WIN32)
#define MINITENSOR_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define MINITENSOR_EXPORT __attribute__((visibility("default")))
#else
#define MINITENSOR_EXPORT
#endif

MINITENSOR_EXPORT uint32_t minitensor_plugin_abi_version(void);
MINITENSOR_EXPORT const minitensor_plugin *minitensor_plugin_describe(void);

/* Writes the two exported functions of a plugin: MINITENSOR_PLUGIN(my_plugin) for a static
   minitensor_plugin my_plugin. */
#define MINITENSOR_PLUGIN(plugin)                                                              \
  MINITENSOR_EXPORT uint32_t minitensor_plugin_abi_version(void) {                             \
    return MINITENSOR_PLUGIN_ABI_VERSION;                                                      \
  }                                                                                            \
  MINITENSOR_EXPORT const minitensor_plugin *minitensor_plugin_describe(void) { return &(plugin); }

/* Reading a call. */

static inline const minitensor_view *minitensor_output(const minitensor_call *call, int index) {
  return &call->views[index];
}

static inline const minitensor_view *minitensor_input(const minitensor_call *call, int index) {
  return &call->views[(int)call->output_count + index];
}

static inline int minitensor_dtype(const minitensor_view *view) { return (int)view->dtype; }
static inline int minitensor_rank(const minitensor_view *view) { return (int)view->rank; }
static inline int64_t minitensor_size(const minitensor_view *view) { return (int64_t)view->size; }

static inline int64_t minitensor_extent(const minitensor_view *view, int dim) {
  return (int64_t)view->shape[dim];
}

static inline int64_t minitensor_stride(const minitensor_view *view, int dim) {
  return (int64_t)view->strides[dim];
}

static inline void *minitensor_data(const minitensor_view *view) {
  return (void *)(uintptr_t)view->data;
}

/* True if the gradient of that input is wanted, in a backward kernel. */
static inline int minitensor_needs(const minitensor_call *call, int input) {
  return (int)(((uint64_t)call->needs >> input) & 1u);
}

static inline size_t minitensor_itemsize(int dtype) {
  switch (dtype) {
    case MINITENSOR_FLOAT64:
    case MINITENSOR_INT64:
      return 8;
    case MINITENSOR_FLOAT32:
    case MINITENSOR_INT32:
      return 4;
    case MINITENSOR_FLOAT16:
    case MINITENSOR_BFLOAT16:
    case MINITENSOR_INT16:
      return 2;
    default:
      return 1;
  }
}

/*
 * The rows of an elementwise call: `count` elements of every view, each `step` elements from the
 * next. A kernel is a loop over rows, and needs to know nothing of flat calls, strides and
 * broadcasting:
 *
 *     minitensor_rows rows = minitensor_first_row(call);
 *     do {
 *       float *out = (float *)rows.data[0];
 *       const float *x = (const float *)rows.data[1];
 *       for (int64_t i = 0; i < rows.count; i++) out[i * rows.step[0]] = x[i * rows.step[1]] * 2;
 *     } while (minitensor_next_row(&rows));
 */
typedef struct minitensor_rows {
  char *data[MINITENSOR_VIEW_MAX];
  int64_t step[MINITENSOR_VIEW_MAX];
  int64_t count;
  const minitensor_call *call;
  int64_t index[MINITENSOR_RANK_MAX];
} minitensor_rows;

static inline minitensor_rows minitensor_first_row(const minitensor_call *call) {
  minitensor_rows rows;
  const int views = (int)call->output_count + (int)call->input_count;
  const int last = minitensor_rank(&call->views[0]) - 1;
  rows.call = call;
  for (int i = 0; i < MINITENSOR_RANK_MAX; i++) rows.index[i] = 0;
  for (int i = 0; i < views; i++) {
    const minitensor_view *view = &call->views[i];
    const int input = i - (int)call->output_count;
    const int splat = input >= 0 && (((uint64_t)call->splat >> input) & 1u);
    rows.data[i] = (char *)minitensor_data(view);
    if (call->flat >= 0) rows.step[i] = splat ? 0 : 1;
    else rows.step[i] = last >= 0 ? minitensor_stride(view, last) : 0;
  }
  if (call->flat >= 0) rows.count = (int64_t)call->flat;
  else rows.count = last >= 0 ? minitensor_extent(&call->views[0], last) : 1;
  return rows;
}

/* Moves on to the next row; 0 after the last. */
static inline int minitensor_next_row(minitensor_rows *rows) {
  const minitensor_call *call = rows->call;
  const int views = (int)call->output_count + (int)call->input_count;
  if (call->flat >= 0) return 0;
  for (int dim = minitensor_rank(&call->views[0]) - 2; dim >= 0; dim--) {
    const int64_t extent = minitensor_extent(&call->views[0], dim);
    const int64_t moved = ++rows->index[dim] < extent ? 1 : 1 - extent;
    for (int i = 0; i < views; i++) {
      const minitensor_view *view = &call->views[i];
      const int64_t size = (int64_t)minitensor_itemsize(minitensor_dtype(view));
      rows->data[i] += moved * minitensor_stride(view, dim) * size;
    }
    if (moved == 1) return 1;
    rows->index[dim] = 0;
  }
  return 0;
}

#ifdef __cplusplus
}
#endif

#endif
