#pragma once
#include "BlockDecoding.h"
#include "BlockEncoding.h"
#include "MathKernels.h"
#include "RowProducts.h"
