// What all kernels share: shapes, half-precision pairs, tensor-core instructions, warp sums.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// Dimensions of an encoder: its input, and what the first and second pooling leave. By value; seven ints.
struct Shape {
  int channels, height, width, h1, w1, h2, w2;
};

#ifndef EMULATOR
#define DEV __device__ __forceinline__
#define KERNEL(THREADS, BLOCKS) extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
#define RESTRICT __restrict__
#define FULL 0xffffffffu
extern __shared__ __align__(1024) u8 smem[];

DEV u32 saddr(const void* p) {
  u32 r;
  asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(r) : "l"(p));
  return r;
}
// Four 8 x 8 matrices of halves from shared memory; lane l names the address of row l & 7 of matrix l >> 3.
DEV void ldm4(u32* r, u32 a) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(a) : "memory");
}
DEV void ldm4t(u32* r, u32 a) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(a) : "memory");
}
// An 8 x 8 matrix of halves, transposed across the warp.
DEV u32 movm(u32 a) {
  u32 d;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(d) : "r"(a));
  return d;
}
// Sixteen bytes to shared memory, zeros where not `valid`; done after cpwait.
DEV void cpasync16(u32 s, const void* g, bool valid) {
  int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(s), "l"(g), "r"(bytes) : "memory");
}
// All but the last batch: batches end with cpcommit.
DEV void cpwait_but_one() { asm volatile("cp.async.wait_group 1;" ::: "memory"); }
DEV void cpcommit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
DEV void cpwait() { asm volatile("cp.async.commit_group; cp.async.wait_group 0;" ::: "memory"); }
// Two floats as halves, cut off where halves end.
DEV u32 pack(float lo, float hi) {
  u32 r;
  lo = fminf(fmaxf(lo, -65504.f), 65504.f), hi = fminf(fmaxf(hi, -65504.f), 65504.f);
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo));
  return r;
}
DEV float low_of(u32 h) {
  float f;
  asm("{ .reg .f16 a, b; mov.b32 {a, b}, %1; cvt.f32.f16 %0, a; }" : "=f"(f) : "r"(h));
  return f;
}
DEV float high_of(u32 h) {
  float f;
  asm("{ .reg .f16 a, b; mov.b32 {a, b}, %1; cvt.f32.f16 %0, b; }" : "=f"(f) : "r"(h));
  return f;
}
// c += a b of 16 x 16 and 16 x 8 halves. With g = lane / 4, t = lane % 4: c[0], c[1] are row g, columns 2t, 2t + 1, c[2], c[3] row g + 8.
DEV void mma(float* c, const u32* a, u32 b0, u32 b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// The sign bits of the two lowest bytes, each as sixteen equal bits.
DEV u32 signs(u32 v) {
  u32 r;
  asm("prmt.b32 %0, %1, 0, 0x9988;" : "=r"(r) : "r"(v));
  return r;
}
#endif

const u32 ONE = 0x3c00u;  // 1 as a half

DEV float bits2f(u32 u) { return __uint_as_float(u); }
// The largest power of two that is not above v, which is positive; between 2^-60 and 2^60.
DEV float power_of_two(float v) {
  v = fminf(fmaxf(v, bits2f((127u - 60u) << 23)), bits2f((127u + 60u) << 23));
  return bits2f(__float_as_uint(v) & 0x7f800000u);
}
// What packing left of a pair of floats.
DEV u32 rest(float lo, float hi, u32 h) { return pack(lo - low_of(h), hi - high_of(h)); }

DEV float wsum(float v) {
#pragma unroll
  for (int s = 16; s; s >>= 1) v += __shfl_xor_sync(FULL, v, s);
  return v;
}
DEV float wmax(float v) {
#pragma unroll
  for (int s = 16; s; s >>= 1) v = fmaxf(v, __shfl_xor_sync(FULL, v, s));
  return v;
}

// Where the numbers of `scales` are.
const int G1 = 0;  // the first convolution's weights times G1 / xs are its operands
const int Q1 = 1;  // p1 is pooled values times Q1
const int G2 = 2;  // the second convolution's weights times G2 are its operands
const int SD = 3;  // d2 is the gradient times SD
const int SX = 4;  // d1 is the gradient times SD SX, without pooling's 1 / 9

// Signs of sixteen sums of a thread: that of sum i is bit 8 (i & 1) + (i >> 1), so that pairs of neighbours spread by two instructions.
DEV u32 sign_bit(int i) { return 1u << (8 * (i & 1) + (i >> 1)); }
// Where the sums 2 pair and 2 pair + 1 are positive, as sixteen equal bits each.
DEV u32 spread(u32 m, int pair) { return signs(m << (7 - pair)); }

// Sixteen sums (four n-tiles; rows g, and g + 8 from `up` = 2 on) -> eight neighbouring channels of a pixel, as halves; what that left to `low`.
template <int SPLIT>
DEV void store8(u16* out, size_t low, size_t pixel, int t, const float* p, int up, float factor) {
  float v[8];
#pragma unroll
  for (int i = 0; i < 4; i++) v[2 * i] = p[4 * i + up] * factor, v[2 * i + 1] = p[4 * i + up + 1] * factor;
  const uint4 h = make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
  u16* to = out + pixel * 32 + 8 * t;
  *(uint4*)to = h;
  if (SPLIT) *(uint4*)(to + low) = make_uint4(rest(v[0], v[1], h.x), rest(v[2], v[3], h.y), rest(v[4], v[5], h.z), rest(v[6], v[7], h.w));
}
