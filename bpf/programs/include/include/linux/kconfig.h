/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* Stands in for the kernel's generated configuration: what bcc's own headers ask for, and nothing else. */
#pragma once
#define CONFIG_BPF_SYSCALL 1
