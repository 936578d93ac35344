// The gradients of the second convolution, by its input and by its weights.

// Eight channels (8 chunk ..) of d2 at pooled (y, x), zeros where there is none.
template <int SPLIT>
DEV void pooled8(const u16* d2, size_t low, bool valid, size_t pixel, int chunk, uint4& v, uint4& l) {
  v = l = make_uint4(0, 0, 0, 0);
  if (!valid) return;
  const u16* from = d2 + pixel * 32 + 8 * chunk;
  v = *(const uint4*)from;
  if (SPLIT) l = *(const uint4*)(from + low);
}
// Where in a tile's signs those of eight channels of pooled column x are, and by how many pairs they are shifted.
DEV int sign_lane(int x, int chunk) { return (x & 7) * 4 + chunk; }
DEV uint4 masked(uint4 v, u32 m) {
  return make_uint4(v.x & spread(m, 0), v.y & spread(m, 2), v.z & spread(m, 4), v.w & spread(m, 6));
}

// By its input: grid (ceil(w1 / 48), ceil(h1 / R), n), 256 threads.
template <int SPLIT, int R>
DEV void grad2x(const u16* RESTRICT d2, const u16* RESTRICT bits, const u32* RESTRICT fragments, const float* RESTRICT scales, u16* RESTRICT d1,
                Shape s) {
  const int ROWS = R + 2, WINDOWS = ROWS / 3 + 2;  // pooled rows that a tile can touch
  const int tid = threadIdx.x, lane = tid & 31, warp = tid >> 5, g = lane >> 2, t = lane & 3, image = blockIdx.z;
  const int x0 = blockIdx.x * 48, y0 = blockIdx.y * R, tiles = (s.w2 + 15) / 16;
  uint4* sw = (uint4*)(smem + (1 + SPLIT) * ROWS * L2);
  const uint4* weights = (const uint4*)fragments + 23 * 64;
  for (int i = tid; i < 18 * 64; i += 256) {
    cpasync16(saddr(sw + i), weights + i, true);
    if (SPLIT) cpasync16(saddr(sw + 18 * 64 + i), weights + 41 * 64 + i, true);
  }
  const size_t low = (size_t)gridDim.z * s.h2 * s.w2 * 32;
  const int window0 = (y0 + 1) / 3 - 1;  // floor((y0 - 2) / 3)
#pragma unroll 2
  for (int i = tid; i < WINDOWS * 3 * 17 * 4; i += 256) {
    const int chunk = i & 3, column = (i >> 2) % 17, line = (i >> 2) / 17, py = line % 3;
    const int wy = window0 + line / 3, wx = x0 / 3 - 1 + column, row = 3 * wy + py - (y0 - 2);
    if (row < 0 || row >= ROWS) continue;
    const bool valid = wy >= 0 && wy < s.h2 && wx >= 0 && wx < s.w2;
    uint4 v, l;
    pooled8<SPLIT>(d2, low, valid, ((size_t)image * s.h2 + wy) * s.w2 + wx, chunk, v, l);
    u32 m[3] = {0, 0, 0};
    if (valid) {
      const u16* of = bits + ((((size_t)image * s.h2 + wy) * tiles + (wx >> 4)) * 9 + py * 3) * 32 + sign_lane(wx, chunk);
#pragma unroll
      for (int px = 0; px < 3; px++) m[px] = (u32)of[px * 32] >> ((wx >> 3) & 1);
    }
#pragma unroll
    for (int px = 0; px < 3; px++) {
      const int col = 3 * wx + px - (x0 - 2);
      if (col < 0 || col >= X2) continue;
      u8* to = smem + row * L2 + swizzle(col, chunk);
      *(uint4*)to = masked(v, m[px]);
      if (SPLIT) *(uint4*)(to + ROWS * L2) = masked(l, m[px]);
    }
  }
  const float factor = scales[SX] / scales[G2];
  cpwait();
  __syncthreads();
#pragma unroll 1
  for (int row = warp; row < R; row += 8) {
    if (y0 + row >= s.h1) break;
    float acc[3][16];
#pragma unroll
    for (int j = 0; j < 3; j++)
#pragma unroll
      for (int i = 0; i < 16; i++) acc[j][i] = 0.f;
#pragma unroll 1
    for (int ky = 0; ky < 3; ky++) {
#pragma unroll
      for (int half = 0; half < 2; half++)
#pragma unroll
        for (int kx = 0; kx < 3; kx++) {
          u32 b[8], bl[8], a[3][4], al[3][4];
#pragma unroll
          for (int q = 0; q < 2; q++) {
            const int at = (((ky * 3 + kx) * 2 + half) * 2 + q) * 32 + lane;
            uint4 v = sw[at];
            b[4 * q] = v.x, b[4 * q + 1] = v.y, b[4 * q + 2] = v.z, b[4 * q + 3] = v.w;
            if (SPLIT) {
              v = sw[18 * 64 + at];
              bl[4 * q] = v.x, bl[4 * q + 1] = v.y, bl[4 * q + 2] = v.z, bl[4 * q + 3] = v.w;
            }
          }
#pragma unroll
          for (int j = 0; j < 3; j++) {
            const u32 at = saddr(smem) + (row + 2 - ky) * L2 + swizzle(16 * j + (lane & 15) + 2 - kx, 2 * half + (lane >> 4));
            ldm4(a[j], at);
            if (SPLIT) ldm4(al[j], at + ROWS * L2);
          }
          if (SPLIT) {
#pragma unroll
            for (int j = 0; j < 3; j++)
#pragma unroll
              for (int nt = 0; nt < 4; nt++) mma(acc[j] + 4 * nt, al[j], b[2 * nt], b[2 * nt + 1]);
#pragma unroll
            for (int j = 0; j < 3; j++)
#pragma unroll
              for (int nt = 0; nt < 4; nt++) mma(acc[j] + 4 * nt, a[j], bl[2 * nt], bl[2 * nt + 1]);
          }
#pragma unroll
          for (int j = 0; j < 3; j++)
#pragma unroll
            for (int nt = 0; nt < 4; nt++) mma(acc[j] + 4 * nt, a[j], b[2 * nt], b[2 * nt + 1]);
        }
    }
#pragma unroll
    for (int j = 0; j < 3; j++)
#pragma unroll
      for (int up = 0; up < 2; up++) {
        const int x = x0 + 16 * j + g + 8 * up;
        if (x < s.w1)
          store8<SPLIT>(d1, (size_t)gridDim.z * s.h1 * s.w1 * 32, ((size_t)image * s.h1 + y0 + row) * s.w1 + x, t, acc[j], 2 * up, factor);
      }
  }
}
#define GRAD2X_ARGS \
  const u16 *RESTRICT d2, const u16 *RESTRICT bits, const u32 *RESTRICT fragments, const float *RESTRICT scales, u16 *RESTRICT d1, Shape s
KERNEL(256, 2) grad2x_fast(GRAD2X_ARGS) { grad2x<0, 16>(d2, bits, fragments, scales, d1, s); }
KERNEL(256, 2) grad2x_exact(GRAD2X_ARGS) { grad2x<1, 8>(d2, bits, fragments, scales, d1, s); }

// By its weights: persistent grid, 288 threads, a warp per tap; tiles of R pooled rows x 16 pooled columns.
// partial [gridDim.x][9 * 32 + 1][32]: row tap * 32 + channel in; the last is the bias.
template <int SPLIT, int R>
DEV void grad2w(const u16* RESTRICT p1, const u16* RESTRICT d2, const u16* RESTRICT bits, float* RESTRICT partial, Shape s, int n) {
  const int ROWS = 3 * R + 2, L3 = 48 * 64, GS = 3 * R * L3;
  u8* gs = smem + (1 + SPLIT) * ROWS * L2;
  const int tid = threadIdx.x, lane = tid & 31, tap = tid >> 5, g = lane >> 2, t = lane & 3;
  float acc[2][16], whole[SPLIT ? 2 : 1][16], one[8];  // SPLIT: tensor cores cut off what they add. one: the bias, of chunk tid & 3
#pragma unroll
  for (int i = 0; i < 16; i++) {
    acc[0][i] = acc[1][i] = whole[0][i] = 0.f;
    if (SPLIT) whole[SPLIT ? 1 : 0][i] = 0.f;
    if (i < 8) one[i] = 0.f;
  }
  const int tiles = (s.w2 + 15) / 16, blocks_y = (s.h2 + R - 1) / R;
  const size_t low_x = (size_t)n * s.h1 * s.w1 * 32, low_d = (size_t)n * s.h2 * s.w2 * 32;
#pragma unroll 1
  for (int tile = blockIdx.x; tile < n * tiles * blocks_y; tile += gridDim.x) {
    const int bx = tile % tiles, by = (tile / tiles) % blocks_y, image = tile / (tiles * blocks_y);
    __syncthreads();
    load2<SPLIT, ROWS, 288>(p1, low_x, image, bx * 48, by * 3 * R, s);
#pragma unroll 2
    for (int i = tid; i < R * 3 * 16 * 4; i += 288) {
      const int chunk = i & 3, column = (i >> 2) & 15, row = i >> 6, py = row % 3, wy = by * R + row / 3, wx = bx * 16 + column;
      const bool valid = wy < s.h2 && wx < s.w2;
      uint4 v, l;
      pooled8<SPLIT>(d2, low_d, valid, ((size_t)image * s.h2 + wy) * s.w2 + wx, chunk, v, l);
      u32 m[3] = {0, 0, 0};
      if (valid) {
        const u16* of = bits + ((((size_t)image * s.h2 + wy) * tiles + bx) * 9 + py * 3) * 32 + sign_lane(wx, chunk);
#pragma unroll
        for (int px = 0; px < 3; px++) m[px] = (u32)of[px * 32] >> ((wx >> 3) & 1);
      }
#pragma unroll
      for (int px = 0; px < 3; px++) {
        const uint4 h = masked(v, m[px]);
        u8* to = gs + row * L3 + swizzle(3 * column + px, chunk);
        *(uint4*)to = h;
        one[0] += low_of(h.x), one[1] += high_of(h.x), one[2] += low_of(h.y), one[3] += high_of(h.y);
        one[4] += low_of(h.z), one[5] += high_of(h.z), one[6] += low_of(h.w), one[7] += high_of(h.w);
        if (SPLIT) {
          const uint4 q = masked(l, m[px]);
          *(uint4*)(to + GS) = q;
          one[0] += low_of(q.x), one[1] += high_of(q.x), one[2] += low_of(q.y), one[3] += high_of(q.y);
          one[4] += low_of(q.z), one[5] += high_of(q.z), one[6] += low_of(q.w), one[7] += high_of(q.w);
        }
      }
    }
    cpwait();
    __syncthreads();
    // Lane -> pixel (lane >> 4) * 8 + (lane & 7), chunk (lane >> 3) & 1 for the input; for the gradient pixel lane & 15, chunk lane >> 4.
    const u32 gbase = saddr(gs), xbase = saddr(smem) + (tap / 3) * L2;
#pragma unroll 1
    for (int row = 0; row < 3 * R; row++) {
#pragma unroll
      for (int j = 0; j < 3; j++) {
        u32 b[8], bl[8], a[2][4], al[2][4];
        const int k = 16 * j + (lane & 15);
#pragma unroll
        for (int q = 0; q < 2; q++) {
          const u32 at = gbase + row * L3 + swizzle(k, 2 * q + (lane >> 4));
          ldm4t(b + 4 * q, at);
          if (SPLIT) ldm4t(bl + 4 * q, at + GS);
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const u32 at = xbase + row * L2 + swizzle(16 * j + (lane >> 4) * 8 + (lane & 7) + tap % 3, 2 * half + ((lane >> 3) & 1));
          ldm4t(a[half], at);
          if (SPLIT) ldm4t(al[half], at + ROWS * L2);
        }
        if (SPLIT) {
#pragma unroll
          for (int half = 0; half < 2; half++)
#pragma unroll
            for (int nt = 0; nt < 4; nt++) mma(acc[half] + 4 * nt, al[half], b[2 * nt], b[2 * nt + 1]);
#pragma unroll
          for (int half = 0; half < 2; half++)
#pragma unroll
            for (int nt = 0; nt < 4; nt++) mma(acc[half] + 4 * nt, a[half], bl[2 * nt], bl[2 * nt + 1]);
        }
#pragma unroll
        for (int half = 0; half < 2; half++)
#pragma unroll
          for (int nt = 0; nt < 4; nt++) mma(acc[half] + 4 * nt, a[half], b[2 * nt], b[2 * nt + 1]);
      }
      if (SPLIT && row % 3 == 2) {
#pragma unroll
        for (int i = 0; i < 16; i++) {
          whole[0][i] += acc[0][i], whole[SPLIT ? 1 : 0][i] += acc[1][i];
          acc[0][i] = acc[1][i] = 0.f;
        }
      }
    }
  }
  float* to = partial + (size_t)blockIdx.x * 289 * 32;
#pragma unroll
  for (int half = 0; half < 2; half++)
#pragma unroll
    for (int i = 0; i < 16; i++)
      to[(tap * 32 + half * 16 + g + 8 * ((i >> 1) & 1)) * 32 + 8 * (i >> 2) + 2 * t + (i & 1)] =
          SPLIT ? whole[SPLIT ? half : 0][i] : acc[half][i];
  // The bias: 72 threads share each chunk of eight features.
  __syncthreads();
  float* ones = (float*)smem;
#pragma unroll
  for (int i = 0; i < 8; i++) ones[tid * 8 + i] = one[i];
  __syncthreads();
  if (tid < 32) {
    float sum = 0.f;
    for (int k = 0; k < 72; k++) sum += ones[(4 * k + (tid >> 3)) * 8 + (tid & 7)];
    to[288 * 32 + tid] = sum;
  }
}
#define GRAD2W_ARGS \
  const u16 *RESTRICT p1, const u16 *RESTRICT d2, const u16 *RESTRICT bits, float *RESTRICT partial, Shape s, int n
KERNEL(288, 2) grad2w_fast(GRAD2W_ARGS) { grad2w<0, 5>(p1, d2, bits, partial, s, n); }
KERNEL(288, 2) grad2w_exact(GRAD2W_ARGS) { grad2w<1, 2>(p1, d2, bits, partial, s, n); }

// grid 289, 256 threads.
KERNEL(256, 1) reduce2(const float* RESTRICT partial, int blocks, const float* RESTRICT scales, float* RESTRICT w2, float* RESTRICT b2, int accumulate) {
  const int row = blockIdx.x, o = threadIdx.x;
  const float sum = block_sum(partial, blocks, 289);
  if (o >= 32) return;
  if (row == 288) {
    put(b2 + o, (float)(sum / (9. * scales[SD])), accumulate);
  } else {
    put(w2 + (o * 32 + (row & 31)) * 9 + (row >> 5), (float)(sum / (9. * scales[SD] * scales[Q1])), accumulate);
  }
}
