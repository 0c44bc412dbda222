#include "fs/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

// The message on the pipe: one byte for the error's code, then its text; or this byte alone.
constexpr std::byte kReady{0xff};

std::pair<File, File> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(errno, "cannot make a pipe");
  return {File(ends[0], "pipe"), File(ends[1], "pipe")};
}

Bytes read_to_end(const File& pipe) {
  Bytes all;
  std::array<std::byte, 512> part{};
  while (true) {
    const ssize_t count = ::read(pipe.fd(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return all;
    all.insert(all.end(), part.begin(), part.begin() + count);
  }
}

void close_standard_streams() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, stream);
  ::close(null);
}

// What the parent had open is not ours: a lock of a shell script's, say, would be held as long as
// the mount lives.
void close_all_but(const File& kept) {
  const auto fd = static_cast<unsigned>(kept.fd());
  if (fd > STDERR_FILENO + 1) ::close_range(STDERR_FILENO + 1, fd - 1, 0);
  ::close_range(fd + 1, ~0U, 0);
}

[[noreturn]] void run_child(File pipe, const std::function<int(Readiness&)>& work) {
  close_all_but(pipe);
  Readiness readiness(std::move(pipe));
  int status = 1;
  try {
    status = work(readiness);
  } catch (const Error& error) {
    readiness.failed(error);
    status = exit_status(error.code());
  } catch (const std::exception& error) {
    readiness.failed(Error(ErrorCode::failed, error.what()));
  }
  // Not exit(): what the parent registered to run at its end is the parent's.
  ::_exit(status);
}

void wait_for_child(const File& pipe, pid_t child) {
  const Bytes answer = read_to_end(pipe);
  if (!answer.empty() && answer.front() == kReady) return;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (answer.empty()) {
    throw Error(ErrorCode::failed, fmt::format("the mount process ended before it was ready "
                                               "(wait status {:#x})",
                                               status));
  }
  throw Error(static_cast<ErrorCode>(answer.front()),
              std::string(as_text(ByteView(answer).subspan(1))));
}

}  // namespace

void Readiness::ready() {
  if (!pipe_) return;
  // Only now: who mounts for systemd's automount must be in systemd's process group, else the
  // kernel makes it wait for the mount that it is making.
  ::setsid();
  close_standard_streams();
  pipe_.write_all(ByteView(&kReady, 1));
  pipe_.close();
}

void Readiness::failed(const Error& error) {
  if (!pipe_) return;
  const std::byte code{static_cast<unsigned char>(error.code())};
  pipe_.write_all(ByteView(&code, 1));
  pipe_.write_all(as_bytes(error.what()));
  pipe_.close();
}

void run_in_background(const std::function<int(Readiness&)>& work) {
  std::fflush(nullptr);
  auto [read_end, write_end] = make_pipe();
  const pid_t child = ::fork();
  if (child < 0) throw system_error(errno, "cannot start the mount process");
  if (child == 0) {
    read_end.close();
    run_child(std::move(write_end), work);
  }
  write_end.close();
  wait_for_child(read_end, child);
}

}  // namespace varve
