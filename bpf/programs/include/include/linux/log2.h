/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* bcc includes it, and uses nothing of it. */
#pragma once
