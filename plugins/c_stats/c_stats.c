/*
 * c_stats: statistics over one dim or all of them, in plain C.
 *
 *     cc -O3 -shared -fPIC -I ../include c_stats.c -o libc_stats.so
 *
 * Whatever the strides, elements are moved in blocks into a buffer of doubles, where the
 * statistics are computed. Work is cut by sizes alone, never by the number of threads.
 */
#include <math.h>
#include "minitensor_plugin.h"

#define BLOCK 512
/* Elements of a task: rows longer than this are cut, shorter ones share a task. */
#define TASK 32768
/* Time of an element, as a guess. */
#define NANOSECONDS 1.0

static const minitensor_host *host;

/* Of `count` numbers: mean and sum of squared deviations, or minimum and maximum. */
typedef struct summary {
  double count;
  double a;
  double b;
} summary;

typedef struct statistic {
  summary (*of)(const double *values, int64_t count);
  summary (*joined)(summary left, summary right);
} statistic;

/* The dims of an input: those that index the rows, and those that are reduced. */
typedef struct dims {
  int count;
  int64_t size;
  int64_t extent[MINITENSOR_RANK_MAX];
  int64_t stride[MINITENSOR_RANK_MAX];
} dims;

/* A tensor as rows. */
typedef struct rows {
  const minitensor_view *view;
  dims kept, reduced;
} rows;

typedef struct job {
  const minitensor_call *call;
  rows x;
  statistic statistic;
  int64_t pieces;        /* tasks of a row */
  int64_t rows_per_task; /* 1 if there are several pieces */
  summary *summaries;    /* rows x pieces; in the end one a row */
} job;

/* Adding many numbers in order is slow and loses digits; eight sums side by side are vectors. */
static double sum_of(const double *values, int64_t count) {
  double sums[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int k = 0; k < 8; k++) sums[k] += values[i + k];
  for (int k = 0; i < count; i++, k++) sums[k] += values[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* Two passes over a block that is in the cache. */
static summary moments_of(const double *values, int64_t count) {
  const double mean = sum_of(values, count) / (double)count;
  double squares[BLOCK];
  for (int64_t i = 0; i < count; i++) squares[i] = (values[i] - mean) * (values[i] - mean);
  return (summary){(double)count, mean, sum_of(squares, count)};
}

/* The parallel form of the variance. An infinite mean stays what it is: inf - inf would be NaN. */
static summary moments_joined(summary left, summary right) {
  if (left.count == 0) return right;
  const double count = left.count + right.count;
  const double step = right.a - left.a;
  const double part = right.count / count;
  const int finite = isfinite(left.a) && isfinite(right.a);
  const double mean = finite ? left.a + step * part : left.a + right.a;
  return (summary){count, mean, left.b + right.b + step * step * left.count * part};
}

/* NaN wins, as in minitensor's own max. */
static summary bounds_of(const double *values, int64_t count) {
  summary bounds = {(double)count, INFINITY, -INFINITY};
  int is_nan = 0;
  for (int64_t i = 0; i < count; i++) {
    bounds.a = values[i] < bounds.a ? values[i] : bounds.a;
    bounds.b = values[i] > bounds.b ? values[i] : bounds.b;
    is_nan |= values[i] != values[i];
  }
  if (is_nan) bounds.a = bounds.b = NAN;
  return bounds;
}

static summary bounds_joined(summary left, summary right) {
  if (left.count == 0) return right;
  const int is_nan = isnan(left.a) || isnan(right.a);
  const double low = is_nan ? NAN : left.a < right.a ? left.a : right.a;
  const double high = is_nan ? NAN : left.b > right.b ? left.b : right.b;
  return (summary){left.count + right.count, low, high};
}

static const statistic moments = {moments_of, moments_joined};
static const statistic bounds = {bounds_of, bounds_joined};

static void add_dim(dims *to, const minitensor_view *view, int dim) {
  to->extent[to->count] = minitensor_extent(view, dim);
  to->stride[to->count] = minitensor_stride(view, dim);
  to->size *= to->extent[to->count];
  to->count++;
}

/* The rows of a tensor by attribute `dim`: NaN means that all of it is one row. */
static rows rows_of(const minitensor_view *view, double attribute) {
  const int rank = minitensor_rank(view);
  const int is_all = isnan(attribute);
  const int dim = is_all ? 0 : (int)attribute < 0 ? (int)attribute + rank : (int)attribute;
  rows rows = {view, {.count = 0, .size = 1}, {.count = 0, .size = 1}};
  for (int i = 0; i < rank; i++) {
    add_dim(is_all || i == dim ? &rows.reduced : &rows.kept, view, i);
  }
  return rows;
}

static job job_of(const minitensor_call *call, const minitensor_view *x, statistic statistic) {
  job job = {.call = call, .x = rows_of(x, call->attributes[0]), .statistic = statistic};
  const int64_t size = job.x.reduced.size;
  job.pieces = size > TASK ? (size + TASK - 1) / TASK : 1;
  job.rows_per_task = size < TASK ? TASK / (size + 1) : 1;
  if (job.rows_per_task < 1) job.rows_per_task = 1;
  return job;
}

/* Place of element `index` of those dims, in elements from the first. */
static int64_t place(const dims *dims, int64_t index) {
  int64_t offset = 0;
  for (int i = dims->count - 1; i >= 0; i--) {
    offset += index % dims->extent[i] * dims->stride[i];
    index /= dims->extent[i];
  }
  return offset;
}

enum direction { LOAD, STORE };

/* Moves `count` elements between a row and `block`; runs along the last reduced dim at a time. */
static void move(enum direction direction, const rows *rows, int64_t row, int64_t from,
                 int64_t count, double *block) {
  const dims *inner = &rows->reduced;
  const int last = inner->count - 1;
  const int64_t extent = last >= 0 ? inner->extent[last] : 1;
  const int64_t step = last >= 0 ? inner->stride[last] : 0;
  const int64_t base = place(&rows->kept, row);
  for (int64_t done = 0, run; done < count; done += run) {
    const int64_t offset = base + place(inner, from + done);
    double *values = block + done;
    run = extent - (from + done) % extent;
    if (run > count - done) run = count - done;
    if (minitensor_dtype(rows->view) == MINITENSOR_FLOAT32) {
      float *x = (float *)minitensor_data(rows->view) + offset;
      if (direction == LOAD)
        for (int64_t i = 0; i < run; i++) values[i] = (double)x[i * step];
      else
        for (int64_t i = 0; i < run; i++) x[i * step] = (float)values[i];
    } else {
      double *x = (double *)minitensor_data(rows->view) + offset;
      if (direction == LOAD)
        for (int64_t i = 0; i < run; i++) values[i] = x[i * step];
      else
        for (int64_t i = 0; i < run; i++) x[i * step] = values[i];
    }
  }
}

static summary summarize(const job *job, int64_t row, int64_t from, int64_t to) {
  double block[BLOCK];
  summary all = {0, NAN, NAN};
  for (int64_t i = from; i < to; i += BLOCK) {
    const int64_t count = to - i < BLOCK ? to - i : BLOCK;
    move(LOAD, &job->x, row, i, count, block);
    all = job->statistic.joined(all, job->statistic.of(block, count));
  }
  return all;
}

typedef void (*piece)(const job *job, int64_t row, int64_t piece, int64_t from, int64_t to);

/* A task is a piece of one row, or some whole rows. */
static void run_task(const job *job, int64_t index, piece piece) {
  const int64_t size = job->x.reduced.size;
  if (job->pieces > 1) {
    const int64_t from = index % job->pieces * TASK;
    const int64_t to = from + TASK < size ? from + TASK : size;
    piece(job, index / job->pieces, index % job->pieces, from, to);
    return;
  }
  const int64_t first = index * job->rows_per_task;
  for (int64_t row = first; row < first + job->rows_per_task && row < job->x.kept.size; row++)
    piece(job, row, 0, 0, size);
}

static size_t task_count(const job *job) {
  const int64_t rows = job->x.kept.size;
  if (job->pieces > 1) return (size_t)(rows * job->pieces);
  return (size_t)((rows + job->rows_per_task - 1) / job->rows_per_task);
}

static double time_of(const job *job) {
  return (double)job->x.kept.size * (double)job->x.reduced.size * NANOSECONDS;
}

static void summarize_piece(const job *job, int64_t row, int64_t piece, int64_t from, int64_t to) {
  job->summaries[row * job->pieces + piece] = summarize(job, row, from, to);
}

static void summarize_task(const void *context, size_t index) {
  run_task(context, (int64_t)index, summarize_piece);
}

/* The statistic of every row. */
static minitensor_status run(job *job) {
  const int64_t rows = job->x.kept.size;
  job->summaries = host->scratch(0, (size_t)(rows * job->pieces) * sizeof(summary));
  if (job->summaries == NULL) return MINITENSOR_OUT_OF_MEMORY;
  host->parallel_for(task_count(job), time_of(job), summarize_task, job);
  for (int64_t row = 0; job->pieces > 1 && row < rows; row++) {
    summary all = job->summaries[row * job->pieces];
    for (int64_t i = 1; i < job->pieces; i++)
      all = job->statistic.joined(all, job->summaries[row * job->pieces + i]);
    job->summaries[row] = all; /* row <= row * pieces: nothing unread is written over */
  }
  return MINITENSOR_OK;
}

/* Writes element `index` of an output, which is contiguous. */
static void put(const minitensor_view *out, int64_t index, double value) {
  if (minitensor_dtype(out) == MINITENSOR_FLOAT32)
    ((float *)minitensor_data(out))[index] = (float)value;
  else
    ((double *)minitensor_data(out))[index] = value;
}

/* What the sum of squares is divided by; attribute correction. */
static double divisor(const job *job) {
  const double left = (double)job->x.reduced.size - job->call->attributes[2];
  return left > 0 ? left : 0;
}

/* mean, variance <- x */
static minitensor_status mean_variance(minitensor_call *call) {
  job job = job_of(call, minitensor_input(call, 0), moments);
  const minitensor_status status = run(&job);
  if (status != MINITENSOR_OK) return status;
  for (int64_t row = 0; row < job.x.kept.size; row++) {
    put(minitensor_output(call, 0), row, job.summaries[row].a);
    put(minitensor_output(call, 1), row, job.summaries[row].b / divisor(&job));
  }
  return MINITENSOR_OK;
}

/* Element `index` of a gradient of any strides: it may be one number, expanded. */
static double element(const minitensor_view *view, int64_t index) {
  dims all = {.count = 0, .size = 1};
  for (int i = 0; i < minitensor_rank(view); i++) add_dim(&all, view, i);
  const int64_t offset = place(&all, index);
  if (minitensor_dtype(view) == MINITENSOR_FLOAT32)
    return (double)((const float *)minitensor_data(view))[offset];
  return ((const double *)minitensor_data(view))[offset];
}

/* mean's gradient / n + variance's gradient * 2 (x - mean) / (n - correction) */
static void backward_piece(const job *job, int64_t row, int64_t piece, int64_t from, int64_t to) {
  const rows out = rows_of(minitensor_output(job->call, 0), job->call->attributes[0]);
  const double count = (double)job->x.reduced.size;
  const double level = element(minitensor_input(job->call, 0), row) / count;
  const double slope = 2 * element(minitensor_input(job->call, 1), row);
  const double mean = job->summaries[row].a;
  double block[BLOCK];
  (void)piece;
  for (int64_t i = from; i < to; i += BLOCK) {
    const int64_t run = to - i < BLOCK ? to - i : BLOCK;
    move(LOAD, &job->x, row, i, run, block);
    for (int64_t k = 0; k < run; k++)
      block[k] = level + slope * ((block[k] - mean) / divisor(job));
    move(STORE, &out, row, i, run, block);
  }
}

static void backward_task(const void *context, size_t index) {
  run_task(context, (int64_t)index, backward_piece);
}

/* x's gradient <- mean's, variance's, x. The mean is computed anew: the saved one is rounded. */
static minitensor_status mean_variance_backward(minitensor_call *call) {
  if (!minitensor_needs(call, 0)) return MINITENSOR_OK;
  job job = job_of(call, minitensor_input(call, 2), moments);
  const minitensor_status status = run(&job);
  if (status != MINITENSOR_OK) return status;
  host->parallel_for(task_count(&job), time_of(&job), backward_task, &job);
  return MINITENSOR_OK;
}

/* maximum - minimum <- x */
static minitensor_status range(minitensor_call *call) {
  job job = job_of(call, minitensor_input(call, 0), bounds);
  if (job.x.reduced.size == 0) {
    host->set_error("the range of no elements is not defined");
    return MINITENSOR_FAILED;
  }
  const minitensor_status status = run(&job);
  if (status != MINITENSOR_OK) return status;
  for (int64_t row = 0; row < job.x.kept.size; row++) {
    put(minitensor_output(call, 0), row, job.summaries[row].b - job.summaries[row].a);
  }
  return MINITENSOR_OK;
}

static minitensor_status initialize(const minitensor_host *given) {
  host = given;
  return MINITENSOR_OK;
}

static const minitensor_attribute attributes[] = {
    {.name = "dim", .default_value = NAN},
    {.name = "keepdim", .default_value = 0},
    {.name = "correction", .default_value = 1},
};

static const char *const names[] = {"mean", "variance"};

static const minitensor_op ops[] = {
    {
        .name = "c_stats/mean_variance",
        .summary = "mean and variance over one dim, or over all",
        .input_count = 1,
        .output_count = 2,
        .dtypes = MINITENSOR_FLOATS,
        .saves = MINITENSOR_SAVES_INPUTS,
        .infer = "reduce",
        .forward = mean_variance,
        .backward = mean_variance_backward,
        .attributes = attributes,
        .attribute_count = 3,
        .attribute_size = sizeof(minitensor_attribute),
        .output_names = names,
    },
    {
        .name = "c_stats/range",
        .summary = "maximum minus minimum over one dim, or over all",
        .input_count = 1,
        .output_count = 1,
        .dtypes = MINITENSOR_FLOATS,
        .infer = "reduce",
        .forward = range,
        .attributes = attributes,
        .attribute_count = 2,
        .attribute_size = sizeof(minitensor_attribute),
    },
};

static const minitensor_plugin c_stats = {
    .abi_version = MINITENSOR_PLUGIN_ABI_VERSION,
    .struct_size = sizeof(minitensor_plugin),
    .name = "c_stats",
    .version = "1.0.0",
    .description = "statistics over dims, in plain C",
    .author = "minitensor",
    .min_minitensor_version = "0.1.0",
    .initialize = initialize,
    .op_count = sizeof(ops) / sizeof(ops[0]),
    .op_size = sizeof(minitensor_op),
    .ops = ops,
};

MINITENSOR_PLUGIN(c_stats)
