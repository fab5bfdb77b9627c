/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * How processes are numbered: as /proc numbers them for whoever loaded the program. In a container that is not how the
 * kernel's first namespace does.
 *
 *   PID_NAMESPACE, PID_NAMESPACE_DEVICE   the loader's namespace, by its file's inode and device; not of the first one
 *   ELSEWHERE             stands for a process that has no number there
 */
static __always_inline u32 current_process(void)
{
    u32 number = bpf_get_current_pid_tgid() >> 32;
#ifdef PID_NAMESPACE
    struct bpf_pidns_info here = {};
    if (number) /* the idle task is 0 everywhere */
        number = bpf_get_ns_current_pid_tgid(PID_NAMESPACE_DEVICE, PID_NAMESPACE, &here, sizeof(here)) ? ELSEWHERE : here.tgid;
#endif
    return number;
}
