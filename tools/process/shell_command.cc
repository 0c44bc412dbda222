#include "tools/process/shell_command.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/process/pipe.h"

namespace varve {
namespace {

constexpr std::size_t kKeptComplaints = 4096;
constexpr std::size_t kLongestWords = 400;
constexpr std::chrono::seconds kPatience{5};  // between SIGTERM and SIGKILL

}  // namespace

ShellCommand::ShellCommand(const std::string& command, const std::stop_token& stop) : stop_(stop) {
  Pipe out = make_pipe("a command's output");
  Pipe err = make_pipe("a command's complaints");
  // A child that has closed its output may still speak; reading must never wait for it.
  ::fcntl(err.read.fd(), F_SETFL, O_NONBLOCK);
  process_.emplace(
      ChildProcess::Setting{.arguments = {"/bin/sh", "-c", command}, .death_signal = 0},
      ChildProcess::Streams{.output = out.write.fd(), .errors = err.write.fd()});
  out_ = std::move(out.read);
  err_ = std::move(err.read);
}

ShellCommand::~ShellCommand() { process_->end(kPatience); }

void ShellCommand::take_complaints() {
  std::array<char, 4096> buffer{};
  while (err_) {
    const ssize_t count = ::read(err_.fd(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // nothing at the moment
    if (count == 0) {
      err_ = File();
      return;
    }
    complaints_.append(buffer.data(), static_cast<std::size_t>(count));
    if (complaints_.size() > kKeptComplaints) {
      complaints_.erase(0, complaints_.size() - kKeptComplaints);
    }
  }
}

void ShellCommand::wait_for_anything(bool want_output) {
  // poll(2) passes over negative descriptors.
  std::array<pollfd, 4> waiting = {
      {{.fd = stop_.fd(), .events = POLLIN, .revents = 0},
       {.fd = want_output ? out_.fd() : -1, .events = POLLIN, .revents = 0},
       {.fd = err_.fd(), .events = POLLIN, .revents = 0},
       {.fd = want_output ? -1 : process_->fd(), .events = POLLIN, .revents = 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) < 0) {
    if (errno != EINTR) throw system_error(errno, "cannot wait for a command");
  }
  if (waiting[0].revents != 0) throw Error(ErrorCode::interrupted, "interrupted");
  if (waiting[2].revents != 0) take_complaints();
}

std::size_t ShellCommand::read(MutableBytes out) {
  while (true) {
    wait_for_anything(true);
    pollfd ready{.fd = out_.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 0) <= 0) continue;
    const ssize_t count = ::read(out_.fd(), out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_error(errno, "cannot read a command's output");
  }
}

ShellCommand::Exit ShellCommand::wait() {
  while (!process_->has_ended()) wait_for_anything(false);
  take_complaints();
  const int status = process_->wait();
  return {std::max(status, 0), std::max(-status, 0)};
}

std::string ShellCommand::last_words() const {
  std::string words = complaints_;
  while (!words.empty() && words.back() == '\n') words.pop_back();
  if (words.size() > kLongestWords) {
    words.erase(0, words.size() - kLongestWords);
    const std::size_t line = words.find('\n');
    if (line != words.npos) words.erase(0, line + 1);  // from its beginning
  }
  return one_line(words, kLongestWords);
}

}  // namespace varve
