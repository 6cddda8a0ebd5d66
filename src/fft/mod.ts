/**
 * Fourier transforms by the names of PyTorch's `torch.fft`, and those of signals in pieces.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone

export * from "./complex_transforms.ts";
export * from "./frequencies.ts";
export * from "./real_transforms.ts";
export * from "./short_time.ts";
export type { FourierNorm, FourierOptions, FourierOptionsN } from "./transform.ts";
