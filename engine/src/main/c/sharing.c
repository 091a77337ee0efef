#include "sharing.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The system call itself, in the caller's frame: what the child then calls lies below, and leaves the parent's frame as it is. */
static inline __attribute__((always_inline)) long clone3(const struct clone_args *arguments, size_t size) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_clone3), "D"(arguments), "S"(size) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_clone3;
    register long first __asm__("x0") = (long)arguments;
    register long second __asm__("x1") = (long)size;
    __asm__ volatile("svc #0" : "+r"(first) : "r"(number), "r"(second) : "memory");
    return first;
#else
#error "The number of the system call and its registers are known for x86-64 and aarch64."
#endif
}

pid_t clone_sharing(const struct clone_args *arguments, size_t size, void (*child)(void *), void *argument) {
    long result = clone3(arguments, size);
    if (result == 0) {
        child(argument);
        _exit(1);
    }
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return (pid_t)result;
}
