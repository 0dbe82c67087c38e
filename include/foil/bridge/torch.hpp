// SPDX-License-Identifier: BSD-3-Clause
// foil beside LibTorch: tensors viewed, results as tensors, losses inside autograd, a queue of keys, and LibTorch's threads as an
// executor where the file is compiled with OpenMP (torch_threads.hpp).
#pragma once

#include "foil/bridge/torch_gradients.hpp"
#include "foil/bridge/torch_loss.hpp"
#include "foil/bridge/torch_pool.hpp"
#include "foil/bridge/torch_queue.hpp"
#include "foil/bridge/torch_tensor.hpp"
#include "foil/bridge/torch_view.hpp"
#if defined(_OPENMP)
#include "foil/bridge/torch_threads.hpp"
#endif
