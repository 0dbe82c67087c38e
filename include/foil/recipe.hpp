// SPDX-License-Identifier: BSD-3-Clause
// Ready-made compositions: several objectives, views or clusters in one call.
#pragma once

#include "foil/recipe/amcl.hpp"
#include "foil/recipe/angle.hpp"
#include "foil/recipe/average_precision.hpp"
#include "foil/recipe/cacr.hpp"
#include "foil/recipe/collossl.hpp"
#include "foil/recipe/contrast_ratio.hpp"
#include "foil/recipe/cq_dino.hpp"
#include "foil/recipe/embedding_distillation.hpp"
#include "foil/recipe/gist.hpp"
#include "foil/recipe/grad_cache.hpp"
#include "foil/recipe/lists.hpp"
#include "foil/recipe/margin_loss.hpp"
#include "foil/recipe/matryoshka.hpp"
#include "foil/recipe/meow.hpp"
#include "foil/recipe/mochi_pool.hpp"
#include "foil/recipe/pamc.hpp"
#include "foil/recipe/snippet_similarity.hpp"
#include "foil/recipe/sogclr.hpp"
#include "foil/recipe/two_views.hpp"
#include "foil/recipe/unpg.hpp"
