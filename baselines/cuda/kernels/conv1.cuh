// The first convolution with ReLU and average pooling, on tensor cores.
//
// A warp has 16 pooled columns of a pooled row; for each of the nine places in a window, 16 pixels x 32 features by mma, ReLU, add:
// nothing of the convolution leaves registers. An input pixel is eight halves, a "slot" each: its channels (STEPS = 5: nine taps of
// eight slots), or, of one or two channels, those of three neighbouring columns (STEPS = 2: three rows of eight slots).
// Feature of column `col` of n-tile `nt`, so that a thread has eight neighbours: 8 (col >> 1) + 2 nt + (col & 1).
const int T1 = 112, X1 = 338;  // pooled columns of a block, pixels it needs

// Where the eight slots number `j` of a product's inner dimension lie, seen from the pixel.
template <int STEPS>
DEV int slot_offset(int j) {
  if (STEPS == 5) return (j > 8 ? 8 : j) / 3 * X1 + (j > 8 ? 8 : j) % 3;
  return (j > 2 ? 2 : j) * X1;
}

// ROWS x X1 pixels from (y0, x0) on to shared memory at `to`, the low halves behind the high ones; `flags` behind both.
template <int SPLIT, int ROWS, int THREADS>
DEV void load1(u8* to, const u16* x, size_t low, const u8* drop, u32* flags, int image, int x0, int y0, Shape s) {
  const int tid = threadIdx.x;
  for (int i = tid; i < ROWS * X1; i += THREADS) {
    const int r = i / X1, col = x0 + i - r * X1, row = y0 + r;
    const bool valid = col < s.width && row < s.height;
    const u16* from = x + (valid ? (((size_t)image * s.height + row) * s.width + col) * 8 : 0);
    cpasync16(saddr(to) + i * 16, from, valid);
    if (SPLIT) cpasync16(saddr(to) + (ROWS * X1 + i) * 16, from + low, valid);
  }
  if (drop && tid < ROWS) {
    u32 f = 0;
    const int row = y0 + tid < s.height ? y0 + tid : s.height - 1;
    for (int c = 0; c < s.channels; c++) f |= (u32)(drop[((size_t)image * s.channels + c) * s.height + row] != 0) << c;
    flags[tid] = f;
  }
}
// Zeroes channels of dropped rows, once the pixels are there.
template <int SPLIT, int ROWS, int THREADS>
DEV void settle1(u8* pixels, const u8* drop, const u32* flags, int channels) {
  __syncthreads();
  if (!drop) return;
  for (int r = 0; r < ROWS; r++) {
    const u32 f = flags[r];
    if (f == 0) continue;
    u32 keep[4] = {0, 0, 0, 0};
    for (int k = 0; k < 8; k++) {
      const int c = channels > 2 ? k : k % channels;
      if (!((f >> c) & 1)) keep[k >> 1] |= 0xffffu << (16 * (k & 1));
    }
    for (int i = threadIdx.x; i < (1 + SPLIT) * X1; i += THREADS) {
      uint4* at = (uint4*)pixels + (i < X1 ? r * X1 + i : ROWS * X1 + r * X1 + i - X1);
      uint4 v = *at;
      v.x &= keep[0], v.y &= keep[1], v.z &= keep[2], v.w &= keep[3];
      *at = v;
    }
  }
  __syncthreads();
}

// One pooled row of a warp: the sums of the window's nine places, and their signs to `to`. `from`: the warp's pixels by step. `sw`: weights in
// shared memory, high halves then low.
template <int SPLIT, int STEPS, int ROWS, bool BITS>
DEV void pooled_row(const u32* from, const uint4* sw, const float* b0, int lane, float* p, u16* to) {
#pragma unroll
  for (int i = 0; i < 16; i++) p[i] = 0.f;
#pragma unroll 1
  for (int py = 0; py < 3; py++) {
    float acc[3][16];
#pragma unroll
    for (int px = 0; px < 3; px++)
#pragma unroll
      for (int i = 0; i < 16; i++) acc[px][i] = b0[2 * (i >> 2) + (i & 1)];
#pragma unroll
    for (int k = 0; k < STEPS; k++) {
      u32 a[3][4], al[SPLIT ? 3 : 1][4];
      const u32 at = from[k] + py * X1 * 16;
#pragma unroll
      for (int px = 0; px < 3; px++) {
        ldm4(a[px], at + px * 16);
        if (SPLIT) ldm4(al[SPLIT ? px : 0], at + px * 16 + ROWS * X1 * 16);
      }
      const uint4 v = sw[k * 64 + lane], w = sw[k * 64 + 32 + lane];
      const u32 b[8] = {v.x, v.y, v.z, v.w, w.x, w.y, w.z, w.w};
      if (SPLIT) {
        const uint4 lv = sw[320 + k * 64 + lane], lw = sw[352 + k * 64 + lane];
        const u32 bl[8] = {lv.x, lv.y, lv.z, lv.w, lw.x, lw.y, lw.z, lw.w};
#pragma unroll
        for (int px = 0; px < 3; px++)
#pragma unroll
          for (int nt = 0; nt < 4; nt++) mma(acc[px] + 4 * nt, al[SPLIT ? px : 0], b[2 * nt], b[2 * nt + 1]);
#pragma unroll
        for (int px = 0; px < 3; px++)
#pragma unroll
          for (int nt = 0; nt < 4; nt++) mma(acc[px] + 4 * nt, a[px], bl[2 * nt], bl[2 * nt + 1]);
      }
#pragma unroll
      for (int px = 0; px < 3; px++)
#pragma unroll
        for (int nt = 0; nt < 4; nt++) mma(acc[px] + 4 * nt, a[px], b[2 * nt], b[2 * nt + 1]);
    }
#pragma unroll
    for (int px = 0; px < 3; px++) {
      u32 m = 0;
#pragma unroll
      for (int i = 0; i < 16; i++) {
        if (BITS) m |= acc[px][i] > 0.f ? sign_bit(i) : 0u;
        p[i] += fmaxf(acc[px][i], 0.f);
      }
      if (BITS) to[(py * 3 + px) * 32] = (u16)m;
    }
  }
}

// grid (ceil(w1 / 112), ceil(h1 / R), n), 224 threads. Input `which[i]` (null: i) of `planes` is image i.
template <int SPLIT, int STEPS, int R, bool BITS>
DEV void conv1(const u16* RESTRICT x, int planes, const int* RESTRICT which, const u8* RESTRICT drop, const u32* RESTRICT fragments,
               const float* RESTRICT bias, const float* RESTRICT scales, u16* RESTRICT p1, u16* RESTRICT bits, Shape s) {
  const int ROWS = 3 * R + 2;
  uint4* sw = (uint4*)(smem + (1 + SPLIT) * ROWS * X1 * 16);
  u32* flags = (u32*)(sw + (SPLIT ? 640 : 320));
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, g = lane >> 2, t = lane & 3, image = blockIdx.z;
  const int tiles = 7 * gridDim.x;
  load1<SPLIT, ROWS, 224>(smem, x, (size_t)planes * s.height * s.width * 8, drop, flags, which ? which[image] : image, blockIdx.x * 3 * T1,
                          blockIdx.y * 3 * R, s);
  for (int i = threadIdx.x; i < STEPS * 64; i += 224) {
    cpasync16(saddr(sw + i), (const uint4*)fragments + i, true);
    if (SPLIT) cpasync16(saddr(sw + 320 + i), (const uint4*)fragments + 41 * 64 + i, true);
  }
  float b0[8];
#pragma unroll
  for (int i = 0; i < 8; i++) b0[i] = bias[8 * t + i] * scales[G1];
  const float factor = scales[Q1] / scales[G1] / 9.f;
  u32 from[STEPS];
#pragma unroll
  for (int k = 0; k < STEPS; k++) from[k] = saddr(smem) + (slot_offset<STEPS>(2 * k + (lane >> 4)) + 3 * (warp * 16 + (lane & 15))) * 16;
  cpwait();
  settle1<SPLIT, ROWS, 224>(smem, drop, flags, s.channels);

#pragma unroll 1
  for (int r = 0; r < R; r++) {
    const int y = blockIdx.y * R + r;
    if (y >= s.h1) break;
    float p[16];
    pooled_row<SPLIT, STEPS, ROWS, BITS>(from, sw, b0, lane, p, bits + (((size_t)image * s.h1 + y) * tiles + blockIdx.x * 7 + warp) * 9 * 32 + lane);
    const int px = blockIdx.x * T1 + warp * 16 + g;
    const size_t pixel = ((size_t)image * s.h1 + y) * s.w1 + px, low = (size_t)gridDim.z * s.h1 * s.w1 * 32;
    if (px < s.w1) store8<SPLIT>(p1, low, pixel, t, p, 0, factor);
    if (px + 8 < s.w1) store8<SPLIT>(p1, low, pixel + 8, t, p, 2, factor);
#pragma unroll
    for (int k = 0; k < STEPS; k++) from[k] += 3 * X1 * 16;
  }
}
#define CONV1_ARGS                                                                                                            \
  const u16 *RESTRICT x, int planes, const int *RESTRICT which, const u8 *RESTRICT drop, const u32 *RESTRICT fragments,      \
      const float *RESTRICT bias, const float *RESTRICT scales, u16 *RESTRICT p1, u16 *RESTRICT bits, Shape s
#define CONV1(NAME, SPLIT, STEPS, R, BITS) \
  KERNEL(224, 2) NAME(CONV1_ARGS) { conv1<SPLIT, STEPS, R, BITS>(x, planes, which, drop, fragments, bias, scales, p1, bits, s); }
CONV1(conv1_fast_c8, 0, 5, 4, false)
CONV1(conv1_fast_c8_bits, 0, 5, 4, true)
CONV1(conv1_fast_c2, 0, 2, 4, false)
CONV1(conv1_fast_c2_bits, 0, 2, 4, true)
CONV1(conv1_exact_c8, 1, 5, 2, false)
CONV1(conv1_exact_c8_bits, 1, 5, 2, true)
CONV1(conv1_exact_c2, 1, 2, 2, false)
CONV1(conv1_exact_c2_bits, 1, 2, 2, true)
