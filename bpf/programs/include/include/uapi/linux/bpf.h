/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* bcc includes it, and brings its own bpf.h. */
#pragma once
