"""Matrix products of the decoder on a plain processor: half-precision weights packed once, float32 everywhere else.

A token is bound by reading the weights, a prompt by arithmetic; the packed kernel serves both. Measured with one thread
on a processor without AVX-512 (135 M parameters, all products of one step, for 1 / 4 / 16 / 128 rows): float32
35 / 63 / 104 / 327 ms, bytes with 16-bit activations 14 / 30 / 138 / 797 ms, packed halves 16 / 20 / 54 / 311 ms.
bfloat16 is emulated there: through transformers a prompt of 512 tokens took 11.7 s with it and 1.8 s in float32. Byte
activations would be faster still and were refused: the likeliest token was another one in a quarter of 720 places;
with packed halves it was the same in all of 200.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F

Linear: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
"""y = x W^T for float32 rows."""

_HALF_LIMIT = 60000.0


def linear(weight: torch.Tensor) -> Linear:
    """The fastest product that this machine has for `weight` (outputs x inputs, any float type); copies it."""
    wide = weight.float().contiguous()
    low, high = torch.aminmax(wide)
    if max(-low.item(), high.item()) < _HALF_LIMIT:
        try:
            packed = torch.ops.quantized.linear_prepack_fp16(wide, None)
            product = torch.ops.quantized.linear_dynamic_fp16
            product(torch.zeros(1, wide.shape[1]), packed)
        except (RuntimeError, AttributeError):
            pass  # not an x86 processor with AVX2, or a build without the kernel
        else:
            return lambda rows: product(rows, packed)
    kept = wide.clone() if wide.data_ptr() == weight.data_ptr() else wide
    return lambda rows: F.linear(rows, kept)
