/* Preloaded into XRootD 5.5, which has no option for either:
   - "any address" means 127.0.0.1, so that a test lake is never reachable from outside
     (IPv4 only: start XRootD with -I v4);
   - folders it makes can be read by everybody (it asks for mode 0700), as those of a pod's /eos mount can. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

typedef int (*bind_call)(int, const struct sockaddr *, socklen_t);
typedef int (*mkdir_call)(const char *, mode_t);

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  static bind_call next;
  if (!next) next = (bind_call)dlsym(RTLD_NEXT, "bind");
  if (address && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in in = *(const struct sockaddr_in *)address;
    if (in.sin_addr.s_addr == htonl(INADDR_ANY)) in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return next(fd, (struct sockaddr *)&in, sizeof in);
  }
  return next(fd, address, length);
}

int mkdir(const char *path, mode_t mode) {
  static mkdir_call next;
  if (!next) next = (mkdir_call)dlsym(RTLD_NEXT, "mkdir");
  return next(path, mode | 0055);
}
