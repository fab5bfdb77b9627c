/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* bcc counts a ring in pages and multiplies by this; the loader passes the machine's own size. */
#pragma once
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
