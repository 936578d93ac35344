// All kernels of the CUDA engine; README.md has their launches and arguments. No header of the toolkit is needed.
#include "common.cuh"
#include "clean.cuh"
#include "conv1.cuh"
#include "conv2.cuh"
#include "grad1.cuh"
#include "grad2.cuh"
#include "head.cuh"
#include "step.cuh"
