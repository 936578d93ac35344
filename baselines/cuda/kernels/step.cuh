// What a step begins and ends with: its numbers, scales, weights as tensor cores want them, AdamW.

// now[0 .. length) = table[*counter][..]; then the counter moves on. One block.
KERNEL(256, 1) take_step(const int* RESTRICT table, int* RESTRICT counter, int* RESTRICT now, int length) {
  const int step = *counter;
  __syncthreads();
  for (int i = threadIdx.x; i < length; i += 256) now[i] = table[(size_t)step * length + i];
  if (threadIdx.x == 0) *counter = step + 1;
}

// maxima[block] = the largest |w| of its share: grid 128, 256 threads.
KERNEL(256, 1) largest(const float* RESTRICT w, int count, float* RESTRICT maxima) {
  float most = 0.f;
  for (int i = blockIdx.x * 256 + threadIdx.x; i < count; i += 128 * 256) most = fmaxf(most, fabsf(w[i]));
  most = wmax(most);
  float* shared = (float*)smem;
  if ((threadIdx.x & 31) == 0) shared[threadIdx.x >> 5] = most;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int k = 1; k < 8; k++) most = fmaxf(most, shared[k]);
    maxima[blockIdx.x] = most;
  }
}

// Powers of two so that no operand of a product leaves the range of halves, whatever the inputs: one block of 1024.
KERNEL(1024, 1) scales_of(const float* RESTRICT w1, const float* RESTRICT b1, const float* RESTRICT w2, const float* RESTRICT xs, float* RESTRICT scales,
                          int channels) {
  float* shared = (float*)smem;  // 32 x 33, then 4 x 32
  const int tid = threadIdx.x, i = tid & 31, o = tid >> 5;
  float sum = 0.f, most2 = 0.f, most1 = 0.f, bound = 0.f;
#pragma unroll
  for (int tap = 0; tap < 9; tap++) {
    const float w = fabsf(w2[(o * 32 + i) * 9 + tap]);
    sum += w, most2 = fmaxf(most2, w);
  }
  shared[o * 33 + i] = sum;
  for (int k = i; k < channels * 9; k += 32) {
    const float w = fabsf(w1[o * channels * 9 + k]) / xs[k / 9];
    most1 = fmaxf(most1, w), bound += w;
  }
  most1 = wmax(most1), most2 = wmax(most2), bound = wsum(bound) * 32768.f + fabsf(b1[o]);
  float* of = shared + 32 * 33;
  if (i == 0) of[o] = most1, of[32 + o] = most2, of[64 + o] = bound;
  __syncthreads();
  if (o == 0) {
    most1 = wmax(of[i]), most2 = wmax(of[32 + i]), bound = wmax(of[64 + i]);
    sum = 0.f;
    for (int k = 0; k < 32; k++) sum += shared[k * 33 + i];
    sum = wmax(sum);
    const float tiny = bits2f(0x0da24260u);  // 1e-30
    if (i == 0) {
      scales[G1] = power_of_two(1024.f / fmaxf(most1, tiny));
      scales[Q1] = power_of_two(32768.f / fmaxf(bound, tiny));
      scales[G2] = power_of_two(1024.f / fmaxf(most2, tiny));
      scales[SX] = power_of_two(4.f / fmaxf(sum, tiny));  // |d2| is at most 8192
    }
  }
}

// Element (k of 16, feature of 32) of step `step` of a matrix, as two of lane's halves in register `reg`: grid 41, 256 threads. Steps 0 to 4 are
// the first convolution's, 5 to 22 the second's, 23 to 40 the second's transposed.
template <int SPLIT>
DEV void fragments_of(const float* RESTRICT w1, const float* RESTRICT w2, const float* RESTRICT xs, const float* RESTRICT scales, u32* RESTRICT out, int channels) {
  const int step = blockIdx.x, lane = (threadIdx.x >> 2) & 31, reg = (threadIdx.x >> 7) * 4 + (threadIdx.x & 3);
  const int o = 8 * (lane >> 3) + 2 * (reg >> 1) + ((lane >> 2) & 1);
  float v[2];
#pragma unroll
  for (int part = 0; part < 2; part++) {
    const int k = 8 * (reg & 1) + 2 * (lane & 3) + part;
    if (step < 5) {
      const int j = 2 * step + (k >> 3), slot = k & 7;
      const bool wide = channels > 2, there = wide ? j < 9 && slot < channels : j < 3 && slot < 3 * channels;
      const int c = wide ? slot : slot % channels, tap = wide ? j : j * 3 + slot / channels;
      v[part] = there ? w1[(o * channels + c) * 9 + tap] * (scales[G1] / xs[c]) : 0.f;
    } else {
      const int q = step < 23 ? step - 5 : step - 23, tap = q >> 1, in = (q & 1) * 16 + k;
      v[part] = (step < 23 ? w2[(o * 32 + in) * 9 + tap] : w2[(in * 32 + o) * 9 + tap]) * scales[G2];
    }
  }
  const u32 h = pack(v[0], v[1]);
  out[step * 256 + threadIdx.x] = h;
  if (SPLIT) out[41 * 256 + step * 256 + threadIdx.x] = rest(v[0], v[1], h);
}
#define FRAGMENTS_ARGS \
  const float *RESTRICT w1, const float *RESTRICT w2, const float *RESTRICT xs, const float *RESTRICT scales, u32 *RESTRICT out, int channels
KERNEL(256, 1) fragments_fast(FRAGMENTS_ARGS) { fragments_of<0>(w1, w2, xs, scales, out, channels); }
KERNEL(256, 1) fragments_exact(FRAGMENTS_ARGS) { fragments_of<1>(w1, w2, xs, scales, out, channels); }

// One step of AdamW in the CPU's order of operations, nothing contracted; `rates` is (step size, root correction). None once `stop` is set.
KERNEL(256, 4) adamw(float* RESTRICT weights, const float* RESTRICT gradients, float* RESTRICT first, float* RESTRICT second, int count,
                     const float* RESTRICT rates, float shrink, float keep1, float take1, float keep2, float take2, float epsilon, const int* RESTRICT stop) {
  if (stop && *stop) return;
  const float step_size = rates[0], correction = rates[1];
  const int from = (blockIdx.x * 256 + threadIdx.x) * 4;
  if (from >= count) return;
  float w[4], d[4], m[4], v[4];
  const bool four = from + 4 <= count;
  if (four) {
    *(float4*)w = *(const float4*)(weights + from), *(float4*)d = *(const float4*)(gradients + from);
    *(float4*)m = *(const float4*)(first + from), *(float4*)v = *(const float4*)(second + from);
  }
#pragma unroll
  for (int i = 0; i < 4; i++) {
    if (!four) {
      if (from + i >= count) continue;
      w[i] = weights[from + i], d[i] = gradients[from + i], m[i] = first[from + i], v[i] = second[from + i];
    }
    m[i] = __fadd_rn(__fmul_rn(keep1, m[i]), __fmul_rn(take1, d[i]));
    v[i] = __fadd_rn(__fmul_rn(keep2, v[i]), __fmul_rn(__fmul_rn(take2, d[i]), d[i]));
    const float by = __fdiv_rn(__fmul_rn(step_size, m[i]), __fadd_rn(__fdiv_rn(__fsqrt_rn(v[i]), correction), epsilon));
    w[i] = __fsub_rn(__fmul_rn(w[i], shrink), by);
    if (!four) weights[from + i] = w[i], first[from + i] = m[i], second[from + i] = v[i];
  }
  if (four) *(float4*)(weights + from) = *(float4*)w, *(float4*)(first + from) = *(float4*)m, *(float4*)(second + from) = *(float4*)v;
}
