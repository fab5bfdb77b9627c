/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* The registers that a kprobe finds, as bcc's PT_REGS_PARM1 and its like name them: arch/ARCH/include/asm/ptrace.h. */
#pragma once
#if defined(__x86_64__) || defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__aarch64__) || defined(__TARGET_ARCH_arm64)
struct pt_regs {
    unsigned long long regs[31], sp, pc, pstate;
};
#else
struct pt_regs;
#endif
