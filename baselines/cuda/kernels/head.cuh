// The convolution over all that is left, heads, losses, and the way back to d2.
const int SLICE = 320;  // scalars of p2 that a block of `project` adds up

// grid (ceil(K / 320), ceil(n / 32)), 256 threads: zpart[slice][i][o] = sum of p2[i][k] w3[o][k] over the slice.
// Four groups of 64 threads take every fourth of the four-element pieces of k; a thread has 4 inputs x 4 features.
KERNEL(256, 2) project(const float* RESTRICT p2, const float* RESTRICT w3, float* RESTRICT zpart, int n, int K) {
  const int PITCH = 68;
  float* ps = (float*)smem;  // 32 x PITCH
  float* ws = ps + 32 * PITCH;
  const int tid = threadIdx.x, group = tid >> 6, ty = (tid >> 3) & 7, tx = tid & 7, i0 = blockIdx.y * 32;
  float acc[4][4];
#pragma unroll
  for (int a = 0; a < 4; a++)
#pragma unroll
    for (int b = 0; b < 4; b++) acc[a][b] = 0.f;
  for (int k0 = blockIdx.x * SLICE; k0 < (blockIdx.x + 1) * SLICE && k0 < K; k0 += 64) {
    __syncthreads();
    for (int i = tid; i < 512; i += 256) {
      const int row = i >> 4, k = k0 + (i & 15) * 4;
      cpasync16(saddr(ps + row * PITCH + (i & 15) * 4), p2 + (i0 + row < n && k < K ? (size_t)(i0 + row) * K + k : 0), i0 + row < n && k < K);
      cpasync16(saddr(ws + row * PITCH + (i & 15) * 4), w3 + (k < K ? (size_t)row * K + k : 0), k < K);
    }
    cpwait();
    __syncthreads();
#pragma unroll
    for (int q = group; q < 16; q += 4) {
      float4 p[4], w[4];
#pragma unroll
      for (int a = 0; a < 4; a++) p[a] = *(float4*)(ps + (ty + 8 * a) * PITCH + 4 * q), w[a] = *(float4*)(ws + (tx + 8 * a) * PITCH + 4 * q);
#pragma unroll
      for (int a = 0; a < 4; a++)
#pragma unroll
        for (int b = 0; b < 4; b++) {
          acc[a][b] = fmaf(p[a].x, w[b].x, acc[a][b]), acc[a][b] = fmaf(p[a].y, w[b].y, acc[a][b]);
          acc[a][b] = fmaf(p[a].z, w[b].z, acc[a][b]), acc[a][b] = fmaf(p[a].w, w[b].w, acc[a][b]);
        }
    }
  }
  __syncthreads();
  float* sums = (float*)smem;  // 4 x 32 x 32
#pragma unroll
  for (int a = 0; a < 4; a++)
#pragma unroll
    for (int b = 0; b < 4; b++) sums[(group * 32 + ty + 8 * a) * 32 + tx + 8 * b] = acc[a][b];
  __syncthreads();
  for (int i = tid; i < 1024; i += 256)
    if (i0 + (i >> 5) < n) zpart[((size_t)blockIdx.x * n + i0) * 32 + i] = (sums[i] + sums[1024 + i]) + (sums[2048 + i] + sums[3072 + i]);
}

// z = b3 + all slices.
KERNEL(256, 1) project_sum(const float* RESTRICT zpart, const float* RESTRICT b3, float* RESTRICT z, int n, int slices) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n * 32) return;
  float sum = 0.f;
#pragma unroll 8
  for (int k = 0; k < slices; k++) sum += zpart[(size_t)k * n * 32 + i];
  z[i] = sum + b3[i & 31];
}

// Outputs of the head alone: a warp per input.
KERNEL(256, 1) answers(const float* RESTRICT z, const float* RESTRICT weight, const float* RESTRICT bias, float* RESTRICT outputs, int n) {
  const int lane = threadIdx.x & 31, i = blockIdx.x * 8 + (threadIdx.x >> 5);
  if (i >= n) return;
  const float y = wsum(fmaxf(z[i * 32 + lane], 0.f) * weight[lane]);
  if (lane == 0) outputs[i] = y + (bias ? *bias : 0.f);
}

// One block of 1024 threads. Shared memory: targets doubles, targets * per_target floats, 32 x 33 floats.
KERNEL(1024, 1) head(const float* RESTRICT z, const float* RESTRICT weight, const float* RESTRICT bias, const double* RESTRICT wanted, int targets,
                     int per_target, double loss_weight, const float* RESTRICT maxima, float* RESTRICT scales, float* RESTRICT dz,
                     float* RESTRICT outputs, float* RESTRICT by_weight, float* RESTRICT by_bias, int accumulate_head, double* RESTRICT losses,
                     const int* RESTRICT counter, int accumulate_loss, float collapse, int* RESTRICT stop) {
  double* residuals = (double*)smem;
  float* ys = (float*)(residuals + targets);
  float* sums = ys + ((targets * per_target + 3) & ~3);  // 32 x 32 by warp and feature, then 32 by warp
  const int tid = threadIdx.x, lane = tid & 31, warp = tid >> 5, n = targets * per_target;
  const float w = weight[lane], b = bias ? *bias : 0.f;
  for (int i = warp; i < n; i += 32) {
    const float y = wsum(fmaxf(z[i * 32 + lane], 0.f) * w) + b;
    if (lane == 0) ys[i] = y, outputs[i] = y;
  }
  __syncthreads();
  for (int i = tid; i < targets; i += 1024) {
    double sum = 0.;
    for (int j = 0; j < per_target; j++) sum += (double)ys[i * per_target + j];
    residuals[i] = sum / per_target - wanted[i];
  }
  __syncthreads();
  // Back: dz, and the gradient of the head's weight.
  float by = 0.f, bound = 0.f;
  for (int i = warp; i < n; i += 32) {
    const float slope = (float)(2. * loss_weight * residuals[i / per_target] / per_target), v = z[i * 32 + lane];
    const float d = v > 0.f ? slope * w : 0.f;
    dz[i * 32 + lane] = d;
    by += slope * fmaxf(v, 0.f);
    bound = fmaxf(bound, wsum(fabsf(d)));
  }
  sums[warp * 32 + lane] = by;
  if (lane == 0) sums[1024 + warp] = bound;
  __syncthreads();
  if (warp == 0) {
    float sum = 0.f;
    for (int k = 0; k < 32; k++) sum += sums[k * 32 + lane];
    by_weight[lane] = accumulate_head ? by_weight[lane] + sum : sum;
  }
  if (warp == 1) {
    // so that no |d2| is above 8192, whatever the weights
    bound = wmax(sums[1024 + lane]);
    float largest = 0.f;
    for (int k = lane; k < 128; k += 32) largest = fmaxf(largest, maxima[k]);
    largest = wmax(largest);
    if (lane == 0) scales[SD] = power_of_two(8192.f / fmaxf(bound * largest, bits2f(0x0da24260u)));  // 1e-30
  }
  if (warp == 2 && bias && by_bias) {
    float sum = 0.f;
    for (int i = lane; i < n; i += 32) sum += (float)(2. * loss_weight * residuals[i / per_target] / per_target);
    sum = wsum(sum);
    if (lane == 0) *by_bias = accumulate_head ? *by_bias + sum : sum;
  }
  if (warp == 3) {
    double sum = 0.;
    float most = 0.f;
    for (int i = lane; i < targets; i += 32) sum += residuals[i] * residuals[i];
    for (int i = lane; i < n; i += 32) most = fmaxf(most, fabsf(ys[i]));
    for (int s = 16; s; s >>= 1) sum += __shfl_xor_sync(FULL, sum, s);
    most = wmax(most);
    if (lane == 0) {
      const int step = counter ? *counter - 1 : 0;
      double* to = losses + 2 * step;
      to[0] = accumulate_loss ? to[0] + loss_weight * sum : loss_weight * sum;
      most = accumulate_loss ? fmaxf((float)to[1], most) : most;
      to[1] = most;
      if (stop && collapse > 0.f && most < collapse && *stop == 0) *stop = step + 1;
    }
  }
}

// d2 = SD dz w3 as halves: grid (ceil(K / 512), ceil(n / 32)), 256 threads, two neighbouring scalars each.
template <int SPLIT>
DEV void back(const float* RESTRICT dz, const float* RESTRICT w3, const float* RESTRICT scales, u16* RESTRICT d2, int n, int K) {
  float* ds = (float*)smem;  // 32 x 32
  const int i0 = blockIdx.y * 32, count = n - i0 < 32 ? n - i0 : 32, k = (blockIdx.x * 256 + threadIdx.x) * 2;
  for (int i = threadIdx.x; i < count * 32; i += 256) ds[i] = dz[i0 * 32 + i] * scales[SD];
  __syncthreads();
  if (k >= K) return;
  float w0[32], w1[32];
#pragma unroll
  for (int o = 0; o < 32; o++) {
    const float2 v = *(const float2*)(w3 + (size_t)o * K + k);
    w0[o] = v.x, w1[o] = v.y;
  }
  for (int i = 0; i < count; i++) {
    float u = 0.f, v = 0.f;
#pragma unroll
    for (int o = 0; o < 32; o += 4) {
      const float4 d = *(float4*)(ds + i * 32 + o);
      u = fmaf(d.x, w0[o], u), v = fmaf(d.x, w1[o], v), u = fmaf(d.y, w0[o + 1], u), v = fmaf(d.y, w1[o + 1], v);
      u = fmaf(d.z, w0[o + 2], u), v = fmaf(d.z, w1[o + 2], v), u = fmaf(d.w, w0[o + 3], u), v = fmaf(d.w, w1[o + 3], v);
    }
    const u32 h = pack(u, v);
    u16* to = d2 + (size_t)(i0 + i) * K + k;
    *(u32*)to = h;
    if (SPLIT) *(u32*)(to + (size_t)n * K) = rest(u, v, h);
  }
}
#define BACK_ARGS const float *RESTRICT dz, const float *RESTRICT w3, const float *RESTRICT scales, u16 *RESTRICT d2, int n, int K
KERNEL(256, 2) back_fast(BACK_ARGS) { back<0>(dz, w3, scales, d2, n, K); }
KERNEL(256, 2) back_exact(BACK_ARGS) { back<1>(dz, w3, scales, d2, n, K); }

// The gradients of w3 and b3: grid ceil(K / 128), 128 threads, a thread per scalar of p2 and all 32 features.
KERNEL(128, 4) grad3(const float* RESTRICT dz, const float* RESTRICT p2, float* RESTRICT w3, float* RESTRICT b3, int n, int K, int accumulate) {
  const int CHUNK = 64;
  float* ds = (float*)smem;  // CHUNK x 32
  const int k = blockIdx.x * 128 + threadIdx.x;
  float acc[32];
#pragma unroll
  for (int o = 0; o < 32; o++) acc[o] = 0.f;
  for (int i0 = 0; i0 < n; i0 += CHUNK) {
    const int count = n - i0 < CHUNK ? n - i0 : CHUNK;
    __syncthreads();
    for (int i = threadIdx.x; i < count * 32; i += 128) ds[i] = dz[i0 * 32 + i];
    __syncthreads();
    if (k < K) {
#pragma unroll 4
      for (int i = 0; i < count; i++) {
        const float p = p2[(size_t)(i0 + i) * K + k];
#pragma unroll
        for (int o = 0; o < 32; o += 4) {
          const float4 d = *(float4*)(ds + i * 32 + o);
          acc[o] = fmaf(d.x, p, acc[o]), acc[o + 1] = fmaf(d.y, p, acc[o + 1]);
          acc[o + 2] = fmaf(d.z, p, acc[o + 2]), acc[o + 3] = fmaf(d.w, p, acc[o + 3]);
        }
      }
    }
  }
  if (k < K) {
#pragma unroll
    for (int o = 0; o < 32; o++) put(w3 + (size_t)o * K + k, acc[o], accumulate);
  }
  if (blockIdx.x == 0 && threadIdx.x < 32) {
    float sum = 0.f;
    for (int i = 0; i < n; i++) sum += dz[i * 32 + threadIdx.x];
    put(b3 + threadIdx.x, sum, accumulate);
  }
}
