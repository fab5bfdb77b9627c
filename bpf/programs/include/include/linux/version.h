/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
#pragma once
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
/* Only programs attached by kprobe had to state the version they were built for, and no longer do. */
#define LINUX_VERSION_CODE KERNEL_VERSION(5, 17, 0)
