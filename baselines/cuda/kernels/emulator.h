// Runs batlinet.cu on a CPU: a fiber per thread, collectives by yielding. `c++ -x c++ emulator.h -shared ..` gives a library with `emulator_launch`.
//
// Shared memory ends where a page that nobody may touch begins, and starts as NaN, so that reading too far, or what nobody wrote, shows.
// emulator_manner: threads forwards (0), backwards (1), at random (2), so that a missing barrier shows; adding as tensor cores are said to
// (1): aligned to the largest, cut off. emulator_allocate: memory that ends so, too. All of it for one thread at a time.
#include <sys/mman.h>
#include <ucontext.h>

#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>
#define EMULATOR 1
#define DEV static inline
#define KERNEL(THREADS, BLOCKS) extern "C" void
#define RESTRICT
#define FULL 0xffffffffu

struct U3 {
  unsigned x, y, z;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

static U3 threadIdx, blockIdx, blockDim, gridDim;
static unsigned char* smem;
static unsigned smem_bytes;

// --- fibers ---
struct Fiber {
  jmp_buf at;
  ucontext_t context;
  char* stack;
  bool done, started;
};
const int STACK = 1 << 16;
static std::vector<Fiber> fibers;
static int current, total, alive, block_count, block_turn;
static int warp_count[32], warp_turn[32], warp_alive[32];
static jmp_buf block_end;
static std::function<void()> body;
static int order, truncating;

static int after(int n) {
  if (order == 2) {
    static unsigned long long r = 88172645463325252ull;
    r ^= r << 13, r ^= r >> 7, r ^= r << 17;
    n = (int)(r >> 20 & 0xffffff) % total;
  }
  do n = order == 1 ? (n == 0 ? total - 1 : n - 1) : (n + 1 == total ? 0 : n + 1);
  while (fibers[n].done);
  return n;
}
static void enter(int n) {
  current = n, threadIdx.x = n;
  Fiber& fiber = fibers[n];
  if (!fiber.started) {
    fiber.started = true;
    setcontext(&fiber.context);
  }
  _longjmp(fiber.at, 1);
}
static void yield_() {
  const int me = current;
  if (_setjmp(fibers[me].at)) return;
  const int n = after(me);
  if (n != me) enter(n);
}
static void trampoline() {
  body();
  fibers[current].done = true, alive--, warp_alive[current / 32]--;
  if (!alive) _longjmp(block_end, 1);
  if (block_count == alive && block_count) block_count = 0, block_turn++;
  enter(after(current));
}
static void __syncthreads() {
  const int turn = block_turn;
  if (++block_count == alive) {
    block_count = 0, block_turn++;
    return;
  }
  while (block_turn == turn) yield_();
}
static void run_block() {
  alive = total, block_count = 0;
  for (int w = 0; w * 32 < total; w++) warp_alive[w] = total - w * 32 < 32 ? total - w * 32 : 32, warp_count[w] = 0;
  for (int i = 0; i < total; i++) {
    Fiber& fiber = fibers[i];
    fiber.done = fiber.started = false;
    getcontext(&fiber.context);
    if (!fiber.stack) fiber.stack = (char*)malloc(STACK);
    fiber.context.uc_stack.ss_sp = fiber.stack, fiber.context.uc_stack.ss_size = STACK, fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, trampoline, 0);
  }
  memset(smem, 0xff, smem_bytes);
  if (!_setjmp(block_end)) enter(order == 1 ? total - 1 : 0);
}

// --- warps: everyone puts something in, who comes last works out what everyone gets ---
struct alignas(16) Cell {
  unsigned u[8];
};
static Cell given[32][32], got[32][32];
template <class F>
static void together(F work) {
  const int w = current / 32, turn = warp_turn[w];
  if (++warp_count[w] == warp_alive[w]) {
    warp_count[w] = 0;
    work(given[w], got[w]);
    warp_turn[w]++;
    return;
  }
  while (warp_turn[w] == turn) yield_();
}
template <class V>
static V exchange_(V v, int from) {
  memcpy(given[current / 32][current & 31].u, &v, sizeof v);
  together([](Cell* in, Cell* out) { memcpy(out, in, 32 * sizeof(Cell)); });
  V r;
  memcpy(&r, got[current / 32][from & 31].u, sizeof r);
  return r;
}
template <class V>
static V __shfl_sync(unsigned, V v, int from) { return exchange_(v, from); }
template <class V>
static V __shfl_xor_sync(unsigned, V v, int s) { return exchange_(v, (current & 31) ^ s); }
static unsigned __ballot_sync(unsigned, bool p) {
  given[current / 32][current & 31].u[0] = p;
  together([](Cell* in, Cell* out) {
    unsigned r = 0;
    for (int i = 0; i < 32; i++) r |= in[i].u[0] << i;
    for (int i = 0; i < 32; i++) out[i].u[0] = r;
  });
  return got[current / 32][current & 31].u[0];
}

// --- numbers ---
static float __uint_as_float(unsigned u) {
  float f;
  memcpy(&f, &u, 4);
  return f;
}
static unsigned __float_as_uint(float f) {
  unsigned u;
  memcpy(&u, &f, 4);
  return u;
}
static float __fmul_rn(float a, float b) { return a * b; }
static float __fadd_rn(float a, float b) { return a + b; }
static float __fsub_rn(float a, float b) { return a - b; }
static float __fdiv_rn(float a, float b) { return a / b; }
static float __fsqrt_rn(float a) { return sqrtf(a); }
static float half_value(unsigned h) {
  const unsigned e = h >> 10 & 31, m = h & 1023;
  const float v = e == 0 ? ldexpf((float)m, -24) : e == 31 ? (m ? NAN : INFINITY) : ldexpf((float)(m + 1024), (int)e - 25);
  return h & 0x8000 ? -v : v;
}
static float half_table[65536];
static unsigned to_half(float v) {  // to nearest, ties to even
  v = fminf(fmaxf(v, -65504.f), 65504.f);
  const unsigned sign = __float_as_uint(v) >> 16 & 0x8000u;
  const float a = fabsf(v);
  if (a < ldexpf(1.f, -14)) return sign | (unsigned)nearbyintf(a * 16777216.f);
  const unsigned u = __float_as_uint(a);
  return sign | ((u + 0xfff + (u >> 13 & 1)) - 0x38000000u) >> 13;
}
static unsigned pack(float lo, float hi) { return to_half(lo) | to_half(hi) << 16; }
static float low_of(unsigned h) { return half_table[h & 0xffff]; }
static float high_of(unsigned h) { return half_table[h >> 16]; }
static unsigned signs(unsigned v) { return (v & 0x80 ? 0xffffu : 0u) | (v & 0x8000 ? 0xffff0000u : 0u); }

// --- shared memory and tensor cores ---
static long conflicts, phases;
static unsigned saddr(const void* p) { return (unsigned)((const unsigned char*)p - smem); }
static void refuse(const char* what, unsigned a) {
  fprintf(stderr, "emulator: %s of address %u in %u bytes of shared memory\n", what, a, smem_bytes);
  abort();
}
static void ldm_(unsigned* r, unsigned a, bool trans) {
  if (a & 15 || a + 16 > smem_bytes) refuse("ldmatrix", a);
  given[current / 32][current & 31].u[0] = a;
  together([trans](Cell* in, Cell* out) {
    for (int m = 0; m < 4; m++) {
      unsigned lines[8][8], count[8] = {}, worst = 0;
      for (int i = 0; i < 8; i++) {
        const unsigned line = in[8 * m + i].u[0] / 16, bank = line % 8;
        bool seen = false;
        for (unsigned k = 0; k < count[bank]; k++) seen |= lines[bank][k] == line;
        if (!seen) lines[bank][count[bank]++] = line;
        if (count[bank] > worst) worst = count[bank];
      }
      phases++, conflicts += worst - 1;
      for (int l = 0; l < 32; l++) {
        unsigned short e[2];
        for (int k = 0; k < 2; k++) {
          const int row = trans ? 2 * (l & 3) + k : l >> 2, col = trans ? l >> 2 : 2 * (l & 3) + k;
          memcpy(&e[k], smem + in[8 * m + row].u[0] + 2 * col, 2);
        }
        out[l].u[m] = e[0] | (unsigned)e[1] << 16;
      }
    }
  });
  memcpy(r, got[current / 32][current & 31].u, 16);
}
static void ldm4(unsigned* r, unsigned a) { ldm_(r, a, false); }
static void ldm4t(unsigned* r, unsigned a) { ldm_(r, a, true); }
static unsigned movm(unsigned a) {
  given[current / 32][current & 31].u[0] = a;
  together([](Cell* in, Cell* out) {
    for (int l = 0; l < 32; l++) {
      unsigned r = 0;
      for (int k = 0; k < 2; k++) {
        const int row = 2 * (l & 3) + k, col = l >> 2;
        r |= ((in[row * 4 + col / 2].u[0] >> (16 * (col & 1))) & 0xffff) << (16 * k);
      }
      out[l].u[0] = r;
    }
  });
  return got[current / 32][current & 31].u[0];
}
static void cpasync16(unsigned s, const void* g, bool valid) {
  if ((size_t)g & 15 || s & 15 || s + 16 > smem_bytes) refuse("cp.async", s);
  if (valid) memcpy(smem + s, g, 16);
  else memset(smem + s, 0, 16);
}
static void cpcommit() {}
static void cpwait() {}
static void cpwait_but_one() {}
static float added(float c, const float* a, const float* b) {
  if (!truncating) {
    float s = c;
    for (int k = 0; k < 16; k++) s += a[k] * b[k];
    return s;
  }
  double p[17], top = 0, s = 0;
  p[16] = c;
  for (int k = 0; k < 16; k++) p[k] = (double)a[k] * b[k];
  for (double v : p) top = fmax(top, fabs(v));
  if (top == 0) return c;
  const double q = ldexp(1, ilogb(top) - 24);
  for (double v : p) s += trunc(v / q) * q;
  float f = (float)s;
  if (fabs((double)f) > fabs(s)) f = nextafterf(f, 0);
  return f;
}
static void mma(float* c, const unsigned* a, unsigned b0, unsigned b1) {
  // twelve words per lane: more than a cell holds
  static unsigned in[32][32][6];
  static float sums[32][32][4];
  const int w = current / 32, l = current & 31;
  memcpy(in[w][l], a, 16);
  in[w][l][4] = b0, in[w][l][5] = b1;
  memcpy(sums[w][l], c, 16);
  together([w](Cell*, Cell*) {
    float A[16][16], B[8][16];
    for (int l = 0; l < 32; l++) {
      const int g = l >> 2, t = l & 3;
      for (int r = 0; r < 4; r++)
        for (int e = 0; e < 2; e++) A[g + 8 * (r & 1)][2 * t + 8 * (r >> 1) + e] = half_table[in[w][l][r] >> (16 * e) & 0xffff];
      for (int r = 0; r < 2; r++)
        for (int e = 0; e < 2; e++) B[g][2 * t + 8 * r + e] = half_table[in[w][l][4 + r] >> (16 * e) & 0xffff];
    }
    for (int l = 0; l < 32; l++)
      for (int i = 0; i < 4; i++) sums[w][l][i] = added(sums[w][l][i], A[(l >> 2) + 8 * (i >> 1)], B[2 * (l & 3) + (i & 1)]);
  });
  memcpy(c, sums[w][l], 16);
}

#include "batlinet.cu"

// --- launching ---
template <class... A, size_t... I>
static void call(void (*f)(A...), void** args, std::index_sequence<I...>) { f(*(A*)args[I]...); }
template <class... A>
static void go(void (*f)(A...), const unsigned* grid, unsigned threads, void** args) {
  if (fibers.size() < threads) fibers.resize(threads);
  total = threads, blockDim = {threads, 1, 1}, gridDim = {grid[0], grid[1], grid[2]};
  body = [=] { call(f, args, std::index_sequence_for<A...>()); };
  for (unsigned z = 0; z < grid[2]; z++)
    for (unsigned y = 0; y < grid[1]; y++)
      for (unsigned x = 0; x < grid[0]; x++) blockIdx = {x, y, z}, run_block();
}
extern "C" void emulator_manner(int threads, int adding) { order = threads, truncating = adding; }
// Bytes of NaN up to a page that nobody may touch; they begin at a multiple of 16, as little before it as that allows.
extern "C" void* emulator_allocate(size_t bytes) {
  const size_t page = 4096, pages = (bytes + page - 1) / page * page;
  unsigned char* base = (unsigned char*)mmap(nullptr, pages + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  mprotect(base, page, PROT_NONE), mprotect(base + page + pages, page, PROT_NONE);
  memset(base + page, 0xff, pages);
  return base + page + (pages - bytes) / 16 * 16;
}
extern "C" void emulator_free(void* at, size_t bytes) {
  const size_t page = 4096, pages = (bytes + page - 1) / page * page;
  munmap((unsigned char*)at - (pages - bytes) / 16 * 16 - page, pages + 2 * page);
}
// Runs a kernel; 1 if there is none of that name.
extern "C" int emulator_launch(const char* name, const unsigned* grid, unsigned threads, unsigned shared_bytes, void** args) {
  static unsigned char* region;
  const size_t most = 232 * 1024, page = 65536;
  if (!region) {
    region = (unsigned char*)mmap(nullptr, most + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const size_t end = ((size_t)region + most) / 4096 * 4096;
    mprotect((void*)end, page - 4096, PROT_NONE);
    for (unsigned h = 0; h < 65536; h++) half_table[h] = half_value(h);
  }
  smem_bytes = (shared_bytes + 15) / 16 * 16;
  smem = (unsigned char*)(((size_t)region + most) / 4096 * 4096 - smem_bytes);
  conflicts = phases = 0;
#define RUN(NAME)                        \
  if (!strcmp(name, #NAME)) {            \
    go(NAME, grid, threads, args);       \
    return 0;                            \
  }
#include "names.h"
  return 1;
}
// Bank conflicts of ldmatrix in the last launch, and how many there could have been one in.
extern "C" void emulator_conflicts(long* found, long* of) { *found = conflicts, *of = phases; }
