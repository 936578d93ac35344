// The second convolution with ReLU and average pooling, on tensor cores.
//
// Shared memory: pixels of 32 channels, four chunks of 16 bytes, chunk c of pixel x at c ^ (x >> 1 & 3): any eight pixels whose
// numbers differ modulo 8 are read without conflicts.
const int X2 = 50, L2 = X2 * 64;

DEV u32 swizzle(int x, int chunk) { return x * 64 + ((chunk ^ ((x >> 1) & 3)) << 4); }

// ROWS x X2 pixels of p1 from (y0, x0) on.
template <int SPLIT, int ROWS, int THREADS>
DEV void load2(const u16* p1, size_t low, int image, int x0, int y0, Shape s) {
  for (int i = threadIdx.x; i < ROWS * X2 * 4; i += THREADS) {
    const int y = i / (X2 * 4), rem = i - y * (X2 * 4), x = rem >> 2, chunk = rem & 3;
    const bool valid = x0 + x < s.w1 && y0 + y < s.h1;
    const u16* from = p1 + (valid ? (((size_t)image * s.h1 + y0 + y) * s.w1 + x0 + x) * 32 + chunk * 8 : 0);
    const u32 to = saddr(smem) + y * L2 + swizzle(x, chunk);
    cpasync16(to, from, valid);
    if (SPLIT) cpasync16(to + ROWS * L2, from + low, valid);
  }
}

// grid (ceil(w2 / 16), ceil(h2 / R), n), 32 R threads: a warp per pooled row.
template <int SPLIT, int R, bool BITS>
DEV void conv2(const u16* RESTRICT p1, const u32* RESTRICT fragments, const float* RESTRICT bias, const float* RESTRICT scales, float* RESTRICT p2,
               u16* RESTRICT bits, Shape s) {
  const int ROWS = 3 * R + 2, THREADS = 32 * R;
  const int lane = threadIdx.x & 31, r = threadIdx.x >> 5, g = lane >> 2, t = lane & 3, image = blockIdx.z, tid = threadIdx.x;
  uint4* sw = (uint4*)(smem + ROWS * L2);
  const uint4* weights = (const uint4*)fragments + 5 * 64;
  if (!SPLIT)
    for (int i = tid; i < 18 * 64; i += THREADS) cpasync16(saddr(sw + i), weights + i, true);
  load2<SPLIT, ROWS, THREADS>(p1, (size_t)gridDim.z * s.h1 * s.w1 * 32, image, blockIdx.x * 48, blockIdx.y * 3 * R, s);
  float b0[8], p[16];
#pragma unroll
  for (int i = 0; i < 8; i++) b0[i] = bias[8 * t + i] * scales[Q1] * scales[G2];
  const float factor = 1.f / (9.f * scales[Q1] * scales[G2]);
#pragma unroll
  for (int i = 0; i < 16; i++) p[i] = 0.f;
  u32 from[5];
#pragma unroll
  for (int v = 0; v < 5; v++) from[v] = saddr(smem) + 3 * r * L2 + swizzle(3 * (lane & 15) + v, lane >> 4);
  const int y = blockIdx.y * R + r;
  u16* flags = bits + (((size_t)image * s.h2 + y) * gridDim.x + blockIdx.x) * 9 * 32 + lane;
  cpwait();
  __syncthreads();
  if (y >= s.h2) return;
#pragma unroll 1
  for (int py = 0; py < 3; py++) {
    float acc[3][16];
#pragma unroll
    for (int px = 0; px < 3; px++)
#pragma unroll
      for (int i = 0; i < 16; i++) acc[px][i] = b0[2 * (i >> 2) + (i & 1)];
#pragma unroll 1
    for (int ky = 0; ky < 3; ky++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        u32 b[3][8], bl[SPLIT ? 3 : 1][8];
#pragma unroll
        for (int kx = 0; kx < 3; kx++)
#pragma unroll
          for (int q = 0; q < 2; q++) {
            const int at = (((ky * 3 + kx) * 2 + half) * 2 + q) * 32 + lane;
            uint4 v = SPLIT ? weights[at] : sw[at];
            b[kx][4 * q] = v.x, b[kx][4 * q + 1] = v.y, b[kx][4 * q + 2] = v.z, b[kx][4 * q + 3] = v.w;
            if (SPLIT) {
              v = weights[41 * 64 + at];
              bl[SPLIT ? kx : 0][4 * q] = v.x, bl[SPLIT ? kx : 0][4 * q + 1] = v.y, bl[SPLIT ? kx : 0][4 * q + 2] = v.z,
                            bl[SPLIT ? kx : 0][4 * q + 3] = v.w;
            }
          }
#pragma unroll
        for (int v = 0; v < 5; v++) {
          u32 a[4], al[4];
          const u32 at = (from[v] ^ (half * 32)) + (py + ky) * L2;
          ldm4(a, at);
          if (SPLIT) ldm4(al, at + ROWS * L2);
#pragma unroll
          for (int product = SPLIT ? 0 : 2; product < 3; product++)
#pragma unroll
            for (int kx = 0; kx < 3; kx++) {
              if (v - kx < 0 || v - kx > 2) continue;
              float* c = acc[v - kx < 0 ? 0 : v - kx > 2 ? 2 : v - kx];
#pragma unroll
              for (int nt = 0; nt < 4; nt++) {
                if (product == 0) mma(c + 4 * nt, al, b[kx][2 * nt], b[kx][2 * nt + 1]);
                if (product == 1) mma(c + 4 * nt, a, bl[SPLIT ? kx : 0][2 * nt], bl[SPLIT ? kx : 0][2 * nt + 1]);
                if (product == 2) mma(c + 4 * nt, a, b[kx][2 * nt], b[kx][2 * nt + 1]);
              }
            }
        }
      }
    }
#pragma unroll
    for (int px = 0; px < 3; px++) {
      u32 m = 0;
#pragma unroll
      for (int i = 0; i < 16; i++) {
        if (BITS) m |= acc[px][i] > 0.f ? sign_bit(i) : 0u;
        p[i] += fmaxf(acc[px][i], 0.f);
      }
      if (BITS) flags[(py * 3 + px) * 32] = (u16)m;
    }
  }
#pragma unroll
  for (int up = 0; up < 4; up += 2) {
    const int x = blockIdx.x * 16 + g + 4 * up;
    if (x >= s.w2) continue;
    float4* to = (float4*)(p2 + (((size_t)image * s.h2 + y) * s.w2 + x) * 32 + 8 * t);
    to[0] = make_float4(p[up] * factor, p[up + 1] * factor, p[4 + up] * factor, p[5 + up] * factor);
    to[1] = make_float4(p[8 + up] * factor, p[9 + up] * factor, p[12 + up] * factor, p[13 + up] * factor);
  }
}
#define CONV2_ARGS                                                                                                              \
  const u16 *RESTRICT p1, const u32 *RESTRICT fragments, const float *RESTRICT bias, const float *RESTRICT scales, float *RESTRICT p2, \
      u16 *RESTRICT bits, Shape s
#define CONV2(NAME, THREADS, BLOCKS, SPLIT, R, BITS) \
  KERNEL(THREADS, BLOCKS) NAME(CONV2_ARGS) { conv2<SPLIT, R, BITS>(p1, fragments, bias, scales, p2, bits, s); }
CONV2(conv2_fast, 160, 3, 0, 5, false)
CONV2(conv2_fast_bits, 160, 3, 0, 5, true)
CONV2(conv2_exact, 160, 2, 1, 5, false)
CONV2(conv2_exact_bits, 160, 2, 1, 5, true)
CONV2(conv2_exact_small, 128, 1, 1, 4, false)
CONV2(conv2_exact_small_bits, 128, 1, 1, 4, true)
