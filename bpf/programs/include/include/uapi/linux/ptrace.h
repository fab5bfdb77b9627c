/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* bcc's footer names the type in a macro for kprobes, of which we have none. */
#pragma once
struct pt_regs;
