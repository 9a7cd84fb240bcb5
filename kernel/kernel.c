/* The vector kernel: WebAssembly that scans vectors where the Python interpreter already keeps them.
 *
 * How it works. The module imports the interpreter's memory, so no vector is copied: arguments are addresses in that memory. The rows of a
 * store lie in chunks of 1 << shift rows; `table` lists the chunks' addresses, 0 for a chunk that is not in memory, whose rows score
 * -infinity. A row comes in four forms:
 *
 *   f32    `stride` floats, a multiple of 16, padded with zeros
 *   f16    the same as float16; widened to f32 before anything else is done with it
 *   codes  `stride` bytes, each 64 + round(63 x / max|x|), then three floats: scale = max|x| / 63, |x|^2, and |x - scale (code - 64)|, and 4
 *          unused bytes
 *   signs  one bit for each dimension, x > mean, padded with zeros to 16 bytes
 *
 * A scan reads memory once, in order, one row at a time, because bandwidth is its limit: several rows at once halve it. Two independent sums
 * (four for codes) keep the adder busy. Signs are so few bytes that adding up the lanes of a row would cost more than reading it, so four
 * rows share that work (near_signs). The scores that decide the order of results are added up in float64 (dot_exact, l2_exact), always in
 * the order of eight lanes, which numpy reproduces bit by bit.
 *
 * Built twice: with relaxed SIMD, which has one instruction for products of bytes, and without. Loops run at least once: n, bytes and stride
 * are never 0, except the bytes of `checksum`. */

#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) extern
#define INLINE static inline __attribute__((always_inline))

typedef const uint32_t *Table;

INLINE v128_t load(const void *at) { return wasm_v128_load(at); }
INLINE float max_f32(float a, float b) { return __builtin_wasm_max_f32(a, b); } /* NaN where either is */
INLINE uint32_t min_u32(uint32_t a, uint32_t b) { return a < b ? a : b; }

INLINE float add_lanes_f32(v128_t v) {
  return (wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1)) + (wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3));
}

INLINE int32_t add_lanes_i32(v128_t v) {
  return (wasm_i32x4_extract_lane(v, 0) + wasm_i32x4_extract_lane(v, 1)) + (wasm_i32x4_extract_lane(v, 2) + wasm_i32x4_extract_lane(v, 3));
}

/* x * y + sum. */
INLINE v128_t multiply_add(v128_t x, v128_t y, v128_t sum) {
#ifdef __wasm_relaxed_simd__
  return wasm_f32x4_relaxed_madd(x, y, sum);
#else
  return wasm_f32x4_add(wasm_f32x4_mul(x, y), sum);
#endif
}

/* sum + the products of bytes, four to a lane: `q` signed, `x` from 0 to 127. Two products fit in 16 bits, so every engine gives the same. */
INLINE v128_t add_byte_products(v128_t q, v128_t x, v128_t sum) {
#ifdef __wasm_relaxed_simd__
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(q, x, sum);
#else
  v128_t low = wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extmul_low_i8x16(q, x));
  v128_t high = wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extmul_high_i8x16(q, x));
  return wasm_i32x4_add(sum, wasm_i32x4_add(low, high));
#endif
}

/* The row in a slot; rows are `width` bytes apart. */
INLINE const char *row_at(Table table, uint32_t shift, uint32_t slot, uint32_t width) {
  return (const char *)table[slot >> shift] + width * (slot & ((1u << shift) - 1));
}

/* ---- Scans: a score for each of n rows, in order. ---- */

/* Calls `score` for each row, with what it scores against. The call is inlined into each scan. */
INLINE void scan(Table table, uint32_t shift, uint32_t n, uint32_t width, float *out, float (*score)(const char *, const void *), const void *query) {
  while (n) {
    const char *row = (const char *)*table++;
    uint32_t left = min_u32(1u << shift, n);
    n -= left;
    if (!row) {
      do *out++ = -__builtin_inff(); while (--left);
    } else {
      do {
        *out++ = score(row, query);
        row += width;
      } while (--left);
    }
  }
}

typedef struct {
  const float *start, *end;
  v128_t scale;
} Floats;

INLINE float score_dot(const char *row, const void *against) {
  const Floats *query = against;
  const float *x = (const float *)row, *q = query->start, *end = query->end;
  v128_t sum0 = wasm_f32x4_const_splat(0), sum1 = wasm_f32x4_const_splat(0);
  do {
    sum0 = multiply_add(load(x), load(q), sum0);
    sum1 = multiply_add(load(x + 4), load(q + 4), sum1);
    x += 8, q += 8;
  } while (q < end);
  return add_lanes_f32(wasm_f32x4_add(sum0, sum1));
}

INLINE v128_t add_squared_gap(const float *x, const float *q, v128_t scale, v128_t sum) {
  v128_t gap = wasm_f32x4_sub(wasm_f32x4_mul(load(x), scale), load(q));
  return multiply_add(gap, gap, sum);
}

INLINE float score_l2(const char *row, const void *against) {
  const Floats *query = against;
  const float *x = (const float *)row, *q = query->start, *end = query->end;
  v128_t sum0 = wasm_f32x4_const_splat(0), sum1 = wasm_f32x4_const_splat(0);
  do {
    sum0 = add_squared_gap(x, q, query->scale, sum0);
    sum1 = add_squared_gap(x + 4, q + 4, query->scale, sum1);
    x += 8, q += 8;
  } while (q < end);
  return -add_lanes_f32(wasm_f32x4_add(sum0, sum1));
}

/* The dot product of each f32 row with the query. */
EXPORT(scan_dot) void scan_dot(Table table, uint32_t shift, uint32_t n, uint32_t stride, const float *query, float *out) {
  scan(table, shift, n, 4 * stride, out, score_dot, &(Floats){.start = query, .end = query + stride});
}

/* Minus |scale x - query|^2 for each f32 row x. */
EXPORT(scan_l2) void scan_l2(Table table, uint32_t shift, uint32_t n, uint32_t stride, const float *query, float scale, float *out) {
  scan(table, shift, n, 4 * stride, out, score_l2, &(Floats){.start = query, .end = query + stride, .scale = wasm_f32x4_splat(scale)});
}

/* A query as bytes, see encode_query, and what a row of codes scores against it: times scale (products - bias) + squares |x|^2. */
typedef struct {
  const char *start, *end;
  float times, squares;
  float rest, length;
} Codes;

INLINE float score_codes(const char *row, const void *against) {
  const Codes *query = against;
  const char *x = row, *q = query->start, *end = query->end;
  const char *whole = q + ((end - q) & -64);
  v128_t sum0 = wasm_i32x4_const_splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (; q < whole; x += 64, q += 64) { /* four sums, so that none waits for the one before */
    sum0 = add_byte_products(load(q), load(x), sum0);
    sum1 = add_byte_products(load(q + 16), load(x + 16), sum1);
    sum2 = add_byte_products(load(q + 32), load(x + 32), sum2);
    sum3 = add_byte_products(load(q + 48), load(x + 48), sum3);
  }
  for (; q < end; x += 16, q += 16) sum0 = add_byte_products(load(q), load(x), sum0);
  int32_t products = add_lanes_i32(wasm_i32x4_add(wasm_i32x4_add(sum0, sum1), wasm_i32x4_add(sum2, sum3)));
  const float *about = (const float *)x; /* scale, |x|^2 */
  int32_t bias = *(const int32_t *)end;
  return query->times * about[0] * (float)(products - bias) + query->squares * about[1];
}

/* The most that a row may score, however its codes were rounded. */
INLINE float bound_codes(const char *row, const void *against) {
  const Codes *query = against;
  const float *about = (const float *)(row + (query->end - query->start));
  return score_codes(row, query) + (query->rest * about[2] + query->length * __builtin_sqrtf(about[1]));
}

EXPORT(scan_codes)
void scan_codes(Table table, uint32_t shift, uint32_t n, uint32_t stride, const char *query, float times, float squares, float *out) {
  scan(table, shift, n, stride + 16, out, score_codes, &(Codes){query, query + stride, times, squares, 0, 0});
}

/* scan_codes + rest |x - scale (code - 64)| + length |x|. */
EXPORT(scan_bounds)
void scan_bounds(Table table, uint32_t shift, uint32_t n, uint32_t stride, const char *query, float times, float squares, float rest,
                 float length, float *out) {
  scan(table, shift, n, stride + 16, out, bound_codes, &(Codes){query, query + stride, times, squares, rest, length});
}

/* The dot products of `count` queries, a multiple of 4, with each row: out[query][row], `pitch` floats from one query to the next. Four queries
 * against two rows at a time, so that each load serves several products; the last row of an odd chunk is scored twice. */
EXPORT(scan_batch)
void scan_batch(Table table, uint32_t shift, uint32_t n, uint32_t stride, const float *queries, uint32_t count, uint32_t pitch, float *out) {
  while (n) {
    const float *row = (const float *)*table++;
    uint32_t left = min_u32(1u << shift, n);
    n -= left;
    do {
      int pair = left >= 2;
      uint32_t second = pair && row ? stride : 0;
      const float *query = queries;
      float *to = out;
      for (uint32_t done = 0; done < count; done += 4, query += 4 * stride) {
        v128_t a[4], b[4]; /* the sums of four queries with the first row, and with the second */
        for (int k = 0; k < 4; k++) a[k] = b[k] = row ? wasm_f32x4_const_splat(0) : wasm_f32x4_splat(-__builtin_inff());
        if (row) {
          const float *x = row, *q0 = query, *q1 = q0 + stride, *q2 = q1 + stride, *q3 = q2 + stride, *end = row + stride;
          do {
            v128_t q[4] = {load(q0), load(q1), load(q2), load(q3)}, first = load(x), other = load(x + second);
            for (int k = 0; k < 4; k++) {
              a[k] = wasm_f32x4_add(wasm_f32x4_mul(first, q[k]), a[k]);
              b[k] = wasm_f32x4_add(wasm_f32x4_mul(other, q[k]), b[k]);
            }
            x += 4, q0 += 4, q1 += 4, q2 += 4, q3 += 4;
          } while (x < end);
        }
        for (int k = 0; k < 4; k++, to += pitch) {
          if (pair) to[1] = add_lanes_f32(b[k]);
          to[0] = add_lanes_f32(a[k]);
        }
      }
      uint32_t rows = pair ? 2 : 1;
      out += rows, left -= rows;
      if (row) row += rows * stride;
    } while (left);
  }
}

/* ---- Scores of the rows in `slots`. ---- */

EXPORT(pick_codes)
void pick_codes(Table table, uint32_t shift, const uint32_t *slots, uint32_t n, uint32_t stride, const char *query, float times, float squares,
                float *out) {
  Codes against = {query, query + stride, times, squares, 0, 0};
  do *out++ = score_codes(row_at(table, shift, *slots++, stride + 16), &against); while (--n);
}

/* Eight lanes of float64 in four vectors, added up in an order that never changes. */
typedef struct {
  v128_t pair[4];
} Exact;

INLINE double add_exact(Exact sum) {
  v128_t all = wasm_f64x2_add(wasm_f64x2_add(sum.pair[0], sum.pair[1]), wasm_f64x2_add(sum.pair[2], sum.pair[3]));
  return wasm_f64x2_extract_lane(all, 0) + wasm_f64x2_extract_lane(all, 1);
}

/* Two neighbouring floats as float64. */
INLINE v128_t promoted(const float *x) { return wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(x)); }

/* The dot product of each row in float64; the query is float64 too. */
EXPORT(dot_exact)
void dot_exact(Table table, uint32_t shift, const uint32_t *slots, uint32_t n, uint32_t stride, const double *query, double *out) {
  do {
    const float *x = (const float *)row_at(table, shift, *slots++, 4 * stride), *end = x + stride;
    const double *q = query;
    Exact sum = {0};
    do {
      for (int k = 0; k < 4; k++) sum.pair[k] = wasm_f64x2_add(sum.pair[k], wasm_f64x2_mul(promoted(x + 2 * k), load(q + 2 * k)));
      x += 8, q += 8;
    } while (x < end);
    *out++ = add_exact(sum);
  } while (--n);
}

/* |x - query|^2 of each row in float64; the query is float64 too. */
EXPORT(l2_exact)
void l2_exact(Table table, uint32_t shift, const uint32_t *slots, uint32_t n, uint32_t stride, const double *query, double *out) {
  do {
    const float *x = (const float *)row_at(table, shift, *slots++, 4 * stride), *end = x + stride;
    const double *q = query;
    Exact sum = {0};
    do {
      for (int k = 0; k < 4; k++) {
        v128_t gap = wasm_f64x2_sub(promoted(x + 2 * k), load(q + 2 * k));
        sum.pair[k] = wasm_f64x2_add(sum.pair[k], wasm_f64x2_mul(gap, gap));
      }
      x += 8, q += 8;
    } while (x < end);
    *out++ = add_exact(sum);
  } while (--n);
}

/* ---- Choosing among scores. ---- */

/* Scores of slots whose byte in `keep` is 0 become -infinity. */
EXPORT(mask) void mask(float *scores, const uint8_t *keep, uint32_t n) {
  for (uint32_t slot = 0; slot < n; slot++)
    if (!keep[slot]) scores[slot] = -__builtin_inff();
}

/* The first slot from `slot` on, in steps of 16, where one of 16 scores may be over the bar. `equal`: a score equal to the bar is over it. */
INLINE uint32_t skip_below(const float *scores, uint32_t slot, uint32_t n, float bar, int equal) {
  v128_t level = wasm_f32x4_splat(bar);
  for (; slot + 16 <= n; slot += 16) {
    v128_t over = wasm_i32x4_const_splat(0);
    for (int k = 0; k < 16; k += 4) {
      v128_t four = load(scores + slot + k);
      over = wasm_v128_or(over, equal ? wasm_f32x4_ge(four, level) : wasm_f32x4_gt(four, level));
    }
    if (wasm_v128_any_true(over)) break;
  }
  return slot;
}

/* Whether a kept score is worse than another: lower, or equal and in a later slot. */
INLINE int is_worse(float score, uint32_t slot, float other, uint32_t other_slot) {
  return score < other || (score == other && slot > other_slot);
}

/* The best k scores and their slots, in no order. Returns how many there are. A binary heap whose root is the worst score kept; of equal scores
 * the earlier slot is better. -infinity is never taken. */
EXPORT(top) uint32_t top(const float *scores, uint32_t n, uint32_t k, uint32_t *slots, float *values) {
  uint32_t size = 0;
  float bar = -__builtin_inff();
  for (uint32_t slot = 0; (slot = skip_below(scores, slot, n, bar, 0)) < n;) {
    for (uint32_t stop = min_u32(slot + 16, n); slot < stop; slot++) {
      float score = scores[slot];
      if (!(score > bar)) continue;
      uint32_t at;
      if (size < k) { /* up from a new leaf */
        for (at = size++; at; ) {
          uint32_t parent = (at - 1) / 2;
          if (!is_worse(score, slot, values[parent], slots[parent])) break;
          values[at] = values[parent], slots[at] = slots[parent];
          at = parent;
        }
      } else { /* down from the root, which is given up */
        for (at = 0;;) {
          uint32_t child = 2 * at + 1;
          if (child >= k) break;
          if (child + 1 < k && is_worse(values[child + 1], slots[child + 1], values[child], slots[child])) child++;
          if (!is_worse(values[child], slots[child], score, slot)) break;
          values[at] = values[child], slots[at] = slots[child];
          at = child;
        }
      }
      values[at] = score, slots[at] = slot;
      if (size == k) bar = values[0];
    }
  }
  return size;
}

/* The slots with a score of at least `bar`, in order. Returns how many there are. */
EXPORT(above) uint32_t above(const float *scores, uint32_t n, float bar, uint32_t *slots) {
  uint32_t found = 0;
  for (uint32_t slot = 0; (slot = skip_below(scores, slot, n, bar, 1)) < n;)
    for (uint32_t stop = min_u32(slot + 16, n); slot < stop; slot++)
      if (scores[slot] >= bar) slots[found++] = slot;
  return found;
}

/* ---- Signs. ---- */

/* The lanes of two vectors, added up in pairs: a0 + a1, a2 + a3, b0 + b1, b2 + b3. */
INLINE v128_t add_pairs(v128_t a, v128_t b) {
  return wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
}

/* How many signs of the four rows from `row` on differ from the query's, a row to a lane. A byte holds at most 31 popcounts of 8, hence the
 * runs of 31 blocks. */
INLINE v128_t count_four(const char *row, const char *query, uint32_t width) {
  const char *q = query, *end = query + width, *r0 = row, *r1 = r0 + width, *r2 = r1 + width, *r3 = r2 + width;
  v128_t zero = wasm_i32x4_const_splat(0), s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  do {
    const char *run = q + 496 < end ? q + 496 : end;
    v128_t b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    do {
      v128_t x = load(q);
      b0 = wasm_i8x16_add(b0, wasm_i8x16_popcnt(wasm_v128_xor(x, load(r0))));
      b1 = wasm_i8x16_add(b1, wasm_i8x16_popcnt(wasm_v128_xor(x, load(r1))));
      b2 = wasm_i8x16_add(b2, wasm_i8x16_popcnt(wasm_v128_xor(x, load(r2))));
      b3 = wasm_i8x16_add(b3, wasm_i8x16_popcnt(wasm_v128_xor(x, load(r3))));
      r0 += 16, r1 += 16, r2 += 16, r3 += 16, q += 16;
    } while (q < run);
    s0 = wasm_i32x4_add(s0, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(b0)));
    s1 = wasm_i32x4_add(s1, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(b1)));
    s2 = wasm_i32x4_add(s2, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(b2)));
    s3 = wasm_i32x4_add(s3, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(b3)));
  } while (q < end);
  return add_pairs(add_pairs(s0, s1), add_pairs(s2, s3));
}

/* The rows whose signs differ least from the query's, in one pass that writes nothing about the others: slots of the rows that differ in no
 * more places than the `most`-th best, nor in more than `dim` makes likely of the k-th best. Where d of dim signs differ by chance, the limit is
 * 6 standard deviations more, 6 sqrt(d (1 - d / dim)). In order; returns how many there are.
 *
 * width: bytes of a row of signs. keep: a byte for each slot, or 0 for all slots. counts: 8 width + 1 zeros. slots, gaps: room for n + 4.
 *
 * How it works. `bar` is the difference of the `most`-th best so far. Four rows beyond it are passed over at once. A row that is not is noted,
 * and counted by its difference; the bar sinks when the rows under it are enough. A chunk holds a multiple of four rows, so the last four of a
 * chunk that is not full may be read too. */
EXPORT(near_signs)
uint32_t near_signs(Table table, uint32_t shift, uint32_t n, uint32_t width, const char *query, const uint8_t *keep, uint32_t k, uint32_t most,
                    uint32_t dim, uint32_t *counts, uint32_t *slots, int32_t *gaps) {
  int32_t bar = 8 * width;
  uint32_t seen = 0, found = 0;
  for (uint32_t slot = 0; slot < n;) {
    const char *row = (const char *)*table++;
    uint32_t stop = min_u32(slot + (1u << shift), n);
    for (; row && slot < stop; slot += 4, row += 4 * width) {
      v128_t four = count_four(row, query, width);
      if (!wasm_v128_any_true(wasm_i32x4_le(four, wasm_i32x4_splat(bar)))) continue;
      int32_t *at = gaps + found; /* noted where they are read from: what is written is never ahead */
      wasm_v128_store(at, four);
      for (uint32_t each = slot, last = min_u32(slot + 4, stop); each < last; each++) {
        int32_t gap = *at++;
        if (gap > bar || (keep && !keep[each])) continue;
        slots[found] = each, gaps[found] = gap;
        found++, seen++, counts[gap]++;
        while (seen - counts[bar] >= most) seen -= counts[bar--];
      }
    }
    slot = stop;
  }
  int32_t limit = 0; /* the k-th best, then what may be better than it by its numbers */
  for (seen = counts[0]; seen < k && limit < bar; seen += counts[limit]) limit++;
  double share = (double)limit / (double)(int32_t)dim, spread = (double)limit * (1 - share);
  limit += (int32_t)(6 * __builtin_sqrt(spread > 1 ? spread : 1));
  if (limit < bar) bar = limit;
  uint32_t kept = 0; /* those that were under the bar when they came, and still are */
  for (uint32_t each = 0; each < found; each++)
    if (gaps[each] <= bar) slots[kept++] = slots[each];
  return kept;
}

/* ---- Rows and queries in the forms that scans read. ---- */

/* max|x| of `bytes` bytes of floats, a multiple of 64; NaN where a float is NaN. */
EXPORT(max_abs) float max_abs(const float *x, uint32_t bytes) {
  const float *end = (const float *)((const char *)x + bytes);
  v128_t most0 = wasm_f32x4_const_splat(0), most1 = most0;
  do {
    most0 = wasm_f32x4_max(most0, wasm_f32x4_max(wasm_f32x4_abs(load(x)), wasm_f32x4_abs(load(x + 4))));
    most1 = wasm_f32x4_max(most1, wasm_f32x4_max(wasm_f32x4_abs(load(x + 8)), wasm_f32x4_abs(load(x + 12))));
    x += 16;
  } while (x < end);
  most0 = wasm_f32x4_max(most0, most1);
  return max_f32(max_f32(wasm_f32x4_extract_lane(most0, 0), wasm_f32x4_extract_lane(most0, 1)),
                 max_f32(wasm_f32x4_extract_lane(most0, 2), wasm_f32x4_extract_lane(most0, 3)));
}

/* Rows to unit length, in place; a row of zeros stays. Lengths are float64. Returns their sum: NaN or infinite where a number is. */
EXPORT(normalise) double normalise(float *row, uint32_t n, uint32_t stride) {
  double lengths = 0;
  do {
    float *x = row, *end = row + stride;
    Exact sum = {0};
    do {
      for (int k = 0; k < 4; k++) {
        v128_t pair = promoted(x + 2 * k);
        sum.pair[k] = wasm_f64x2_add(sum.pair[k], wasm_f64x2_mul(pair, pair));
      }
      x += 8;
    } while (x < end);
    double length = __builtin_sqrt(add_exact(sum));
    lengths += length;
    if (length > 0)
      for (x = row; x < end; x += 2) {
        v128_t pair = wasm_f64x2_div(promoted(x), wasm_f64x2_splat(length));
        wasm_v128_store64_lane(x, wasm_f32x4_demote_f64x2_zero(pair), 0);
      }
    row = end;
  } while (--n);
  return lengths;
}

/* Adds n rows to `sums`, float64: for the mean. */
EXPORT(add_rows) void add_rows(const float *row, uint32_t n, uint32_t stride, double *sums) {
  do {
    double *to = sums;
    for (const float *end = row + stride; row < end; row += 2, to += 2) wasm_v128_store(to, wasm_f64x2_add(load(to), promoted(row)));
  } while (--n);
}

/* Four floats as codes around `middle`, in i32 lanes. */
INLINE v128_t coded(const float *x, v128_t times, float middle) {
  return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_add(wasm_f32x4_nearest(wasm_f32x4_mul(load(x), times)), wasm_f32x4_splat(middle)));
}

/* Sixteen floats as codes around `middle`, in i16 lanes of two vectors. */
INLINE v128_t coded_low(const float *x, v128_t times, float middle) {
  return wasm_i16x8_narrow_i32x4(coded(x, times, middle), coded(x + 4, times, middle));
}
INLINE v128_t coded_high(const float *x, v128_t times, float middle) { return coded_low(x + 8, times, middle); }

/* max|x| of a row, never so small that its inverse overflows. */
INLINE float largest(const float *row, uint32_t stride) { return max_f32(0x1p-118f, max_abs(row, 4 * stride)); }

/* Writes the codes of n rows. |x|^2 and |x - scale (code - 64)| are added up in f32, four lanes. */
EXPORT(encode_codes) void encode_codes(const float *row, uint32_t n, uint32_t stride, char *out) {
  do {
    float most = largest(row, stride);
    v128_t times = wasm_f32x4_splat(63 / most), scale = wasm_f32x4_splat(most / 63);
    v128_t squares = wasm_f32x4_const_splat(0), rest = squares;
    const float *end = row + stride;
    do {
      wasm_v128_store(out, wasm_u8x16_narrow_i16x8(coded_low(row, times, 64), coded_high(row, times, 64)));
      for (int k = 0; k < 16; k += 4) {
        v128_t x = load(row + k);
        squares = wasm_f32x4_add(squares, wasm_f32x4_mul(x, x));
        v128_t lost = wasm_f32x4_sub(x, wasm_f32x4_mul(wasm_f32x4_nearest(wasm_f32x4_mul(x, times)), scale));
        rest = wasm_f32x4_add(rest, wasm_f32x4_mul(lost, lost));
      }
      row += 16, out += 16;
    } while (row < end);
    float *about = (float *)out;
    about[0] = wasm_f32x4_extract_lane(scale, 0);
    about[1] = add_lanes_f32(squares);
    about[2] = __builtin_sqrtf(add_lanes_f32(rest));
    out += 16;
  } while (--n);
}

/* Writes the signs of n rows, `bytes` apart. */
EXPORT(encode_signs) void encode_signs(const float *row, uint32_t n, uint32_t stride, const float *mean, char *out, uint32_t bytes) {
  do {
    const float *end = row + stride, *mu = mean;
    uint16_t *to = (uint16_t *)out;
    do {
      uint32_t bits = 0;
      for (int k = 0; k < 16; k += 4) bits |= wasm_i32x4_bitmask(wasm_f32x4_gt(load(row + k), load(mu + k))) << k;
      *to++ = (uint16_t)bits;
      row += 16, mu += 16;
    } while (row < end);
    out += bytes;
  } while (--n);
}

/* The query as signed bytes, round(127 q / max|q|), and behind them, as an i32, 64 times their sum: what the middle of the codes adds to
 * products. Returns the scale of the bytes, max|q| / 127. */
EXPORT(encode_query) float encode_query(const float *query, uint32_t stride, char *out) {
  float most = largest(query, stride);
  v128_t times = wasm_f32x4_splat(127 / most), sum = wasm_i32x4_const_splat(0);
  const float *end = query + stride;
  do {
    v128_t bytes = wasm_i8x16_narrow_i16x8(coded_low(query, times, 0), coded_high(query, times, 0));
    wasm_v128_store(out, bytes);
    sum = wasm_i32x4_add(sum, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extadd_pairwise_i8x16(bytes)));
    query += 16, out += 16;
  } while (query < end);
  *(int32_t *)out = add_lanes_i32(sum) * 64;
  return most / 127;
}

/* A float64 query: divides it by its length where `unit` is not 0, and writes it as f32 too. Returns its length. */
EXPORT(query_rows) double query_rows(double *query, uint32_t stride, uint32_t unit, float *rows) {
  double *q = query, *end = query + stride;
  Exact sum = {0};
  do {
    for (int k = 0; k < 4; k++) sum.pair[k] = wasm_f64x2_add(sum.pair[k], wasm_f64x2_mul(load(q + 2 * k), load(q + 2 * k)));
    q += 8;
  } while (q < end);
  double length = __builtin_sqrt(add_exact(sum));
  v128_t over = wasm_f64x2_splat((unit & 1) && length > 0 ? length : 1);
  for (q = query; q < end; q += 2, rows += 2) {
    v128_t pair = wasm_f64x2_div(load(q), over);
    wasm_v128_store(q, pair);
    wasm_v128_store64_lane(rows, wasm_f32x4_demote_f64x2_zero(pair), 0);
  }
  return length;
}

/* ---- float16 in memory, f32 for work: no engine computes with float16 yet. ---- */

/* Four float16, one in each i32 lane, as f32: the exponent moves up by a product, which subnormal numbers survive. */
INLINE v128_t widened(v128_t x) {
  v128_t size = wasm_i32x4_shl(wasm_v128_and(x, wasm_i32x4_const_splat(0x7fff)), 13);
  v128_t sign = wasm_i32x4_shl(wasm_v128_and(x, wasm_i32x4_const_splat(0x8000)), 16);
  return wasm_v128_or(wasm_f32x4_mul(size, wasm_f32x4_const_splat(0x1p112f)), sign);
}

/* `bytes` bytes of float16, a multiple of 16, as f32. Returns the end of what was written. */
INLINE float *widen_row(const char *x, uint32_t bytes, float *out) {
  const char *end = x + bytes;
  do {
    v128_t eight = load(x);
    wasm_v128_store(out, widened(wasm_u32x4_extend_low_u16x8(eight)));
    wasm_v128_store(out + 4, widened(wasm_u32x4_extend_high_u16x8(eight)));
    x += 16, out += 8;
  } while (x < end);
  return out;
}

EXPORT(widen) void widen(const char *x, uint32_t bytes, float *out) { widen_row(x, bytes, out); }

/* The float16 rows in `slots`, `width` bytes each, as f32 side by side. */
EXPORT(gather) void gather(Table table, uint32_t shift, const uint32_t *slots, uint32_t n, uint32_t width, float *out) {
  do out = widen_row(row_at(table, shift, *slots++, width), width, out); while (--n);
}

/* Four f32 as float16 in i32 lanes, rounded to the nearest, ties to even. A number that float16 holds as a subnormal one is rounded by adding
 * 0.5, whose last bit is worth as much as theirs. Any other is rounded by adding just under half of what is cut off, and one more where the bit
 * that becomes the last is set. */
INLINE v128_t narrowed(v128_t x) {
  v128_t size = wasm_v128_and(x, wasm_i32x4_const_splat(0x7fffffff)), half = wasm_f32x4_const_splat(0.5f);
  v128_t subnormal = wasm_i32x4_sub(wasm_f32x4_add(size, half), half);
  v128_t odd = wasm_v128_and(wasm_u32x4_shr(size, 13), wasm_i32x4_const_splat(1));
  v128_t normal = wasm_u32x4_shr(wasm_i32x4_add(wasm_i32x4_add(size, wasm_i32x4_const_splat((int32_t)0xc8000fff)), odd), 13);
  v128_t number = wasm_v128_bitselect(subnormal, normal, wasm_i32x4_lt(size, wasm_i32x4_const_splat(0x38800000)));
  return wasm_v128_or(number, wasm_v128_and(wasm_u32x4_shr(x, 16), wasm_i32x4_const_splat(0x8000)));
}

/* `bytes` bytes of f32, a multiple of 32, as float16. */
EXPORT(narrow) void narrow(const float *x, uint32_t bytes, char *out) {
  const float *end = (const float *)((const char *)x + bytes);
  do {
    wasm_v128_store(out, wasm_u16x8_narrow_i32x4(narrowed(load(x)), narrowed(load(x + 4))));
    x += 8, out += 16;
  } while (x < end);
}

/* ---- Checksums of what is stored. ---- */

static const uint32_t PRIME = 0x01000193;

/* The 32-bit words of `bytes` bytes, a multiple of 64, as digits of a number in base PRIME, modulo 2^32: any one changed word changes it. The
 * sixteen words of a block are sixteen numbers in base PRIME^16, which are joined at the end. */
EXPORT(checksum) uint32_t checksum(const char *x, uint32_t bytes) {
  uint32_t power = 1;
  for (int k = 0; k < 16; k++) power *= PRIME;
  v128_t sums[4] = {wasm_i32x4_const_splat(0), wasm_i32x4_const_splat(0), wasm_i32x4_const_splat(0), wasm_i32x4_const_splat(0)};
  for (const char *end = x + bytes; x < end; x += 64)
    for (int k = 0; k < 4; k++) sums[k] = wasm_i32x4_add(wasm_i32x4_mul(sums[k], wasm_i32x4_splat(power)), load(x + 16 * k));
  uint32_t sum = 0;
  for (int k = 0; k < 4; k++) {
    sum = sum * PRIME + wasm_u32x4_extract_lane(sums[k], 0);
    sum = sum * PRIME + wasm_u32x4_extract_lane(sums[k], 1);
    sum = sum * PRIME + wasm_u32x4_extract_lane(sums[k], 2);
    sum = sum * PRIME + wasm_u32x4_extract_lane(sums[k], 3);
  }
  return sum;
}

/* The checksum of each of n rows of `width` bytes. */
EXPORT(checksums) void checksums(const char *x, uint32_t n, uint32_t width, uint32_t *out) {
  for (; n; n--, x += width) *out++ = checksum(x, width);
}
