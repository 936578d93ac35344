// Cleaning (spec 4.2, 5.4): differences of maps, edges smoothed, glitches zeroed, rows summed up, packed for the first convolution.
const int W = 1000;         // the grid that clean_* knows
const int GLITCH_MOST = 31; // widths of a glitch that it knows

DEV float exchange(float v, int stride, bool up, int lane) {
  float o = __shfl_xor_sync(FULL, v, stride);
  return (((lane & stride) == 0) == up) ? fminf(v, o) : fmaxf(v, o);
}
// Rank 24 of 64 values, two per lane.
DEV float rank24(float a, float b, int lane) {
#pragma unroll
  for (int k = 2; k <= 32; k <<= 1) {
#pragma unroll
    for (int s = k >> 1; s; s >>= 1) {
      a = exchange(a, s, k == 32 ? true : (lane & k) == 0, lane);
      b = exchange(b, s, k == 32 ? false : (lane & k) == 0, lane);
    }
  }
  a = fminf(a, b);
#pragma unroll
  for (int s = 16; s; s >>= 1) a = exchange(a, s, true, lane);
  return __shfl_sync(FULL, a, 24);
}
// Fifty values, two per lane, the second only where `two`: zero those far from the lower median.
DEV void smooth(float& a, float& b, bool two, int lane) {
  const float inf = bits2f(0x7f800000u);
  float median = rank24(a, two ? b : inf, lane);
  float da = fabsf(a - median), db = two ? fabsf(b - median) : 0.f;
  float mean = wsum(da + db) * (1.f / 50.f);
  float ea = da - mean, eb = two ? db - mean : 0.f;
  float threshold = 3.f * sqrtf(wsum(ea * ea + eb * eb) * (1.f / 49.f));
  if (da > threshold) a = 0.f;
  if (two && db > threshold) b = 0.f;
}

// A row of 1000 in a warp, x[j] being column 32 j + lane: edges smoothed, glitches zeroed.
DEV void clean_row(float* x, int lane, int glitch_width, int wrap) {
  const bool tail = lane < 8;
  smooth(x[0], x[1], lane < 18, lane);
  {
    float other = lane >= 22 ? x[29] : x[31];
    smooth(x[30], other, lane >= 22 || tail, lane);
    if (lane >= 22) x[29] = other;
    if (tail) x[31] = other;
  }
  float s[32];
  {
    float before = __shfl_sync(FULL, x[31], 7);
    const float first = __shfl_sync(FULL, x[0], 0);
    if (!wrap) before = first;
#pragma unroll
    for (int j = 0; j < 32; j++) {
      float rolled = __shfl_sync(FULL, x[j], (lane + 31) & 31);
      s[j] = fabsf(x[j] - (lane == 0 ? before : rolled));
      before = rolled;
    }
  }
  float sum = 0.f;
#pragma unroll
  for (int j = 0; j < 32; j++) sum += (j < 31 || tail) ? s[j] : 0.f;
  const float mean = wsum(sum) * (1.f / W);
  float square = 0.f;
#pragma unroll
  for (int j = 0; j < 32; j++) {
    float d = s[j] - mean;
    square += (j < 31 || tail) ? d * d : 0.f;
  }
  const float threshold = 3.f * sqrtf(wsum(square) * (1.f / (W - 1)));
  u32 mine = 0;
#pragma unroll
  for (int j = 0; j < 32; j++) {
    u32 word = __ballot_sync(FULL, s[j] > threshold && (j < 31 || tail));
    if (lane == j) mine = word;
  }
  // Lane l has bits 32 l.. of the 1000 that tell where a step is large; they wrap around.
  const u32 w0 = __shfl_sync(FULL, mine, 0), w1 = __shfl_sync(FULL, mine, 1);
  const u32 w30 = __shfl_sync(FULL, mine, 30), w31 = __shfl_sync(FULL, mine, 31);
  u32 previous = __shfl_sync(FULL, mine, (lane + 31) & 31), next = __shfl_sync(FULL, mine, (lane + 1) & 31), here = mine;
  if (lane == 0) previous = (w30 >> 8) | (w31 << 24);
  if (lane == 30) next = w31 | (w0 << 8);
  if (lane == 31) here = w31 | (w0 << 8), next = (w0 >> 24) | (w1 << 8);
  u64 after = ((u64)mine << 32) | previous, ahead = (((u64)next << 32) | here) >> 1;
  // marked elements reach glitch_width further: by doubling
  for (int reach = 0; reach < glitch_width;) {
    const int by = reach + 1 < glitch_width - reach ? reach + 1 : glitch_width - reach;
    after |= after << by, ahead |= ahead >> by;
    reach += by;
  }
  const u32 glitch = (u32)(after >> 32) & (u32)ahead;
#pragma unroll
  for (int j = 0; j < 32; j++) {
    u32 word = __shfl_sync(FULL, glitch, j);
    if ((word >> lane) & 1) x[j] = 0.f;
  }
}

// Pixel p of a row of all channels (rows[c], `width` each) as the eight halves that the first convolution reads: its channels, or,
// of one or two channels, those of the pixel and of the two to its right.
DEV float slot_value(const float* rows, const float* xs, int channels, int width, int p, int slot) {
  const int c = channels > 2 ? slot : slot % channels, q = channels > 2 ? p : p + slot / channels;
  const bool there = channels > 2 ? slot < channels : slot < 3 * channels && q < width;
  return there ? rows[c * width + q] * xs[c] : 0.f;
}
template <int SPLIT>
DEV void pack_row(const float* rows, const float* xs, u16* x, size_t low, int channels, int width) {
  for (int p = threadIdx.x; p < width; p += blockDim.x) {
    float v[8];
#pragma unroll
    for (int k = 0; k < 8; k++) v[k] = slot_value(rows, xs, channels, width, p, k);
    const uint4 h = make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
    *(uint4*)(x + (size_t)p * 8) = h;
    if (SPLIT) *(uint4*)(x + low + (size_t)p * 8) = make_uint4(rest(v[0], v[1], h.x), rest(v[2], v[3], h.y), rest(v[4], v[5], h.z), rest(v[6], v[7], h.w));
  }
}

// A block per cycle of a pair, a warp per channel. Without `references` there is no difference.
template <int SPLIT>
DEV void clean(const float* RESTRICT targets, const float* RESTRICT references, const u8* RESTRICT drop, const int* RESTRICT pairs,
               const float* RESTRICT xs, u16* RESTRICT x, float* RESTRICT stats, Shape s, int n, int base, int rule, int glitch_width, int wrap,
               float limit) {
  const int lane = threadIdx.x & 31, c = threadIdx.x >> 5, C = s.channels, H = s.height;
  // the same cycle of all pairs one after the other: what they share of maps is in the cache
  const int h = blockIdx.x / n, p = blockIdx.x - h * n;
  const int first = pairs[2 * p] * C + c;
  const bool zero = drop != 0 && drop[first * H + h] != 0;
  const bool tail = lane < 8;
  const float* a = targets + ((size_t)first * H + h) * W + lane;
  float v[32];
#pragma unroll
  for (int j = 0; j < 32; j++) v[j] = (j < 31 || tail) ? (zero ? 0.f : a[32 * j]) : 0.f;
  if (references) {
    const float* b = references + ((size_t)(pairs[2 * p + 1] * C + c) * H + (base >= 0 ? base : h)) * W + lane;
#pragma unroll
    for (int j = 0; j < 32; j++) v[j] -= (j < 31 || tail) ? b[32 * j] : 0.f;
  }
  if (rule == 1) {
    clean_row(v, lane, glitch_width, wrap);
  } else {
#pragma unroll
    for (int j = 0; j < 32; j++) v[j] = fabsf(v[j]) > limit ? 0.f : v[j];
  }
  float largest = 0.f, total = 0.f, size = 0.f;
#pragma unroll
  for (int j = 0; j < 32; j++) largest = fmaxf(largest, fabsf(v[j])), total += v[j], size += fabsf(v[j]);
  largest = wmax(largest), total = wsum(total), size = wsum(size);
  const int rows = n * C * H, row = (p * C + c) * H + h;
  if (lane == 0) stats[row] = largest, stats[rows + row] = total * (1.f / W), stats[2 * rows + row] = size * (1.f / W);
  float* all = (float*)smem;
#pragma unroll
  for (int j = 0; j < 32; j++)
    if (j < 31 || tail) all[c * W + 32 * j + lane] = v[j];
  __syncthreads();
  pack_row<SPLIT>(all, xs, x + (size_t)(p * H + h) * W * 8, (size_t)n * H * W * 8, C, W);
}
#define CLEAN_ARGS                                                                                                              \
  const float *RESTRICT targets, const float *RESTRICT references, const u8 *RESTRICT drop, const int *RESTRICT pairs,         \
      const float *RESTRICT xs, u16 *RESTRICT x, float *RESTRICT stats, Shape s, int n, int base, int rule, int glitch_width, \
      int wrap, float limit
KERNEL(256, 3) clean_fast(CLEAN_ARGS) { clean<0>(targets, references, drop, pairs, xs, x, stats, s, n, base, rule, glitch_width, wrap, limit); }
KERNEL(256, 3) clean_exact(CLEAN_ARGS) { clean<1>(targets, references, drop, pairs, xs, x, stats, s, n, base, rule, glitch_width, wrap, limit); }

// Differences as floats, [n, channels, height, width] of any width: a warp per row.
KERNEL(128, 1) difference(const float* RESTRICT targets, const float* RESTRICT references, const u8* RESTRICT drop, const int* RESTRICT pairs,
                          float* RESTRICT planar, Shape s, int n, int base, float limit) {
  const int lane = threadIdx.x & 31, row = blockIdx.x * 4 + (threadIdx.x >> 5), C = s.channels, H = s.height;
  if (row >= n * C * H) return;
  const int h = row % H, c = row / H % C, p = row / H / C, first = pairs[2 * p] * C + c;
  const bool zero = drop != 0 && drop[first * H + h] != 0;
  const float* a = targets + ((size_t)first * H + h) * s.width;
  const float* b = references ? references + ((size_t)(pairs[2 * p + 1] * C + c) * H + (base >= 0 ? base : h)) * s.width : 0;
  for (int j = lane; j < s.width; j += 32) {
    float v = zero ? 0.f : a[j];
    if (b) v -= b[j];
    planar[(size_t)row * s.width + j] = fabsf(v) > limit ? 0.f : v;
  }
}

// A block per row: what is further than 3 x 1.4826 MAD from the median of the 51 values around it becomes that median.
KERNEL(256, 1) hampel(const float* RESTRICT in, float* RESTRICT out, int rows, int width) {
  const int HALF = 25, WINDOW = 51;
  float* v = (float*)smem;
  for (int j = threadIdx.x; j < width; j += 256) v[j] = in[(size_t)blockIdx.x * width + j];
  __syncthreads();
  for (int j = threadIdx.x; j < width; j += 256) {
    int from = j - HALF;
    from = from < 0 ? 0 : from > width - WINDOW ? width - WINDOW : from;
    // the value that at most 25 are below and at most 25 are above
    float median = 0.f, mad = 0.f;
    for (int i = 0; i < WINDOW; i++) {
      const float candidate = v[from + i];
      int below = 0, above = 0;
      for (int k = 0; k < WINDOW; k++) below += v[from + k] < candidate, above += v[from + k] > candidate;
      if (below <= HALF && above <= HALF) median = candidate;
    }
    for (int i = 0; i < WINDOW; i++) {
      const float candidate = fabsf(v[from + i] - median);
      int below = 0, above = 0;
      for (int k = 0; k < WINDOW; k++) {
        const float d = fabsf(v[from + k] - median);
        below += d < candidate, above += d > candidate;
      }
      if (below <= HALF && above <= HALF) mad = candidate;
    }
    const float limit = 1.4826f * mad * 3.f;
    out[(size_t)blockIdx.x * width + j] = fabsf(v[j] - median) > limit ? median : v[j];
  }
}

// Planar floats -> encoder inputs: a block per cycle of an input.
template <int SPLIT>
DEV void pack_input(const float* RESTRICT planar, const float* RESTRICT xs, u16* RESTRICT x, Shape s, int n) {
  const int p = blockIdx.x / s.height, h = blockIdx.x - p * s.height;
  float* all = (float*)smem;
  for (int c = 0; c < s.channels; c++)
    for (int j = threadIdx.x; j < s.width; j += blockDim.x)
      all[c * s.width + j] = planar[(((size_t)p * s.channels + c) * s.height + h) * s.width + j];
  __syncthreads();
  pack_row<SPLIT>(all, xs, x + (size_t)blockIdx.x * s.width * 8, (size_t)n * s.height * s.width * 8, s.channels, s.width);
}
#define PACK_ARGS const float *RESTRICT planar, const float *RESTRICT xs, u16 *RESTRICT x, Shape s, int n
KERNEL(128, 1) pack_fast(PACK_ARGS) { pack_input<0>(planar, xs, x, s, n); }
KERNEL(128, 1) pack_exact(PACK_ARGS) { pack_input<1>(planar, xs, x, s, n); }

// max |x|, mean and mean |x| of every row: a warp per row.
KERNEL(128, 1) row_stats(const float* RESTRICT maps, float* RESTRICT stats, int rows, int width) {
  const int lane = threadIdx.x & 31, row = blockIdx.x * 4 + (threadIdx.x >> 5);
  if (row >= rows) return;
  float largest = 0.f, total = 0.f, size = 0.f;
  for (int j = lane; j < width; j += 32) {
    const float x = maps[(size_t)row * width + j];
    largest = fmaxf(largest, fabsf(x)), total += x, size += fabsf(x);
  }
  largest = wmax(largest), total = wsum(total), size = wsum(size);
  if (lane == 0) stats[row] = largest, stats[rows + row] = total / width, stats[2 * rows + row] = size / width;
}

// The sum over a block of 128; `shared` holds four floats.
DEV float sum128(float v, float* shared) {
  v = wsum(v);
  __syncthreads();
  if ((threadIdx.x & 31) == 0) shared[threadIdx.x >> 5] = v;
  __syncthreads();
  return shared[0] + shared[1] + shared[2] + shared[3];
}
// The lower median of v[0 .. count) by ranks, by a block of 128.
DEV float lower_median(const float* v, int count, float* shared) {
  __syncthreads();
  for (int i = threadIdx.x; i < count; i += 128) {
    const float x = v[i];
    int rank = 0;
    for (int j = 0; j < count; j++) rank += v[j] < x || (v[j] == x && j < i);
    if (rank == (count - 1) / 2) *shared = x;
  }
  __syncthreads();
  return *shared;
}

// A block of 128 per channel: drop[..] = is the row more than five standard deviations from the lower median, by either quantity?
KERNEL(128, 1) outliers(const float* RESTRICT stats, u8* RESTRICT drop, int rows, int height) {
  float* v = (float*)smem;
  float* shared = v + height;
  for (int k = 0; k < 2; k++) {
    __syncthreads();
    for (int i = threadIdx.x; i < height; i += 128) v[i] = stats[(size_t)k * rows + blockIdx.x * height + i];
    const float median = lower_median(v, height, shared + 4);
    float part = 0.f;
    for (int i = threadIdx.x; i < height; i += 128) part += fabsf(v[i] - median);
    const float mean = sum128(part, shared) / height;
    part = 0.f;
    for (int i = threadIdx.x; i < height; i += 128) {
      const float e = fabsf(v[i] - median) - mean;
      part += e * e;
    }
    const float limit = 5.f * sqrtf(sum128(part, shared) / (height - 1));
    for (int i = threadIdx.x; i < height; i += 128) {
      u8* at = drop + blockIdx.x * height + i;
      const bool far = fabsf(v[i] - median) > limit;
      *at = k == 0 ? far : *at || far;
    }
  }
}

// A block of 128 per input: cycles whose mean |x|, in the channel where it is largest, is more than three median distances from
// the median, in all channels.
KERNEL(128, 1) whole_cycles(const float* RESTRICT stats, u8* RESTRICT drop, int channels, int height, int rows) {
  float* v = (float*)smem;
  float* shared = v + height;
  const size_t from = (size_t)blockIdx.x * channels * height;
  for (int i = threadIdx.x; i < height; i += 128) {
    float most = 0.f;
    for (int c = 0; c < channels; c++) most = fmaxf(most, stats[(size_t)2 * rows + from + c * height + i]);
    v[i] = most;
  }
  const float median = lower_median(v, height, shared);
  __syncthreads();
  for (int i = threadIdx.x; i < height; i += 128) v[i] = fabsf(v[i] - median);
  const float limit = 3.f * lower_median(v, height, shared + 1);
  for (int i = threadIdx.x; i < height; i += 128)
    for (int c = 0; c < channels; c++) drop[from + c * height + i] = v[i] > limit;
}

// Standard cleaning of planar rows of any width, as clean_row has it for 1000: a block of 128 per row; in place allowed.
KERNEL(128, 1) standard(const float* in, float* out, int rows, int width, int glitch_width, int wrap) {
  float* v = (float*)smem;
  float* shared = v + width;
  const int edge = width < 50 ? width : 50, tid = threadIdx.x;
  for (int j = tid; j < width; j += 128) v[j] = in[(size_t)blockIdx.x * width + j];
  for (int side = 0; side < 2; side++) {
    float* at = v + side * (width - edge);
    const float median = lower_median(at, edge, shared + 4);
    const float d = tid < edge ? fabsf(at[tid] - median) : 0.f;
    const float mean = sum128(d, shared) / edge, e = tid < edge ? d - mean : 0.f;
    const float limit = 3.f * sqrtf(sum128(e * e, shared) / (edge - 1));
    __syncthreads();
    if (tid < edge && d > limit) at[tid] = 0.f;
  }
  __syncthreads();
  // the step from column j to the next one, after the last the first
  float sum = 0.f;
  for (int j = tid; j < width - 1 + wrap; j += 128) sum += fabsf(v[j + 1 < width ? j + 1 : 0] - v[j]);
  const float mean = sum128(sum, shared) / width;
  sum = 0.f;
  for (int j = tid; j < width; j += 128) {
    const float d = j < width - 1 + wrap ? fabsf(v[j + 1 < width ? j + 1 : 0] - v[j]) : 0.f;
    sum += (d - mean) * (d - mean);
  }
  const float limit = 3.f * sqrtf(sum128(sum, shared) / (width - 1));
  for (int j = tid; j < width; j += 128) {
    bool after = false, ahead = false;
    for (int k = 0; k <= glitch_width; k++) {
      const int before = (j + width - k % width) % width, from = (before + width - 1) % width, to = (j + k) % width;
      after = after || ((from < width - 1 || wrap) && fabsf(v[before] - v[from]) > limit);
      ahead = ahead || ((to < width - 1 || wrap) && fabsf(v[to + 1 < width ? to + 1 : 0] - v[to]) > limit);
    }
    out[(size_t)blockIdx.x * width + j] = after && ahead ? 0.f : v[j];
  }
}
