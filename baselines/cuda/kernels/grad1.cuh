// The gradient of the first convolution's weights.
//
// A persistent grid goes through tiles of R pooled rows x 112 pooled columns. For each of the nine places of a pooling window, a warp
// multiplies the inputs around its 16 pixels (slots as in conv1.cuh, by features) with the gradient where the place's sign is positive.
// partial [gridDim.x][80][32]: row 8 j + slot of the inner dimension as conv1 has it; the row behind them (72, or 24 where
// STEPS = 2) is the bias. With NT = 2 a warp has half of each eight neighbouring features: which one blockIdx.y says, or, where the block has
// GROUPS = 2 times seven warps, the warp's number. BUFFERS = 2: the next tile is fetched meanwhile.
template <int SPLIT, int STEPS, int R, int NT, int GROUPS = 1, int BUFFERS = 1>
DEV void grad1(const u16* RESTRICT x, int planes, const int* RESTRICT which, const u8* RESTRICT drop, const u16* RESTRICT d1,
               const u16* RESTRICT bits, float* RESTRICT partial, Shape s, int n) {
  const int ROWS = 3 * R + 2;
  const int BYTES = (1 + SPLIT) * ROWS * X1 * 16, THREADS = 224 * GROUPS;
  u32* constants = (u32*)(smem + BUFFERS * BYTES);  // 1 0 0 0 0 0 0 0, then eight zeros
  u32* flags = constants + 8;                       // sixteen per buffer
  const int lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3;
  const int warp = GROUPS == 1 ? threadIdx.x >> 5 : (threadIdx.x >> 5) % 7;
  const int part = NT == 4 ? 0 : GROUPS == 2 ? (threadIdx.x >> 5) / 7 : blockIdx.y;
  if (threadIdx.x < 8) constants[threadIdx.x] = threadIdx.x == 0 ? ONE : 0;
  float acc[STEPS][4 * NT], whole[SPLIT ? STEPS : 1][4 * NT];  // SPLIT: tensor cores cut off what they add
#pragma unroll
  for (int k = 0; k < STEPS; k++)
#pragma unroll
    for (int i = 0; i < 4 * NT; i++) {
      acc[k][i] = 0.f;
      if (SPLIT) whole[SPLIT ? k : 0][i] = 0.f;
    }
  u32 from[STEPS];
#pragma unroll
  for (int k = 0; k < STEPS; k++)
    from[k] = saddr(smem) + (slot_offset<STEPS>(2 * k + ((lane >> 3) & 1)) + 3 * (warp * 16 + (lane >> 4) * 8 + (lane & 7))) * 16;
  const bool is_bias = (lane >> 3) & 1;  // in the last step
  const int blocks_x = (s.w1 + T1 - 1) / T1, blocks_y = (s.h1 + R - 1) / R, tiles = 7 * blocks_x;
  const size_t low = (size_t)planes * s.height * s.width * 8, low_d = (size_t)n * s.h1 * s.w1 * 32;
  const int all = n * blocks_x * blocks_y;
  auto fetch = [&](int tile, int buffer) {
    const int bx = tile % blocks_x, by = (tile / blocks_x) % blocks_y, image = tile / (blocks_x * blocks_y);
    load1<SPLIT, ROWS, THREADS>(smem + buffer * BYTES, x, low, drop, flags + 16 * buffer, which ? which[image] : image, bx * 3 * T1, by * 3 * R, s);
    cpcommit();
  };
  int buffer = 0;
  if (BUFFERS == 2 && blockIdx.x < all) fetch(blockIdx.x, 0);
#pragma unroll 1
  for (int tile = blockIdx.x; tile < all; tile += gridDim.x) {
    const int bx = tile % blocks_x, by = (tile / blocks_x) % blocks_y, image = tile / (blocks_x * blocks_y);
    __syncthreads();
    if (BUFFERS == 1) {
      fetch(tile, 0);
      cpwait();
    } else {
      if (tile + (int)gridDim.x < all) fetch(tile + gridDim.x, buffer ^ 1);
      else cpcommit();
      cpwait_but_one();
    }
    settle1<SPLIT, ROWS, THREADS>(smem + buffer * BYTES, drop, flags + 16 * buffer, s.channels);
#pragma unroll 1
    for (int r = 0; r < R; r++) {
      const int y = by * R + r, px = bx * T1 + warp * 16 + g;
      if (y >= s.h1) break;
      const u16* pixel = d1 + (((size_t)image * s.h1 + y) * s.w1 + px) * 32 + 8 * t + 4 * part;
      const u16* of = bits + (((size_t)image * s.h1 + y) * tiles + bx * 7 + warp) * 9 * 32 + lane;
      u32 m[9], lo[NT], hi[NT], lol[SPLIT ? NT : 1], hil[SPLIT ? NT : 1];
#pragma unroll
      for (int place = 0; place < 9; place++) m[place] = of[place * 32];
#pragma unroll
      for (int q = 0; q < NT / 2; q++) {
        const uint2 none = make_uint2(0, 0);
        const uint2 v = px < s.w1 ? ((const uint2*)pixel)[q] : none, w = px + 8 < s.w1 ? ((const uint2*)(pixel + 256))[q] : none;
        lo[2 * q] = v.x, lo[2 * q + 1] = v.y, hi[2 * q] = w.x, hi[2 * q + 1] = w.y;
        if (SPLIT) {
          const uint2 vl = px < s.w1 ? ((const uint2*)(pixel + low_d))[q] : none;
          const uint2 wl = px + 8 < s.w1 ? ((const uint2*)(pixel + low_d + 256))[q] : none;
          lol[SPLIT ? 2 * q : 0] = vl.x, lol[SPLIT ? 2 * q + 1 : 0] = vl.y, hil[SPLIT ? 2 * q : 0] = wl.x, hil[SPLIT ? 2 * q + 1 : 0] = wl.y;
        }
      }
#pragma unroll
      for (int place = 0; place < 9; place++) {
        u32 b[2 * NT], bl[SPLIT ? 2 * NT : 1];
#pragma unroll
        for (int nt = 0; nt < NT; nt++) {
          const u32 shifted = part ? m[place] >> 4 : m[place];
          const u32 mlo = spread(shifted, 2 * nt), mhi = spread(shifted, 2 * nt + 1);
          b[2 * nt] = movm(lo[nt] & mlo), b[2 * nt + 1] = movm(hi[nt] & mhi);
          if (SPLIT) bl[SPLIT ? 2 * nt : 0] = movm(lol[SPLIT ? nt : 0] & mlo), bl[SPLIT ? 2 * nt + 1 : 0] = movm(hil[SPLIT ? nt : 0] & mhi);
        }
#pragma unroll
        for (int k = 0; k < STEPS; k++) {
          u32 a[4], al[4];
          u32 here = from[k] + (BUFFERS == 2 ? buffer * BYTES : 0) + ((3 * r + place / 3) * X1 + place % 3) * 16, there = here + ROWS * X1 * 16;
          if (k == STEPS - 1 && is_bias) here = saddr(constants), there = here + 16;
          ldm4t(a, here);
          if (SPLIT) ldm4t(al, there);
          if (SPLIT) {
#pragma unroll
            for (int nt = 0; nt < NT; nt++) mma(acc[k] + 4 * nt, al, b[2 * nt], b[2 * nt + 1]);
#pragma unroll
            for (int nt = 0; nt < NT; nt++) mma(acc[k] + 4 * nt, a, bl[SPLIT ? 2 * nt : 0], bl[SPLIT ? 2 * nt + 1 : 0]);
          }
#pragma unroll
          for (int nt = 0; nt < NT; nt++) mma(acc[k] + 4 * nt, a, b[2 * nt], b[2 * nt + 1]);
        }
      }
      if (SPLIT) {
#pragma unroll
        for (int k = 0; k < STEPS; k++)
#pragma unroll
          for (int i = 0; i < 4 * NT; i++) whole[SPLIT ? k : 0][i] += acc[k][i], acc[k][i] = 0.f;
      }
    }
    if (BUFFERS == 2) buffer ^= 1;
  }
  // The seven warps' sums through shared memory, one after another.
  float* sum = (float*)smem;
#pragma unroll 1
  for (int turn = 0; turn < 7; turn++) {
    __syncthreads();
    if (warp == turn) {
#pragma unroll
      for (int k = 0; k < STEPS; k++)
#pragma unroll
        for (int i = 0; i < 4 * NT; i++) {
          const int at = (k * 16 + g + 8 * ((i >> 1) & 1)) * 32 + 8 * t + 4 * part + 2 * (i >> 2) + (i & 1);
          sum[at] = (SPLIT ? whole[SPLIT ? k : 0][i] : acc[k][i]) + (turn ? sum[at] : 0.f);
        }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < STEPS * 16 * 32; i += THREADS)
    if (NT == 4 || GROUPS == 2 || ((i >> 2) & 1) == part) partial[(size_t)blockIdx.x * 80 * 32 + i] = sum[i];
}
#define GRAD1_ARGS                                                                                                       \
  const u16 *RESTRICT x, int planes, const int *RESTRICT which, const u8 *RESTRICT drop, const u16 *RESTRICT d1,        \
      const u16 *RESTRICT bits, float *RESTRICT partial, Shape s, int n
#define GRAD1(NAME, SPLIT, STEPS, R, NT) \
  KERNEL(224, 2) NAME(GRAD1_ARGS) { grad1<SPLIT, STEPS, R, NT>(x, planes, which, drop, d1, bits, partial, s, n); }
GRAD1(grad1_fast_c8, 0, 5, 4, 4)
GRAD1(grad1_fast_c2, 0, 2, 4, 4)
GRAD1(grad1_exact_c8, 1, 5, 2, 2)
GRAD1(grad1_exact_c2, 1, 2, 2, 2)

// Sums of the blocks -> gradients. grid 80, 256 threads: 32 features x 8 stretches of blocks.
DEV float block_sum(const float* partial, int blocks, int rows) {
  float* part = (float*)smem;
  const int o = threadIdx.x & 31, stretch = threadIdx.x >> 5, length = (blocks + 7) / 8;
  float sum = 0.f;
  const float* from = partial + (size_t)blockIdx.x * 32 + o;
#pragma unroll 4
  for (int b = stretch * length; b < blocks && b < (stretch + 1) * length; b++) sum += from[(size_t)b * rows * 32];
  part[threadIdx.x] = sum;
  __syncthreads();
  sum = 0.f;
  for (int k = 0; k < 8; k++) sum += part[k * 32 + o];
  return sum;
}
DEV void put(float* to, float value, int accumulate) { *to = accumulate ? *to + value : value; }

KERNEL(256, 1) reduce1(const float* RESTRICT partial, int blocks, const float* RESTRICT xs, const float* RESTRICT scales, float* RESTRICT w1, float* RESTRICT b1,
                       int channels, int accumulate) {
  const int j = blockIdx.x >> 3, slot = blockIdx.x & 7, o = threadIdx.x;
  const bool wide = channels > 2;
  const bool is_bias = blockIdx.x == (wide ? 72 : 24);
  const bool is_weight = wide ? j < 9 && slot < channels : j < 3 && slot < 3 * channels;
  if (!is_bias && !is_weight) return;
  const float sum = block_sum(partial, blocks, 80);
  if (o >= 32) return;
  const double unit = 81. * scales[SD] * scales[SX];
  if (is_bias) {
    put(b1 + o, (float)(sum / unit), accumulate);
  } else {
    const int c = wide ? slot : slot % channels, tap = wide ? j : j * 3 + slot / channels;
    put(w1 + (o * channels + c) * 9 + tap, (float)(sum / (unit * xs[c])), accumulate);
  }
}
